"""A button that refines the posterior of the picked sentence, and what that gains."""

import streamlit as st

from explorer.explore import refined_text
from explorer.explore.refined_text import RefinedText, can_refine
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.ui.components import token_diff

_ASKED = "_refine"


def show(run: Run, text: str, decoding: Decoding) -> None:
    """The button, or once it was pressed for this sentence the result."""
    if not text or not can_refine(run):
        return
    with st.spinner(f"Refining: {refined_text.STEPS} gradient steps…"):
        refined = asked_for(run, text, decoding)
    if refined is not None:
        _result(refined, run.text_unit)
        return
    st.button(
        "Refine",
        icon=":material/my_location:",
        type="tertiary",
        key="refine",
        help=f"The encoder serves all {run.text_unit}s at once. {refined_text.STEPS} gradient "
        "steps improve the mean and scale for this one, in about a second.",
        on_click=st.session_state.__setitem__,
        args=(_ASKED, (run.stamp, text)),
    )


def asked_for(run: Run, text: str, decoding: Decoding) -> RefinedText | None:
    """The sentence refined, if the button was pressed for it; computed once."""
    if st.session_state.get(_ASKED) != (run.stamp, text):
        return None
    return _refined(run, run.stamp, text, decoding)


def _result(refined: RefinedText, unit: str) -> None:
    before, after = refined.before, refined.after
    st.markdown(f"**Refined**  :gray[· {refined.steps} gradient steps]")
    if not refined.gain:
        st.caption("No step improved the posterior: the encoder’s is unchanged.")
        return
    st.caption(
        f"**{refined.gain:.2f} nats gained**: distortion {before.distortion:.1f} → "
        f"{after.distortion:.1f} · rate {before.rate:.1f} → {after.rate:.1f}",
        help=f"−ELBO is distortion + rate, and bounds −log p of the {unit} from above. Gradient "
        "steps on the posterior lower it while the model stays as it is. What the encoder loses "
        f"by serving all {unit}s at once is its amortisation gap. Both sides are averages over "
        "the same 32 draws; a model that was not trained at β = 1 has more to gain.",
    )
    if before.reconstruction == after.reconstruction:
        st.caption("The reconstruction is unchanged.")
        return
    names, texts = ("before", "after"), (before.reconstruction, after.reconstruction)
    for name, tokens in zip(names, token_diff.marked(texts), strict=True):
        st.html(token_diff.sentence(tokens, name))


@st.cache_data(max_entries=64, show_spinner=False)
def _refined(_run: Run, stamp: str, text: str, decoding: Decoding) -> RefinedText:
    return _run.refine(text, decoding=decoding)
