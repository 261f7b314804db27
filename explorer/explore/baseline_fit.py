"""The linear ancestors of a run: fitted on its sentences, and what they come to beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from explorer.errors import ExplorerError
from explorer.explore.run import Run
from explorer.latent_space.linear_baselines import ANCESTORS, COMPONENTS, Ancestor, Vectors, Words
from explorer.runs import folder as folders

MOST = 20_000
"""Sentences the ancestors are fitted on, drawn evenly from more."""


@dataclass(frozen=True, eq=False)
class Ancestry:
    """The ancestors of a run. Parts are computed when first asked for, and kept."""

    run: Run
    train: list[str]
    """What they are fitted on."""
    held_out: list[str]
    groups: list[int] | None
    """Which held-out sentences are about the same thing."""
    is_real: bool
    """Whether these are the corpus' sentences, not the model's own words for them."""
    components: int = COMPONENTS

    @cached_property
    def words(self) -> Words:
        """Sentences to vectors."""
        return Words(self.train, seed=self.run.config.seed)

    @cached_property
    def fitted_on(self) -> Vectors:
        """The vectors of the training sentences."""
        return self.words(self.train)

    @cached_property
    def points(self) -> Vectors:
        """The vectors of the sentences on the map."""
        return self.words(self.run.texts)

    @cached_property
    def pca(self) -> Ancestor:
        """As many numbers as the run's z has."""
        return self._fit("pca", self.run.config.model.latent_dim)

    @cached_property
    def k_means(self) -> Ancestor:
        """A cluster a sentence."""
        return self._fit("k-means", self.components)

    @cached_property
    def mixture(self) -> Ancestor:
        """A few Gaussians."""
        return self._fit("mixture", self.components)

    def _fit(self, name: str, size: int) -> Ancestor:
        return ANCESTORS[name].fit(self.fitted_on, size, self.run.config.seed)

    def group(self, name: str) -> Int[np.ndarray, " n"]:
        """The cluster or the likeliest component of every sentence on the map."""
        found = self.k_means if name == "k-means" else self.mixture
        return found.codes(self.points).argmax(1)

    @cached_property
    def plane(self) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " 2"]]:
        """Places of the map's sentences on the plane of PCA; each axis' share of the variance."""
        codes = self.pca.codes(self.points)[:, :2]
        whole = self.points.var(0).sum() or 1.0
        share = codes.var(0) / whole
        missing = 2 - codes.shape[1]
        return np.pad(codes, ((0, 0), (0, missing))), np.pad(share, (0, missing))


def ancestry(run: Run, components: int = COMPONENTS) -> Ancestry:
    """The ancestors of a run; nothing is fitted yet.

    They learn from the training split and are judged by the test split; where the corpus is not
    on this machine, both are the model's own words for the sentences on its map.

    Raises:
        ExplorerError: For a language model, a bad number of components, or where there are
            neither corpus nor map.
    """
    if not run.has_latent:
        raise ExplorerError(f"{run.name} is a language model: it has no latent space to compare")
    if not 2 <= components <= 200:
        raise ExplorerError(f"{components} components are not between 2 and 200")
    corpus = run.corpus
    if corpus is not None:
        train = _evenly([corpus.sentences[row] for row in corpus.rows("train")])
        rows = corpus.rows("test")
        groups = None if corpus.groups is None else [corpus.groups[row] for row in rows]
        held_out = [corpus.sentences[row] for row in rows]
        return Ancestry(run, train, held_out, groups, True, components)
    if run.atlas is None:
        raise ExplorerError(
            f"neither the corpus nor a map of {run.name} is here: "
            f"`{folders.command('atlas', run.folder)}` draws one where the corpus is"
        )
    own, splits = run.atlas.reconstruction, run.atlas.split
    train = [text for text, split in zip(own, splits, strict=True) if split == "train"]
    held_out = [text for text, split in zip(own, splits, strict=True) if split == "test"]
    return Ancestry(run, _evenly(train or own), held_out, None, False, components)


def _evenly(texts: list[str]) -> list[str]:
    places = np.linspace(0, len(texts) - 1, min(len(texts), MOST)).round().astype(int)
    return [texts[place] for place in places.tolist()]


def figures(
    found: Ancestry, progress: Callable[[str, float], None] = lambda what, share: None
) -> dict[str, Any]:
    """What each ancestor comes to on held-out sentences, beside the run's own neighbours.

    Raises:
        ExplorerError: If there are no held-out sentences.
    """
    if not found.held_out:
        raise ExplorerError(f"{found.run.name}: there are no test sentences to judge by")
    progress("counting words", 0.0)
    vectors = found.words(found.held_out)
    entries: dict[str, dict[str, Any]] = {}
    parts = {"pca": "pca", "k-means": "k_means", "mixture": "mixture"}
    for number, (name, part) in enumerate(parts.items()):
        progress(f"fitting {name}", number / len(parts))
        model: Ancestor = getattr(found, part)
        entries[name] = _figures(found, name, model, vectors)
    return {
        "run": found.run.name,
        "sentences": len(found.train),
        "held_out": len(found.held_out),
        "sentences_are_real": found.is_real,
        "words": found.words.count,
        "dimensions": vectors.shape[1],
        "variance_kept": found.words.kept,
        "ancestors": entries,
        "vae": {
            "code": found.run.config.model.latent_dim,
            "retrieval_p1": _measured(found.run, "caption_retrieval_p1"),
            "retrieval_r10": _measured(found.run, "caption_retrieval_r10"),
        },
    }


def _figures(found: Ancestry, name: str, model: Ancestor, vectors: Vectors) -> dict[str, Any]:
    alone = ANCESTORS[name].fit(found.fitted_on, 1, found.run.config.seed)
    value = model.value(vectors)
    decoded = model.reconstruct(vectors)
    whole = float(((vectors - found.fitted_on.mean(0)) ** 2).sum(1).mean()) or 1.0
    error = float(((vectors - decoded) ** 2).sum(1).mean())
    codes = model.codes(vectors)
    return {
        "code": codes.shape[1],
        "value": value,
        "value_of_size_1": alone.value(vectors),
        "unit": model.unit,
        "explained": 1 - error / whole,
        "about": model.told,
        **_retrieval(codes, found.groups, found.run.config.seed),
    }


def _retrieval(
    codes: Float[np.ndarray, "n k"], groups: Sequence[int] | None, seed: int
) -> dict[str, float | None]:
    """Caption retrieval by a code, as `explorer evaluate` measures it by z."""
    from explorer.evaluation.retrieval import retrieve

    if groups is None or len(set(groups)) == len(groups):
        return {"retrieval_p1": None, "retrieval_r10": None}
    # Codes that are equal tie; siblings stand side by side, so the order must not decide.
    order = np.random.default_rng(seed).permutation(len(groups))
    score = retrieve(codes[order], [groups[row] for row in order.tolist()])
    return {"retrieval_p1": score.p1, "retrieval_r10": score.r10}


def _measured(run: Run, name: str) -> float | None:
    value = run.metrics.get(name, {}).get("value")
    return value if isinstance(value, int | float) else None
