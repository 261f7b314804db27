"""The app: the list of pages, the run picker, and the requested page."""

from pathlib import Path

import streamlit as st

from explorer.ui.components import notes, run_picker
from explorer.ui.components.escaping import markdown
from explorer.ui.session import history, picks, settings, url

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

# A link to the current page on another run looks like any other: Streamlit shows it pressed.
_LINKS = """<style>
[data-testid="stMain"] [data-testid="stPageLink"] a:not(:hover) { background: transparent; }
[data-testid="stMain"] [data-testid="stPageLink"] a :is(p, span) { font-weight: 400; }
</style>"""

# The page starts right below the navigation: a map needs the height. On the map page the answer
# scrolls beside the map, which stays; on a phone the controls follow the answer.
_LAYOUT = """<style>
[data-testid="stMainBlockContainer"] { padding: 4rem 2rem 2rem; }
[data-testid="stMain"] h1 { font-size: 1.5rem; padding: 0 0 0.35rem; }
@media (min-width: 641px) {
  .st-key-map_and_answer [data-testid="stColumn"]:last-child {
    max-height: calc(100vh - 11rem); overflow-y: auto; padding-right: 0.5rem;
  }
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 3.75rem 1rem 1rem; }
  .st-key-map_title [data-testid="stCaptionContainer"] { display: none; }
  [data-testid="stLayoutWrapper"]:has(> :is(.st-key-map_controls, .st-key-path_settings)),
  [data-testid="stTabPanel"] [data-testid="stLayoutWrapper"]:has(> .st-key-map_settings) {
    order: 1;
  }
}
</style>"""

# Segmented controls as tall as the fields beside them, so that labels align, and narrow enough for
# four on a phone, where the hidden sidebar takes the run's name along. Captions and commands in
# them are small: a contrast of at least 4.5:1 on any background.
_STYLE = """<style>
[data-testid="stHorizontalBlock"] [data-testid="stButtonGroup"] > div button {
  min-height: 2.5rem;
}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: inherit;
}
[data-testid="stCaptionContainer"] { opacity: 0.78; }
[data-testid="stCaptionContainer"] code { color: inherit; font-size: 0.92em; }
@media (min-width: 640px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-run_name) { display: none; }
}
@media (max-width: 640px) {
  [data-testid="stHorizontalBlock"] [data-testid="stButtonGroup"] > div button {
    padding-inline: 0.6rem;
  }
}
</style>"""

# A file of our own: Streamlit would fetch a named icon from the network.
ICON = Path(__file__).parent / "icon.svg"


def page() -> None:
    """Runs the page the address names."""
    st.set_page_config(page_title="Text latent space explorer", page_icon=str(ICON), layout="wide")
    st.html(_STYLE + _LAYOUT + _LINKS)
    history.keep_views()
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
        run = run_picker.run_picker(chosen.url_path or "map")
        if run is None:
            run_picker.no_runs()
            return
        picks.set_current_run(run)
        # Tabs and bookmarks are recognised by how their titles begin.
        st.set_page_config(page_title=f"{chosen.title} · {run.name}", page_icon=str(ICON))
        with st.container(key="run_name"):
            st.caption(markdown(run.name))
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
