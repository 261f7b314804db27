"""Byte-pair encoding with byte fallback: no word is unknown."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import ExplorerError
from explorer.system.atomic_files import write_text
from explorer.text.tokens import BOS, EOS, PAD, SPECIALS, UNK
from explorer.text.vocabulary import LONGEST_WORD, MARKER, Vocabulary

if TYPE_CHECKING:
    from tokenizers.models import BPE

Pair = tuple[str, str]
"""Two pieces to join."""

BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""Pieces for the UTF-8 bytes of characters outside the alphabet."""
_FIRST_BYTE = len(SPECIALS)
_FIRST_LEARNED = _FIRST_BYTE + len(BYTES)

MAX_BYTES = 16 * 2**20
"""Maximum size of the file; one of 8,000 pieces has a third of a megabyte."""

_RESERVED = re.compile("<(?:pad|bos|eos|unk|0x[0-9A-F]{2})>")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITE = re.compile(r"\s")
_REPLACEMENT = "\ufffd"
_MIN_COUNT = 2
"""Minimum occurrences of a character in the alphabet and of a merged pair."""
_CACHED = 2**17  # words


class PieceVocabulary(Vocabulary):
    """Byte-fallback BPE. Pieces never cross words; the first of a word carries the `MARKER`.

    A character outside the alphabet, and a `MARKER` inside a word, become byte pieces, so that
    `decode(encode(words)) == words` for all words without white space. Only the word `<unk>` of a
    text that was published with unknown words is `UNK`.

    Source:
        Sennrich et al. (2016), arXiv:1508.07909; bytes and marker as in SentencePiece, Kudo &
        Richardson (2018), arXiv:1808.06226.
    """

    FILE = "tokenizer.json"
    has_unknown = False

    def __init__(self, entries: Sequence[str], merges: Sequence[Pair]) -> None:
        """Validates pieces and merges.

        Args:
            entries: The pieces by id: specials, `BYTES`, then learned ones.
            merges: Pairs of pieces to join, in order of priority.

        Raises:
            ExplorerError: If they are not a BPE with byte fallback.
        """
        super().__init__(entries)
        self.merges = tuple(merges)
        if self.entries[_FIRST_BYTE:_FIRST_LEARNED] != BYTES:
            raise ExplorerError("the 256 bytes do not follow the special tokens")
        for piece in self.entries[_FIRST_LEARNED:]:
            if not is_piece(piece):
                raise ExplorerError(f"{piece!r} is not part of a word")
        if MARKER not in self._ids:
            raise ExplorerError(f"the piece {MARKER!r} is missing")
        self._blank = self._ids[MARKER]
        joined = set()
        for pair in self.merges:
            # Lower ids are specials and bytes, which are never merged.
            ids = [self._ids.get(piece, 0) for piece in (*pair, "".join(pair))]
            if min(ids) < _FIRST_LEARNED or pair in joined:
                raise ExplorerError(f"{' + '.join(pair)!r} is not a merge of two tokens")
            joined.add(pair)
        self._opens = tuple(
            index == UNK or piece.startswith(MARKER) for index, piece in enumerate(self.entries)
        )
        self._encode_word = lru_cache(_CACHED)(self._encoded)

    @classmethod
    def learned(cls, counts: Mapping[str, int], size: int) -> "PieceVocabulary":
        """Learns pieces from words; stops early if no pair occurs twice.

        Rare characters stay bytes: those that occur once, and all beyond half of the pieces.
        """
        from tokenizers import Tokenizer
        from tokenizers.models import BPE
        from tokenizers.trainers import BpeTrainer

        words = {
            word: count
            for word, count in counts.items()
            if len(word) <= LONGEST_WORD
            and MARKER not in word
            and not _RESERVED.search(word)
            and not _SURROGATE.search(word)
        }
        alphabet = _alphabet(words, max(0, size - _FIRST_LEARNED - 1) // 2)
        tokeniser = Tokenizer(BPE())
        trainer = BpeTrainer(
            vocab_size=size,
            min_frequency=_MIN_COUNT,
            special_tokens=[*SPECIALS, *BYTES],
            initial_alphabet=[MARKER, *alphabet],
            show_progress=False,
        )
        tokeniser.train_from_iterator(_segments(words, alphabet), trainer)
        model = json.loads(tokeniser.to_str())["model"]
        pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
        return cls(pieces, [(left, right) for left, right in model["merges"]])

    @classmethod
    def selected(
        cls, pieces: Collection[str], merges: Sequence[Pair], counts: Mapping[str, int], size: int
    ) -> "PieceVocabulary":
        """The pieces of another vocabulary that words need, most frequent first.

        With a piece come those it is merged from, so that every word whose pieces fit in `size`
        is split as by all pieces.

        Args:
            pieces: Of the other vocabulary, in the notation of this one.
            merges: Its pairs, in order of priority.
            counts: Words and how often each occurs.
            size: Maximum number of entries.
        """
        fixed = (*SPECIALS, *BYTES)
        whole = cls([*fixed, *{MARKER: 0, **dict.fromkeys(pieces)}], merges)
        used: Counter[int] = Counter()
        for word, count in counts.items():
            for index in whole.encode([word]):
                used[index] += count
        parts = {"".join(pair): pair for pair in reversed(merges)}
        chosen = {MARKER: None}
        for index, _ in sorted(used.items(), key=lambda item: (-item[1], item[0])):
            needed = _derivation(whole.entries[index], parts)
            if index >= _FIRST_LEARNED and len(fixed) + len({**chosen, **needed}) <= size:
                chosen |= needed
        joined = [
            pair for pair in merges if all(part in chosen for part in (*pair, "".join(pair)))
        ]
        return cls([*fixed, *chosen], joined)

    def encode(self, words: Iterable[str]) -> list[int]:
        """The ids of the pieces of all words, in order."""
        return [index for word in words for index in self._encode_word(word)]

    def _encoded(self, word: str) -> tuple[int, ...]:
        if word == SPECIALS[UNK]:
            return (UNK,)
        # UTF-8 cannot encode a lone surrogate.
        first, *others = _SURROGATE.sub(_REPLACEMENT, word).split(MARKER)
        ids = self._merged(MARKER + first)
        for part in others:
            ids += [_FIRST_BYTE + byte for byte in MARKER.encode()]
            ids += self._merged(part)
        return tuple(ids)

    def _merged(self, text: str) -> list[int]:
        return [token.id for token in self._bpe.tokenize(text)] if text else []

    @cached_property
    def _bpe(self) -> "BPE":
        from tokenizers.models import BPE

        return BPE(vocab=dict(self._ids), merges=list(self.merges), byte_fallback=True)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words up to the first `EOS`; invalid UTF-8 becomes U+FFFD."""
        shown = []
        for index in ids:
            if index == EOS:
                break
            if index not in (PAD, BOS):
                shown.append(index)
        if all(index >= _FIRST_LEARNED and index != self._blank for index in shown):
            # The common case; the general one takes ten times as long.
            return [word for word in self._joined(shown).split(MARKER) if word]
        return [word for group in self._groups(shown) if (word := self._word(group))]

    def word_index(self, ids: Sequence[int]) -> list[int]:
        """The index of the word of each piece."""
        groups = self._groups(ids)
        return [word for word, group in enumerate(groups) for _ in group]

    def _groups(self, ids: Sequence[int]) -> list[list[int]]:
        """Groups pieces by word.

        A model may generate sequences that no text encodes to: a bare marker belongs to the next
        word, or at the end to the last one.
        """
        groups: list[list[int]] = []
        before = UNK
        for index in ids:
            opens = self._opens[index] or before == UNK
            if not groups or (opens and not self._is_blank(groups[-1])):
                groups.append([])
            groups[-1].append(index)
            before = index
        if len(groups) > 1 and self._is_blank(groups[-1]):
            rest = groups.pop()
            groups[-1] += rest
        return groups

    def _is_blank(self, group: Sequence[int]) -> bool:
        return all(index == self._blank for index in group)

    def _joined(self, ids: Sequence[int]) -> str:
        return "".join([self.entries[index] for index in ids])

    def _word(self, group: Sequence[int]) -> str:
        if not any(_FIRST_BYTE <= index < _FIRST_LEARNED for index in group):
            return self._joined(group).replace(MARKER, "")
        content = b"".join(
            bytes([index - _FIRST_BYTE])
            if _FIRST_BYTE <= index < _FIRST_LEARNED
            else self.entries[index].removeprefix(MARKER).encode()
            for index in group
        )
        # White space would split the word when it is read again.
        return _WHITE.sub(_REPLACEMENT, content.decode("utf-8", "replace"))

    def unknown(self, words: Iterable[str]) -> list[str]:
        """`<unk>`, if the text itself holds it."""
        return [SPECIALS[UNK]] if SPECIALS[UNK] in words else []

    def rare(self, words: Iterable[str]) -> list[str]:
        """The distinct words of more than one piece, in order."""
        return [word for word in dict.fromkeys(words) if len(self._encode_word(word)) > 1]

    @property
    def spellings(self) -> tuple[str, ...]:
        return self.entries

    def _lines(self) -> Iterable[str]:
        yield from self.entries
        yield from (" ".join(pair) for pair in self.merges)

    def save(self, path: Path) -> None:
        """Writes `tokenizer.json`, which the `tokenizers` library opens too.

        That library expects words separated by blanks.
        """
        model = {
            "vocab": {piece: index for index, piece in enumerate(self.entries)},
            "merges": [list(pair) for pair in self.merges],
        }
        table = {**_TEMPLATE, "model": {**_TEMPLATE["model"], **model}}
        write_text(path, json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n")

    @classmethod
    def load(cls, path: Path) -> "PieceVocabulary":
        """Reads `tokenizer.json`, in which only pieces and merges may vary.

        Raises:
            ExplorerError: If the file is missing, or differs from the format of `save`.
        """
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ExplorerError(f"it is larger than {MAX_BYTES:,} bytes")
            table = json.loads(path.read_text(encoding="utf-8"))
            return cls(*_checked(table))
        except FileNotFoundError:
            raise ExplorerError(f"{path} is missing: the run is incomplete") from None
        except (ExplorerError, ValueError, RecursionError) as error:
            raise ExplorerError(f"{path} is damaged: {error}") from None


_TEMPLATE: dict[str, Any] = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {
            "id": index,
            "content": special,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for index, special in enumerate(SPECIALS)
    ],
    "normalizer": None,
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {
                "type": "Metaspace",
                "replacement": MARKER,
                "prepend_scheme": "always",
                "split": False,
            },
        ],
    },
    "post_processor": None,
    "decoder": {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": MARKER}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ],
    },
    "model": {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": True,
        "ignore_merges": False,
    },
}
"""The file without pieces and merges."""


def _checked(table: Any) -> tuple[list[str], list[Pair]]:
    """The pieces by id and the merges of a parsed file."""
    model = table.get("model") if isinstance(table, dict) else None
    if not isinstance(model, dict):
        raise ExplorerError("it holds no model")
    if model.get("type") != "BPE":
        raise ExplorerError(f"its model is {model.get('type')!r}, not 'BPE'")
    vocab, merges = model.get("vocab"), model.get("merges")
    rest = {key: value for key, value in model.items() if key not in ("vocab", "merges")}
    if {**table, "model": rest} != _TEMPLATE:
        raise ExplorerError("it contains settings that are not supported")
    if not isinstance(vocab, dict) or not all(type(index) is int for index in vocab.values()):
        raise ExplorerError("its tokens have no numbers")
    pieces = sorted(vocab, key=vocab.__getitem__)
    if [vocab[piece] for piece in pieces] != list(range(len(pieces))):
        raise ExplorerError("its tokens are not numbered from 0 without gaps")
    if not isinstance(merges, list) or not all(_is_pair(pair) for pair in merges):
        raise ExplorerError("its merges are not pairs of tokens")
    return pieces, [(left, right) for left, right in merges]


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
    )


def is_piece(text: str) -> bool:
    """Whether a text can be a learned piece of a word."""
    return not (
        not text
        or MARKER in text[1:]
        or _WHITE.search(text)
        or _SURROGATE.search(text)
        or _RESERVED.fullmatch(text)
    )


def _derivation(piece: str, parts: Mapping[str, Pair]) -> dict[str, None]:
    """A piece after all pieces it is merged from."""
    if piece not in parts:
        return {piece: None}
    left, right = parts[piece]
    return {**_derivation(left, parts), **_derivation(right, parts), piece: None}


def _alphabet(words: Mapping[str, int], most: int) -> list[str]:
    """The most frequent characters, ties in code-point order."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            counts[character] += count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [character for character, count in ranked[:most] if count >= _MIN_COUNT]


def _segments(words: Mapping[str, int], alphabet: Sequence[str]) -> Iterator[Iterator[str]]:
    """The segments between characters outside the alphabet, each as often as it occurs."""
    outside = re.compile(f"[^{re.escape(MARKER + ''.join(alphabet))}]+")
    for word, count in words.items():
        for segment in outside.split(MARKER + word):
            if segment:
                yield repeat(segment, count)
