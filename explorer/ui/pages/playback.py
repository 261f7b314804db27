"""Playback: the latent space while it forms, or collapses."""

import streamlit as st

from explorer.ui import playback_view, playing, state, widgets
from explorer.ui.words import markdown

run = state.current_run()


@st.fragment
def explore() -> None:
    """The player and its tables; coming to rest reruns this and nothing else."""
    by = playback_view.colour(run)
    now = playback_view.play(run, by)
    playback_view.chooser(run, now)
    playback_view.tables(run, now, by)


st.title("Playback of the training")
st.caption(
    "The same sentences, encoded again and again while the model was trained. One plane for all "
    "moments: what moves here has moved in latent space, and a collapse is the cloud shrinking "
    "to a point. Play it, drag the time line, or click a dot to follow a sentence."
)
with widgets.errors_shown():
    if playback_view.need_playback(run):
        told = f"{playing.story(playing.playback_of(run))} {playing.ending(run)}"
        st.markdown(markdown(told.strip()))
        explore()
