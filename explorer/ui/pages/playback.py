"""Playback: the latent space while it forms, or collapses."""

import streamlit as st

from explorer.explore import playback_story
from explorer.ui.components import notes
from explorer.ui.components.escaping import markdown
from explorer.ui.playback import player
from explorer.ui.session import picks

run = picks.current_run()


@st.fragment
def explore() -> None:
    """The player and its tables; coming to rest reruns this and nothing else."""
    by = player.colour(run)
    now = player.play(run, by)
    player.chooser(run, now)
    player.tables(run, now, by)


st.title("Playback of the training")
st.caption(
    "The same sentences, encoded again and again while the model was trained. One plane for all "
    "moments: what moves here has moved in latent space, and a collapse is the cloud shrinking "
    "to a point. Play it, drag the time line, or click a dot to follow a sentence."
)
with notes.errors_shown():
    if player.need_playback(run):
        told = (
            f"{playback_story.story(playback_story.playback_of(run))} {playback_story.ending(run)}"
        )
        st.markdown(markdown(told.strip()))
        explore()
