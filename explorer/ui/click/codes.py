"""The codes of a point as chips: one of them is swapped, and the sentence read again."""

import numpy as np
import streamlit as st
from jaxtyping import Float32

from explorer.explore import run_codes
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.ui.components import token_diff
from explorer.ui.components.escaping import plain

CODE, CATEGORY = "code", "category"
_ALTERNATIVES = 5


def show(run: Run, z: Float32[np.ndarray, " latent"], text: str, decoding: Decoding) -> None:
    """Chips of the codes of a run that has codes; of the chosen one what others would say.

    Args:
        run: The run.
        z: The point.
        text: What it decodes to.
        decoding: Strategy and seed.
    """
    if not run_codes.has_codes(run):
        return
    own = run_codes.codes(run, z[None])[0].tolist()
    chosen = st.pills(
        "Codes",
        range(len(own)),
        format_func=lambda code: f"{code + 1}: {own[code]}",
        key=CODE,
        help="z is made of codes. Choose one to swap it: only that part of z changes, and the "
        "sentence is decoded again.",
    )
    if chosen is None or chosen >= len(own):
        return
    uses = run_codes.counts(run)[chosen]
    order = [int(item) for item in np.argsort(-uses, kind="stable") if item != own[chosen]]
    category = st.selectbox(
        f"Code {chosen + 1}: {own[chosen]} becomes",
        order,
        format_func=lambda item: f"{item}  ·  {uses[item]:,} sentences of the map",
        key=f"{CATEGORY}_{chosen}_{own[chosen]}",
    )
    asked = list(dict.fromkeys([category, *order[: _ALTERNATIVES + 1]]))[: _ALTERNATIVES + 1]
    read = run.decode(run_codes.swapped(run, z, chosen, asked), decoding)
    before, after = token_diff.marked([text, read[0]])
    st.html(token_diff.sentence(before, own[chosen]) + token_diff.sentence(after, category))
    if text == read[0]:
        st.caption("This category changes no word of the sentence.")
    st.caption("With the most used categories of this code:")
    st.html(
        "".join(
            plain(words, quiet=True, note=str(item))
            for item, words in zip(asked[1:], read[1:], strict=True)
        )
    )
