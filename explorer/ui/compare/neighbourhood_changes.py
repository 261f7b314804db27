"""How much the nearest neighbours of each sentence change from one run to another."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.explore.aligned_maps import MAX_COMPARED, NEIGHBOURS, Aligned
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.ui.components.escaping import markdown
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import selected_rows

_LISTED = 15
_MOSTLY = 0.9
"""Median fraction of changed neighbours from which the least changed ones are listed."""


def show(others: Sequence[Aligned]) -> None:
    """For each run but the first, the sentences whose neighbours change most."""
    st.header(
        "Changed neighbourhoods",
        help=f"For every shared sentence: the Jaccard distance between its {NEIGHBOURS} nearest "
        "sentences in latent space in the two runs (0%: the same, 100%: none in common).",
    )
    if not others:
        st.caption("Neighbourhoods can only be compared between maps of the same sentences.")
        return
    for container, there in zip(st.columns(len(others), gap="medium"), others, strict=True):
        with container:
            _one(there)


def table(there: Aligned) -> dict[str, list]:
    """Every compared sentence, the most changed first, of ties the likeliest first."""
    atlas, own = there.frame.atlas, there.run.atlas
    assert atlas is not None and own is not None
    here, frame = (rows[there.compared] for rows in there.pairs)
    # Ten neighbours make many ties; what both models reconstruct well is easiest to judge.
    unlikely = atlas.distortion[frame] + own.distortion[here]
    order = np.lexsort((unlikely, -there.moved))
    source, rows = texts_of(there, here, frame)
    return {
        "row": atlas.row[frame[order]].tolist(),
        "text": [source.texts[row] for row in rows[order].tolist()],
        "moved": there.moved[order].tolist(),
    }


def texts_of(there: Aligned, here: np.ndarray, frame: np.ndarray) -> tuple[Run, np.ndarray]:
    """The run that provides the texts of these sentences, and their rows in it.

    Without the corpus the texts are reconstructions, which a collapsed run makes all alike.
    """
    own, other = there.run.atlas, there.frame.atlas
    assert own is not None and other is not None
    if not there.frame.texts_are_real and own.distortion.mean() < other.distortion.mean():
        return there.run, here
    return there.frame, frame


def _part(values: list, last: bool) -> list:
    return values[: -_LISTED - 1 : -1] if last else values[:_LISTED]


def _one(there: Aligned) -> None:
    st.markdown(
        f"From **{markdown(there.frame.name)}** to **{markdown(there.run.name)}**: "
        f"**{np.median(there.moved):.0%}** of nearest neighbours differ (median)."
    )
    noise = [run for run in (there.run, there.frame) if run.needed_atlas.layout_is_noise]
    if noise:
        names = " and ".join(f"**{markdown(run.name)}**" for run in noise)
        st.caption(
            f"The posterior means of {names} hardly vary, so its neighbours are arbitrary and "
            "almost all differ. These are the sentences whose neighbours stayed the same."
        )
    # Where nearly all differ, what stayed says more.
    stayed = bool(noise) or bool(np.median(there.moved) >= _MOSTLY)
    columns = table(there)
    most = {name: _part(values, stayed) for name, values in columns.items()}
    rows = [
        Row(row, readable(there.frame, text), f"row {row:,} · {fraction:.0%}")
        for row, text, fraction in zip(most["row"], most["text"], most["moved"], strict=True)
    ]
    sentence_list(
        rows,
        f"Sentences with the {'least' if stayed else 'most'} changed neighbours",
        f"moved_{there.run.stamp}",
        selected_rows.choose,
    )
    if len(there.pairs[0]) > MAX_COMPARED:
        st.caption(f"Based on {MAX_COMPARED:,} of the shared sentences, evenly spaced.")
