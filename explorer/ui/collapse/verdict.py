"""What the page on collapse says of a run: verdict, what to try, dimensions, words, history."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from explorer.config import Config, final_model, read
from explorer.errors import ExplorerError
from explorer.evaluation import collapse_onset
from explorer.evaluation.metrics import METRICS, written
from explorer.evaluation.verdict import ADVICE, Advice, value_of, verdict
from explorer.explore.dimension_rates import rates_by_dimension
from explorer.explore.recipe_diff import differing
from explorer.explore.run import Run
from explorer.explore.run_difference import DOES
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.collapse import charts
from explorer.ui.components import download_buttons, run_picker, scores
from explorer.ui.components.escaping import code, markdown, minus, plain, shade_key, shaded
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import open_runs, url

FIGURES = ("rate", "mutual_information", "active_units", "shuffled_z_gap", "prior_z_gap")
_FAILED = ("collapsed", "latent unused")
_SAMPLES = 4
_OFFSET = "_gain_offset"


@dataclass(frozen=True, slots=True)
class Judged:
    """A run and what was learned of it."""

    name: str
    word: str
    rate: float | None


# All runs.


def judged_runs() -> list[Judged]:
    """Every run that has a latent space and was measured, the verdicts that failed first."""
    found = [_judge(name) for name in open_runs.listing().names]
    kept = [run for run in found if run is not None]
    return sorted(kept, key=lambda run: (run.word not in _FAILED, run.word == "healthy"))


def _judge(name: str) -> Judged | None:
    try:
        metrics = folders.read_metrics(folders.find(name))
    except ExplorerError:
        return None  # the run picker says what is wrong with it
    found = verdict(metrics)
    if found.word in ("no latent", "not measured"):
        return None
    return Judged(name, found.word, value_of(metrics, "rate"))


def partner(run: Judged, runs: Sequence[Judged]) -> Judged | None:
    """The run that shows the difference best: a healthy one beside one that is not."""
    if run.word == "healthy":
        others = [other for other in runs if other.word in _FAILED]
    else:
        others = [other for other in runs if other.word == "healthy"]
    return others[0] if others else None


def runs(current: Run) -> None:
    """Where to go from this run: to one that ended otherwise, or to any run with its verdict."""
    found = judged_runs()
    if len(found) < 2:
        return
    # A listing names a run as a command does: of two with one name, the other by its path.
    named = folders.typed(current.folder)
    like = sorted(found, key=lambda run: unlikeness(current.config, _recipe(run.name)))
    here = next((run for run in found if run.name == named), None)
    if here and (other := partner(here, like)):
        _links(here, other)
    rows = [Row(place, run.name, _note(run)) for place, run in enumerate(found)]

    def chosen(place: int) -> None:
        st.session_state["run"] = found[place].name

    with st.expander(f"All {len(found)} runs with a latent space", icon=":material/list:"):
        sentence_list(rows, "Runs and their verdicts", "judged", chosen, "Show this run")


def unlikeness(recipe: Config, other: Config) -> tuple[bool, int]:
    """Sorts first what shows best what a setting did: the recipe that differs in fewest lines.

    Only among those of one kind of latent space: an autoencoder cannot collapse, however like.
    """
    kinds = {item.model.latent["name"] for item in (recipe, other)}
    return len(kinds) > 1, len(differing([recipe, other]))


def _links(here: Judged, other: Judged) -> None:
    does = f"{markdown(other.name)}, which {DOES[other.word]}"
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            url.page_file("compare"),
            label=f"Compare with {does}",
            icon=":material/compare_arrows:",
            query_params={"runs": f"{here.name},{other.name}"},
        )
        if other.word in _FAILED:
            label = f"See why {markdown(other.name)} failed"
            run_picker.run_link("collapse", label, ":material/compress:", other.name)


def _recipe(name: str) -> Config:
    return read(folders.find(name) / folders.CONFIG)


def _note(run: Judged) -> str:
    rate = "no rate" if run.rate is None else f"rate {written(run.rate)} nats"
    return f"{run.word} · {rate}"


# The current run.


def judgement(run: Run) -> None:
    """The verdict with its figures and thresholds, and what to try next."""
    found = verdict(run.metrics)
    st.subheader(f"{markdown(run.name)}: {found.word}", anchor="verdict")
    if found.word == "not measured":
        st.info("This command measures the run:", icon=":material/straighten:")
        st.code(folders.command("evaluate", run.folder), language="bash")
        return
    st.markdown(markdown(found.sentence))
    if found.thresholds:
        st.caption(f"The threshold of this word: {markdown(found.thresholds)}.")
    _figures(run)
    for advice in ADVICE.get(found.word, ())[:1]:
        st.markdown("**What to try next**")
        _advise(run, advice)
    more = ADVICE.get(found.word, ())[1:]
    if more:
        things = "1 other thing" if len(more) == 1 else f"{len(more)} other things"
        with st.expander(f"{things} to try", icon=":material/lightbulb:"):
            for advice in more:
                _advise(run, advice)


def _advise(run: Run, advice: Advice) -> None:
    st.markdown(f"{advice.title}. :gray[{markdown(advice.sentence)}]")
    st.code(command(run, advice), language="bash", wrap_lines=True)


def command(run: Run, advice: Advice) -> str:
    """The `explorer new` that follows a piece of advice on the corpus of a run."""
    corpus = run.config.corpus
    words = ["explorer", "new", f"{run.name}-next", "--corpus", corpus.name or corpus.path]
    for option, value in (("text", corpus.text_column), ("label", corpus.label_column)):
        if value:
            words += [f"--{option}-column", value]
    return " ".join([shlex.join(words), *advice.options])


def _figures(run: Run) -> None:
    metrics = run.metrics
    with st.container(horizontal=True, gap="medium"):
        for name in FIGURES:
            if value_of(metrics, name) is None:
                continue
            definition, entry = METRICS[name], metrics[name]
            told = f"{definition.title}. {definition.sentence} Unit: {definition.unit}."
            counts = f" N = {entry['n']:,} sentences."
            st.metric(
                definition.title,
                scores.tile(entry, definition),
                help=markdown(told + counts),
                width=150,
            )


def dimensions(run: Run) -> None:
    """Rate and variance of each dimension, and the interval of the mutual information."""
    rates, variances, note = by_dimension(run)
    command = _command(run)
    if rates:
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown(
                "**Rate of each dimension**",
                help="KL of the posterior from the prior, dimension by dimension, mean over the "
                "sentences. A dimension at 0 carries nothing.",
            )
            alt = f"Bars: rate of {len(rates)} dimensions, {sum(rates):.2f} nats in all"
            download_buttons.chart(charts.rates(rates), "rate_bars", alt, command)
    else:
        st.caption(_why_no_rates(run))
        right = st.container()
    with right:
        st.markdown(
            "**Variance of the posterior means**",
            help="How far the places of sentences differ along each dimension. Active units are "
            "those above 0.01 (Burda et al. 2016).",
        )
        if variances:
            alt = f"Bars on a logarithmic axis: variances of {len(variances)} dimensions"
            download_buttons.chart(charts.variances(variances), "variance_bars", alt, command)
    if note:
        st.caption(note)
    _table(rates, variances, run)


def _why_no_rates(run: Run) -> str:
    """Why a run's rate is not told dimension by dimension."""
    if run.kind == "autoencoder":
        return "An autoencoder has no rate: z costs nothing."
    name = final_model(run.config).prior["name"]
    prior = {"mixture": "a mixture", "vamp": "a VampPrior", "flow": "a flow"}.get(name)
    if prior is None:
        return "The rate of this model is no sum over dimensions."
    return f"Its prior is {prior} over all dimensions at once: the rate is no sum over them."


def _table(rates: Sequence[float], variances: Sequence[float], run: Run) -> None:
    columns: dict[str, Sequence[Any]] = {}
    if rates:
        columns["rate_nats"] = rates
    if variances and (not rates or len(rates) == len(variances)):
        columns["variance_of_mean"] = variances
    if columns:
        count = len(next(iter(columns.values())))
        columns = {"dimension": list(range(count)), **columns}
        name = f"{run.name}-dimensions"
        st.caption("Every dimension as a table:")
        download_buttons.table_files(columns, name, "dimension_table", _command(run))


def _command(run: Run) -> str:
    command = run.metrics.get("command")
    return command if isinstance(command, str) else folders.command("evaluate", run.folder)


def by_dimension(run: Run) -> tuple[list[float], list[float], str]:
    """Rates and variances of `metrics.json`; of the map's sentences where it has none.

    Returns:
        Rates (empty where the rate is no sum over dimensions), variances, and what to know of
        where they are from.
    """
    rates = _listed(run.metrics, "rate", "by_dimension")
    variances = _listed(run.metrics, "active_units", "variances")
    if variances or run.atlas is None:
        return rates, variances, ""
    variances = run.atlas.mean.var(axis=0, ddof=1, dtype=np.float64).tolist()
    evaluate = folders.command("evaluate", run.folder)
    note = (
        f"By dimension from the {len(run.atlas):,} sentences of the map: the run's metrics.json "
        f"does not hold these figures; {code(evaluate)} writes them."
    )
    return rates or rates_by_dimension(run), variances, note


def _listed(metrics: Mapping[str, Any], name: str, key: str) -> list[float]:
    entry = metrics.get(name)
    values = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(values, list) or not all(isinstance(v, int | float) for v in values):
        return []
    return [float(value) for value in values]


def information(run: Run) -> None:
    """The interval of the mutual information, its ceiling and what it means."""
    entry = run.metrics.get("mutual_information", {})
    low, high, n = entry.get("low"), entry.get("high"), entry.get("n")
    if not all(isinstance(value, int | float) for value in (low, high, n)):
        return
    st.markdown("**Mutual information**", help=markdown(METRICS["mutual_information"].sentence))
    ceiling = math.log(n)
    rate = value_of(run.metrics, "rate")
    figure = charts.information(low, high, ceiling, rate)
    between = minus(f"{written(low)} and {written(high)} nats")
    alt = f"Mutual information between {between}, ceiling {written(ceiling)}"
    download_buttons.chart(figure, "information", alt, _command(run))
    resolved = f"Not resolved: above log N − 1 = {ceiling - 1:.1f} the true value stays unknown."
    if entry.get("resolved"):
        resolved = "Resolved: well below that ceiling."
    st.caption(
        f"Of what z says, between **{between}** tell sentences apart. With N = {n:,} sentences "
        f"the lower estimate never exceeds log N = {written(ceiling)}. {resolved}"
    )


def gains(run: Run) -> None:
    """A few sentences of the map, decoded, each word shaded by what z adds to it."""
    atlas = run.atlas
    if atlas is None:
        draw = folders.command("atlas", run.folder)
        st.info(f"{code(draw)} makes the map that sentences are taken from.")
        return
    offset = int(st.session_state.get(_OFFSET, 0))
    rows = sample_rows(atlas.split, offset)
    with st.spinner("Decoding…"):
        decoded = run.decode_tokens(atlas.mean[rows], Decoding())
    texts = run.texts
    left, right = st.columns(2, gap="medium")
    for place, (row, said) in enumerate(zip(rows, decoded, strict=True)):
        with left if place % 2 == 0 else right:
            st.html(plain(texts[row], quiet=True) + shaded(said))
    total = sum(sum(said.gains) for said in decoded) / len(decoded)
    st.html(shade_key())
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(
        f"Grey: the sentence. Below it: what the model says at its posterior mean; z makes these "
        f"words **{total:.1f} nats** likelier on average than {_reference(run)} does. "
        "A model that ignores z leaves all of them blank, and says the same sentence every time."
    )
    right.button(
        "Other sentences",
        icon=":material/refresh:",
        key="other_gains",
        on_click=_other_sentences,
        args=[offset + _SAMPLES],
    )


def _reference(run: Run) -> str:
    """What a latent gain is against."""
    if run.model.latent.has_rate:
        return "a z from the prior"
    return "a z from its density" if run.model.has_density else "a z drawn as wide as they lie"


def _other_sentences(offset: int) -> None:
    st.session_state[_OFFSET] = offset


def sample_rows(split: Sequence[str], offset: int, count: int = _SAMPLES) -> list[int]:
    """Rows spread over the held-out sentences, others for another offset."""
    held = [row for row, name in enumerate(split) if name == "test"] or list(range(len(split)))
    step = max(1, len(held) // count)
    return [
        held[(place * step + offset * 7) % len(held)] for place in range(min(count, len(held)))
    ]


def story(run: Run) -> None:
    """When it collapsed, or that it did not, and the curves that show it."""
    told = collapse_onset.told(run.history)
    if run.kind == "autoencoder":
        st.caption("An autoencoder has no rate that could collapse: nothing is charged for z.")
        return
    if not told:
        st.caption(
            "This run has no rate in its history.csv: when it collapsed, if it did, is unknown."
        )
        return
    st.markdown(f"**{markdown(told)}**")
    st.caption(
        "On validation sentences, at the end of every epoch or more often. The best weights of "
        "the training are kept, not its last."
    )
    figure = charts.history(run.history, collapse_onset.collapse_moment(run.history))
    download_buttons.chart(
        figure,
        "collapse_history",
        "Beta, rate and active units along the training",
        folders.command("train", run.folder, "--restart"),
        f"{run.name}-history",
    )
    if (run.folder / folders.PLAYBACK).is_file():
        st.page_link(
            url.page_file("playback"),
            label="Watch this training on the map",
            icon=":material/movie:",
        )
