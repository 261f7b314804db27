"""The words of a text in any script, for search and for names on the map."""

import re
import unicodedata

from explorer.text.normalisation import normalised
from explorer.text.tokens import UNSPACED

# Scripts without blanks are split into characters, as search engines do.
_CHARACTER = re.compile(f"[{UNSPACED}]")
_PIECE = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
_ASCII_WORD = re.compile(r"[a-z0-9](?:[a-z0-9'-]*[a-z0-9])?")
_PLACEHOLDER = re.compile(r"<unk>|_(?:unk|num)_")


def words(text: str) -> list[str]:
    """Splits text into case-folded words, without punctuation, symbols and `<unk>`.

    Apostrophes and hyphens inside a word stay.
    """
    text = _PLACEHOLDER.sub(" ", text.casefold())
    if text.isascii():  # the same, faster
        return _ASCII_WORD.findall(text)
    words = []
    for piece in _PIECE.findall(text):
        if piece.isalnum():
            words.append(piece)
        else:
            words.extend(_between_punctuation(piece))
    return words


def plain(text: str) -> str:
    """Folds case, accents and spellings that look alike: "Café" and "cafe" compare equal."""
    folded = normalised(text).casefold()
    if folded.isascii():
        return folded
    parts = unicodedata.normalize("NFKD", folded)
    return "".join(letter for letter in parts if unicodedata.category(letter) != "Mn")


def join(terms: list[str]) -> str:
    """Joins words with blanks, or without in scripts that have none."""
    unspaced = all(_CHARACTER.fullmatch(term) for term in terms)
    return ("" if unspaced else " ").join(terms)


def _between_punctuation(piece: str) -> list[str]:
    letters = [
        letter if unicodedata.category(letter)[0] in "LMN" or letter in "'’-" else " "
        for letter in piece
    ]
    return [word for part in "".join(letters).split() if (word := part.strip("'’-"))]
