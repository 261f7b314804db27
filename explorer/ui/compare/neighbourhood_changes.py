"""How far each sentence's neighbourhood moved from one run to another, and which moved most."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.explore.aligned_maps import MAX_COMPARED, NEIGHBOURS, Aligned
from explorer.explore.run import Run
from explorer.ui.components.escaping import markdown
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import selected_rows

_LISTED = 15


def show(others: Sequence[Aligned]) -> None:
    """A list for each run but the first: its sentences with the most changed neighbours."""
    st.subheader(
        "What moved",
        help=f"For every shared sentence: how many of its {NEIGHBOURS} nearest sentences in "
        "latent space are others in the other run (Jaccard distance: 0 none, 100% all).",
    )
    if not others:
        st.caption("Neighbourhoods compare where two runs have maps of the same sentences.")
        return
    for place, there in zip(st.columns(len(others), gap="medium"), others, strict=True):
        with place:
            _one(there)


def table(there: Aligned) -> dict[str, list]:
    """Every compared sentence, the most moved first, the likelier first where as many changed."""
    atlas, own = there.frame.atlas, there.run.atlas
    assert atlas is not None and own is not None
    here, frame = (rows[there.compared] for rows in there.pairs)
    # Ten neighbours make few shares: of ties, what both models say best is the easiest to judge.
    unlikely = atlas.distortion[frame] + own.distortion[here]
    order = np.lexsort((unlikely, -there.moved))
    said, rows = spoken(there, here, frame)
    return {
        "row": atlas.row[frame[order]].tolist(),
        "text": [said.texts[place] for place in rows[order].tolist()],
        "moved": there.moved[order].tolist(),
    }


def spoken(there: Aligned, here: np.ndarray, frame: np.ndarray) -> tuple[Run, np.ndarray]:
    """The run whose words stand for these sentences, and where it has them.

    Without the corpus those are a model's own, and one that collapsed says the same of all.
    """
    own, other = there.run.atlas, there.frame.atlas
    assert own is not None and other is not None
    if not there.frame.texts_are_real and own.distortion.mean() < other.distortion.mean():
        return there.run, here
    return there.frame, frame


def _one(there: Aligned) -> None:
    st.markdown(
        f"From **{markdown(there.frame.name)}** to **{markdown(there.run.name)}**: of a "
        f"sentence's neighbours **{np.median(there.moved):.0%}** change (median)."
    )
    most = {name: values[:_LISTED] for name, values in table(there).items()}
    rows = [
        Row(row, text, f"row {row:,} · {share:.0%}")
        for row, text, share in zip(most["row"], most["text"], most["moved"], strict=True)
    ]
    sentence_list(
        rows, "Sentences that moved most", f"moved_{there.run.stamp}", selected_rows.choose
    )
    if len(there.pairs[0]) > MAX_COMPARED:
        st.caption(f"Among {MAX_COMPARED:,} of the shared sentences, drawn evenly.")
