"""Playback: the latent space while it forms, or collapses."""

import streamlit as st

from explorer.explore import playback_story
from explorer.ui.components import notes
from explorer.ui.components.escaping import markdown
from explorer.ui.playback import player
from explorer.ui.session import picks, settings

run = picks.current_run()


@settings.fragment
def explore() -> None:
    """The player and its tables; a pause reruns only this."""
    by = player.colour(run)
    now = player.play(run, by)
    player.chooser(run, now)
    player.tables(run, now, by)


st.title("Training playback")
st.caption(
    "The same sentences, encoded at checkpoints during training and projected onto one fixed "
    "plane. Movement here is movement in latent space; in posterior collapse the cloud shrinks "
    "to a point. Press play, drag the timeline, or click a dot to follow a sentence."
)
with notes.errors_shown():
    if player.need_playback(run):
        story = playback_story.story(playback_story.playback_of(run))
        st.markdown(markdown(f"{story} {playback_story.ending(run)}".strip()))
        explore()
