"""The list of notes: filtered, opened, edited, deleted and restored, exported."""

import html
from datetime import datetime

import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore.run import Run
from explorer.system.table_writers import as_csv, as_parquet
from explorer.ui.components.download_buttons import file_button
from explorer.ui.components.escaping import markdown, message
from explorer.ui.session import picks, url
from explorer.workspace import notes, notes_export
from explorer.workspace.notes import Note

_PAGE = 50  # notes that are listed at first, and more at a time
_ALL = "All"
_OF_ROWS = ("selection", "sentence")  # kinds whose tags are of sentences
_DELETED, _COUNT, _PROBLEM = "_deleted_note", "_notes_listed", "_note_problem"


def show() -> None:
    """All notes that the filters leave.

    Raises:
        ExplorerError: If the database cannot be read.
    """
    _deleted()
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(f"{message(problem)}.")
    known = notes.notes()
    if not known:
        st.info(
            "There are no notes yet. *Pin*, above every page, saves what you see there (a "
            "sentence, a location, a path, a selection) with your comment and tags.",
            icon=":material/push_pin:",
        )
        st.page_link(url.page_file("map"), label="Open the map", icon=":material/scatter_plot:")
        return
    listed = _filtered(known)
    _exports(listed)
    _tagged(picks.current_run(), known)
    shown = st.session_state.get(_COUNT, _PAGE)
    for note in listed[:shown]:
        with st.container(border=True, key=f"note_{note.id}"):
            _note(note, notes.all_tags(known))
    if len(listed) > shown:
        st.button(
            f"Show {min(_PAGE, len(listed) - shown)} more",
            key="notes_more",
            on_click=lambda: st.session_state.update({_COUNT: shown + _PAGE}),
        )


def _filtered(known: list[Note]) -> list[Note]:
    """The notes that the filters leave; the filters are in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="note_filters"):
        words = st.text_input(
            "Find",
            key="find_notes",
            bind="query-params",
            placeholder="Words in title, note or tag",
        )
        kinds = [kind for kind in notes.KINDS if any(note.kind == kind for note in known)]
        kind = _choice("Kind", "note_kind", kinds)
        tag = _choice("Tag", "note_tag", notes.all_tags(known))
        run = _choice("Run", "note_run", sorted({note.run for note in known}))
    return notes.notes(run, tag, kind, words or "")


def _choice(title: str, key: str, options: list[str]) -> str:
    chosen = st.selectbox(title, [_ALL, *options], key=key, bind="query-params", width=180)
    return "" if chosen == _ALL else str(chosen or "")


def _exports(listed: list[Note]) -> None:
    count = "1 note" if len(listed) == 1 else f"{len(listed):,} notes"
    with st.container(horizontal=True, vertical_alignment="center", key="note_files"):
        st.markdown(f"**{count}**", width="stretch")
        for kind, ending, write in (
            ("Markdown", "md", lambda: notes_export.as_markdown(listed)),
            ("JSON", "json", lambda: notes_export.as_json(listed)),
            ("CSV", "csv", lambda: as_csv(notes_export.columns(listed))),
            ("Parquet", "parquet", lambda: as_parquet(notes_export.columns(listed))),
        ):
            file_button(kind, write, f"notes.{ending}", f"notes_{ending}", f"Download {count}")


def _tagged(run: Run, known: list[Note]) -> None:
    """The sentences of the run's map with a tag, as a corpus that can be trained on."""
    has_tags = any(note.tags and note.run == run.name and note.kind in _OF_ROWS for note in known)
    if not has_tags or run.atlas is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="tagged_files"):
        st.markdown(
            f"Sentences of {markdown(run.name)} with a tag",
            width="stretch",
            help="A labelled corpus with the columns `text` and `tag`: drop it on *Your text* "
            "to train on it.",
        )
        for kind, write in (
            ("CSV", lambda: as_csv(notes_export.tagged_sentences(run))),
            ("Parquet", lambda: as_parquet(notes_export.tagged_sentences(run))),
        ):
            file = f"{run.name}-tagged.{kind.lower()}"
            file_button(kind, write, file, f"tagged_{kind}", "Download the tagged sentences")


def _note(note: Note, known: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="top", key=f"note_row_{note.id}"):
        with st.container():
            st.html(_content(note))
        _edit(note, known)
        st.button(
            "Delete",
            icon=":material/delete:",
            type="tertiary",
            key=f"note_delete_{note.id}",
            help=f"Delete “{markdown(_short(note.title))}”",
            on_click=_delete,
            args=(note,),
        )


def _content(note: Note) -> str:
    """A note as HTML; its texts are shown as typed."""
    made = datetime.fromtimestamp(note.created).astimezone().strftime("%Y-%m-%d %H:%M")
    tags = "".join(f'<b dir="auto">{html.escape(tag)}</b>' for tag in note.tags)
    text = f'<p class="note-text" dir="auto">{html.escape(note.note)}</p>' if note.note else ""
    link = note.link if note.page != "map" else f"./{note.link}"
    return (
        f'<p class="note-title"><a href="{html.escape(link)}" target="_self" dir="auto">'
        f"{html.escape(note.title or note.kind)}</a></p>{text}"
        f'<p class="note-facts"><span>{html.escape(note.kind)}</span>'
        f"<span>{html.escape(note.run)}</span><span>{made}</span>{tags}</p>"
    )


def _edit(note: Note, known: list[str]) -> None:
    key, text, tags = (f"note_{part}_{note.id}" for part in ("edit", "text", "tags"))
    box = st.popover("Edit", icon=":material/edit:", type="tertiary", key=key, on_change="rerun")
    if not box.open:
        return

    def save() -> None:
        state = st.session_state
        try:
            notes.edit(note.id, state.get(text) or "", state.get(tags) or ())
            state[key] = False
        except ExplorerError as error:
            state[_PROBLEM] = str(error)  # what was typed stays

    with box:
        st.text_area("Note", note.note, key=text, max_chars=notes.MAX_NOTE, height=120)
        st.multiselect(
            "Tags",
            list(dict.fromkeys((*note.tags, *known))),
            list(note.tags),
            key=tags,
            accept_new_options=True,
            max_selections=notes.MAX_TAGS,
        )
        st.button("Save", type="primary", key=f"note_save_{note.id}", on_click=save)


def _delete(note: Note) -> None:
    try:
        notes.delete(note.id)
        st.session_state[_DELETED] = note
    except ExplorerError as error:
        st.session_state[_PROBLEM] = str(error)


def _deleted() -> None:
    """The note that was just deleted, and a button that restores it."""
    note = st.session_state.get(_DELETED)
    if note is None:
        return

    def restore() -> None:
        try:
            notes.restore(note.id)
            st.session_state[_DELETED] = None
        except ExplorerError as error:
            st.session_state[_PROBLEM] = str(error)

    with st.container(horizontal=True, vertical_alignment="center", key="note_deleted"):
        st.markdown(f"Deleted “{markdown(_short(note.title))}”.", width="content")
        st.button("Undo", icon=":material/undo:", key="note_undo", on_click=restore)


def _short(title: str) -> str:
    return title if len(title) <= 80 else f"{title[:79]}…"
