"""The app: the list of pages, the run picker, and the requested page."""

from pathlib import Path

import streamlit as st

from explorer.ui.components import copy_icons, notes, run_picker
from explorer.ui.components.style import STYLE
from explorer.ui.lecture import bar
from explorer.ui.session import history, picks, settings, url

PAGES = {
    "map": ("Map", ":material/scatter_plot:"),
    "text": ("Your text", ":material/upload_file:"),
    "paths": ("Paths", ":material/timeline:"),
    "arithmetic": ("Arithmetic", ":material/calculate:"),
    "compare": ("Compare", ":material/compare:"),
    "collapse": ("Collapse", ":material/compress:"),
    "playback": ("Playback", ":material/movie:"),
    "prior": ("Prior", ":material/blur_on:"),
    "topics": ("Topics", ":material/topic:"),
    "model": ("Model card", ":material/description:"),
    "notes": ("Notes", ":material/sticky_note_2:"),
    "experiments": ("Experiments", ":material/science:"),
    "lecture": ("Lecture", ":material/co_present:"),
}
"""Pages by file name: title and icon."""

# A file of our own: Streamlit would fetch a named icon from the network.
ICON = Path(__file__).parent / "icon.svg"

settings.guard_fragments(notes.errors_shown)


def page() -> None:
    """Runs the page the address names."""
    st.set_page_config(page_title="Text latent space explorer", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    history.keep_views(copy_icons.SCRIPT)
    pages = [
        st.Page(
            url.page_file(name),
            title=title,
            icon=icon,
            # The map has the bare address; the name is only for Streamlit.
            url_path=name if name != "map" else "start",
            default=name == "map",
        )
        for name, (title, icon) in PAGES.items()
    ]
    by_name = st.Page(_nothing, title="Map", url_path="map", visibility="hidden")
    chosen = st.navigation([*pages, by_name], position="top")
    if chosen is by_name:
        st.switch_page(pages[0], query_params=dict(st.query_params))
    url.follow_address(chosen.url_path)
    settings.keep_settings()
    with notes.errors_shown():
        run = run_picker.run_picker(chosen.url_path or "map", chosen.title)
        if run is None:
            run_picker.no_runs()
            return
        picks.set_current_run(run)
        bar.show()
        # Tabs and bookmarks are recognised by how their titles begin.
        st.set_page_config(page_title=f"{chosen.title} · {run.name}", page_icon=str(ICON))
        chosen.run()
        _stop_if_overtaken()


def _stop_if_overtaken() -> None:
    """Ends this script run if a newer one has started.

    A click starts a second run beside one that is still reading. Streamlit stops the older run at
    its next access to the session; without this one it would finish as a whole run does and remove
    the newer run's fragments, whose widgets would then be dead.
    """
    st.session_state.get("run")


def _nothing() -> None:
    """The page of /map, which redirects to the bare address."""
