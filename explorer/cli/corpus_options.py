"""The corpus of a new run: its options, and how its file is read."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.cli.output import warn
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.text import packed_file, read_file
from explorer.text import preview as previews
from explorer.text.corpus_catalog import NAMED
from explorer.text.file_columns import Dialect
from explorer.text.vector_column import VectorSource
from explorer.training import document_recipe

_COLUMNS = ("text_column", "label_column")
_DIALECT = ("encoding", "separator", "header", "prose")


def corpus_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("run", metavar="RUN", help="a name (the run is created in checkpoints/) or a path")
    add(
        "--corpus",
        required=True,
        metavar="NAME-or-FILE",
        help=f"{', '.join(NAMED)}, or a file: {' '.join(packed_file.FORMATS)}, most of them also "
        "gzipped",
    )
    add(
        "--text-column",
        default="",
        metavar="C",
        help="the column of the sentences (default: detected)",
    )
    add(
        "--label-column",
        default=None,
        metavar="C",
        help="a column of labels, which can colour the map (default: detected; '' for none)",
    )
    add(
        "--documents",
        action="store_true",
        help="treat the texts as bags of words: counts without stop words, for topics",
    )
    add(
        "--vector-column",
        default="",
        metavar="C",
        help="a column of vectors, which become the latent space; e for columns e0, e1, …",
    )
    add(
        "--vectors",
        default="",
        metavar="FILE.npy",
        help="the same from a NumPy file with one vector per row",
    )
    add(
        "--encoder",
        default="",
        metavar="E",
        help="the encoder that made the vectors, so that typed text can be encoded: minilm, or "
        "the folder of a BERT model; without vectors, minilm computes them",
    )


def corpus_table(
    args: argparse.Namespace, start: Path | None, chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """[corpus] of a new recipe.

    Args:
        args: The options of `corpus_arguments`.
        start: The run to start from.
        chosen: The settings of [corpus] that are given anyway.

    Raises:
        ExplorerError: If there is no such corpus, or its file cannot be read.
    """
    vectors = Path(args.vectors).expanduser().resolve().as_posix() if args.vectors else ""
    if args.corpus in NAMED:
        return _of_named(args) | {"vector_file": vectors}
    path = Path(args.corpus).expanduser()
    if not path.exists() and not path.suffix:
        names = ", ".join(NAMED)
        raise ExplorerError(f"{args.corpus} is neither a file nor one of the corpora {names}")
    table = _of_file(path, args, chosen)
    table |= {"tokens": "bpe", "normalise": True}
    table |= {"vector_column": args.vector_column, "vector_file": vectors}
    if args.documents:
        return table | document_recipe.CORPUS
    if start:
        # Words match only if both are tokenised alike.
        known = configs.read(start / folders.CONFIG).corpus
        keys = ("lowercase", "split_punctuation", "normalise", "tokens")
        table |= {key: getattr(known, key) for key in keys}
    return table


def _of_named(args: argparse.Namespace) -> dict[str, Any]:
    if args.text_column or args.label_column or args.vector_column:
        raise ExplorerError(f"{args.corpus} is a named corpus: it has no columns")
    known = NAMED[args.corpus]
    if args.documents and known.tokens != "bag":
        raise ExplorerError(f"--documents: {args.corpus} is a corpus of sentences")
    keys = ("lowercase", "split_punctuation", "tokens", "vocabulary_size", "max_tokens")
    # A corpus that is published in tokens is taken as it is.
    raw = {"name": args.corpus, "normalise": known.split_punctuation}
    return raw | {key: getattr(known, key) for key in keys}


def _of_file(path: Path, args: argparse.Namespace, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """How a file is read: as given, and else as `explorer open` would read it."""
    where = {"path": path.resolve().as_posix()}
    given = {key: chosen[key] for key in (*_COLUMNS, *_DIALECT) if key in chosen}
    config = configs.from_table({"corpus": where | given}).corpus
    guessed = previews.guess(path)
    dialect = replace(guessed, **{key: getattr(config, key) for key in _DIALECT if key in given})
    if args.documents or args.vectors:
        dialect = replace(dialect, prose=False)
    label = config.label_column if "label_column" in given else args.label_column
    text = args.text_column or config.text_column
    if read_file.is_plain(read_file.kind_of(path), dialect):
        columns = {"text_column": text, "label_column": label or ""}
    else:
        seen = previews.preview(path, dialect, text, label, VectorSource())
        columns = {"text_column": seen.text_column, "label_column": seen.label_column}
    settings = _settings(path, dialect)
    _say_reading(path.name, settings)
    return where | columns | settings


def _settings(path: Path, dialect: Dialect) -> dict[str, Any]:
    """The settings of a dialect, where they differ from what a file of this format is read by."""
    ending = read_file.kind_of(path).ending
    usual = {".csv": ",", ".tsv": "\t"}.get(ending, "")
    return {
        "encoding": packed_file.other_encoding(path),
        "separator": "" if dialect.separator == usual else dialect.separator,
        "header": dialect.header,
        "prose": bool(dialect.prose) and ending != ".md",
    }


def _say_reading(name: str, settings: Mapping[str, Any]) -> None:
    """Says what was guessed of a file that could be meant otherwise."""
    if other := settings["encoding"]:
        warn(
            f"{name} is not UTF-8: it is read as {other}; change this with --set corpus.encoding=…"
        )
    if not settings["header"]:
        warn(
            f"{name}: the first row contains no column names, so columns are numbered; if it is "
            "the header, use --set corpus.header=true"
        )
    if settings["prose"]:
        warn(
            f"{name} is running text and is split into sentences; to treat each line as a "
            "sentence, use --set corpus.prose=false"
        )
