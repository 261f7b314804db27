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

_SHORT_NAME = re.compile(
    r"(?:^|[\s\"'(])(?:Wm|Geo|Chas|Jas|Jos|Jno|Thos|Benj|Robt|Saml|Danl|Edw|Rev|Capt|Col|Lieut|Lt|Maj"
    r"|Sgt|Messrs|Mme|[A-ZÀ-Þ][^\W\d_]*\.?-[A-ZÀ-Þ])\.$"
)
"""Ends in a forename or a title that is abbreviated, or in a second initial: Fritz-J., J.-P."""

_NAME = re.compile(
    r"(?!(?:He|His|She|Her|It|They|We|I|You|This|That|These|Those|There|The|A|An|And|But|So|Then|In"
    r"|On|At|When|If)(?![\w.]))[A-Z]"
)
"""Begins with a capital, and with no word that begins a sentence rather than a name."""

_LONG = 60
"""Words of the middle line from which lines are paragraphs."""

_ITEM = re.compile(r"^\s*[-*+•]\s+")
"""The mark of an item of a list; a number may be the end of a wrapped sentence."""

_DASH = re.compile(r"^\s*(?:--|[—–])")
"""How an attribution or a line of dialogue begins."""

_CONTINUED = 0.4
"""Fraction of lines continued on the next one from which a text is prose, however it is broken."""

_WRAPPED = 0.05
"""The same for a text wrapped at a margin, if enough of those lines reach it."""

_REACHING = 0.6
"""Fraction of continued lines that reach the margin of a wrapped text."""

_NARROWEST = 40
"""The least margin in letters: short lines reach their own width."""


def sentences(text: str, is_markdown: bool = False) -> Iterator[str]:
    """The sentences of a text.

    Lines without a word separate paragraphs, and so do the ends of long lines; other line ends are
    blanks.
    """
    for paragraph in _paragraphs(_without_markup(text) if is_markdown else text):
        yield from _with_names_whole(split_sentences(paragraph))


def _with_names_whole(parts: Iterable[str]) -> Iterator[str]:
    """Sentences that were split after "Wm." and the like, put together again.

    That rule is not one of `split_sentences`: the published corpora are split by it as it is.
    """
    whole: str | None = None
    for part in parts:
        if whole is not None and _SHORT_NAME.search(whole) and _NAME.match(part):
            whole = f"{whole} {part}"
            continue
        if whole is not None:
            yield whole
        whole = part
    if whole is not None:
        yield whole


def is_prose(lines: Iterable[str]) -> bool:
    """Whether lines are paragraphs or pieces of wrapped sentences, rather than a sentence each."""
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) < 2:
        return bool(filled) and len(filled[0].split()) > _LONG
    continued = [
        (line, following)
        for line, following in pairwise(filled)
        if (line[-1].isalnum() or line[-1] == ",") and following[0].islower()
    ]
    # Lines of a lower-case corpus begin in lower case whether they are continued or not.
    has_case = any(line[0].isupper() for line in filled)
    has_stops = any(mark in line for line in filled for mark in ".!?")
    is_continued = has_case and has_stops and len(continued) >= _CONTINUED * len(filled)
    return is_continued or _reach_margin(continued, filled) or _are_paragraphs(filled)


def _reach_margin(continued: Sequence[tuple[str, str]], lines: Sequence[str]) -> bool:
    """Whether lines are continued because the next word would have crossed a margin."""
    margin = sorted(map(len, lines))[int(0.95 * (len(lines) - 1))]
    if margin < _NARROWEST or len(continued) < _WRAPPED * len(lines):
        return False
    full = sum(len(line) + 1 + len(after.split()[0]) > 0.9 * margin for line, after in continued)
    return full >= _REACHING * len(continued)


def _are_paragraphs(lines: Sequence[str]) -> bool:
    words = sorted(len(line.split()) for line in lines)
    return words[(len(words) - 1) // 2] > _LONG


def _paragraphs(text: str) -> Iterator[str]:
    for block in _blocks(text.split("\n")):
        yield from block if _are_paragraphs(block) else [" ".join(block)]


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines that belong together, their white space collapsed."""
    block: list[str] = []
    for line in lines:
        has_words = any(map(str.isalnum, line))
        item = _ITEM.match(line)
        if block and (not has_words or item or _DASH.match(line)):
            yield block
            block = []
        if has_words:
            block.append(" ".join(line[item.end() if item else 0 :].split()))
    if block:
        yield block


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
