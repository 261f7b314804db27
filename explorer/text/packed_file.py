"""From a file to its bytes and its text: formats, gzip and zip, encodings."""

import codecs
import gzip
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from explorer.errors import ExplorerError

FORMATS = (".txt", ".md", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx")
"""Supported extensions; all but .parquet and .xlsx also with .gz, or as the one file of a .zip."""

LARGEST_UNPACKED = 2**31
"""Maximum bytes a packed file unpacks to."""

_BINARY = (".parquet", ".xlsx")
_ALIASES = {".ndjson": ".jsonl", ".markdown": ".md", ".text": ".txt", ".tab": ".tsv"}
_PACKINGS = {".gz": "gz", ".zip": "zip"}
_ADDRESS = re.compile(r"(^|/)(https?|ftp|s3|hf):/", re.IGNORECASE)  # `Path` joins two slashes
_START = 2**16  # bytes by which the contents of a file are recognised
_CHUNK = 2**20
_LINES = 2000  # beyond ASCII, by which an encoding is guessed
_WESTERN = 0.6
"""Of the best confidence: of Windows encodings, Western European is the most frequent one. Chosen
on files of one to five sentences in 18 languages."""
_DAMAGED = 0.05
"""Of the bytes beyond ASCII: a text in which fewer are no UTF-8 is damaged UTF-8."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16: the little-endian mark of UTF-32 starts with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Kind(NamedTuple):
    """The format of a file."""

    ending: str
    """One of `FORMATS`; `.jsonl` for `.ndjson`."""
    packed: str
    """`gz`, `zip`, or empty."""


def kind_of(path: Path) -> Kind:
    """The format of a file: by its extension, or else by its contents.

    Raises:
        ExplorerError: If it is missing, not a regular file or has an unknown extension.
    """
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as error:  # a name that no file can have
        raise ExplorerError(f"{str(path)[:80]} cannot be read: {error.args[-1]}") from None
    if is_folder:
        raise ExplorerError(f"{path} is a folder: name a file in it")
    if _ADDRESS.search(str(path)) and not path.exists():
        raise ExplorerError(f"{path} is a URL: download the file first, then give its path")
    if not path.exists():
        raise ExplorerError(f"{path} does not exist")
    if not path.is_file():
        raise ExplorerError(f"{path} is not a file that can be read repeatedly")
    name = path.name.lower()
    packed = _PACKINGS.get(PurePosixPath(name).suffix, "")
    if packed == "zip":
        return _zipped(path)
    ending = _ending(name.removesuffix(".gz"))
    if not packed and ending not in _BINARY and _start(path).startswith(b"\x1f\x8b"):
        packed = "gz"  # a download that lost its .gz
    if not ending:
        ending = _by_contents(path, packed)
        return Kind(ending, "zip") if _is_zip(path) and ending != ".xlsx" else Kind(ending, packed)
    if ending not in FORMATS or (packed and ending in _BINARY):
        raise ExplorerError(_unknown(path))
    return Kind(ending, packed)


def _ending(name: str) -> str:
    ending = PurePosixPath(name).suffix
    return _ALIASES.get(ending, ending)


def _unknown(path: Path) -> str:
    return (
        f"{path} has an unsupported extension: use one of {' '.join(FORMATS)}; all but .parquet "
        "and .xlsx also gzipped (.gz) or as the only file in a .zip"
    )


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror or error}") from None


def _is_zip(path: Path) -> bool:
    return _start(path) == b"PK\x03\x04"


def _by_contents(path: Path, packed: str) -> str:
    """The format of a file without an extension."""
    if _start(path) == b"PAR1":
        return ".parquet"
    if _is_zip(path):
        with reading(path), zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" in archive.namelist():
                return ".xlsx"
        return _zipped(path).ending
    with reading(path), opened(path, packed) as file:
        data = file.read(_START)
    text = data.decode(encoding_of(data) if encoding_of(data) != "utf-8" else "latin-1", "replace")
    first, _, others = text.lstrip("\ufeff \t\r\n").partition("\n")
    if first.startswith("{") and first.rstrip().endswith("}"):
        return ".jsonl"
    if first.startswith(("{", "[")):
        return ".json"
    second = others.partition("\n")[0]
    for mark, ending in (("\t", ".tsv"), (",", ".csv"), (";", ".csv"), ("|", ".csv")):
        count = first.count(mark)
        # Commas of running text rarely agree; in a table few cells hold the separator.
        if count and (count == second.count(mark) and (mark == "\t" or f"{mark} " not in first)):
            return ending
    return ".txt"


def _zipped(path: Path) -> Kind:
    """The format of the one text file in an archive."""
    with reading(path), zipfile.ZipFile(path) as archive:
        return Kind(_ending(_member(path, archive).filename.lower()) or ".txt", "zip")


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of an archive that can be read."""
    entries = [
        entry
        for entry in archive.infolist()
        if entry.filename
        and not entry.is_dir()
        and not PurePosixPath(entry.filename).name.startswith(".")
        # Written by macOS beside every file.
        and not entry.filename.startswith("__MACOSX/")
    ]
    texts = [
        entry
        for entry in entries
        if (ending := _ending(entry.filename.lower())) in FORMATS and ending not in _BINARY
    ]
    if not texts and len(entries) == 1 and not _ending(entries[0].filename):
        texts = entries
    if len(texts) == 1:
        if stat.S_ISLNK(texts[0].external_attr >> 16):
            raise ExplorerError(
                f"{path} contains a link ({texts[0].filename[:60]!r}) instead of a file: zip the "
                "file itself"
            )
        return texts[0]
    names = ", ".join(repr(entry.filename[:60]) for entry in (texts or entries)[:5])
    if not texts:
        raise ExplorerError(
            f"{path} contains no text file ({names or 'it is empty'}): unpack it and choose the "
            "file with the sentences"
        )
    raise ExplorerError(
        f"{path} contains {len(texts)} text files ({names}): unpack it and choose one of them"
    )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of reading and unpacking as an `ExplorerError` that names the file."""
    try:
        yield
    except EOFError:
        raise ExplorerError(f"{path} is truncated: its gzip data ends too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ExplorerError(f"{path} is not a valid gzip file: {error}") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ExplorerError(f"{path} is not a readable zip file: {error}") from None
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror or error}") from None


@contextmanager
def opened(path: Path, packed: str) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a file as a stream; raises what the standard library raises."""
    if packed == "gz":
        with gzip.open(path, "rb") as file:
            yield file  # type: ignore[misc]
    elif packed == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(_member(path, archive)) as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


def read_bytes(path: Path, packed: str) -> bytes:
    """The unpacked bytes of a file.

    Raises:
        ExplorerError: If it is empty, damaged, or unpacks to more than `LARGEST_UNPACKED` bytes.
    """
    with reading(path):
        if not packed or not path.stat().st_size:
            data = path.read_bytes()
        else:
            with opened(path, packed) as file:
                parts, left = [], LARGEST_UNPACKED
                while part := file.read(_CHUNK):
                    left -= len(part)
                    if left < 0:
                        raise ExplorerError(
                            f"{path} unpacks to more than {LARGEST_UNPACKED:,} bytes: split it"
                        )
                    parts.append(part)
            data = b"".join(parts)
    if not data:
        raise ExplorerError(f"{path} is empty")
    return data


def decode(path: Path, data: bytes, encoding: str = "") -> str:
    """Bytes as text.

    Args:
        path: Used in messages.
        data: The bytes.
        encoding: Empty for UTF-8, or what the byte-order mark says.

    Raises:
        ExplorerError: If it is no text in this encoding.
    """
    chosen = encoding or encoding_of(data)
    if chosen.startswith("utf-8") and b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise ExplorerError(no_text(path, line))
    try:
        return data.decode(chosen)
    except LookupError:
        raise ExplorerError(f"there is no encoding {chosen!r}: try utf-8 or cp1252") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        where = f"line {line}, byte {column}" if chosen == "utf-8" else f"byte {error.start}"
        raise ExplorerError(
            f"{path} is not {chosen.removesuffix('-sig').upper()} text ({where}): save it as "
            "UTF-8 in the program it comes from"
        ) from None


def no_text(path: Path, line: int) -> str:
    """The message for a file with a NUL byte."""
    return (
        f"{path} is not text: line {line} contains a NUL byte. If it comes from a text editor, "
        "save it as UTF-8; other files must first be exported as text"
    )


def encoding_of(start: bytes) -> str:
    """The encoding by the BOM at the start of a file; UTF-8 without one."""
    return next((name for mark, name in _BOMS if start.startswith(mark)), "utf-8")


def other_encoding(path: Path) -> str:
    """The likely encoding of a file of text; empty for UTF-8, and where a BOM says it.

    Raises:
        ExplorerError: If it is missing or damaged.
    """
    kind = kind_of(path)
    if kind.ending in _BINARY:
        return ""
    data = read_bytes(path, kind.packed)
    guess = guess_encoding(data)
    return "" if guess == encoding_of(data) else guess


def guess_encoding(data: bytes) -> str:
    """The likely encoding of bytes: by their BOM, UTF-8 if they are that, or else by statistics.

    Returns:
        A name that `decode` takes.
    """
    marked = encoding_of(data)
    if marked != "utf-8":
        return marked
    try:
        data.decode("utf-8")
        if b"\0" not in data:
            return marked
    except UnicodeDecodeError:
        pass
    half = data[:_START]
    for parity, name in ((1, "utf-16-le"), (0, "utf-16-be")):  # Latin text without its BOM
        if half[parity::2].count(0) > len(half) / 4:
            return name
    if b"\0" in half:
        return "utf-8"  # no text at all: `decode` says where
    lines = (line for line in data.split(b"\n") if not line.isascii())
    return _eight_bit(b"\n".join(islice(lines, _LINES))[:_START])


def _eight_bit(sample: bytes) -> str:
    """The likely encoding of lines beyond ASCII that are not UTF-8."""
    import chardet

    beyond_ascii = len(sample) - len(sample.decode("ascii", "ignore"))
    lost = len(sample) - len(sample.decode("utf-8", "ignore").encode())
    if lost <= _DAMAGED * beyond_ascii:
        return "utf-8"  # with a few damaged bytes: `decode` says where
    era = chardet.EncodingEra.MODERN_WEB
    ranked = chardet.detect_all(sample, ignore_threshold=True, encoding_era=era)
    near: dict[str, float] = {}
    for guess in ranked:
        name = codecs.lookup(guess["encoding"] or "cp1252").name
        # Windows-1252 holds ISO 8859-1 and the quotes of text editors.
        name = "cp1252" if name == "iso8859-1" else name
        near.setdefault(name, guess["confidence"])
    best = next(iter(near), "cp1252")
    is_western = near.get("cp1252", 0.0) >= _WESTERN * near.get(best, 0.0)
    return "cp1252" if best.startswith("cp125") and is_western else best
