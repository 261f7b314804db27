"""Diagnosis of a run: verdicts, advice, words and history."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.config import Config, read
from explorer.errors import ExplorerError
from explorer.evaluation import collapse_onset
from explorer.evaluation.metrics import METRICS, written
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import (
    ADVICE,
    NO,
    NO_LATENT,
    NOT_MEASURED,
    YES,
    Advice,
    Verdict,
    uses_z,
    value_of,
)
from explorer.explore import run_choice
from explorer.explore.readable_texts import readable
from explorer.explore.recipe_diff import differing
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.system.plurals import number_of
from explorer.ui.collapse import charts
from explorer.ui.components import download_buttons, run_picker, scores
from explorer.ui.components.escaping import code, markdown, message, plain, shade_key, shaded
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import open_runs, url

FIGURES = ("rate", "mutual_information", "active_units", "shuffled_z_gap", "prior_z_gap")
_SAMPLES = 4
_GOLDEN = 0.618
_OFFSET = "others"  # in the address: which sentences


@dataclass(frozen=True, slots=True)
class Judged:
    """A run and its verdicts."""

    name: str
    use: Verdict
    sampling: Verdict
    rate: float | None

    @property
    def uses_z(self) -> bool:
        """Whether z is used, and not only partly."""
        return self.use.value == YES

    @property
    def failed(self) -> bool:
        """Whether z is not used at all."""
        return self.use.value == NO


# All runs.


def judged_runs() -> list[Judged]:
    """Every evaluated run with a latent space, failed verdicts first."""
    judged = [_judge(name) for name in open_runs.listing().names]
    known = [run for run in judged if run is not None]
    return sorted(known, key=lambda run: (not run.failed, run.uses_z))


def _judge(name: str) -> Judged | None:
    try:
        metrics = folders.read_metrics(folders.find(name))
    except ExplorerError:
        return None  # the run picker reports it
    result = uses_z(metrics)
    if result.code in (NO_LATENT, NOT_MEASURED):
        return None
    return Judged(name, result, can_be_sampled(metrics), value_of(metrics, "rate"))


def partner(run: Judged, runs: Sequence[Judged]) -> Judged | None:
    """The run that contrasts most: one that uses z for one that does not, and the reverse."""
    others = [other for other in runs if (other.failed if run.uses_z else other.uses_z)]
    return others[0] if others else None


def pair(current: Run) -> tuple[str, str] | None:
    """The current run and the one that contrasts with it most, the collapsed one first."""
    judged = judged_runs()
    # Runs are listed as commands name them: by path where a name is taken.
    named = folders.typed(current.folder)
    here = next((run for run in judged if run.name == named), None)
    if here is None or not (here.failed or here.uses_z):
        return run_choice.collapsed_and_healthy(open_runs.records())
    there = [run for run in judged if _corpus(run.name) == _corpus(named)]
    other = partner(here, sorted(there, key=lambda run: _contrast(current, run)))
    if other is None:
        return None
    return (other.name, here.name) if other.failed else (here.name, other.name)


def _contrast(current: Run, other: Judged) -> tuple[bool, bool, int]:
    has_map = (folders.find(other.name) / folders.ATLAS).is_file()
    return (not has_map, *unlikeness(current.config, _recipe(other.name)))


def _corpus(name: str) -> tuple[str, str]:
    corpus = _recipe(name).corpus
    return corpus.name, corpus.path


def runs() -> None:
    """Every run with its verdicts, to choose from."""
    judged = judged_runs()
    if len(judged) < 2:
        return
    rows = [Row(index, run.name, _note(run)) for index, run in enumerate(judged)]

    def chosen(index: int) -> None:
        run_picker.choose_run(judged[index].name)

    with st.expander(f"All {len(judged)} runs with a latent space", icon=":material/list:"):
        sentence_list(rows, "Runs and their verdicts", "judged", chosen, "Show this run")


def unlikeness(recipe: Config, other: Config) -> tuple[bool, int]:
    """Sort key: the number of differing settings, the same kind of latent space first.

    An autoencoder cannot collapse, however similar its recipe.
    """
    kinds = {item.model.latent["name"] for item in (recipe, other)}
    return len(kinds) > 1, len(differing([recipe, other]))


def _recipe(name: str) -> Config:
    return read(folders.find(name) / folders.CONFIG)


def _note(run: Judged) -> str:
    rate = "no rate" if run.rate is None else f"rate {written(run.rate)} nats"
    return f"{run.use.word} · {run.sampling.word} · {rate}"


# The current run.


def judgement(run: Run) -> None:
    """Both verdicts with their metrics and thresholds, and what to try next."""
    judged = uses_z(run.metrics)
    st.header(f"{markdown(run.name)}: {judged.word}", anchor="verdict")
    if judged.code == NOT_MEASURED:
        st.info("To evaluate the run:", icon=":material/straighten:")
        st.code(folders.command("evaluate", run.folder), language="bash")
        return
    st.markdown(message(judged.sentence))
    if judged.thresholds:
        st.caption(f"Criterion: {markdown(judged.thresholds)}.")
    _figures(run)
    _sampling(run)
    for advice in ADVICE.get(judged.code, ())[:1]:
        st.markdown("**What to try next**")
        _advise(run, advice)
    more = ADVICE.get(judged.code, ())[1:]
    if more:
        count = number_of(len(more), "more suggestion")
        with st.expander(count, icon=":material/lightbulb:"):
            for advice in more:
                _advise(run, advice)


def _sampling(run: Run) -> None:
    sampling = can_be_sampled(run.metrics)
    if sampling.code == NO_LATENT:
        return
    st.markdown(f"**{markdown(sampling.word.capitalize())}.** {message(sampling.sentence)}")
    if sampling.thresholds:
        st.caption(f"Criterion: {markdown(sampling.thresholds)}.")


def _advise(run: Run, advice: Advice) -> None:
    st.markdown(f"{advice.title}. :gray[{message(advice.sentence)}]")
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
                scores.tile(name, entry, definition),
                help=markdown(text + counts),
                width=150,
            )


def gains(run: Run) -> None:
    """A few reconstructions, each word shaded by the contribution of z to it."""
    atlas = run.atlas
    if atlas is None:
        draw = folders.command("atlas", run.folder)
        st.info(f"{code(draw)} draws the map that provides the sentences.")
        return
    asked = st.query_params.get(_OFFSET, "")
    offset = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
    rows = sample_rows(atlas.split, offset)
    with st.spinner("Decoding…"):
        decoded = run.decode_tokens(atlas.mean[rows], Decoding())
    texts = run.texts
    left, right = st.columns(2, gap="medium")
    for index, (row, result) in enumerate(zip(rows, decoded, strict=True)):
        with left if index % 2 == 0 else right:
            sentence = plain(readable(run, texts[row]), quiet=True) if run.texts_are_real else ""
            st.html(sentence + shaded(result))
    total = sum(sum(result.gains) for result in decoded) / len(decoded)
    st.html(shade_key())
    left, right = st.columns([3, 1], vertical_alignment="center")
    shown = (
        "Grey: the sentence. Below: its reconstruction"
        if run.texts_are_real
        else "The sentences themselves are not installed; these are their reconstructions,"
    )
    left.caption(
        f"{shown} from the posterior mean. z adds **{total:.1f} nats** to its log-probability on "
        f"average, compared with {_reference(run)}. A model that ignores z shades no word and "
        "always decodes the same sentence."
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
    return (
        "a z from its density"
        if run.model.has_density
        else "a z as far from the origin as the encodings"
    )


def _other_sentences(offset: int) -> None:
    st.query_params[_OFFSET] = str(offset)


def sample_rows(split: Sequence[str], offset: int, count: int = _SAMPLES) -> list[int]:
    """Rows spread evenly over the test sentences; another offset gives others."""
    held = [row for row, name in enumerate(split) if name == "test"] or list(range(len(split)))
    step = max(1, len(held) // count)
    shift = int(offset / count * _GOLDEN * step) % step  # far from the rows of the offsets before
    return [held[shift + index * step] for index in range(min(count, len(held)))]


def story(run: Run) -> None:
    """When the run collapsed, if it did, and the curves that show it."""
    onset = collapse_onset.describe(run.history)
    collapsed = collapse_onset.collapse_moment(run.history) is not None
    st.header("When did it collapse?" if collapsed else "Its training", anchor="history")
    if run.kind == "autoencoder":
        st.caption("An autoencoder has no rate that could collapse: z is unconstrained.")
        return
    if not onset:
        st.caption("This run's history.csv has no rate: whether and when it collapsed is unknown.")
        return
    st.markdown(f"**{markdown(onset)}**")
    st.caption(
        "On validation sentences, at least once per epoch. The run contains the best weights of "
        "the training, not the last."
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
