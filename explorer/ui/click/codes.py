"""The codes of a point as chips: one of them is swapped, and the sentence read again."""

import numpy as np
import streamlit as st
from jaxtyping import Float32

from explorer.explore import run_codes
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.ui.components import token_diff
from explorer.ui.components.escaping import plain
from explorer.ui.session import url

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
        for key in (CODE, CATEGORY):
            url.write_number(key, None)
        return
    own = run_codes.codes(run, z[None])[0].tolist()
    numbers = range(1, len(own) + 1)
    url.read_number(CODE, numbers)
    number = st.pills(
        "Codes",
        numbers,
        format_func=lambda code: f"{code}: {own[code - 1]}",
        key=CODE,
        on_change=_forget_category,
        help="z is discrete. Choose a code to change it: only that part of z changes, and the "
        "sentence is decoded again.",
    )
    url.write_number(CODE, number)
    if number is None:
        return
    chosen = number - 1
    uses = run_codes.counts(run)[chosen]
    order = [int(item) for item in np.argsort(-uses, kind="stable") if item != own[chosen]]
    if st.session_state.get(CATEGORY) not in order:  # another point may have that category itself
        st.session_state.pop(CATEGORY, None)
    url.read_number(CATEGORY, order)
    category = st.selectbox(
        f"Code {number}: {own[chosen]} becomes",
        order,
        format_func=lambda item: f"{item}  ·  in {uses[item]:,} sentences of the map",
        key=CATEGORY,
    )
    url.write_number(CATEGORY, None if category == order[0] else category)
    asked = list(dict.fromkeys([category, *order[: _ALTERNATIVES + 1]]))[: _ALTERNATIVES + 1]
    read = run.decode(run_codes.swapped(run, z, chosen, asked), decoding)
    before, after = token_diff.marked([text, read[0]])
    st.html(token_diff.sentence(before, own[chosen]) + token_diff.sentence(after, category))
    if text == read[0]:
        st.caption("This code value changes no word of the sentence.")
    st.caption("With the most frequent values of this code:")
    st.html(
        "".join(
            plain(words, quiet=True, note=str(item))
            for item, words in zip(asked[1:], read[1:], strict=True)
        )
    )


def _forget_category() -> None:
    """Another code begins with its own most used category."""
    st.session_state.pop(CATEGORY, None)
    url.write_number(CATEGORY, None)
