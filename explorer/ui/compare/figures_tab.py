"""The metrics of the runs: scores, rate–distortion plane and training, each downloadable."""

from collections.abc import Sequence

import streamlit as st

from explorer.errors import ExplorerError
from explorer.evaluation.published import rows_with_rate
from explorer.explore.run import Run
from explorer.explore.run_difference import comparable
from explorer.runs import folder as folders
from explorer.ui.compare import charts, scores
from explorer.ui.compare.runs import Column
from explorer.ui.components import download_buttons
from explorer.ui.components.escaping import listed, markdown
from explorer.ui.session import open_runs


def show(columns: Sequence[Column]) -> None:
    """The scores and charts."""
    st.header("Scores")
    scores.show(columns)
    st.header("Rate and distortion")
    _plane(columns)
    st.header("Training")
    _training(columns)


def _plane(columns: Sequence[Column]) -> None:
    first = columns[0].run
    others, on_other_text = _others(columns)
    st.caption(
        "Each run is a point: the nats per sentence that pass through z (rate), and the nats "
        "still needed to decode its words (distortion). Their sum, −ELBO, is constant along a "
        "dotted line: lower left is better. A language model has no z; its exact −log p is the "
        "dashed line."
    )
    chosen = [column.run for column in columns]
    foreign = [run.name for run in chosen if not comparable(run, first)]
    if foreign:
        st.warning(
            f"{markdown(listed(foreign))} and {markdown(first.name)} were trained on different "
            "text, so their nats are not comparable. Only runs on the text of "
            f"{markdown(first.name)} are drawn.",
            icon=":material/warning:",
        )
    drawn = [column for column in columns if comparable(column.run, first)]
    download_buttons.chart(
        charts.plane(drawn, others),
        "rate_distortion",
        "Rate against distortion of each run, with lines of equal ELBO",
        "\n".join(folders.command("evaluate", run.folder) for run in [*chosen, *others]),
        "rate-distortion",
    )
    notes, missing = [], charts.off_the_plane([*chosen, *others])
    if drawn_names := [run.name for run in others if run.name not in missing]:
        named = markdown(listed(drawn_names))
        notes.append(f"In grey, on the same text: {named}.")
    if on_other_text:
        notes.append(f"Not drawn (trained on other text): {markdown(listed(on_other_text))}.")
    if missing:
        named = markdown(listed(missing))
        notes.append(f"Not drawn (no rate, or not evaluated): {named}.")
    notes += [
        f"{markdown(row.source)}: {row.published.note}"
        for row in rows_with_rate(first.config.corpus.name)
        if row.published.note
    ]
    if notes:
        st.caption(" ".join(notes))


def _others(columns: Sequence[Column]) -> tuple[list[Run], list[str]]:
    """The other runs: those on the same text, and the names of those on other text."""
    chosen = {column.run.stamp for column in columns}
    same, on_other_text = [], []
    for name in open_runs.listing().names:
        try:
            run = open_runs.run_of(name)
        except ExplorerError:
            continue  # the run picker reports it
        if run.stamp in chosen:
            continue
        if comparable(run, columns[0].run):
            same.append(run)
        else:
            on_other_text.append(run.name)
    return same, on_other_text


def _training(columns: Sequence[Column]) -> None:
    without = [column.name for column in columns if not column.run.history]
    if len(without) < len(columns):
        download_buttons.chart(
            charts.curves(columns),
            "curves",
            "Beta, rate, distortion, mutual information and active units by epoch, for each run",
            "\n".join(
                folders.command("train", column.run.folder, "--restart") for column in columns
            ),
            "training",
        )
        st.caption(
            "Rate, distortion, mutual information and active units are measured on validation "
            "sentences, if a run recorded them."
        )
    if without:
        st.caption(f"Without history.csv: {markdown(listed(without))}.")
