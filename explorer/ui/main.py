"""The page: its list of pages, the run picker, and the page that is asked for."""

from pathlib import Path

import streamlit as st

from explorer.ui import state, widgets

PAGES = {
    "map": ("Map", ":material/scatter_plot:"),
    "paths": ("Paths", ":material/timeline:"),
    "arithmetic": ("Arithmetic", ":material/calculate:"),
    "compare": ("Compare", ":material/compare:"),
    "collapse": ("Collapse", ":material/compress:"),
    "playback": ("Playback", ":material/movie:"),
    "prior": ("Prior", ":material/blur_on:"),
    "model": ("Model card", ":material/description:"),
}
"""Pages by file name: title and icon."""

# A file of our own: Streamlit would fetch the picture of a named icon from the network.
ICON = Path(__file__).parent / "icon.svg"


def page() -> None:
    """Runs the page that the address names."""
    st.set_page_config(page_title="Text latent space explorer", page_icon=str(ICON), layout="wide")
    pages = [
        st.Page(
            state.page_file(name), title=title, icon=icon, url_path=name, default=name == "map"
        )
        for name, (title, icon) in PAGES.items()
    ]
    chosen = st.navigation(pages, position="top")
    state.keep_settings()
    with widgets.errors_shown():
        run = widgets.run_picker()
        if run is None:
            widgets.no_runs()
            return
        state.set_current_run(run)
        chosen.run()
