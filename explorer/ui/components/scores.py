"""The scores of the run a page is about: a badge for each verdict, a tile a figure."""

from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from explorer.evaluation.metric_definition import Metric
from explorer.evaluation.metric_text import is_loose, shown, unresolved
from explorer.evaluation.metrics import METRICS
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import NO_LATENT, NOT_MEASURED, Verdict, uses_z, value_of
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import code, markdown, message, minus
from explorer.ui.session import url

SHORT = {
    "importance_ppl": "Perplexity",
    "rate": "Rate",
    "mutual_information": "Mutual info.",
    "active_units": "Active units",
    "bleu": "BLEU",
    "shuffled_z_gap": "Shuffled-z gap",
}
"""The main scores, under names that fit a tile."""
_USES_Z = "Whether the decoder uses z."
_CAN_BE_SAMPLED = "Whether samples of the prior decode to sentences that read like real ones."


def show_scores(run: Run) -> None:
    """The main figures and a link to the model card."""
    metrics = run.metrics
    names = [name for name in SHORT if value_of(metrics, name) is not None]
    with st.container(horizontal=True, gap="small"):
        for name in names:
            definition = METRICS[name]
            st.metric(
                SHORT[name],
                tile(name, metrics[name], definition),
                help=markdown(
                    f"{definition.title}. {definition.sentence} Unit: {definition.unit}."
                    f"{_note(name, metrics[name])}"
                ),
                width=118,
            )
    if not names:
        evaluate = folders.command("evaluate", run.folder)
        st.caption(f"No scores yet: measure them with {code(evaluate)}.")
    st.page_link(url.page_file("model"), label="Model card", icon=":material/description:")


def badges(metrics: Mapping[str, Any], unit: str = "sentence") -> None:
    """Whether the run uses z, and whether it can be sampled from; why, in the help.

    Args:
        metrics: Of the run.
        unit: What its texts are called.
    """
    use, sampling = uses_z(metrics), can_be_sampled(metrics)
    with st.container(horizontal=True, gap="small", width="content"):
        _badge(use, _USES_Z, unit)
        if use.code not in (NO_LATENT, NOT_MEASURED):
            _badge(sampling, _CAN_BE_SAMPLED, unit)


def _badge(verdict: Verdict, question: str, unit: str) -> None:
    colours: dict[str | None, Literal["green", "gray", "orange"]]
    colours = {"yes": "green", None: "gray"}
    criterion = f" Criterion: {verdict.thresholds}." if verdict.thresholds else ""
    text = f"{question} {verdict.sentence}{criterion}".replace("sentence", unit)
    st.badge(verdict.word, color=colours.get(verdict.value, "orange"), help=message(text))


def _note(name: str, entry: Mapping[str, Any]) -> str:
    if unresolved(name, entry):
        return f" Not resolved with {entry.get('n', '?')} sentences: a bound is shown."
    if is_loose(entry):
        return (
            f" Effective sample size {entry['ess']:.1f} of {entry.get('samples', '?')}: this is "
            "an upper bound."
        )
    return ""


def score(name: str, entry: Mapping[str, Any]) -> str:
    """A score as `explorer evaluate` prints it, units as a share of the dimensions."""
    if name == "active_units" and "of" in entry:
        return f"{entry['value']:.0f} / {entry['of']}"
    return minus(shown(name, entry))


def tile(name: str, entry: Mapping[str, Any], definition: Metric) -> str:
    """A score that stands alone: with its unit where that is nats."""
    if limit := unresolved(name, entry):
        return f"{limit} nats"
    unit = " nats" if definition.unit.startswith("nats") else ""
    return score(name, entry) + unit
