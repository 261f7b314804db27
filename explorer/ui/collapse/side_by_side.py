"""The collapsed run beside one that uses z: what they decode, and their rates during training."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.errors import ExplorerError
from explorer.evaluation.metrics import written
from explorer.evaluation.verdict import uses_z, value_of
from explorer.explore import recipe_diff, run_difference
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.collapse import charts, verdict
from explorer.ui.components import download_buttons, notes
from explorer.ui.components.escaping import markdown, plain
from explorer.ui.session import open_runs, url

_SENTENCES = 4


def show(current: Run) -> None:
    """The current run and its counterpart, the collapsed one on the left."""
    pair = verdict.pair(current)
    if pair is None:
        return
    try:
        runs = [open_runs.run_of(name) for name in pair]
    except ExplorerError:
        return  # the run picker reports it
    st.markdown(run_difference.difference(runs, lambda run: f"**{markdown(run.name)}**"))
    settings = recipe_diff.differing([run.config for run in runs])
    st.caption(markdown(recipe_diff.summary(settings)))
    words, training = st.columns([3, 2], gap="medium")
    with words:
        _reconstructions(runs)
    with training:
        _training(runs)
    st.page_link(
        url.page_file("compare"),
        label="Compare these two runs",
        icon=":material/compare_arrows:",
        query_params={"runs": ",".join(pair)},
    )


def _reconstructions(runs: Sequence[Run]) -> None:
    rows = shared_rows(runs)
    if not rows:
        return
    st.markdown(
        "**The same sentences, reconstructed**",
        help="Test sentences on both maps, evenly spaced, not hand-picked. Each is encoded to "
        "its posterior mean and decoded greedily.",
    )
    st.html(_table(runs, rows))
    if runs[0].texts_are_real:
        st.caption("Grey: the sentence. Below it: its reconstruction by each run.")
    else:
        notes.corpus_note(*runs)


def _table(runs: Sequence[Run], rows: Sequence[int]) -> str:
    """Each sentence above its reconstructions; texts are shown as they are."""
    heads = ""
    for run in runs:
        rate = value_of(run.metrics, "rate")
        rate_note = "" if rate is None else f" · rate {written(rate)} nats"
        heads += (
            f"<th scope='col'>{html.escape(run.name)}"
            f"<span>{html.escape(uses_z(run.metrics).word)}{rate_note}</span></th>"
        )
    source, body = runs[0], ""
    for row in rows:
        # Without the corpus it is not known: a reconstruction in its place would equal itself.
        text = source.texts[_index(source, row)] if source.texts_are_real else f"sentence {row:,}"
        sentence = plain(readable(source, text), quiet=True)
        decoded = [plain(run.needed_atlas.reconstruction[_index(run, row)]) for run in runs]
        body += f"<tr><th scope='rowgroup' colspan='{len(runs)}'>{sentence}</th></tr>"
        body += f"<tr>{''.join(f'<td>{words}</td>' for words in decoded)}</tr>"
    return f"<table class='pair-words'><thead><tr>{heads}</tr></thead>{body}</table>"


def shared_rows(runs: Sequence[Run], count: int = _SENTENCES) -> list[int]:
    """Corpus rows of test sentences on the maps of all runs, evenly spaced."""
    atlases = [run.atlas for run in runs]
    if any(atlas is None for atlas in atlases):
        return []
    first, *others = (atlas for atlas in atlases if atlas is not None)
    if any(other.corpus_checksum != first.corpus_checksum for other in others):
        return []
    shared = first.row[np.asarray(first.split) == "test"]
    for other in others:
        shared = np.intersect1d(shared, other.row)
    if not len(shared):
        return []
    chosen = np.linspace(0, len(shared) - 1, min(count, len(shared))).round().astype(int)
    return shared[chosen].tolist()


def _index(run: Run, row: int) -> int:
    return int(run.needed_atlas.row.searchsorted(row))


def _training(runs: Sequence[Run]) -> None:
    histories = {run.name: run.history for run in runs if run.history}
    if not histories:
        return
    st.markdown("**Rate and β during training**")
    download_buttons.chart(
        charts.two_histories(histories),
        "collapse_pair",
        "Rate and beta of the two runs by epoch",
        "\n".join(folders.command("train", run.folder, "--restart") for run in runs),
        "collapse-pair",
    )
