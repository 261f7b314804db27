"""A sentence as tokens and as ids, and the way back to readable text."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.errors import ExplorerError

PAD, BOS, EOS, UNK = range(4)
SPECIALS = ("<pad>", "<bos>", "<eos>", "<unk>")

_TOKEN = re.compile(r"<unk>|\w+(?:['’]\w+)*|[^\w\s]")
_NO_SPACE_BEFORE = frozenset(".,!?;:%)]}…’'”")
_NO_SPACE_AFTER = frozenset("([{$#“")


@dataclass(frozen=True, slots=True)
class Tokeniser:
    """Splits text into tokens, and joins tokens into text a person reads.

    Args:
        lowercase: Whether case is dropped.
        split_punctuation: Whether punctuation becomes tokens of its own; if not, the text counts
            as tokenised already and is split on blanks only.
    """

    lowercase: bool = True
    split_punctuation: bool = True

    def tokens(self, text: str) -> list[str]:
        """Splits one sentence; no token holds white space, so a token fits on a line."""
        if self.lowercase:
            text = text.lower()
        return _TOKEN.findall(text) if self.split_punctuation else text.split()

    def text(self, tokens: Sequence[str]) -> str:
        """Joins tokens; where punctuation was split off, it goes back to its word."""
        if not self.split_punctuation:
            return " ".join(tokens)
        pieces: list[str] = []
        glue = True
        for token in tokens:
            if not glue and token not in _NO_SPACE_BEFORE:
                pieces.append(" ")
            pieces.append(token)
            glue = token in _NO_SPACE_AFTER
        return "".join(pieces)


class Vocabulary:
    """The words a model knows; a word's id is its line in `vocabulary.txt`."""

    def __init__(self, words: Sequence[str]) -> None:
        if tuple(words[: len(SPECIALS)]) != SPECIALS:
            raise ExplorerError(f"a vocabulary starts with {' '.join(SPECIALS)}")
        self.words = tuple(words)
        self._ids = {word: index for index, word in enumerate(words)}
        if len(self._ids) != len(self.words):
            raise ExplorerError("a vocabulary names each word once")
        # A user's text may hold the words of `SPECIALS`; only <unk> may mean what it says.
        for special in (PAD, BOS, EOS):
            self._ids[SPECIALS[special]] = UNK

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def build(cls, sentences: Iterable[Sequence[str]], size: int) -> "Vocabulary":
        """Keeps the `size` most frequent tokens (specials included), ties in spelling order."""
        counts = Counter(token for tokens in sentences for token in tokens)
        for special in SPECIALS:
            counts.pop(special, None)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls([*SPECIALS, *(word for word, _ in ranked[: size - len(SPECIALS)])])

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The ids of tokens, without start and end; an unknown token is `UNK`."""
        return [self._ids.get(token, UNK) for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens up to the first `EOS`; `PAD` and `BOS` are dropped, `<unk>` stays."""
        tokens = []
        for index in ids:
            if index == EOS:
                break
            if index not in (PAD, BOS):
                tokens.append(self.words[index])
        return tokens

    def unknown(self, tokens: Iterable[str]) -> list[str]:
        """The tokens the model has no word for, in order, each once."""
        return list(dict.fromkeys(token for token in tokens if self._ids.get(token, UNK) == UNK))

    def save(self, path: Path) -> None:
        """Writes one token a line, UTF-8."""
        path.write_text("\n".join(self.words) + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Reads `vocabulary.txt`.

        Raises:
            ExplorerError: If the file is missing or is not a vocabulary.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ExplorerError(f"{path} is missing: the run is incomplete") from None
        except UnicodeDecodeError:
            raise ExplorerError(f"{path} is damaged: it is not UTF-8 text") from None
        try:
            return cls(text.removesuffix("\n").split("\n"))
        except ExplorerError as error:
            raise ExplorerError(f"{path} is damaged: {error}") from None
