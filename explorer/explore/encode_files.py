"""The latent points of a folder of files, a file for a file: by one process or several machines.

Each result is written whole or not at all, so a call that was interrupted goes on with the files
that are missing.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.explore.encoding_record import EncodingRecord, mark
from explorer.explore.engines import ENGINES
from explorer.explore.run import Run, open_run
from explorer.runs import folder as folders
from explorer.system.table_writers import Writer, writing
from explorer.text import read_file, stream_file

CHUNK = 4096
"""Sentences encoded at once: enough to fill batches with sentences of similar length."""
_NAMED = 5  # files that an error names


@dataclass(frozen=True)
class Encoding:
    """What is written of each sentence, beside `text`: its posterior mean `z`.

    Attributes:
        scale: Whether `scale`, the posterior standard deviation, is written, too.
        bf16: Whether the encoder computes in bfloat16 where the hardware supports it.
    """

    scale: bool = False
    bf16: bool = False


def encode_chunk(
    run: Run,
    texts: list[str],
    writer: Writer | None,
    encoding: Encoding,
    as_lists: bool = False,
) -> None:
    """Encodes sentences and appends them to a table; numbers as lists where it has no arrays.

    Of several processes that encode together, the others have no table.
    """
    mean, scale = run.posterior(texts, encoding.bf16)
    if writer is None:
        return
    columns: dict[str, Any] = {"z": mean} | ({"scale": scale} if encoding.scale else {})
    if as_lists:
        columns = {name: values.tolist() for name, values in columns.items()}
    writer.add({"text": texts, **columns})


@dataclass(frozen=True)
class FolderEncoding:
    """A folder of files of sentences, each of which becomes a Parquet file of another folder.

    Attributes:
        run: Folder of the run.
        source: Holds files of any format that `read_file.read` reads; subfolders are not searched.
        target: Where results go, under the names of the files and `.parquet`.
        column: Of the sentences; empty for the one with the most words.
        encoding: What is written.
        model: Identifies what encodes; it is found out.
    """

    run: Path
    source: Path
    target: Path
    column: str = ""
    encoding: Encoding = dataclasses.field(default_factory=Encoding)
    model: str = ""

    def __post_init__(self) -> None:
        # A worker has its own working directory, and opens the run when its turn comes.
        for name in ("run", "source", "target"):
            object.__setattr__(self, name, getattr(self, name).expanduser().resolve())
        if not self.model:
            object.__setattr__(self, "model", _model_of(self.run))

    def files(self) -> list[Path]:
        """The files of sentences, in the order of their names.

        Raises:
            ExplorerError: If there is none, or two of them would have one result.
        """
        try:
            files = sorted(
                path
                for path in self.source.iterdir()
                # A link to nowhere is reported when it is encoded.
                if (path.is_file() or (path.is_symlink() and not path.exists()))
                and not path.name.startswith(".")
            )
        except OSError as error:
            raise ExplorerError(f"{self.source} cannot be listed: {error}") from None
        if not files:
            raise ExplorerError(f"{self.source} contains no files of sentences")
        results: dict[Path, Path] = {}
        for path in files:
            other = results.setdefault(self.result(path), path)
            if other != path:
                raise ExplorerError(
                    f"{other.name} and {path.name} would both be {self.result(path).name}: "
                    "rename one"
                )
        return files

    def result(self, path: Path) -> Path:
        """The file of results of a file of sentences: its name with another ending."""
        bare = Path(path.name)
        with suppress(ExplorerError):  # encoding it will report the error
            _, packed = read_file.kind_of(path)
            if packed and bare.suffix == f".{packed}":  # not a download that lost its .gz
                bare = bare.with_suffix("")
            bare = bare.with_suffix("")
        return self.target / f"{bare.name}.parquet"

    def prepare(self) -> list[Path]:
        """Makes the folder of results; returns the files whose results are missing or outdated.

        Raises:
            ExplorerError: If the folder holds other files of these names, or results of other
                files, of another run or with other settings.
        """
        if self.target == self.source:
            raise ExplorerError("results need their own folder: choose another --out")
        files = self.files()
        try:
            self.target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExplorerError(f"{self.target} cannot be used for results: {error}") from None
        record = EncodingRecord(self.target)
        settings = {"source": str(self.source), "model": self.model, "column": self.column}
        settings |= dataclasses.asdict(self.encoding)
        known = record.settings or {}
        if record.results and known != settings:
            what = "with other settings"
            if known.get("model") != self.model:
                what = "of another run"
            elif known.get("source") != settings["source"]:
                what = f"of the files of {known.get('source')}"
            raise ExplorerError(f"{self.target} contains results {what}: choose another --out")
        for result in map(self.result, files if record.settings is None else ()):
            if result.exists():
                raise ExplorerError(f"{result} already exists: choose another --out")
        if known != settings:
            record.begin(settings)
        return [path for path in files if not record.has(self.result(path), path)]

    def outdated(self) -> list[str]:
        """The results in the folder whose files of sentences are gone, by name."""
        names = {self.result(path).name for path in self.files()}
        return sorted(EncodingRecord(self.target).results.keys() - names)

    def encode(self, files: Iterable[Path], engine: str) -> Iterator[tuple[Path, int]]:
        """Encodes files in any order; gives each with its number of sentences when it is done.

        A file that cannot be read does not stop the others.

        Args:
            files: Of `prepare`.
            engine: A name of `ENGINES`.

        Raises:
            ExplorerError: At the end, for the files that could not be encoded; or if the engine is
                not installed.
        """
        marks = {path: mark(path) for path in files}
        record, errors = EncodingRecord(self.target), {}
        for path, outcome in ENGINES[engine].run(_encode_file, self, list(marks)):
            if isinstance(outcome, str):
                errors[path.name] = outcome
            else:
                record.add(self.result(path), path, marks[path])
                yield path, outcome
        if errors:
            (first, *others), more = errors, ""
            if others:
                named = ", ".join(others[:_NAMED]) + ", …" * (len(others) > _NAMED)
                more = f" (nor could {len(others):,} more be encoded: {named})"
            raise ExplorerError(f"{errors[first]}{more}")


def _encode_file(job: FolderEncoding, path: Path) -> int | str:
    """Writes the result of a file; returns the number of its sentences, or what is wrong."""
    try:
        run, count = _opened(job.run, job.model), 0
        texts = iter(_sentences(path, job.column))
        with writing(job.result(path)) as writer:
            while chunk := list(islice(texts, CHUNK)):
                encode_chunk(run, chunk, writer, job.encoding)
                count += len(chunk)
            if not count:
                raise ExplorerError(f"{path} contains no sentences")
    except ExplorerError as error:
        return str(error)
    return count


def _sentences(path: Path, column: str) -> Iterable[str]:
    if stream_file.is_large(path):
        return stream_file.sentences(path, column)
    return read_file.read(path, column).texts


@lru_cache(maxsize=1)
def _opened(folder: Path, model: str) -> Run:
    """A worker opens the run once for all of its files.

    Raises:
        ExplorerError: If its model is another one by now.
    """
    run = open_run(folder)
    if _model_of(folder) != model:
        raise ExplorerError(f"{folder} was trained or edited in the meantime: start again")
    return run


def _model_of(folder: Path) -> str:
    """Identifies what encodes: the recipe, the vocabulary and the weights; not the map."""
    digests = folders.checksums(folder)
    names = (folders.WEIGHTS, folders.VOCABULARY, folders.TOKENIZER)
    recipe = configs.render(open_run(folder).config)
    parts = [recipe, *(digests.get(name, "") for name in names)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
