"""Splits sentences into tokens and joins tokens into readable text."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise

from explorer.config import CorpusConfig
from explorer.text.normalisation import normalised

PAD, BOS, EOS, UNK = range(4)
SPECIALS = ("<pad>", "<bos>", "<eos>", "<unk>")

_ASCII_TOKEN = re.compile(r"<unk>|\w+(?:'\w+)*|[^\w\s]")
_CONTRACTION = re.compile(r"(.+?)(n't|'(?:s|m|d|re|ve|ll))")
_NO_SPACE_BEFORE = frozenset(".,!?;:%)]}…’'”")
_NO_SPACE_AFTER = frozenset("([{$#“‘¿¡")
_TIGHT = frozenset("-/")  # no space on either side between words
_BETWEEN_DIGITS = frozenset(".,:")
_QUOTES = "\"'"
_JOINERS = "\u200c\u200d"
_SKIN_TONES = "\U0001f3fb-\U0001f3ff"
_TAGS = "\U000e0020-\U000e007f"  # the letters inside a regional flag
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Myanmar; Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00016fe0-\U00018d8f\U0001b000-\U0001b2ff\U00020000-\U0003ffff"
)
"""Scripts without blanks between words, as ranges of a character class."""
_WIDE_SIGNS = "\u3000-\u303f\u30fb\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
"""Full-width punctuation, which includes its own spacing."""


@cache
def _marks() -> str:
    """All combining marks, as ranges of a character class."""
    assigned = (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0))
    marks = [code for code in assigned if unicodedata.category(chr(code))[0] == "M"]
    # In a run of successive codes, the difference to the index is constant.
    runs = groupby(enumerate(marks), key=lambda item: item[1] - item[0])
    ends = [[code for _, code in run] for _, run in runs]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in ends)


@cache
def _token() -> re.Pattern[str]:
    """Matches a token in any script: marks stay with their letter, a joined emoji is one token.

    Scripts without blanks are split into characters.
    """
    character = rf"[{UNSPACED}][{_marks()}{_JOINERS}]*"
    letter = rf"[^\W{UNSPACED}]"
    word = rf"{letter}(?:{letter}|[{_marks()}{_JOINERS}])*"
    sign = rf"[^\w\s][{_marks()}{_SKIN_TONES}{_TAGS}]*"
    return re.compile(
        rf"<unk>|{word}(?:['’]{word})*|{_FLAG}|{character}|{sign}(?:\u200d{sign}){{0,9}}+"
    )


@cache
def _dependent() -> re.Pattern[str]:
    """Matches a token that would combine with the character before it."""
    return re.compile(rf"[{_marks()}{_JOINERS}{_SKIN_TONES}{_TAGS}]")


@cache
def _without_blank() -> re.Pattern[str]:
    """Matches two tokens and a blank between them that is not written."""
    either = rf"[{UNSPACED}{_WIDE_SIGNS}]"
    return re.compile(rf"{either}\S* {either}|[{_WIDE_SIGNS}]\S* |\S* [{_WIDE_SIGNS}]")


def pieces(text: str) -> list[str]:
    """The tokens of a text, each with the white space before it.

    Joined they are the text without trailing white space.
    """
    ends = [0, *(match.end() for match in _token().finditer(text))]
    return [text[start:end] for start, end in pairwise(ends)]


@dataclass(frozen=True, slots=True)
class Tokeniser:
    """Splits text into tokens and joins tokens into readable text.

    Args:
        lowercase: Whether case is dropped.
        split_punctuation: Whether punctuation becomes separate tokens; if not, the text is
            already tokenised and split at white space only.
        normalise: Whether spellings that look alike become one (`normalisation.normalised`).
        is_list: Whether words have no order, so that readable text is a list of them.
    """

    lowercase: bool = True
    split_punctuation: bool = True
    normalise: bool = False
    is_list: bool = False

    @classmethod
    def of(cls, recipe: CorpusConfig) -> "Tokeniser":
        """The tokeniser of a recipe."""
        bag = recipe.tokens == "bag"
        return cls(recipe.lowercase, recipe.split_punctuation, recipe.normalise, bag)

    def tokens(self, text: str) -> list[str]:
        """Splits a sentence; no token holds white space."""
        if self.normalise:
            text = normalised(text)
        if self.lowercase:
            text = text.lower()
        if not self.split_punctuation:
            return text.split()
        return (_ASCII_TOKEN if text.isascii() else _token()).findall(text)

    def text(self, tokens: Sequence[str]) -> str:
        """Joins tokens; punctuation is attached to its word.

        Splitting the result gives the same tokens, those of a list with the commas between them.
        """
        if self.is_list:
            return ", ".join(tokens)
        if not self.split_punctuation:
            return " ".join(tokens)
        pieces: list[str] = []
        glued = False
        inside = dict.fromkeys(_QUOTES, False)
        last = {token: index for index, token in enumerate(tokens) if token in inside}
        for index, token in enumerate(tokens):
            before, after = _spaces(tokens, index, inside, last)
            if index and not (token.isascii() and tokens[index - 1].isascii()):
                before &= not _without_blank().match(f"{tokens[index - 1]} {token}")
            melts = not token.isascii() and _dependent().match(token)
            if index and (melts or (before and not glued)):
                pieces.append(" ")
            pieces.append(token)
            glued = not after
        return "".join(pieces)


def treebank_tokens(text: str) -> list[str]:
    """Splits plain text as corpora that were tokenised in advance are: lowercased, `ca n't`.

    Source:
        Marcus, Santorini & Marcinkiewicz (1993), Building a Large Annotated Corpus of English: its
        treatment of punctuation and contractions.
    """
    tokens = []
    for token in Tokeniser().tokens(text):
        match = _CONTRACTION.fullmatch(token)
        tokens += [token] if match is None else match.groups()
    return tokens


def _spaces(
    tokens: Sequence[str], index: int, inside: dict[str, bool], last: dict[str, int]
) -> tuple[bool, bool]:
    """Whether a token is written with a space before it, and after it.

    Args:
        tokens: The sentence.
        index: The index of the token.
        inside: Whether each quotation mark is open; updated with every call, in order.
        last: The last index of each quotation mark.
    """
    token = tokens[index]
    previous = tokens[index - 1] if index else ""
    following = tokens[index + 1] if index + 1 < len(tokens) else ""
    if token in _TIGHT:
        apart = not (_is_word(previous) and _is_word(following))
        return apart, apart
    if token in _BETWEEN_DIGITS and previous.isdecimal() and following.isdecimal():
        together = token != "," or len(following) == 3
        return False, not together
    if token in inside:
        if inside[token]:
            inside[token] = False
            return False, True
        if index < last[token]:
            inside[token] = True
            return True, False
        # A lone mark: the dogs' bowl, dancin', 6" — or the start of 'cause.
        closes = not following or previous.endswith(("s", "in")) or previous.isdecimal()
        return not closes, closes
    return token not in _NO_SPACE_BEFORE, token not in _NO_SPACE_AFTER


def _is_word(token: str) -> bool:
    return token == "<unk>" or token[:1].isalnum()
