"""Statistics of a corpus, and a recipe that suits it."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.config import Config, CorpusConfig
from explorer.errors import ExplorerError, one_of
from explorer.runs import folder as folders
from explorer.text import corpora, vocabularies
from explorer.text.file_columns import Dialect
from explorer.text.read_file import longest_text, read
from explorer.text.tokens import SPECIALS, Tokeniser
from explorer.text.vector_column import VectorSource
from explorer.training import auxiliary_recipe, document_recipe, start_recipe, vector_recipe
from explorer.training.vector_recipe import VectorFindings

SMALL_TOKENS = 600_000
"""A corpus with fewer training tokens gets the small model."""
SMALL_BUDGET = 1_300_000
"""Training tokens over all epochs of a small corpus: about two minutes on two cores."""
MEDIUM_TOKENS = 2_500_000

SIZES = ("small", "medium", "large")
"""Of a new model: LSTMs of 128, 256 and 512 units."""

MAX_LABELS = 50
"""Labels of a conditional model; a column with more is unlikely to hold labels."""

NUM_CATEGORIES = 8
"""Values per code of a categorical latent space."""

CODEBOOK_DIM = 128
"""Latent dimensions of eight codes from codebooks."""

_BOUNDED = ("sphere", "cube", "codes", "codebook")
_LEARNED = ("mixture", "vamp", "flow")


@dataclass(frozen=True)
class Findings:
    """Statistics of a corpus."""

    config: CorpusConfig
    seed: int
    corpus: str  # its name, or that of its file
    sentences: int
    duplicates: int  # sentences that occur earlier in the corpus
    dropped: int  # rows of the file without text
    column: str  # of the sentences in the file; empty without columns
    splits: dict[str, int]
    mean_tokens: float
    longest: int  # tokens
    train_tokens: int  # per epoch, ends included, after cutting
    labels: list[tuple[str, int]]  # most frequent first
    train_counts: Mapping[str, int]  # of each word, most frequent first
    held_out_counts: Mapping[str, int]  # in the validation and test sentences
    vectors: VectorFindings | None = None

    @property
    def types(self) -> int:
        """Distinct words of the training split."""
        return len(self.train_counts)

    def unknown_fraction(self, vocabulary_size: int) -> float:
        """The fraction of held-out tokens outside a vocabulary of this size."""
        words = set(list(self.train_counts)[: max(0, vocabulary_size - len(SPECIALS))])
        total = sum(self.held_out_counts.values())
        known = sum(count for word, count in self.held_out_counts.items() if word in words)
        return 1 - known / total if total else 0.0

    def summary(self) -> dict[str, Any]:
        """The statistics without the word counts, for JSON."""
        skipped = ("config", "train_counts", "held_out_counts", "vectors")
        fields = [item.name for item in dataclasses.fields(self) if item.name not in skipped]
        counts = {name: getattr(self, name) for name in fields} | {"types": self.types}
        if self.vectors:
            named = ("dim", "norm", "refused")
            counts["vectors"] = {name: getattr(self.vectors, name) for name in named}
        return counts


def inspect(config: Config) -> Findings:
    """Reads a corpus and computes its statistics.

    Raises:
        ExplorerError: If it is missing or cannot be read.
    """
    corpus = corpora.load(config.corpus, config.seed)
    tokeniser = Tokeniser.of(config.corpus)
    train: Counter[str] = Counter()
    held_out: Counter[str] = Counter()
    lengths: list[int] = []
    train_tokens = 0
    refused: list[str] = []
    dropped, column = _file_statistics(config.corpus, refused)
    for sentence, split in zip(corpus.sentences, corpus.splits, strict=True):
        tokens = tokeniser.tokens(sentence)
        lengths.append(len(tokens))
        counted = vocabularies.counted(config.corpus, tokens)
        (train if split == "train" else held_out).update(counted)
        if split == "train":
            train_tokens += min(len(tokens), config.corpus.max_tokens) + 1
    return Findings(
        config=config.corpus,
        seed=config.seed,
        corpus=corpus.name,
        sentences=len(corpus.sentences),
        duplicates=len(corpus.sentences) - len(set(corpus.sentences)),
        dropped=dropped,
        column=column,
        splits={name: corpus.splits.count(name) for name in corpora.SPLITS},
        mean_tokens=sum(lengths) / len(lengths),
        longest=max(lengths),
        train_tokens=train_tokens,
        labels=Counter(corpus.labels or ()).most_common(),
        train_counts=dict(sorted(train.items(), key=lambda item: (-item[1], item[0]))),
        held_out_counts=held_out,
        vectors=vector_recipe.findings(corpus, refused),
    )


def _file_statistics(config: CorpusConfig, refused: list[str]) -> tuple[int, str]:
    """The number of rows without text, and the column of the sentences.

    Args:
        config: Of the corpus.
        refused: Gets a line for each row whose vector cannot be used.
    """
    if not config.path:
        return 0, ""
    path = corpora.user_file(config.path)
    table = read(
        path,
        config.text_column,
        config.label_column,
        dialect=Dialect.of(config),
        vectors=VectorSource.of(config),
        refuse_vector=lambda error, row: refused.append(str(error).removeprefix(f"{path}, ")),
        longest=longest_text(config.tokens),
    )
    return table.dropped, table.column


def recipe(
    findings: Findings,
    latent: str = "",
    prior: str = "",
    schedule: str = "",
    conditional: bool = False,
    start: Path | None = None,
    language_model: str = "",
    size: str = "",
    encoder: str = "",
    meaning: bool = False,
) -> dict[str, Any]:
    """Tables of a `config.toml` that suits a corpus.

    Args:
        findings: About the corpus.
        latent: Name of the latent space; empty for the Gaussian one.
        prior: Name of the prior; empty for the standard normal.
        schedule: Name of the schedule; empty for the linear one.
        conditional: Whether the decoder is conditioned on the labels.
        start: Folder of the trained run whose weights, and so sizes, the model starts from.
        language_model: A pre-trained one whose weights and sizes the decoder starts from, instead.
        size: One of `SIZES`; empty for the one that suits the corpus.
        encoder: That the vectors were made with: a name of `SENTENCE_ENCODERS` or a folder.
        meaning: Whether a pre-trained teacher makes neighbours in z alike in meaning.

    Raises:
        ExplorerError: If there is no such size, if a conditional model is asked for and the corpus
            has no suitable labels, or if the run to start from is not trained.
    """
    if size:
        one_of("size", size, SIZES)
    table, corpus = _sized(findings, size), _corpus(findings)
    if findings.config.tokens == "bag":
        document_recipe.check_alone(start)
        document_recipe.apply(table, latent, conditional)
    if findings.vectors:
        vector_recipe.check_alone(latent, start, meaning)
        is_small = findings.train_tokens < SMALL_TOKENS
        vector_recipe.apply(table, findings.vectors, encoder, prior, is_small)
        latent, prior = "vectors", ""
    if start:
        start_recipe.from_run(table, start, conditional, latent)
        if table["training"]["start"].get("vocabulary") == "same":
            corpus["vocabulary_size"] = configs.read(start / folders.CONFIG).corpus.vocabulary_size
    if language_model:
        start_recipe.from_language_model(table, language_model, latent, findings.train_tokens)
        corpus |= {
            "tokens": "bpe",
            "pieces_from": language_model,
            "vocabulary_size": start_recipe.MAX_PIECES,
        }
    if meaning:
        auxiliary = table["model"].get("auxiliary", {"name": "none"})
        table["model"]["auxiliary"] = auxiliary_recipe.with_meaning(auxiliary)
    ramp = table["objective"]["schedule"]
    _set_latent(table, latent)
    _set_prior(table, latent, prior)
    if conditional:
        table["model"]["labels"] = _labels(findings)
    if schedule:
        table["objective"]["schedule"] = _schedule(schedule, ramp, table["training"]["epochs"])
    if schedule == "target":
        # Where beta follows the rate, validation losses are not comparable.
        table["training"].pop("patience", None)
    return {"seed": findings.seed, "corpus": corpus, **table}


def _corpus(findings: Findings) -> dict[str, Any]:
    chosen = {"text_column": findings.column, "checksum": corpora.file_checksum(findings.config)}
    table = dataclasses.asdict(findings.config) | chosen
    if findings.config.tokens == "bpe":
        table["vocabulary_size"] = _num_subwords(findings)
    elif not findings.config.name:
        table["vocabulary_size"] = _vocabulary_size(findings)
    return table


def _set_latent(table: dict[str, Any], latent: str) -> None:
    model = table["model"]
    if latent:
        model["latent"] = {"name": latent}
    if latent == "codes":
        # Free nats above the capacity of the codes would leave the rate without a penalty.
        rate = table["objective"]["rate"]
        model["latent_dim"] -= model["latent_dim"] % NUM_CATEGORIES
        capacity = model["latent_dim"] // NUM_CATEGORIES * math.log(NUM_CATEGORIES)
        model["latent"]["num_categories"] = NUM_CATEGORIES
        if "nats" in rate:
            rate["nats"] = round(min(rate["nats"], capacity / 2), 1)
    if latent == "codebook":
        model["latent_dim"] = CODEBOOK_DIM
        table["training"]["fit_prior"] = {"name": "autoregressive"}
    if latent in ("point", "none", "codebook"):
        # Without a rate, or with a constant one, there is nothing to penalise or anneal.
        table["objective"] = {"rate": {"name": "plain"}, "schedule": {"name": "constant"}}
        table["training"]["pretrain_epochs"] = 0
    if latent == "none":
        model["latent_dim"] = 0
        del model["encoder"]


def _set_prior(table: dict[str, Any], latent: str, prior: str) -> None:
    if prior or latent in _BOUNDED:
        table["model"]["prior"] = {"name": prior or "uniform"}
    if prior:
        table["training"].pop("fit_prior", None)  # it would take the place of this one
    if prior == "uniform" and not latent:
        table["model"]["latent"] = {"name": "cube"}
    if prior in _LEARNED or latent == "sphere":
        # Their rate is a single number, without a floor per dimension.
        nats = table["objective"]["rate"].get("nats", 0.0)
        table["objective"]["rate"] = {"name": "floor", "nats": nats}


def _schedule(name: str, ramp: dict[str, Any], epochs: int) -> dict[str, Any]:
    """A schedule that fits this number of epochs."""
    return {
        "linear": ramp,
        "logistic": {"name": name, "middle": ramp["epochs"] / 2, "width": ramp["epochs"] / 10},
        "cyclical": {"name": name, "period": epochs / 5, "cycles": 4},
        "target": {"name": name, "nats": 6.0},
    }.get(name, {"name": name})


def _labels(findings: Findings) -> list[str]:
    """The labels of a corpus, in alphabetical order."""
    labels = sorted(label for label, _ in findings.labels if label)
    if not 2 <= len(labels) <= MAX_LABELS:
        count = f"{len(labels):,} different labels" if labels else "no labels"
        raise ExplorerError(
            f"--conditional: {findings.corpus} has {count}, not 2 to {MAX_LABELS}; name the "
            "column with --label-column"
        )
    return labels


def _vocabulary_size(findings: Findings) -> int:
    """At most the configured size; words that occur once are left out."""
    repeated = sum(count > 1 for count in findings.train_counts.values())
    useful = repeated if repeated >= 100 else findings.types
    return min(findings.config.vocabulary_size, useful + len(SPECIALS))


def _num_subwords(findings: Findings) -> int:
    """Size of a BPE vocabulary: more subwords need more text."""
    if findings.train_tokens >= MEDIUM_TOKENS:
        return 8000
    if findings.train_tokens >= SMALL_TOKENS:
        return 6000
    return max(1000, min(5000, findings.train_tokens // 10_000 * 100))


def _sized(findings: Findings, size: str = "") -> dict[str, Any]:
    tokens = findings.train_tokens
    table = _suited(tokens)
    if size:
        chosen = {"small": (128, 16, 0.3, 6.0), "medium": (256, 32, 0.2, 9.0)}
        width, latent_dim, dropout, nats = chosen.get(size, (512, 64, 0.2, 12.0))
        ramp = table["objective"]["schedule"]["epochs"]
        return _tables(width, latent_dim, dropout, nats, ramp, table["training"])
    return table


def _suited(tokens: int) -> dict[str, Any]:
    """Sizes and epochs for a number of training tokens."""
    if tokens < SMALL_TOKENS:
        epochs = max(4, min(24, round(SMALL_BUDGET / tokens)))
        return _tables(
            width=128,
            latent_dim=16,
            dropout=0.3,
            nats=6.0,
            ramp=max(1.0, round(epochs / 5)),
            training={
                "epochs": epochs,
                "pretrain_epochs": max(1, round(epochs / 6)),
                "batch_size": 32,
                "patience": 6,
            },
        )
    epochs = 10 if tokens < MEDIUM_TOKENS else 7
    training = {"epochs": epochs, "pretrain_epochs": 2, "batch_size": 64}
    return _tables(256, 32, 0.2, 9.0, 2.0, training)


def _tables(
    width: int, latent_dim: int, dropout: float, nats: float, ramp: float, training: dict[str, Any]
) -> dict[str, Any]:
    """The recipe of the shipped captions model, at these sizes."""
    encoder = {"name": "lstm", "hidden_dim": width, "pool": "max", "bidirectional": True}
    return {
        "model": {
            "embedding_dim": width,
            "latent_dim": latent_dim,
            "latent": {"name": "gaussian"},
            "prior": {"name": "normal"},
            "encoder": encoder,
            "decoder": {"name": "lstm", "hidden_dim": width, "dropout": dropout},
        },
        "objective": {
            "rate": {"name": "free_bits", "nats": nats},
            "schedule": {"name": "linear", "epochs": ramp},
        },
        "training": {"learning_rate": 0.002, "decay": 0.6, **training},
    }
