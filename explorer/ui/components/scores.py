"""The scores beside every page: a badge for the verdict, a tile a figure."""

from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from explorer.evaluation.metrics import METRICS, Metric, written
from explorer.evaluation.verdict import value_of, verdict
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import code, markdown, minus
from explorer.ui.session import url

SHORT = {
    "importance_ppl": "Perplexity",
    "rate": "Rate",
    "mutual_information": "Mutual info.",
    "active_units": "Active units",
    "bleu": "BLEU",
    "shuffled_z_gap": "Shuffled-z gap",
}
"""The scores beside every page, under names that fit there."""


def show_scores(run: Run) -> None:
    """The verdict, the main figures and a link to the model card."""
    metrics = run.metrics
    judged = verdict(metrics)
    colours: dict[str, Literal["green", "gray"]]
    colours = {"healthy": "green", "no latent": "gray", "not measured": "gray"}
    description = f"{judged.sentence} {judged.thresholds}".strip()
    st.badge(
        judged.word, color=colours.get(judged.word, "orange"), help=markdown(description) or None
    )
    shown = [name for name in SHORT if value_of(metrics, name) is not None]
    with st.container(horizontal=True, gap="small"):
        for name in shown:
            definition = METRICS[name]
            st.metric(
                SHORT[name],
                tile(metrics[name], definition),
                help=markdown(
                    f"{definition.title}. {definition.sentence} Unit: {definition.unit}."
                ),
                width=118,
            )
    if not shown:
        evaluate = folders.command("evaluate", run.folder)
        st.caption(f"No scores yet: {code(evaluate)} measures them.")
    st.page_link(url.page_file("model"), label="Model card", icon=":material/description:")


def score(entry: Mapping[str, Any], definition: Metric) -> str:
    """A score as `explorer evaluate` prints it, units as a share of the dimensions."""
    if definition.title == "Active units" and "of" in entry:
        return f"{entry['value']:.0f} / {entry['of']}"
    return minus(written(entry["value"]))


def tile(entry: Mapping[str, Any], definition: Metric) -> str:
    """A score that stands alone: with its unit where that is nats."""
    unit = " nats" if definition.unit.startswith("nats") else ""
    return score(entry, definition) + unit
