"""The Playback page."""
