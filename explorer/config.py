"""The settings of a run: frozen dataclasses, read strictly from TOML and written back."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from explorer.errors import ExplorerError, at_least, one_of, within
from explorer.system import atomic_files, toml_writer
from explorer.system.toml_writer import literal, printable

MAX_POINTS = 2**20
"""Most sentences of a map: each is text and numbers in memory, and a dot that a browser draws."""

Choice = Mapping[str, Any]
"""An inline table: `name` plus the settings of the implementation of that name."""

FORMAT = 2
"""Of a `config.toml`: 1 where the key is absent; 2 came with `corpus.tokens = "bpe"`."""

HALF, INT8 = "half", "int8"
STORAGES = (HALF, INT8)
"""How weights are stored: in half precision, or large matrices in eight bits."""

RENAMED = {
    "corpus.valid_share": "valid_fraction",
    "corpus.test_share": "test_fraction",
    "model.latent.least_rate": "min_rate",
    "model.latent.kinds": "num_categories",
    "training.start.rest": "freeze_epochs",
}
"""Former names of settings, still read, with today's."""


def setting(default: Any, about: str, **metadata: Any) -> Any:
    """A dataclass field with the comment that `render` and `--help` show."""
    return field(default=default, metadata={"about": about} | metadata)


def _choice(about: str, **default: Any) -> Any:
    """A field for a `Choice`."""
    return field(default_factory=lambda: dict(default), metadata={"about": about})


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """[corpus] The sentences, and how they become tokens."""

    name: str = setting("", "a named corpus (`explorer corpus list`); empty when `path` is given")
    path: str = setting("", "a file: text, CSV, JSON, Parquet, .xlsx, also gzipped or zipped")
    encoding: str = setting("", "of a text file, as cp1252; empty for UTF-8 and marked UTF-16")
    separator: str = setting("", "of a table, as '\\t'; empty: detected")
    header: bool = setting(True, "of a table: whether its first row names the columns")
    prose: bool = setting(False, "whether plain text is split into sentences; false: one per line")
    text_column: str = setting("", "the column of the sentences, in a file with columns")
    label_column: str = setting("", "optional: a column whose values colour the map")
    vector_column: str = setting(
        "", "optional: a column of vectors, which become the latent space; e* for e0, e1, …"
    )
    vector_file: str = setting("", "the same from a .npy file, with one vector per row")
    lowercase: bool = setting(True, "whether to lowercase the text")
    split_punctuation: bool = setting(True, "false: already tokenised; split at spaces only")
    normalise: bool = setting(False, "whether to normalise Unicode forms and quotes")
    tokens: str = setting(
        "words", "words; bpe: subwords, so that no word is unknown; bag: counts of words"
    )
    pieces_from: str = setting(
        "", "optional: the language model whose subwords bpe takes: smollm2, or a folder"
    )
    vocabulary_size: int = setting(5000, "size of the vocabulary, special tokens included")
    max_tokens: int = setting(60, "longer sentences are truncated in training, never in testing")
    valid_fraction: float = setting(0.05, "validation fraction of a corpus without splits")
    test_fraction: float = setting(0.05, "test fraction of a corpus without splits")
    limit: int = setting(0, "at most this many sentences, a random sample; 0 for all")
    checksum: str = setting("", "SHA-256 of the file to train on; empty for any version")

    def __post_init__(self) -> None:
        if bool(self.name) == bool(self.path):
            raise ExplorerError("[corpus] needs exactly one of `name` and `path`")
        if self.vector_column and (self.vector_file or self.name):
            raise ExplorerError(
                "corpus.vector_column needs a file: give it without `vector_file` and without a "
                "named corpus"
            )
        # bpe begins with specials and bytes
        min_size = {"words": 5, "bpe": 300, "bag": 5}.get(self.tokens)
        if min_size is None:
            raise ExplorerError(f"corpus.tokens: {self.tokens!r} is not words, bpe or bag")
        at_least("corpus.vocabulary_size", self.vocabulary_size, min_size)
        if self.pieces_from and self.tokens != "bpe":
            raise ExplorerError('corpus.pieces_from: needs corpus.tokens = "bpe"')
        at_least("corpus.max_tokens", self.max_tokens, 1)
        at_least("corpus.limit", self.limit, 0)
        for key in ("valid_fraction", "test_fraction"):
            within(f"corpus.{key}", getattr(self, key), 0.0, 0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """[model] Sizes and parts; a part is chosen by name and has its own settings."""

    embedding_dim: int = setting(256, "size of a word embedding")
    latent_dim: int = setting(32, "dimensions of z; 0 for a language model")
    latent: Choice = _choice(
        "gaussian, simplex, sphere, cube, codes, codebook (VAEs), point (an autoencoder), vectors "
        "(given), none (a language model)",
        name="gaussian",
    )
    prior: Choice = _choice(
        "p(z): normal, mixture, vamp, flow; uniform on a bounded latent space", name="normal"
    )
    encoder: Choice = _choice("from a sentence to q(z|x)", name="lstm")
    decoder: Choice = _choice(
        "from z to a sentence: lstm, dilated, transformer; or words, to a bag of words",
        name="lstm",
    )
    auxiliary: Choice = _choice(
        "loss on z: none, bag_of_words, adversary, teacher, contrast, neighbours, or a sum",
        name="none",
    )
    labels: tuple[str, ...] = setting(
        (), "the labels a conditional decoder is conditioned on; [] for none"
    )

    weights_of: Choice = _choice("of a map of other sentences: the trained run", name="none")

    def __post_init__(self) -> None:
        at_least("model.embedding_dim", self.embedding_dim, 1)
        at_least("model.latent_dim", self.latent_dim, 0)
        if len(self.labels) == 1 or len(set(self.labels)) < len(self.labels):
            raise ExplorerError("model.labels: give none, or at least two different ones")
        if not all(self.labels):
            raise ExplorerError("model.labels: a label cannot be empty")


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectiveConfig:
    """[objective] The loss: distortion + beta * penalty(rate)."""

    rate: Choice = _choice(
        "the rate penalty; nats: free, over all dimensions", name="free_bits", nats=8.0
    )
    schedule: Choice = _choice(
        "beta over time, in epochs after pre-training", name="linear", epochs=2.0
    )
    per_word: bool = setting(False, "divide the loss of each text by the number of its words")
    draws: int = setting(1, "samples of z per sentence; above 1: importance-weighted bound (IWAE)")
    refine_steps: int = setting(
        0, "gradient steps on each posterior before the decoder learns: semi-amortised (Kim 2018)"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingConfig:
    """[training] The training loop."""

    epochs: int = setting(8, "passes over the training split, after pre-training")
    pretrain_epochs: int = setting(2, "first, passes as an autoencoder (beta 0, no noise)")
    start: Choice = _choice(
        "the initial weights: random (none), or those of a trained run that fit", name="none"
    )
    reset_decoder: bool = setting(
        True,
        "reinitialise the decoder after pre-training (Li et al. 2019), unless `start` sets it",
    )
    fit_prior: Choice = _choice(
        "prior, or density of an autoencoder, fitted after training: mixture, vamp, flow, "
        "flow_matching, autoregressive",
        name="none",
    )
    fine_tuning: Choice = _choice(
        "final stage: joint trains model and fitted prior together; nats: free; or none",
        name="none",
    )
    batch_size: int = setting(64, "sentences per step")
    optimiser: Choice = _choice(
        "adam; sgd, with a learning rate near 1; split: sgd decoder, adam encoder", name="adam"
    )
    learning_rate: float = setting(1e-3, "step size of the optimiser")
    decay: float = setting(0.5, "final fraction of epochs in which the learning rate falls to 0")
    validations: int = setting(1, "validations per epoch")
    snapshots: int = setting(
        3000, "sentences whose latent means each validation saves for the playback; 0 for none"
    )
    aggressive: bool = setting(
        False, "train the encoder before each decoder step while information grows (He 2019)"
    )
    clip: float = setting(5.0, "maximum gradient norm")
    patience: int = setting(
        0, "stop after this many epochs without a better loss; 0, or schedule target: never"
    )
    bf16: bool = setting(True, "bfloat16 matrix products where the hardware has them")
    storage: str = setting(HALF, "precision of the stored weights: half; int8: half the size")
    save_seconds: float = setting(60.0, "seconds between two checkpoints to resume from")

    def __post_init__(self) -> None:
        at_least("training.epochs", self.epochs, 0)
        at_least("training.pretrain_epochs", self.pretrain_epochs, 0)
        at_least("training.batch_size", self.batch_size, 1)
        at_least("training.validations", self.validations, 1)
        at_least("training.snapshots", self.snapshots, 0)
        at_least("training.patience", self.patience, 0)
        within("training.decay", self.decay, 0.0, 1.0)
        one_of("training.storage", self.storage, STORAGES)
        if self.learning_rate <= 0 or self.clip <= 0:
            raise ExplorerError("training.learning_rate and training.clip must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class AtlasConfig:
    """[atlas] What the map shows."""

    points: int = setting(20000, "sentences on the map, a random sample of all splits")
    neighbours: int = setting(10, "UMAP's n_neighbors")
    min_dist: float = setting(0.05, "UMAP's min_dist: the smallest distance between points")
    encoder: str = setting("", "sentence encoder the layout follows too: minilm or a folder")
    text: bool = setting(
        False, "store its sentences in the map, if the terms of their sources allow it"
    )

    def __post_init__(self) -> None:
        within("atlas.points", self.points, 1, MAX_POINTS)
        at_least("atlas.neighbours", self.neighbours, 2)
        within("atlas.min_dist", self.min_dist, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The recipe of a run; equal configs and equal data give equal weights on one machine."""

    seed: int = setting(0, "seed of all random choices: splits, weights, batches, noise, map")
    corpus: CorpusConfig
    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    atlas: AtlasConfig = field(default_factory=AtlasConfig)

    def __post_init__(self) -> None:
        within("seed", self.seed, 0, 2**32 - 1)  # what NumPy and UMAP take
        if self.training.batch_size == 1 and self.model.latent.get("batch_norm"):
            raise ExplorerError(
                "training.batch_size must be at least 2, because model.latent.batch_norm "
                "normalises over the batch"
            )


def is_borrowed(config: Config) -> bool:
    """Whether the weights are those of another run, trained on other sentences."""
    return config.model.weights_of["name"] != "none"


def final_model(config: Config) -> ModelConfig:
    """The model of a finished run: with its fitted prior, if the recipe fits one."""
    if config.training.fit_prior["name"] == "none":
        return config.model
    return dataclasses.replace(config.model, prior=config.training.fit_prior)


def read(path: Path) -> Config:
    """Reads a `config.toml`.

    Raises:
        ExplorerError: If the file is missing or is not TOML, or for an unknown key or a value of
            the wrong type or out of range; the message names the key.
    """
    try:
        # Some editors begin a file with a byte-order mark, which is not TOML.
        table = toml_writer.parse(atomic_files.read(path, toml_writer.LARGEST).decode("utf-8-sig"))
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing: create one with `explorer new`") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise ExplorerError(f"{path} is not valid TOML: {error}") from None
    try:
        return from_table(table)
    except ExplorerError as error:
        raise ExplorerError(f"{path}: {error}") from None


def from_table(table: Mapping[str, Any]) -> Config:
    """Builds a config from nested tables, with the checks of `read`."""
    table = dict(table)
    version = table.pop("format", 1)
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise ExplorerError(
            f"format = {literal(version)}: written by a newer version of explorer; this one reads "
            f"formats up to {FORMAT}: upgrade"
        )
    return _build(Config, table, "")


def _build(cls: type, table: Mapping[str, Any], where: str) -> Any:
    types = get_type_hints(cls)
    known = {item.name for item in dataclasses.fields(cls)}
    values = {}
    for key, value in _renamed(table, where).items():
        address = f"{where}.{key}" if where else key
        if key not in known:
            raise ExplorerError(
                f"unknown setting {address!r}; the settings are {', '.join(sorted(known))}"
            )
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


def _renamed(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The table with today's names of its settings."""
    renamed: dict[str, Any] = {}
    for key, value in table.items():
        name = RENAMED.get(f"{where}.{key}", key)
        if name in renamed:
            raise ExplorerError(f"{where}.{name} is set twice")
        renamed[name] = value
    return renamed


def _value(expected: Any, value: Any, where: str) -> Any:
    toml_writer.check_numbers(where, value)
    if dataclasses.is_dataclass(expected):
        if not isinstance(value, Mapping):
            raise ExplorerError(f"{where}: expected a table, got {value!r}")
        return _build(expected, value, where)  # type: ignore[arg-type]
    if expected == Choice:
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise ExplorerError(f'{where}: expected {{ name = "…", … }}, got {value!r}')
        return _renamed(value, where)
    if expected == tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            raise ExplorerError(f"{where}: expected a list of strings, got {value!r}")
        return tuple(value)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise ExplorerError(f"{where}: expected {expected.__name__}, got {value!r}")
    return value


def settings(cls: type = Config, where: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every setting: its address (`training.epochs`), default and comment."""
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
        config: All its settings are written, defaults included.
        header: Comment lines for the top of the file.
    """
    lines = [f"# {printable(line)}".rstrip() for line in header.split("\n") if line]
    if config.corpus.tokens != "words" or config.corpus.normalise:
        lines += [f"format = {FORMAT}  # older versions refuse this file"]
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
