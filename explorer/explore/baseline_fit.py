"""Linear baselines of a run: PCA, k-means and a mixture, fitted on its sentences' words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from explorer.errors import ExplorerError
from explorer.latent_space.linear_baselines import (
    BASELINES,
    COMPONENTS,
    Baseline,
    Vectors,
    WordVectors,
)
from explorer.runs import folder as folders
from explorer.runs.run_files import Contents
from explorer.system.cache import Cache
from explorer.system.progress import StageProgress

MAX_SENTENCES = 20_000
"""Sentences the baselines are fitted on, evenly spaced in a larger split."""

_baselines: "Cache[LinearBaselines]" = Cache(4)


@dataclass(frozen=True, eq=False)
class LinearBaselines:
    """The linear baselines of a run, each fitted on first use; threads may share them.

    Attributes:
        train: Sentences they are fitted on.
        held_out: Sentences they are evaluated on.
        groups: For each held-out sentence, the number of the captions' group it belongs to.
        is_real: Whether these are the corpus' sentences, not the model's reconstructions.
        components: Of k-means and of the mixture.
    """

    run: Contents
    train: list[str]
    held_out: list[str]
    groups: list[int] | None
    is_real: bool
    components: int = COMPONENTS
    _lock: Any = field(default_factory=RLock, repr=False)
    _fitted: dict[str, Baseline] = field(default_factory=dict, repr=False)

    @cached_property
    def words(self) -> WordVectors:
        return WordVectors(self.train, seed=self.run.config.seed)

    @cached_property
    def train_vectors(self) -> Vectors:
        return self.words(self.train)

    @cached_property
    def map_vectors(self) -> Vectors:
        """Vectors of the sentences on the map."""
        return self.words(self.run.texts)

    def fitted(self, name: str) -> Baseline:
        """A baseline by its name in `BASELINES`; PCA has as many dimensions as the run's z."""
        with self._lock:
            if name not in self._fitted:
                size = self.run.config.model.latent_dim if name == "pca" else self.components
                self._fitted[name] = self.fit(name, size)
            return self._fitted[name]

    def fit(self, name: str, size: int) -> Baseline:
        return BASELINES[name].fit(self.train_vectors, size, self.run.config.seed)

    def group(self, name: str) -> Int[np.ndarray, " n"]:
        """The cluster or the most probable component of every sentence on the map."""
        with self._lock:
            return self.fitted(name).codes(self.map_vectors).argmax(1)

    @property
    def plane(self) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " 2"]]:
        """Map sentences on the first two principal components; variance explained by each."""
        with self._lock:
            return self._plane

    @cached_property
    def _plane(self) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " 2"]]:
        codes = self.fitted("pca").codes(self.map_vectors)[:, :2]
        total = self.map_vectors.var(0).sum() or 1.0
        explained = codes.var(0) / total
        missing = 2 - codes.shape[1]
        return np.pad(codes, ((0, 0), (0, missing))), np.pad(explained, (0, missing))


def baselines_of(run: Contents) -> LinearBaselines:
    """The baselines of a run, cached until its texts change."""
    return _baselines.get((run, run.texts_are_real), lambda: linear_baselines(run))


def linear_baselines(run: Contents, components: int = COMPONENTS) -> LinearBaselines:
    """The baselines of a run, not fitted yet.

    They are fitted on the training split and evaluated on the test split; where the corpus is not
    on this machine, on the model's reconstructions of the sentences on its map.

    Raises:
        ExplorerError: For a language model, a bad number of components, or where there are
            neither corpus nor map.
    """
    if not run.has_latent:
        raise ExplorerError(f"{run.name} is a language model: it has no latent space to compare")
    if not 2 <= components <= 200:
        raise ExplorerError(f"components must be between 2 and 200, not {components}")
    corpus = run.corpus
    if corpus is not None:
        train = _evenly([corpus.sentences[row] for row in corpus.rows("train")])
        rows = corpus.rows("test")
        groups = None if corpus.groups is None else [corpus.groups[row] for row in rows]
        held_out = [corpus.sentences[row] for row in rows]
        return LinearBaselines(run, train, held_out, groups, True, components)
    if run.atlas is None:
        raise ExplorerError(
            f"neither the corpus nor a map of {run.name} is available: "
            f"`{folders.command('atlas', run.folder)}` draws a map if the corpus is installed"
        )
    texts, splits = run.atlas.reconstruction, run.atlas.split
    train = [text for text, split in zip(texts, splits, strict=True) if split == "train"]
    held_out = [text for text, split in zip(texts, splits, strict=True) if split == "test"]
    return LinearBaselines(run, _evenly(train or texts), held_out, None, False, components)


def _evenly(texts: list[str]) -> list[str]:
    rows = np.linspace(0, len(texts) - 1, min(len(texts), MAX_SENTENCES)).round().astype(int)
    return [texts[row] for row in rows.tolist()]


def baseline_metrics(
    baselines: LinearBaselines,
    progress: StageProgress = lambda what, fraction: None,
) -> dict[str, Any]:
    """Metrics of each baseline on held-out sentences, beside the run's caption retrieval.

    Raises:
        ExplorerError: If there are no held-out sentences.
    """
    run = baselines.run
    if not baselines.held_out:
        raise ExplorerError(f"{run.name}: there are no test sentences to evaluate on")
    progress("counting words", 0.0)
    vectors = baselines.words(baselines.held_out)
    entries: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(BASELINES):
        progress(f"fitting {name}", number / len(BASELINES))
        entries[name] = _metrics(baselines, name, vectors)
    return {
        "run": run.name,
        "sentences": len(baselines.train),
        "held_out": len(baselines.held_out),
        "sentences_are_real": baselines.is_real,
        "words": baselines.words.count,
        "dimensions": vectors.shape[1],
        "variance_kept": baselines.words.explained,
        "ancestors": entries,
        "vae": {
            "code": run.config.model.latent_dim,
            "retrieval_p1": _metric(run, "caption_retrieval_p1"),
            "retrieval_r10": _metric(run, "caption_retrieval_r10"),
            "retrieval_p1_sampled": _metric(run, "caption_retrieval_p1_sampled"),
            "retrieval_r10_sampled": _metric(run, "caption_retrieval_r10_sampled"),
        },
    }


def _metrics(baselines: LinearBaselines, name: str, vectors: Vectors) -> dict[str, Any]:
    model = baselines.fitted(name)
    total = float(((vectors - baselines.train_vectors.mean(0)) ** 2).sum(1).mean()) or 1.0
    error = float(((vectors - model.reconstruct(vectors)) ** 2).sum(1).mean())
    codes = model.codes(vectors)
    return {
        "code": codes.shape[1],
        "value": model.value(vectors),
        "value_of_size_1": baselines.fit(name, 1).value(vectors),
        "unit": model.unit,
        "explained": 1 - error / total,
        "about": model.summary,
        **_retrieval(codes, baselines.groups, baselines.run.config.seed),
    }


def _retrieval(
    codes: Float[np.ndarray, "n k"], groups: Sequence[int] | None, seed: int
) -> dict[str, float | None]:
    """Caption retrieval by a code, as `explorer evaluate` measures it by z."""
    from explorer.evaluation.retrieval import retrieve

    if groups is None or len(set(groups)) == len(groups):
        return {"retrieval_p1": None, "retrieval_r10": None}
    # Equal codes tie, and captions of one picture are adjacent: the order must not decide.
    order = np.random.default_rng(seed).permutation(len(groups))
    score = retrieve(codes[order], [groups[row] for row in order.tolist()])
    return {"retrieval_p1": score.p1, "retrieval_r10": score.r10}


def _metric(run: Contents, name: str) -> float | None:
    value = run.metrics.get(name, {}).get("value")
    return value if isinstance(value, int | float) else None
