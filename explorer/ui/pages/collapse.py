"""Collapse: what it is, whether this run collapsed, and when."""

import streamlit as st

from explorer.explore import run_codes
from explorer.ui.collapse import codes, dimensions, side_by_side, verdict
from explorer.ui.collapse import thought_experiment as experiment
from explorer.ui.components import notes, run_picker
from explorer.ui.session import picks, settings

run = picks.current_run()


@settings.fragment
def thought_experiment() -> None:
    """The four toy trainings; the button reruns only this."""
    experiment.show()


@settings.fragment
def words() -> None:
    """Decoded sentences; the button reruns only this."""
    verdict.gains(run)


st.title("Posterior collapse")
st.caption(
    "A text VAE can reach a good likelihood and still ignore its latent space: an "
    "autoregressive decoder does not need z. Here is a collapsed run next to one that uses z."
)
with notes.errors_shown():
    side_by_side.show(run)
    with st.expander("Why? A toy experiment: which decoders need z?", expanded=True):
        thought_experiment()
    verdict.judgement(run)
    verdict.runs()
    if run.has_latent:
        st.header("Which words z carries", anchor="words")
        words()
        verdict.story(run)
        if run_codes.has_codes(run):
            codes.show(run)
        else:
            dimensions.show(run)
        dimensions.information(run)
    else:
        run_picker.onwards(run)
