"""Running text, wrapped or in Markdown, as sentences."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from explorer.text.cleaning import split_sentences

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RULE = re.compile(r"^\s*([-*_=]\s*){3,}$|^\s*\|?[\s:|-]*-{3}[\s:|-]*$")
_BLOCK = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)+")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")

_LONG = 60
"""Words of the middle line from which lines are paragraphs."""

_WRAPPED = 0.4
"""Fraction of lines continued on the next one from which a text is wrapped."""


def sentences(text: str, is_markdown: bool = False) -> Iterator[str]:
    """The sentences of a text.

    Blank lines separate paragraphs, and so do the ends of long lines; other line ends are blanks.
    """
    for paragraph in _paragraphs(_without_markup(text) if is_markdown else text):
        yield from split_sentences(paragraph)


def is_prose(lines: Iterable[str]) -> bool:
    """Whether lines are paragraphs or pieces of wrapped sentences, rather than a sentence each."""
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) < 2:
        return bool(filled) and len(filled[0].split()) > _LONG
    going_on = sum(
        (line[-1].isalnum() or line[-1] == ",") and following[0].islower()
        for line, following in pairwise(filled)
    )
    # Lines of a lower-case corpus begin in lower case whether they go on or not.
    has_case = any(line[0].isupper() for line in filled)
    has_stops = any(mark in line for line in filled for mark in ".!?")
    is_wrapped = has_case and has_stops and going_on >= _WRAPPED * len(filled)
    return is_wrapped or _are_paragraphs(filled)


def _are_paragraphs(lines: Sequence[str]) -> bool:
    words = sorted(len(line.split()) for line in lines)
    return words[(len(words) - 1) // 2] > _LONG


def _paragraphs(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        lines = [" ".join(line.split()) for line in block.split("\n") if line.strip()]
        if lines:
            yield from lines if _are_paragraphs(lines) else [" ".join(lines)]


def _without_markup(text: str) -> str:
    """Markdown without its marks; headings and items of a list become paragraphs."""
    lines = []
    for line in _HTML_COMMENT.sub("", _FENCE.sub("", text)).split("\n"):
        if _RULE.match(line):
            lines.append("")
            continue
        words = _BLOCK.sub("", line)
        is_block = words != line
        words = _LINK.sub(r"\1", _IMAGE.sub("", words))
        words = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", words)).replace("|", " ")
        lines += ["", words] if is_block else [words]
        if line.lstrip().startswith("#"):
            lines.append("")
    return "\n".join(lines)
