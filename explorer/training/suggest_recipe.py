"""What a corpus is like, and the settings that suit it."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.config import Config, CorpusConfig
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.text import corpora
from explorer.text.read_file import read
from explorer.text.tokens import SPECIALS, Tokeniser

SMALL_TOKENS = 600_000
"""Training tokens an epoch below which a corpus gets the small model."""
SMALL_BUDGET = 1_300_000
"""Training tokens of all epochs for a small corpus: some two minutes on two cores."""
MEDIUM_TOKENS = 2_500_000

MOST_KINDS = 50
"""Labels a conditional model is told; a column of more is no column of labels."""

CODE_KINDS = 8
"""Values of each code, for a latent space of codes."""

_BOUNDED = ("sphere", "cube", "codes")
_LEARNED = ("mixture", "vamp", "flow")


@dataclass(frozen=True)
class Findings:
    """What `inspect` saw."""

    config: CorpusConfig
    seed: int
    corpus: str  # its name, or the file's
    sentences: int
    duplicates: int  # sentences that stand earlier in the corpus too
    dropped: int  # rows of the file without text
    column: str  # of the file that the sentences stand in; empty where there are no columns
    splits: dict[str, int]
    mean_tokens: float
    longest: int  # tokens
    train_tokens: int  # an epoch reads, ends of sentences and cuts counted
    labels: list[tuple[str, int]]  # most frequent first
    train_counts: Mapping[str, int]  # of each word, most frequent first
    held_counts: Mapping[str, int]  # in the validation and test sentences

    @property
    def types(self) -> int:
        """Different words of the training split."""
        return len(self.train_counts)

    def unknown_share(self, vocabulary_size: int) -> float:
        """The share of the held-out tokens that such a vocabulary lacks."""
        kept = set(list(self.train_counts)[: max(0, vocabulary_size - len(SPECIALS))])
        total = sum(self.held_counts.values())
        known = sum(count for word, count in self.held_counts.items() if word in kept)
        return 1 - known / total if total else 0.0

    def summary(self) -> dict[str, Any]:
        """The figures without the word lists, for programs."""
        skipped = ("config", "train_counts", "held_counts")
        fields = [item.name for item in dataclasses.fields(self) if item.name not in skipped]
        return {name: getattr(self, name) for name in fields} | {"types": self.types}


def inspect(config: Config) -> Findings:
    """Reads and counts a corpus.

    Raises:
        ExplorerError: If it is not there or cannot be read.
    """
    corpus = corpora.load(config.corpus, config.seed)
    tokeniser = Tokeniser(config.corpus.lowercase, config.corpus.split_punctuation)
    train: Counter[str] = Counter()
    held: Counter[str] = Counter()
    lengths: list[int] = []
    train_tokens = 0
    dropped, column = _of_file(config.corpus)
    for sentence, split in zip(corpus.sentences, corpus.splits, strict=True):
        tokens = tokeniser.tokens(sentence)
        lengths.append(len(tokens))
        (train if split == "train" else held).update(tokens)
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
        held_counts=held,
    )


def _of_file(config: CorpusConfig) -> tuple[int, str]:
    """Rows without text, and the column of the sentences."""
    if not config.path:
        return 0, ""
    path = Path(config.path).expanduser()
    table = read(path, config.text_column, config.label_column)
    return table.dropped, table.column


def recipe(
    findings: Findings,
    latent: str = "",
    prior: str = "",
    schedule: str = "",
    conditional: bool = False,
    start: Path | None = None,
) -> dict[str, Any]:
    """Tables of a `config.toml` that suits a corpus.

    Args:
        findings: About the corpus.
        latent: Name of the latent space; empty takes the Gaussian one.
        prior: Name of the prior; empty takes the standard normal.
        schedule: Name of the schedule; empty takes the linear one.
        conditional: Whether the decoder is told each sentence's label.
        start: Folder of the trained run whose weights are the first ones, and so its sizes too.

    Raises:
        ExplorerError: If the corpus has no labels that a decoder could be told, or the run to
            start from is not trained.
    """
    table = _sized(findings)
    if start:
        _start_from(table, start, conditional)
    corpus = dataclasses.asdict(findings.config) | {"text_column": findings.column}
    if findings.config.tokens == "bpe":
        corpus["vocabulary_size"] = _pieces(findings)
    elif not findings.config.name:
        corpus["vocabulary_size"] = _vocabulary_size(findings)
    ramp = table["objective"]["schedule"]
    if latent:
        table["model"]["latent"] = {"name": latent}
    if latent == "codes":
        # Codes hold no more than this; were all of it free, they would never be charged.
        dim, rate = table["model"]["latent_dim"], table["objective"]["rate"]
        most = dim // CODE_KINDS * math.log(CODE_KINDS)
        table["model"]["latent"]["kinds"] = CODE_KINDS
        rate["nats"] = round(min(rate["nats"], most / 2), 1)
    if latent in ("point", "none"):
        # Without a rate nothing is charged, and there is nothing to anneal.
        table["objective"] = {"rate": {"name": "plain"}, "schedule": {"name": "constant"}}
        table["training"]["pretrain_epochs"] = 0
    if latent == "none":
        table["model"]["latent_dim"] = 0
        del table["model"]["encoder"]
    if prior or latent in _BOUNDED:
        table["model"]["prior"] = {"name": prior or "uniform"}
    if prior == "uniform" and not latent:
        table["model"]["latent"] = {"name": "cube"}
    if prior in _LEARNED or latent == "sphere":
        # Their rate is one figure, which cannot be kept from falling dimension by dimension.
        nats = table["objective"]["rate"].get("nats", 0.0)
        table["objective"]["rate"] = {"name": "floor", "nats": nats}
    if conditional:
        table["model"]["labels"] = _kinds(findings)
    if schedule:
        table["objective"]["schedule"] = _schedule(schedule, ramp, table["training"]["epochs"])
    if schedule == "target":
        # Where beta follows the rate, two validation losses are not of one weighting.
        table["training"].pop("patience", None)
    return {"seed": findings.seed, "corpus": corpus, **table}


def _start_from(table: dict[str, Any], start: Path, conditional: bool) -> None:
    """Puts the parts and sizes of a trained run in the place of those that suit the corpus."""
    config = configs.read(start / folders.CONFIG)
    folders.weights_of(start)
    model = dataclasses.asdict(config.model)
    if model["latent"]["name"] == "none":
        # A language model is a decoder: the encoder and the latent space stay those of the corpus.
        table["model"] |= {key: model[key] for key in ("embedding_dim", "decoder")}
        rest = table["training"]["pretrain_epochs"] + 1
    else:
        table["model"] = model | {"labels": []}
        if not conditional:
            table["model"]["auxiliary"] = _without_adversary(model["auxiliary"])
        table["objective"]["rate"] = dict(config.objective.rate)
        table["training"]["fit_prior"] = dict(config.training.fit_prior)
        # An encoder that says something already need not be taught to.
        table["training"]["pretrain_epochs"] = rest = 0
    name = folders.typed(start)
    table["training"]["start"] = {
        "name": "run",
        "run": name if name == start.resolve().name else start.resolve().as_posix(),
        "weights": folders.checksums(start)[folders.WEIGHTS],
        "rest": rest,
    }


def _without_adversary(auxiliary: Mapping[str, Any]) -> dict[str, Any]:
    """The auxiliary loss of a model without labels."""
    if auxiliary["name"] == "adversary":
        return {"name": "none"}
    if auxiliary["name"] != "sum":
        return dict(auxiliary)
    terms = [_without_adversary(term) for term in auxiliary["terms"]]
    left = [term for term in terms if term["name"] != "none"]
    return {"name": "sum", "terms": left} if left else {"name": "none"}


def _schedule(name: str, ramp: dict[str, Any], epochs: int) -> dict[str, Any]:
    """A schedule that fits into so many epochs."""
    return {
        "linear": ramp,
        "logistic": {"name": name, "middle": ramp["epochs"] / 2, "width": ramp["epochs"] / 10},
        "cyclical": {"name": name, "period": epochs / 5, "cycles": 4},
        "target": {"name": name, "nats": 6.0},
    }.get(name, {"name": name})


def _kinds(findings: Findings) -> list[str]:
    """The labels of a corpus, in alphabetical order."""
    kinds = sorted(label for label, _ in findings.labels if label)
    if not 2 <= len(kinds) <= MOST_KINDS:
        found = f"{len(kinds):,} different labels" if kinds else "no labels"
        raise ExplorerError(
            f"--conditional: {findings.corpus} has {found}, and takes 2 to {MOST_KINDS}; "
            "--label-column names their column"
        )
    return kinds


def _vocabulary_size(findings: Findings) -> int:
    """At most what the corpus' setting says; words seen once teach a model nothing."""
    repeated = sum(count > 1 for count in findings.train_counts.values())
    useful = repeated if repeated >= 100 else findings.types
    return min(findings.config.vocabulary_size, useful + len(SPECIALS))


def _pieces(findings: Findings) -> int:
    """Size of a BPE vocabulary: more pieces are learned well only from more text."""
    if findings.train_tokens >= MEDIUM_TOKENS:
        return 8000
    if findings.train_tokens >= SMALL_TOKENS:
        return 6000
    return max(1000, min(5000, findings.train_tokens // 10_000 * 100))


def _sized(findings: Findings) -> dict[str, Any]:
    tokens = findings.train_tokens
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
