"""Unknown words of typed sentences."""

from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.explore.run import Run
from explorer.ui.components.escaping import listed, markdown


def unknown_notes(runs: Sequence[Run], sentences: Mapping[str, str]) -> None:
    """Names the words that models read as <unk>, once for models that agree.

    Args:
        runs: The models that read the sentences.
        sentences: By their name on the page, empty if there is only one.
    """
    readers: dict[str, list[str]] = {}
    for run in runs:
        unknown = {name: run.unknown(text) for name, text in sentences.items()}
        notes = [
            listed(words) + (f" in {name}" if name else "")
            for name, words in unknown.items()
            if words
        ]
        if notes:
            readers.setdefault("; ".join(notes), []).append(run.name)
    for words, names in readers.items():
        whose = "" if len(names) == len(runs) else f" by {', '.join(names)}"
        note = f"Not in the vocabulary, read as <unk>{whose}: {words}"
        st.caption(f":material/help: {markdown(note)}")
