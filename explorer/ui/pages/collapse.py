"""Collapse: what it is, whether this run collapsed, and when."""

import streamlit as st

from explorer.ui.collapse import dimensions, verdict
from explorer.ui.collapse import thought_experiment as experiment
from explorer.ui.components import notes, run_picker
from explorer.ui.session import picks

run = picks.current_run()


@st.fragment
def thought_experiment() -> None:
    """The four toy trainings; the button reruns only this."""
    experiment.show()


@st.fragment
def words() -> None:
    """Decoded sentences; the button reruns only this."""
    verdict.gains(run)


st.title("Posterior collapse")
st.caption(
    "A text VAE can score well and still ignore its latent space: an autoregressive decoder can "
    "do without z. This page shows why that happens, and whether it happened to this run."
)
with st.expander(
    "A thought experiment: which decoders need z?", expanded=True, icon=":material/experiment:"
):
    thought_experiment()
with notes.errors_shown():
    verdict.judgement(run)
    verdict.runs(run)
    if run.has_latent:
        dimensions.show(run)
        dimensions.information(run)
        st.subheader("Which words z carries", anchor="words")
        words()
        st.subheader("When did it collapse?", anchor="history")
        verdict.story(run)
    else:
        run_picker.onwards(run)
