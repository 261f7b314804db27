"""The settings of a run: frozen dataclasses, read strictly from TOML and written back."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from explorer.errors import ExplorerError
from explorer.system import atomic_files, toml_writer
from explorer.system.toml_writer import literal, printable

MOST_POINTS = 2**20
"""Sentences of a map: each is text and numbers in memory, and a dot that a browser draws."""

Choice = Mapping[str, Any]
"""An inline table: `name` plus the settings of the implementation of that name."""

FORMAT = 2
"""Of a `config.toml`: 1 where the key is absent; 2 came with `corpus.tokens = "bpe"`."""


def setting(default: Any, about: str, **metadata: Any) -> Any:
    """A dataclass field with its comment, the one that `render` and `--help` show."""
    return field(default=default, metadata=_about(about) | metadata)


def _about(comment: str) -> dict[str, str]:
    return {"about": comment}


def _choice(**settings: Any) -> Callable[[], dict[str, Any]]:
    return lambda: dict(settings)


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """[corpus] What is read, and how text becomes tokens."""

    name: str = setting("", "a named corpus (`explorer corpus list`); empty when `path` is given")
    path: str = setting("", "a text, CSV, TSV, JSON-lines or Parquet file, .gz allowed")
    text_column: str = setting("", "the column of the sentences, for files with columns")
    label_column: str = setting("", "optional: a column whose values colour the map")
    lowercase: bool = setting(True, "whether case is dropped")
    split_punctuation: bool = setting(
        True, "false: the text is tokenised already, split on blanks only"
    )
    tokens: str = setting("words", "words, or bpe: pieces of words, so that none is unknown")
    vocabulary_size: int = setting(5000, "words or pieces kept, the special ones included")
    max_tokens: int = setting(60, "longer sentences are cut for training, never for testing")
    valid_share: float = setting(0.05, "held out to validate, of a corpus without own splits")
    test_share: float = setting(0.05, "held out to test, of a corpus without own splits")
    limit: int = setting(0, "at most so many sentences, drawn evenly by the seed; 0 is all")

    def __post_init__(self) -> None:
        if bool(self.name) == bool(self.path):
            raise ExplorerError("[corpus] needs exactly one of `name` and `path`")
        least = {"words": 5, "bpe": 300}.get(self.tokens)  # bpe begins with specials and bytes
        if least is None:
            raise ExplorerError(f"corpus.tokens: {self.tokens!r} is neither words nor bpe")
        _at_least("corpus.vocabulary_size", self.vocabulary_size, least)
        _at_least("corpus.max_tokens", self.max_tokens, 1)
        _at_least("corpus.limit", self.limit, 0)
        for key in ("valid_share", "test_share"):
            _within(f"corpus.{key}", getattr(self, key), 0.0, 0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """[model] Sizes, and which parts; a part is chosen by name and brings its own settings."""

    embedding_dim: int = setting(256, "numbers a word is given")
    latent_dim: int = setting(32, "numbers a sentence is given; 0 for a language model")
    latent: Choice = field(
        default_factory=_choice(name="gaussian"),
        metadata=_about(
            "gaussian, sphere, cube, codes (VAEs), point (an autoencoder), none (a language model)"
        ),
    )
    prior: Choice = field(
        default_factory=_choice(name="normal"),
        metadata=_about(
            "what it is pulled towards: normal, mixture, vamp, flow; uniform where it ends"
        ),
    )
    encoder: Choice = field(
        default_factory=_choice(name="lstm"), metadata=_about("from words to the latent space")
    )
    decoder: Choice = field(
        default_factory=_choice(name="lstm"), metadata=_about("from the latent space to words")
    )
    auxiliary: Choice = field(
        default_factory=_choice(name="none"),
        metadata=_about(
            "auxiliary loss on z: none, bag_of_words, adversary, teacher, or a sum of terms"
        ),
    )
    labels: tuple[str, ...] = setting(
        (), "labels of the corpus the decoder is told beside z: a conditional model; none: []"
    )

    def __post_init__(self) -> None:
        _at_least("model.embedding_dim", self.embedding_dim, 1)
        _at_least("model.latent_dim", self.latent_dim, 0)
        if len(self.labels) == 1 or len(set(self.labels)) < len(self.labels):
            raise ExplorerError("model.labels: none, or at least two different ones")
        if not all(self.labels):
            raise ExplorerError("model.labels: an empty label says nothing")


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectiveConfig:
    """[objective] What is minimised: distortion + beta * (the rate as `rate` charges it)."""

    rate: Choice = field(
        default_factory=_choice(name="free_bits", nats=8.0),
        metadata=_about("how the rate is charged; nats: free, over all of z"),
    )
    schedule: Choice = field(
        default_factory=_choice(name="linear", epochs=2.0),
        metadata=_about("how beta grows, in epochs after pre-training"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingConfig:
    """[training] The loop."""

    epochs: int = setting(8, "passes over the training split, after pre-training")
    pretrain_epochs: int = setting(
        2, "passes as a plain autoencoder first (beta 0, no posterior noise)"
    )
    start: Choice = field(
        default_factory=_choice(name="none"),
        metadata=_about(
            "the first weights: drawn (none), or those of a trained run where they fit"
        ),
    )
    reset_decoder: bool = setting(
        True, "a fresh decoder after pre-training (Li et al. 2019), if `start` gave none"
    )
    fit_prior: Choice = field(
        default_factory=_choice(name="none"),
        metadata=_about(
            "a prior, or an autoencoder's density, fitted last: mixture, vamp, flow, flow_matching"
        ),
    )
    fine_tuning: Choice = field(
        default_factory=_choice(name="none"),
        metadata=_about(
            "a last stage: joint trains all with the fitted prior; nats: free; or none"
        ),
    )
    batch_size: int = setting(64, "sentences a step")
    optimiser: Choice = field(
        default_factory=_choice(name="adam"),
        metadata=_about("gradients to steps: adam; sgd, at a learning rate near 1; split: both"),
    )
    learning_rate: float = setting(1e-3, "size of the optimiser's steps")
    decay: float = setting(
        0.5, "share of the epochs, at the end, over which the learning rate falls to 0"
    )
    validations: int = setting(1, "looks at the validation sentences an epoch")
    snapshots: int = setting(
        3000, "sentences whose places are kept at each look, for the playback; 0 keeps none"
    )
    aggressive: bool = setting(
        False, "the encoder catches up before each decoder step, while information grows (He 2019)"
    )
    clip: float = setting(5.0, "largest gradient norm")
    patience: int = setting(
        0, "stop after so many epochs without a better loss; 0, or with schedule target, never"
    )
    bf16: bool = setting(True, "bfloat16 products, where the hardware has them; else float32")
    save_seconds: float = setting(60.0, "how often the state to resume from is written")

    def __post_init__(self) -> None:
        _at_least("training.epochs", self.epochs, 0)
        _at_least("training.pretrain_epochs", self.pretrain_epochs, 0)
        _at_least("training.batch_size", self.batch_size, 1)
        _at_least("training.validations", self.validations, 1)
        _at_least("training.snapshots", self.snapshots, 0)
        _at_least("training.patience", self.patience, 0)
        _within("training.decay", self.decay, 0.0, 1.0)
        if self.learning_rate <= 0 or self.clip <= 0:
            raise ExplorerError("training.learning_rate and training.clip must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class AtlasConfig:
    """[atlas] What the map shows."""

    points: int = setting(20000, "sentences on the map, drawn evenly from all splits")
    neighbours: int = setting(15, "neighbours of each point in UMAP")
    min_dist: float = setting(0.1, "UMAP's least distance between points")

    def __post_init__(self) -> None:
        _within("atlas.points", self.points, 1, MOST_POINTS)
        _at_least("atlas.neighbours", self.neighbours, 2)
        _within("atlas.min_dist", self.min_dist, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """A run's whole recipe; equal configs and equal data give equal weights on one machine."""

    seed: int = setting(0, "splits, first weights, batches, noise, map: all random choices")
    corpus: CorpusConfig
    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    atlas: AtlasConfig = field(default_factory=AtlasConfig)

    def __post_init__(self) -> None:
        _within("seed", self.seed, 0, 2**32 - 1)  # what NumPy and UMAP take
        if self.training.batch_size == 1 and self.model.latent.get("batch_norm"):
            raise ExplorerError(
                "training.batch_size: model.latent.batch_norm normalises over a batch, of at "
                "least 2 sentences"
            )


def final_model(config: Config) -> ModelConfig:
    """The model a finished run holds: with the prior that was fitted afterwards, if one was."""
    if config.training.fit_prior["name"] == "none":
        return config.model
    return dataclasses.replace(config.model, prior=config.training.fit_prior)


def read(path: Path) -> Config:
    """Reads a `config.toml`.

    Raises:
        ExplorerError: If the file is missing, is not TOML, or holds an unknown key, a value of
            the wrong type or out of range; the message names the key.
    """
    try:
        # Some editors begin a file with a byte-order mark, which is no TOML.
        table = toml_writer.parse(atomic_files.read(path, toml_writer.LARGEST).decode("utf-8-sig"))
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing: `explorer new` writes one") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise ExplorerError(f"{path} is not valid TOML: {error}") from None
    try:
        return from_table(table)
    except ExplorerError as error:
        raise ExplorerError(f"{path}: {error}") from None


def from_table(table: Mapping[str, Any]) -> Config:
    """Builds a config from nested tables; the checks are those of `read`."""
    table = dict(table)
    found = table.pop("format", 1)
    if type(found) is not int or not 1 <= found <= FORMAT:
        raise ExplorerError(
            f"format = {literal(found)}: it was made by a newer version of explorer than this, "
            f"which reads formats up to {FORMAT}: upgrade"
        )
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
    _need_ordinary(where, value)
    if dataclasses.is_dataclass(expected):
        if not isinstance(value, Mapping):
            raise ExplorerError(f"{where}: expected a table, got {value!r}")
        return _build(expected, value, where)  # type: ignore[arg-type]
    if expected == Choice:
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise ExplorerError(f'{where}: expected {{ name = "…", … }}, got {value!r}')
        return dict(value)
    if expected == tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            raise ExplorerError(f"{where}: expected a list of texts, got {value!r}")
        return tuple(value)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise ExplorerError(f"{where}: expected {expected.__name__}, got {value!r}")
    return value


def _need_ordinary(where: str, value: Any) -> None:
    """Every number, inside lists and tables too, is finite and of the 64 bits TOML promises.

    A longer one is no float, and Python may refuse even to print it.
    """
    if isinstance(value, Mapping):
        for key, own in value.items():
            _need_ordinary(f"{where}.{key}", own)
    elif isinstance(value, list | tuple):
        for own in value:
            _need_ordinary(where, own)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ExplorerError(f"{where}: {value} is not a finite number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ExplorerError(f"{where}: a whole number here has 19 digits at most")


def set_value(table: dict[str, Any], assignment: str) -> None:
    """Applies `table.key=value` (the value in TOML, a bare word is a string) to nested tables.

    Raises:
        ExplorerError: If there is no `=` or the value is not TOML.
    """
    address, separator, text = assignment.partition("=")
    keys = address.strip().split(".")
    if not separator or not all(keys) or len(keys) > toml_writer.DEEPEST:
        raise ExplorerError(f"--set {assignment[:80]!r}: expected table.key=value")
    try:
        value = toml_writer.parse(f"value = {text}")["value"]
    except toml_writer.MalformedError:
        if any(mark in text for mark in "[]{}\"'\n"):
            raise ExplorerError(f"--set {assignment!r}: {text!r} is not a TOML value") from None
        value = text.strip()
    except ValueError:  # thousands of digits, or beyond the limits of a recipe
        raise ExplorerError(f"--set {address}=…: the value is too long to be a setting") from None
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ExplorerError(f"--set {assignment!r}: {key} is not a table")
    table[keys[-1]] = value


def settings(cls: type = Config, where: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every setting: its address (`training.epochs`), its default value and its comment."""
    types = get_type_hints(cls)
    for item in dataclasses.fields(cls):
        address = f"{where}.{item.name}" if where else item.name
        if dataclasses.is_dataclass(types[item.name]):
            yield from settings(types[item.name], address)  # type: ignore[arg-type]
        else:
            yield address, _default(item), item.metadata["about"]


def _default(item: "dataclasses.Field[Any]") -> Any:
    if item.default_factory is not dataclasses.MISSING:
        return item.default_factory()
    return item.default


def render(config: Config, header: str = "") -> str:
    """A `config.toml` that `read` turns into an equal config, with a comment on every setting.

    Args:
        config: What is written, defaults included: the file says all that is to be known.
        header: Lines for the top of the file; each becomes a comment.
    """
    lines = [f"# {printable(line)}".rstrip() for line in header.split("\n") if line]
    if config.corpus.tokens != "words":
        lines += [f"format = {FORMAT}  # versions that do not know it refuse this file"]
    tables: list[str] = []
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        if dataclasses.is_dataclass(value):
            about = (type(value).__doc__ or "").partition("] ")[2]
            tables += ["", f"[{item.name}]  # {about}", *_entries(value)]
        else:
            lines += [_entry(item, value)]
    return "\n".join([*lines, *tables]) + "\n"


def _entries(table: Any) -> list[str]:
    return [_entry(item, getattr(table, item.name)) for item in dataclasses.fields(table)]


def _entry(item: "dataclasses.Field[Any]", value: Any) -> str:
    return f"{item.name} = {literal(value)}  # {item.metadata['about']}"


def _at_least(name: str, value: float, least: float) -> None:
    if value < least:
        raise ExplorerError(f"{name}: {value} is below {least}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ExplorerError(f"{name}: {value} is not between {low} and {high}")
