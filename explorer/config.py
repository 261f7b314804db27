"""The settings of a run: frozen dataclasses, read strictly from TOML and written back."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from explorer.errors import ExplorerError

Choice = Mapping[str, Any]
"""An inline table: `name` plus the settings of the implementation of that name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """[corpus] What is read, and how text becomes tokens."""

    name: str = ""  # a named corpus (`explorer corpus list`), or empty when `path` is given
    path: str = ""  # a text, CSV, TSV, JSON-lines or Parquet file, .gz allowed
    text_column: str = ""  # needed for files with columns
    label_column: str = ""  # optional: colours the map
    lowercase: bool = True
    split_punctuation: bool = True  # False: the text is tokenised already, split on blanks only
    vocabulary_size: int = 5000  # most frequent tokens kept, the four special ones included
    max_tokens: int = 60  # longer training sentences are cut; a named test set never is
    valid_share: float = 0.05  # of a corpus that has no split of its own
    test_share: float = 0.05
    limit: int = 0  # at most this many sentences, drawn evenly by the seed; 0 is all

    def __post_init__(self) -> None:
        if bool(self.name) == bool(self.path):
            raise ExplorerError("[corpus] needs exactly one of `name` and `path`")
        _at_least("corpus.vocabulary_size", self.vocabulary_size, 5)
        _at_least("corpus.max_tokens", self.max_tokens, 1)
        _at_least("corpus.limit", self.limit, 0)
        for key in ("valid_share", "test_share"):
            _within(f"corpus.{key}", getattr(self, key), 0.0, 0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """[model] Sizes, and which parts; a part is chosen by name and brings its own settings."""

    embedding_dim: int = 256
    latent_dim: int = 32
    latent: Choice = field(default_factory=lambda: {"name": "gaussian"})
    prior: Choice = field(default_factory=lambda: {"name": "normal"})
    encoder: Choice = field(default_factory=lambda: {"name": "lstm"})
    decoder: Choice = field(default_factory=lambda: {"name": "lstm"})

    def __post_init__(self) -> None:
        _at_least("model.embedding_dim", self.embedding_dim, 1)
        _at_least("model.latent_dim", self.latent_dim, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectiveConfig:
    """[objective] What is minimised: distortion + beta * (the rate as `rate` charges it)."""

    rate: Choice = field(default_factory=lambda: {"name": "free_bits", "nats": 8.0})
    schedule: Choice = field(default_factory=lambda: {"name": "linear", "epochs": 2.0})


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingConfig:
    """[training] The loop."""

    epochs: int = 8  # passes over the training split, after pre-training
    pretrain_epochs: int = 2  # passes as a plain autoencoder first (beta 0, no posterior noise)
    reset_decoder: bool = True  # a fresh decoder after pre-training (Li et al. 2019)
    batch_size: int = 64  # sentences
    learning_rate: float = 1e-3  # Adam
    decay: float = 0.5  # share of the epochs at the end over which the rate falls linearly to 0
    clip: float = 5.0  # largest gradient norm
    patience: int = 0  # stop after this many epochs without a better validation loss; 0 never
    bf16: bool = False  # bf16 products where the hardware has them
    save_seconds: float = 60.0  # how often the state to resume from is written

    def __post_init__(self) -> None:
        _at_least("training.epochs", self.epochs, 0)
        _at_least("training.pretrain_epochs", self.pretrain_epochs, 0)
        _at_least("training.batch_size", self.batch_size, 1)
        _within("training.decay", self.decay, 0.0, 1.0)
        if self.learning_rate <= 0 or self.clip <= 0:
            raise ExplorerError("training.learning_rate and training.clip must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class AtlasConfig:
    """[atlas] What the map shows."""

    points: int = 20000  # sentences on the map, drawn evenly from all splits
    neighbours: int = 15  # of each point in UMAP
    min_dist: float = 0.1  # UMAP's least distance between points

    def __post_init__(self) -> None:
        _at_least("atlas.points", self.points, 1)
        _at_least("atlas.neighbours", self.neighbours, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """A run's whole recipe; equal configs and equal data give equal weights on one machine."""

    seed: int = 0
    corpus: CorpusConfig
    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    atlas: AtlasConfig = field(default_factory=AtlasConfig)


def read(path: Path) -> Config:
    """Reads a `config.toml`.

    Raises:
        ExplorerError: If the file is missing, is not TOML, or holds an unknown key, a value of
            the wrong type or out of range; the message names the key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing: `explorer new` writes one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExplorerError(f"{path} is not valid TOML: {error}") from None
    try:
        return from_table(table)
    except ExplorerError as error:
        raise ExplorerError(f"{path}: {error}") from None


def from_table(table: Mapping[str, Any]) -> Config:
    """Builds a config from nested tables; the checks are those of `read`."""
    return _build(Config, table, "")


def _build(cls: type, table: Mapping[str, Any], where: str) -> Any:
    types = get_type_hints(cls)
    known = {item.name for item in dataclasses.fields(cls)}
    values = {}
    for key, value in table.items():
        address = f"{where}.{key}" if where else key
        if key not in known:
            raise ExplorerError(f"unknown setting {address!r}; one of {', '.join(sorted(known))}")
        values[key] = _value(types[key], value, address)
    missing = [
        item.name
        for item in dataclasses.fields(cls)
        if item.name not in values
        and item.default is dataclasses.MISSING
        and item.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ExplorerError(f"[{missing[0]}] is missing")
    return cls(**values)


def _value(expected: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(expected):
        if not isinstance(value, Mapping):
            raise ExplorerError(f"{where}: expected a table, got {value!r}")
        return _build(expected, value, where)  # type: ignore[arg-type]
    if expected == Choice:
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise ExplorerError(f'{where}: expected {{ name = "…", … }}, got {value!r}')
        return dict(value)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise ExplorerError(f"{where}: expected {expected.__name__}, got {value!r}")
    return value


def set_value(table: dict[str, Any], assignment: str) -> None:
    """Applies `table.key=value` (the value in TOML, a bare word is a string) to nested tables.

    Raises:
        ExplorerError: If there is no `=` or the value is not TOML.
    """
    address, separator, text = assignment.partition("=")
    keys = address.strip().split(".")
    if not separator or not all(keys):
        raise ExplorerError(f"--set {assignment!r}: expected table.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        if any(mark in text for mark in "[]{}\"'\n"):
            raise ExplorerError(f"--set {assignment!r}: {text!r} is not a TOML value") from None
        value = text.strip()
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ExplorerError(f"--set {assignment!r}: {key} is not a table")
    table[keys[-1]] = value


def _at_least(name: str, value: float, least: float) -> None:
    if value < least:
        raise ExplorerError(f"{name}: {value} is below {least}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ExplorerError(f"{name}: {value} is not between {low} and {high}")
