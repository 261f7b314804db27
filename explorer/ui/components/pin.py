"""The *Pin* of the bar above every page: saves what is seen, with a note and tags."""

import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore.run import Run
from explorer.ui.components.escaping import markdown, message
from explorer.ui.session import pinned_view, url
from explorer.ui.session.pinned_view import View
from explorer.workspace import notes

_OPEN, _NOTE, _TAGS = "pin_open", "pin_note", "pin_tags"
_PROBLEM, _SAVED = "_pin_problem", "_pin_saved"
_SHOWN = 120  # characters of a title
ICONS = {
    "sentence": ":material/format_quote:",
    "location": ":material/location_on:",
    "path": ":material/timeline:",
    "direction": ":material/calculate:",
    "selection": ":material/select:",
    "comparison": ":material/compare_arrows:",
    "view": ":material/visibility:",
}
"""Of the kinds of notes."""


@st.fragment
def pin(run: Run, page: str, title: str) -> None:
    """The button and its form.

    Args:
        run: The run of the page.
        page: Its name.
        title: Its title.
    """
    if st.session_state.pop(_SAVED, False):
        st.toast("Pinned: see the page *Notes*.", icon=":material/push_pin:")
    with st.container(width="content", key="pin"):
        box = st.popover("Pin", icon=":material/push_pin:", key=_OPEN, on_change="rerun")
    if not box.open:
        return
    with box:
        try:
            view = pinned_view.current(run, page, title)
            known = notes.all_tags()
        except ExplorerError as error:
            st.error(message(str(error)))
            return
        _form(run, view, known)


def _form(run: Run, view: View, known: list[str]) -> None:
    shown = view.title if len(view.title) <= _SHOWN else f"{view.title[:_SHOWN]}…"
    st.markdown(f"{ICONS[view.kind]} {view.kind.capitalize()}: {markdown(shown)}")
    st.text_area("Note", key=_NOTE, max_chars=notes.MAX_NOTE, height=90)
    st.multiselect(
        "Tags",
        known,
        key=_TAGS,
        accept_new_options=True,
        max_selections=notes.MAX_TAGS,
        placeholder="Choose or type a tag",
        help="Tags of selections and of sentences on the map can colour the map, select "
        "sentences (`tag:`), and appear as a column of the table.",
    )

    def save() -> None:
        state = st.session_state
        try:
            notes.add(
                view.kind,
                run.name,
                view.page,
                view.parameters,
                view.title,
                state.get(_NOTE) or "",
                state.get(_TAGS) or (),
            )
        except ExplorerError as error:
            state[_PROBLEM] = str(error)  # what was typed stays
            return
        state[_NOTE], state[_TAGS], state[_OPEN], state[_SAVED] = "", [], False, True

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Pin this", type="primary", key="pin_save", on_click=save)
        st.page_link(url.page_file("notes"), label="All notes", icon=":material/sticky_note_2:")
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(f"{message(problem)}.")
