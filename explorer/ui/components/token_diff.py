"""Marks the words that differ between sentences side by side."""

import difflib
import html
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.text.tokens import pieces
from explorer.ui.components.escaping import COPY

_END = "</ins>"


@dataclass(frozen=True, slots=True)
class Token:
    """A word or punctuation mark with the white space before it."""

    text: str
    differs: bool


def marked(texts: Sequence[str]) -> list[list[Token]]:
    """Splits sentences into tokens, and marks those another sentence lacks.

    Case and white space are ignored. The tokens of a sentence join to the sentence.
    """
    split = [pieces(text) for text in texts]
    words = [[token.strip().casefold() for token in tokens] for tokens in split]
    result = []
    for number, (tokens, folded) in enumerate(zip(split, words, strict=True)):
        unmatched = [False] * len(tokens)
        for other in words[:number] + words[number + 1 :]:
            for index in _unmatched(folded, other):
                unmatched[index] = True
        result.append([Token(*pair) for pair in zip(tokens, unmatched, strict=True)])
    return result


def sentence(tokens: Sequence[Token], number: int | str | None = None) -> str:
    """A sentence as HTML, its text as typed; what differs is underlined and bold.

    Args:
        tokens: Of the sentence.
        number: Of its row, or another short name of it.
    """
    count = "" if number is None else f'<span class="count">{html.escape(str(number))}</span>'
    shown = ""
    for token in tokens:
        word = html.escape(token.text.lstrip())
        white = token.text[: len(token.text) - len(token.text.lstrip())]
        if token.differs and not white and shown.endswith(_END):
            # One mark where no white space separates two.
            shown = f"{shown.removesuffix(_END)}{word}{_END}"
        else:
            shown += f"{white}<ins>{word}{_END}" if token.differs else f"{white}{word}"
    return f'<p class="decoded" dir="auto">{count}{shown or "&nbsp;"}{COPY}</p>'


def _unmatched(tokens: Sequence[str], other: Sequence[str]) -> list[int]:
    """Indices of tokens that have no match in `other`."""
    blocks = difflib.SequenceMatcher(a=tokens, b=other, autojunk=False).get_matching_blocks()
    matched = {index for block in blocks for index in range(block.a, block.a + block.size)}
    return [index for index in range(len(tokens)) if index not in matched]
