"""Unknown words of typed sentences, and the spelling of the corpus."""

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.explore.run import Run
from explorer.text.tokens import Tokeniser
from explorer.ui.components.escaping import listed, markdown

# Tokenised corpora write "do n't" for "don't", as the Penn Treebank does.
_SHORT_FORMS = re.compile(r"(?<=\w)(n't|'(?:s|m|re|ve|ll|d))(?!\w)")


def as_the_corpus_writes(run: Run, text: str) -> str | None:
    """The sentence in lower case with punctuation split off; None if no word becomes known."""
    split = " ".join(Tokeniser(True, True).tokens(text.replace("’", "'")))
    spellings = (split, _SHORT_FORMS.sub(r" \1", split))
    best = min(spellings, key=lambda spelling: len(run.rare(spelling)))
    return best if len(run.rare(best)) < len(run.rare(text)) else None


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
