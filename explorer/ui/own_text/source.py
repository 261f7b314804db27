"""A dropped file or pasted lines, stored for the preview."""

import hashlib
from pathlib import Path

import streamlit as st

from explorer.workspace import texts

_FILE, _PASTED = "A file", "Pasted lines"
_PASTED_NAME = "pasted.txt"
_SOURCE, _CHOSEN, _DONE = "text_source", "_text_file", "_texts_done"


def source() -> Path | None:
    """The file to preview; it survives a visit to another page."""
    how = st.segmented_control(
        "Source of the sentences",
        (_FILE, _PASTED),
        default=_FILE,
        key=_SOURCE,
        label_visibility="collapsed",
    )
    path = _pasted() if how == _PASTED else _uploaded()
    if path is not None:
        st.session_state[_CHOSEN] = str(path)
    chosen = st.session_state.get(_CHOSEN)
    return Path(chosen) if chosen and Path(chosen).is_file() else None


def forget() -> None:
    """Ends the preview."""
    st.session_state.pop(_CHOSEN, None)


def clear() -> None:
    """Ends the preview and empties the widgets, for the next text."""
    forget()
    st.session_state[_DONE] = st.session_state.get(_DONE, 0) + 1


def _key(name: str) -> str:
    """The key of a widget, another one after each `clear`."""
    return f"{name}_{st.session_state.get(_DONE, 0)}"


def _uploaded() -> Path | None:
    file = st.file_uploader(
        "Drop a file here: CSV, TSV, JSON, Parquet, Excel, text or Markdown; gzip and zip work "
        "too",
        key=_key("text_upload"),
        on_change=forget,
        help="`.csv .tsv .jsonl .ndjson .json .parquet .xlsx .txt .md`; all but Parquet and "
        "Excel may be gzipped (`.gz`) or be the only file in a `.zip`. `explorer open "
        "FILE` reads larger files.",
    )
    if file is None:
        return None
    return texts.upload(file.name, lambda out: out.write(file.getbuffer()), file.file_id)


def _pasted() -> Path | None:
    text = st.text_area(
        "One sentence per line",
        key=_key("text_pasted"),
        on_change=forget,
        height=180,
        placeholder="The coffee was cold.\nThey fixed my bike within an hour.\n…",
    )
    if not text.strip():
        return None
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    data = text.encode("utf-8", "replace")
    return texts.upload(_PASTED_NAME, lambda out: out.write(data), digest)
