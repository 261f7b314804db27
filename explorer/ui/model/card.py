"""A run's card, scores with their definitions, training curves and recipe."""

import re
from typing import Any

import numpy as np
import streamlit as st

from explorer.evaluation.metric_definition import worded
from explorer.evaluation.metric_text import beside, errors_note
from explorer.evaluation.metrics import METRICS
from explorer.evaluation.verdict import value_of
from explorer.explore.palette import BLUE, GREEN, ORANGE
from explorer.explore.readable_texts import excerpt
from explorer.explore.run import Run
from explorer.pipeline import model_card
from explorer.runs import folder as folders
from explorer.system import atomic_files
from explorer.ui.components import download_buttons, scores
from explorer.ui.components.escaping import imageless, minus, plain
from explorer.ui.components.history_charts import Curve, History, Panel, series, stacked

_EXAMPLES = 10
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def safe_card(text: str) -> str:
    """A card as Markdown that loads nothing: its images become links."""
    return imageless(_FRONT_MATTER.sub("", text))


def without_title(text: str, name: str) -> str:
    """A card without its first heading if that is the run's name, which the page shows."""
    return re.sub(rf"\A\s*# {re.escape(name)}[ \t]*(\n|\Z)", "", text)


def card(run: Run) -> None:
    """Examples, then the model card without its scores, which have a tab of their own."""
    examples(run)
    text = model_card.without_scores(without_title(safe_card(run.card), run.name))
    if not run.card.strip():
        st.info("This run has no card: its README.md is missing.", icon=":material/description:")
    with st.container(key="card"):
        if text.strip():
            st.markdown(text)
        # Cards written before these sections existed lack them.
        for title, section in (
            ("Intended use", model_card.intended_use(run.config)),
            ("Limits", model_card.limits(run.config, run.metrics)),
        ):
            if f"## {title}" not in text:
                st.markdown(f"## {title}\n\n{section}")


def examples(run: Run) -> None:
    """Ten test sentences drawn by the run's seed, each with its reconstruction."""
    if run.atlas is None or not run.has_latent:
        return
    st.header(
        "Ten reconstructions",
        help="Test sentences of the map, drawn at random with the run's seed. Each is decoded "
        "greedily from its posterior mean.",
    )
    left, right = st.columns(2, gap="medium")
    for number, row in enumerate(example_rows(run)):
        with left if number % 2 == 0 else right:
            text = run.texts[row]
            text = excerpt(run, text) if run.is_of_documents else text
            before = plain(text, quiet=True) if run.texts_are_real else ""
            st.html(before + plain(run.atlas.reconstruction[row]))
    if run.texts_are_real:
        st.caption("Grey: the sentence. Below it: its reconstruction.")


def example_rows(run: Run, count: int = _EXAMPLES) -> list[int]:
    """Map rows of test sentences drawn by the run's seed; of all, where there are no others."""
    split = np.asarray(run.needed_atlas.split)
    rows = np.flatnonzero(split == "test")
    rows = rows if len(rows) else np.arange(len(split))
    drawn = np.random.default_rng(run.config.seed).choice(rows, min(count, len(rows)), False)
    return sorted(drawn.tolist())


def figures(run: Run) -> None:
    """Every metric with its unit, counts and definition."""
    metrics = run.metrics
    names = [name for name in METRICS if value_of(metrics, name) is not None]
    command = metrics.get("command")
    command = command if isinstance(command, str) else folders.command("evaluate", run.folder)
    if not names:
        st.info("Not evaluated yet. To evaluate the run:", icon=":material/straighten:")
    else:
        texts = worded("sentences", metrics)
        table = {
            "score": [METRICS[name].title for name in names],
            "value": [scores.score(name, metrics[name]) for name in names],
            "± standard error": [_error(metrics[name]) for name in names],
            "unit": [worded(METRICS[name].unit, metrics) for name in names],
            "beside": [
                minus(worded(beside(name, metrics[name]), metrics)) or None for name in names
            ],
            texts: [metrics[name].get("n") for name in names],
            "samples": [metrics[name].get("samples") or None for name in names],
            "definition": [METRICS[name].sentence for name in names],
            "source": [METRICS[name].source for name in names],
        }
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            placeholder="–",
            column_config={
                texts: st.column_config.NumberColumn(format="localized"),
                "samples": st.column_config.NumberColumn(format="localized"),
                "definition": st.column_config.TextColumn(width="large"),
            },
        )
        exact = {"value": [metrics[name]["value"] for name in names]}
        download_buttons.table_files(table | exact, f"{run.name}-scores", "score_table")
        st.caption(f"{errors_note(metrics)} Reproduce these scores with:".strip())
    st.code(command, language="bash")


def _error(entry: dict[str, Any]) -> str | None:
    """Standard error over sentences; None for a metric that is not a mean."""
    error = entry.get("error")
    return f"{error:.2g}" if isinstance(error, int | float) else None


def curves(run: Run) -> None:
    """Training by epoch."""
    if not run.history:
        st.info("This run has no history.csv, so its training curves are not recorded.")
        return
    download_buttons.chart(
        stacked(panels(run.history)),
        "training_curves",
        "Training curves: beta, distortion, rate and active units by epoch",
        folders.command("train", run.folder, "--restart"),
        f"{run.name}-training",
    )


def panels(history: History) -> list[Panel]:
    """β, distortion, rate and active units by epoch."""

    def both(name: str) -> list[Curve]:
        return [
            Curve("training", *series(history, name), BLUE),
            Curve("validation", *series(history, f"validation_{name}"), ORANGE),
        ]

    active = Curve("validation", *series(history, "validation_active_units"), ORANGE)
    return [
        Panel("β", [Curve("β", *series(history, "beta"), GREEN)]),
        Panel("Distortion, nats", both("distortion")),
        Panel("Rate, nats", both("rate")),
        Panel("Active units", [active]),
    ]


def recipe(run: Run) -> None:
    """`config.toml`, verbatim."""
    path = run.folder / folders.CONFIG
    text = atomic_files.read(path, folders.LARGEST[folders.CONFIG]).decode(errors="replace")
    st.code(text, language="toml")
