"""Words of typed sentences that models do not know, and how the corpus would write them."""

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.explore.run import Run
from explorer.text.tokens import Tokeniser
from explorer.ui.components.escaping import listed, markdown

# "don't" is "do n't" in the corpora that come in tokens, after the Penn Treebank.
_SHORT_FORMS = re.compile(r"(?<=\w)(n't|'(?:s|m|re|ve|ll|d))(?!\w)")


def as_the_corpus_writes(run: Run, text: str) -> str | None:
    """The sentence in lower case, signs split off; None where that makes none less rare."""
    split = " ".join(Tokeniser(True, True).tokens(text.replace("’", "'")))
    ways = (split, _SHORT_FORMS.sub(r" \1", split))
    best = min(ways, key=lambda way: len(run.rare(way)))
    return best if len(run.rare(best)) < len(run.rare(text)) else None


def unknown_notes(runs: Sequence[Run], sentences: Mapping[str, str]) -> None:
    """A line for the words that the models read as <unk>, once for models that agree.

    Args:
        runs: Whose models read the sentences.
        sentences: By what each is called on the page; an only one needs no name.
    """
    found: dict[str, list[str]] = {}
    for run in runs:
        unknown = {name: run.unknown(text) for name, text in sentences.items()}
        told = [
            listed(words) + (f" in {name}" if name else "")
            for name, words in unknown.items()
            if words
        ]
        if told:
            found.setdefault("; ".join(told), []).append(run.name)
    for words, names in found.items():
        whose = "" if len(names) == len(runs) else f" by {', '.join(names)}"
        note = f"Not in the vocabulary, read as <unk>{whose}: {words}"
        st.caption(f":material/help: {markdown(note)}")
