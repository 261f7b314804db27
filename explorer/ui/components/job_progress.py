"""The progress of a background job, with a button that cancels it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from explorer.system.background import Job

_INTERVAL = 0.7
"""Seconds between two updates."""


def show(job: Job[Any], key: str, title: str, between: Callable[[], None] | None = None) -> None:
    """A progress bar and a Cancel button until the job is done; then the page runs again.

    Args:
        job: A running job.
        key: Of the button.
        title: What is computed.
        between: Draws intermediate results below the bar.
    """

    @st.fragment(run_every=_INTERVAL)
    def progress() -> None:
        if job.is_done:
            st.rerun()
        bar, stop = st.columns([6, 1], vertical_alignment="bottom")
        note = f"{title}: {job.note}" if job.note else title
        bar.progress(job.fraction, note)
        stop.button("Cancel", key=key, on_click=job.cancel, icon=":material/close:")
        if between is not None:
            between()

    progress()
