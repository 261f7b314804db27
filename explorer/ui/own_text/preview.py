"""The preview of a file: how it is read, its first rows, and the rows refused."""

from pathlib import Path

import streamlit as st

from explorer.system.plurals import number_of
from explorer.text.csv_dialect import SEPARATORS
from explorer.text.file_columns import Dialect
from explorer.text.preview import Preview, preview
from explorer.text.vector_column import VectorSource
from explorer.ui.components.escaping import markdown
from explorer.ui.own_text import vector_choice
from explorer.workspace import texts

_NO_LABELS = "(none)"
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859_15", "shift_jis", "gb18030")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MEMORY = "_text_preview"
_REMEMBERED = 2  # the guessed reading, and the chosen one
_SHOWN_REFUSED = 200
_SHOWN_ROWS = 5  # without scrolling: what can be done with them stays in view
_SHOWN_COLUMNS = 50
_SHOWN_FURTHER = 12
_HELD = {
    "number": "numbers",
    "date": "dates",
    "category": "categories",
    "identifier": "identifiers",
}
_BINARY = (".parquet", ".xlsx")


def show(path: Path) -> Preview:
    """Shows a file as it would be read; each guess can be changed.

    Raises:
        ExplorerError: If the file as a whole cannot be read.
    """
    first = _read(path, None, "", None, None)
    columns = st.container(horizontal=True, vertical_alignment="bottom")
    with columns:
        dialect = _dialect(path, first)
    seen = first if dialect == first.dialect else _read(path, dialect, "", None, None)
    with columns:
        text, label = _columns(path, seen) if seen.columns else ("", "")
        vectors = vector_choice.choose(path, seen)
    if (text, label, vectors) != (seen.text_column, seen.label_column, seen.vectors):
        seen = _read(path, dialect, text, label, vectors)
    _summary(seen)
    vector_choice.note(seen)
    st.dataframe(
        _first_columns(seen), hide_index=True, height=38 + 35 * min(_SHOWN_ROWS, _height(seen))
    )
    _refused(path, seen)
    return seen


def _first_columns(seen: Preview) -> dict[str, list[str]]:
    """What of the rows a table shows: of very many columns the first and the chosen ones."""
    if len(seen.rows) <= _SHOWN_COLUMNS:
        return seen.rows
    chosen = [seen.text_column, seen.label_column, *seen.rows]
    names = [name for name in dict.fromkeys(chosen) if name in seen.rows][:_SHOWN_COLUMNS]
    return {name: seen.rows[name] for name in names}


def _height(seen: Preview) -> int:
    return max((len(column) for column in seen.rows.values()), default=0)


def _read(
    path: Path,
    dialect: Dialect | None,
    text: str,
    label: str | None,
    vectors: VectorSource | None,
) -> Preview:
    """A preview, remembered in the session: a large file takes seconds."""
    key = (str(path), dialect, text, label, vectors)
    memory = st.session_state.setdefault(_MEMORY, {})
    if key not in memory:
        with st.spinner("Reading the file…"):
            memory[key] = preview(path, dialect, text, label, vectors)
    memory[key] = memory.pop(key)  # the last used at the end
    for old in list(memory)[:-_REMEMBERED]:  # each holds all its texts
        del memory[old]
    return memory[key]


def _dialect(path: Path, seen: Preview) -> Dialect:
    """The settings of reading, the guessed ones at first."""
    guessed = seen.dialect
    if seen.ending == ".parquet":
        return guessed
    has_rows = bool(guessed.separator) or seen.ending == ".xlsx"
    with st.popover("Import options", icon=":material/tune:"):
        encoding = guessed.encoding
        if seen.ending not in _BINARY:
            options: list[str] = list(dict.fromkeys((guessed.encoding, *_ENCODINGS)))
            encoding = st.selectbox("Encoding", options, key=_key(path, "encoding"))
        separator, header, prose = guessed.separator, guessed.header, guessed.prose
        if guessed.separator:
            marks: list[str] = list(dict.fromkeys((guessed.separator, *SEPARATORS)))
            separator = st.selectbox(
                "Separator",
                marks,
                format_func=lambda mark: _NAMES.get(mark, str(mark)),
                key=_key(path, "separator"),
            )
        if has_rows:
            header = st.toggle("First row contains column names", header, key=_key(path, "header"))
        elif seen.ending in (".txt", ".md"):
            prose = st.toggle(
                "Running text: split it into sentences",
                bool(prose),
                key=_key(path, "prose"),
                help="If off, each line is a sentence.",
            )
    return Dialect(encoding=encoding, separator=separator, header=header, prose=prose)


def _columns(path: Path, seen: Preview) -> tuple[str, str]:
    """The columns of the sentences and of the labels; "" for no labels."""
    texts_ = seen.textual or seen.columns
    names = "|".join(seen.columns)  # another header has other columns
    text = st.selectbox(
        "Sentences in",
        texts_,
        index=texts_.index(seen.text_column),
        key=_key(path, f"text_{names}"),
    )
    labels = [_NO_LABELS, *(name for name in seen.columns if name and name != text)]
    likely = seen.label_column if seen.label_column in labels else _NO_LABELS
    label = st.selectbox(
        "Labels in",
        labels,
        index=labels.index(likely),
        key=_key(path, f"label_{names}_{text}"),
        help="Labels colour the map.",
    )
    return text, "" if label == _NO_LABELS else label


def _key(path: Path, name: str) -> str:
    """The key of a widget: another file starts with its own guesses."""
    return f"text_{path.parent.name}_{name}"


def _summary(seen: Preview) -> None:
    table = seen.table
    parts = [f"**{len(table.texts):,} sentences**"]
    if table.labels is not None:
        parts.append(f"{len(set(table.labels) - {''}):,} labels in {markdown(seen.label_column)}")
    if table.vectors is not None:
        parts.append(f"vectors of {table.vectors.shape[1]:,} numbers")
    if table.dropped:
        parts.append(f"{number_of(table.dropped, 'row')} without text left out")
    if seen.refused:
        parts.append(f"{number_of(len(seen.refused), 'row')} refused")
    if seen.note:
        parts.append(markdown(seen.note))
    st.markdown(" · ".join(parts))
    if seen.further:
        named = [f"{markdown(name)} ({_HELD[held]})" for name, held in seen.further.items()]
        more = f" and {len(named) - _SHOWN_FURTHER} more" if len(named) > _SHOWN_FURTHER else ""
        listed = ", ".join(named[:_SHOWN_FURTHER])
        st.caption(
            f"Other columns can colour and filter the map, and are exported: {listed}{more}"
        )


def _refused(path: Path, seen: Preview) -> None:
    if not seen.refused:
        return
    with st.expander(f"{number_of(len(seen.refused), 'row')} that cannot be read, and why"):
        shown = seen.refused[:_SHOWN_REFUSED]
        st.dataframe(
            {
                "where": [row.where for row in shown],
                "reason": [row.reason for row in shown],
                "row": [row.text[:200] for row in shown],
            },
            hide_index=True,
        )
        st.download_button(
            "Download these rows",
            texts.refused_csv(seen.refused),
            f"{path.stem}-refused.csv",
            "text/csv",
            icon=":material/download:",
        )
