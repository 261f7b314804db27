"""Diagnosis of a run: verdict, advice, dimensions, words and history."""

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
    """A run and its verdict."""

    name: str
    word: str
    rate: float | None


# All runs.


def judged_runs() -> list[Judged]:
    """Every evaluated run with a latent space, failed verdicts first."""
    judged = [_judge(name) for name in open_runs.listing().names]
    known = [run for run in judged if run is not None]
    return sorted(known, key=lambda run: (run.word not in _FAILED, run.word == "healthy"))


def _judge(name: str) -> Judged | None:
    try:
        metrics = folders.read_metrics(folders.find(name))
    except ExplorerError:
        return None  # the run picker reports it
    result = verdict(metrics)
    if result.word in ("no latent", "not measured"):
        return None
    return Judged(name, result.word, value_of(metrics, "rate"))


def partner(run: Judged, runs: Sequence[Judged]) -> Judged | None:
    """The run that contrasts most: a healthy one for a failed run, and the reverse."""
    if run.word == "healthy":
        others = [other for other in runs if other.word in _FAILED]
    else:
        others = [other for other in runs if other.word == "healthy"]
    return others[0] if others else None


def runs(current: Run) -> None:
    """Links to a contrasting run, and to every run with its verdict."""
    judged = judged_runs()
    if len(judged) < 2:
        return
    # Runs are listed as commands name them: by path where a name is taken.
    named = folders.typed(current.folder)
    ordered = sorted(judged, key=lambda run: unlikeness(current.config, _recipe(run.name)))
    here = next((run for run in judged if run.name == named), None)
    if here and (other := partner(here, ordered)):
        _links(here, other)
    rows = [Row(index, run.name, _note(run)) for index, run in enumerate(judged)]

    def chosen(index: int) -> None:
        st.session_state["run"] = judged[index].name

    with st.expander(f"All {len(judged)} runs with a latent space", icon=":material/list:"):
        sentence_list(rows, "Runs and their verdicts", "judged", chosen, "Show this run")


def unlikeness(recipe: Config, other: Config) -> tuple[bool, int]:
    """Sort key: the number of differing settings, the same kind of latent space first.

    An autoencoder cannot collapse, however similar its recipe.
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
    """The verdict with its metrics and thresholds, and what to try next."""
    judged = verdict(run.metrics)
    st.subheader(f"{markdown(run.name)}: {judged.word}", anchor="verdict")
    if judged.word == "not measured":
        st.info("Evaluate the run with:", icon=":material/straighten:")
        st.code(folders.command("evaluate", run.folder), language="bash")
        return
    st.markdown(markdown(judged.sentence))
    if judged.thresholds:
        st.caption(f"Criterion: {markdown(judged.thresholds)}.")
    _figures(run)
    for advice in ADVICE.get(judged.word, ())[:1]:
        st.markdown("**What to try next**")
        _advise(run, advice)
    more = ADVICE.get(judged.word, ())[1:]
    if more:
        count = "1 more suggestion" if len(more) == 1 else f"{len(more)} more suggestions"
        with st.expander(count, icon=":material/lightbulb:"):
            for advice in more:
                _advise(run, advice)


def _advise(run: Run, advice: Advice) -> None:
    st.markdown(f"{advice.title}. :gray[{markdown(advice.sentence)}]")
    st.code(command(run, advice), language="bash", wrap_lines=True)


def command(run: Run, advice: Advice) -> str:
    """The `explorer new` command that follows the advice on the corpus of a run."""
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
            text = f"{definition.title}. {definition.sentence} Unit: {definition.unit}."
            counts = f" N = {entry['n']:,} sentences."
            st.metric(
                definition.title,
                scores.tile(entry, definition),
                help=markdown(text + counts),
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
                help="KL of the posterior from the prior in each dimension, mean over sentences. "
                "A dimension at 0 carries no information.",
            )
            alt = f"Bars: rate of {len(rates)} dimensions, {sum(rates):.2f} nats in total"
            download_buttons.chart(charts.rates(rates), "rate_bars", alt, command)
    else:
        st.caption(_why_no_rates(run))
        right = st.container()
    with right:
        st.markdown(
            "**Variance of the posterior means**",
            help="Variance over sentences of the posterior mean in each dimension. Active units "
            "are those above 0.01 (Burda et al. 2016).",
        )
        if variances:
            alt = f"Bars on a logarithmic axis: variances of {len(variances)} dimensions"
            download_buttons.chart(charts.variances(variances), "variance_bars", alt, command)
    if note:
        st.caption(note)
    _table(rates, variances, run)


def _why_no_rates(run: Run) -> str:
    """Why a run has no rate by dimension."""
    if run.kind == "autoencoder":
        return "An autoencoder has no rate: z costs nothing."
    name = final_model(run.config).prior["name"]
    prior = {"mixture": "a mixture", "vamp": "a VampPrior", "flow": "a flow"}.get(name)
    if prior is None:
        return "The rate of this model is not a sum over dimensions."
    return f"Its prior is {prior} over all dimensions jointly: the rate is not a sum over them."


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
    """Rates and variances from `metrics.json`, else from the sentences of the map.

    Returns:
        Rates (empty where the rate is not a sum over dimensions), variances, and a note on
        their source.
    """
    rates = _listed(run.metrics, "rate", "by_dimension")
    variances = _listed(run.metrics, "active_units", "variances")
    if variances or run.atlas is None:
        return rates, variances, ""
    variances = run.atlas.mean.var(axis=0, ddof=1, dtype=np.float64).tolist()
    evaluate = folders.command("evaluate", run.folder)
    note = (
        f"By dimension from the {len(run.atlas):,} sentences of the map: the run's metrics.json "
        f"lacks these values; {code(evaluate)} writes them."
    )
    return rates or rates_by_dimension(run), variances, note


def _listed(metrics: Mapping[str, Any], name: str, key: str) -> list[float]:
    entry = metrics.get(name)
    values = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(values, list) or not all(isinstance(v, int | float) for v in values):
        return []
    return [float(value) for value in values]


def information(run: Run) -> None:
    """The interval of the mutual information, its ceiling and its interpretation."""
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
    resolved = f"Not resolved: above log N − 1 = {ceiling - 1:.1f} the true value is unknown."
    if entry.get("resolved"):
        resolved = "Resolved: well below that ceiling."
    st.caption(
        f"Between **{between}** of the rate identify the sentence. With N = {n:,} sentences "
        f"the lower bound cannot exceed log N = {written(ceiling)}. {resolved}"
    )


def gains(run: Run) -> None:
    """A few reconstructions, each word shaded by the contribution of z to it."""
    atlas = run.atlas
    if atlas is None:
        draw = folders.command("atlas", run.folder)
        st.info(f"{code(draw)} draws the map that the sentences come from.")
        return
    offset = int(st.session_state.get(_OFFSET, 0))
    rows = sample_rows(atlas.split, offset)
    with st.spinner("Decoding…"):
        decoded = run.decode_tokens(atlas.mean[rows], Decoding())
    texts = run.texts
    left, right = st.columns(2, gap="medium")
    for index, (row, result) in enumerate(zip(rows, decoded, strict=True)):
        with left if index % 2 == 0 else right:
            st.html(plain(texts[row], quiet=True) + shaded(result))
    total = sum(sum(result.gains) for result in decoded) / len(decoded)
    st.html(shade_key())
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(
        f"Grey: the sentence. Below: its reconstruction from the posterior mean. z adds "
        f"**{total:.1f} nats** to its log-probability on average, compared with "
        f"{_reference(run)}. A model that ignores z shades no word and decodes the same sentence "
        "every time."
    )
    right.button(
        "Other sentences",
        icon=":material/refresh:",
        key="other_gains",
        on_click=_other_sentences,
        args=[offset + _SAMPLES],
    )


def _reference(run: Run) -> str:
    """The baseline of a latent gain."""
    if run.model.latent.has_rate:
        return "a z from the prior"
    return "a z from its density" if run.model.has_density else "a z as far apart as the encodings"


def _other_sentences(offset: int) -> None:
    st.session_state[_OFFSET] = offset


def sample_rows(split: Sequence[str], offset: int, count: int = _SAMPLES) -> list[int]:
    """Rows spread evenly over the test sentences; another offset gives others."""
    held = [row for row, name in enumerate(split) if name == "test"] or list(range(len(split)))
    step = max(1, len(held) // count)
    return [
        held[(index * step + offset * 7) % len(held)] for index in range(min(count, len(held)))
    ]


def story(run: Run) -> None:
    """When the run collapsed, if it did, and the curves that show it."""
    onset = collapse_onset.told(run.history)
    if run.kind == "autoencoder":
        st.caption("An autoencoder has no rate that could collapse: z is free.")
        return
    if not onset:
        st.caption("This run's history.csv has no rate: whether and when it collapsed is unknown.")
        return
    st.markdown(f"**{markdown(onset)}**")
    st.caption(
        "On validation sentences, at least once an epoch. The run holds the best weights of the "
        "training, not the last."
    )
    figure = charts.history(run.history, collapse_onset.collapse_moment(run.history))
    download_buttons.chart(
        figure,
        "collapse_history",
        "Beta, rate and active units during training",
        folders.command("train", run.folder, "--restart"),
        f"{run.name}-history",
    )
    if (run.folder / folders.PLAYBACK).is_file():
        st.page_link(
            url.page_file("playback"),
            label="Watch this training on the map",
            icon=":material/movie:",
        )
