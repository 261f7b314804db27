"""Vectors beside the sentences of a previewed file: which, and what becomes of them."""

import hashlib
from pathlib import Path

import streamlit as st

from explorer.text.preview import Preview
from explorer.text.vector_column import VectorSource
from explorer.workspace import texts

_NONE, _FILE = "", "\0file"  # no column can have this name


def choose(path: Path, seen: Preview) -> VectorSource:
    """A box with the likely vector column, the others, and a file of numpy.

    It stands in the open only where the file has such a column.
    """
    if seen.vector_columns:
        return _choose(path, seen)
    with st.popover("Vectors", icon=":material/data_array:"):
        return _choose(path, seen)


def _choose(path: Path, seen: Preview) -> VectorSource:
    options = [_NONE, *seen.vector_columns, _FILE]
    likely = seen.vectors.column if seen.vectors.column in options else _NONE
    titles = {_NONE: "(none)", _FILE: "A .npy file…"} | seen.vector_columns
    key = f"text_{path.parent.name}_vectors_{'|'.join(seen.vector_columns)}"
    chosen = st.selectbox(
        "Vectors in",
        options,
        index=options.index(likely),
        format_func=lambda name: titles[name],
        key=key,
        help="Embeddings of the sentences by any encoder, 8 to 4,096 numbers each. They become "
        "the latent space of the run, in place of a shipped model's.",
    )
    if chosen != _FILE:
        return VectorSource(column=chosen)
    file = st.file_uploader("Vectors, one row for each row of the file", "npy", key=f"{key}_file")
    if file is None:
        return VectorSource()
    digest = hashlib.sha256(file.file_id.encode()).hexdigest()
    return VectorSource(
        file=str(texts.upload("vectors.npy", lambda out: out.write(file.getbuffer()), digest))
    )


def note(seen: Preview) -> None:
    """States what becomes of the vectors."""
    if seen.vectors:
        st.caption(
            "The vectors become the latent space: the map is drawn from them, and a decoder is "
            "trained on them, which takes minutes. Typed sentences can be encoded if the "
            "encoder of the vectors is available."
        )
