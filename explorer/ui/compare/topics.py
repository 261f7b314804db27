"""The topics of two runs of documents beside each other, matched."""

import html
from collections.abc import Sequence

import streamlit as st

from explorer.explore import matched_topics
from explorer.explore.matched_topics import Match, TopicPair
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.compare.runs import Column
from explorer.ui.compare.summary import title
from explorer.ui.components import run_picker
from explorer.ui.components.escaping import markdown

_ROWS = 12
"""Pairs that are shown before *Show all*."""


def show(columns: Sequence[Column]) -> None:
    """The pairs of the first two runs, the most alike first, with the words that both list."""
    first, second = columns[:2]
    for column in (first, second):
        run_picker.need_map(column.run)
    matched = _match(first.run, second.run, (first.run.stamp, second.run.stamp))
    st.caption(
        f"Each topic of {markdown(first.name)} beside the one of {markdown(second.name)} that "
        "matches it best, one to one; words in both lists are bold. Similarity is the cosine "
        "between their deviations from the average topic of their run."
    )
    whole = st.toggle(f"Show all {len(matched.pairs)}") if len(matched.pairs) > _ROWS else True
    st.html(_table(first, second, matched.pairs if whole else matched.pairs[:_ROWS]))
    for column, left in ((first, matched.left_first), (second, matched.left_second)):
        if left:
            st.caption(f"{markdown(column.name)} has {len(left)} more, without a match.")
    names = [folders.typed(column.run.folder) for column in (first, second)]
    st.code(f"explorer topics {names[0]} --beside {names[1]}", language="bash")


@st.cache_data(max_entries=4, show_spinner=False)
def _match(_first: Run, _second: Run, stamps: tuple[str, str]) -> Match:
    return matched_topics.match(_first, _second)


def _table(first: Column, second: Column, pairs: Sequence[TopicPair]) -> str:
    head = f"<th>{title(first)}</th><th>{title(second)}</th><th class='number'>Similarity</th>"
    rows = "".join(
        f"<tr><td>{_words(pair.first.words, pair)}</td><td>{_words(pair.second.words, pair)}</td>"
        f"<td class='number'>{pair.similarity:.2f}</td></tr>"
        for pair in pairs
    )
    return (
        f"<div class='side'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        "</div>"
    )


def _words(words: Sequence[str], pair: TopicPair) -> str:
    shown = (
        f"<b>{html.escape(word)}</b>" if word in pair.shared else html.escape(word)
        for word in words
    )
    return " ".join(shown)
