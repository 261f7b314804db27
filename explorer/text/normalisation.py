"""One spelling for texts that look alike: Unicode forms, invisible characters, quotes."""

import re
import unicodedata
from collections.abc import Iterator

_INVISIBLE = re.compile(
    # Soft hyphen; marks, embeddings and isolates of writing direction; zero-width space, word
    # joiner and byte-order mark; deprecated and interlinear controls. Joiners are letters' parts.
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ", "'"),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‐‑", "-"),
        "…": "...",
    }
)
_CURLED = str.maketrans({"'": "’"})


def normalised(text: str) -> str:
    """The text in Unicode form C, without invisible characters, with typewriter punctuation.

    Dashes stay: a hyphen instead would join words.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_PLAIN)


def spellings(text: str) -> Iterator[str]:
    """The text as it is, then other spellings that a vocabulary may hold instead."""
    yield text
    plain = normalised(text)
    yield plain
    yield unicodedata.normalize("NFC", text)
    yield plain.translate(_CURLED)
    yield unicodedata.normalize("NFD", plain)
