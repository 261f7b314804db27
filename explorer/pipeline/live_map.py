"""What a training shows of its latent space while it learns: a few hundred sentences and words."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from explorer.latent_space.projections import PCA
from explorer.models.dataset import Data
from explorer.models.decoding_settings import Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.random_streams import generator, sample
from explorer.models.vae import TextVAE
from explorer.training.snapshots import Snapshots

POINTS = 400
"""Sentences of the live map."""
SENTENCES = 6
"""Sentences whose reconstructions are shown, and draws from the prior that are decoded."""
MAX_CLASSES = 8
"""A corpus with more labels is drawn in one colour."""

Plane = Float32[np.ndarray, "n 2"]


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """The latent space at one moment of a training; plain JSON values."""

    step: int
    epoch: float
    validation: dict[str, float]
    xy: list[list[float]]
    """Positions on the plane of the two principal components of all snapshots so far, in units of
    z; the latent space's origin is at (0, 0)."""
    texts: list[str]
    labels: list[str]
    """Of the sentences; empty where there are none, or more than `MAX_CLASSES`."""
    sentences: list[str]
    reconstructions: list[str]
    """Of `sentences`."""
    samples: list[str]
    """Greedy decodes of the same draws from the prior at every moment."""

    def as_json(self) -> dict[str, Any]:
        """The frame as JSON."""
        return dataclasses.asdict(self)


class LiveMap:
    """Makes frames of a training's snapshots."""

    def __init__(self, data: Data, moments: Snapshots, seed: int) -> None:
        self._data = data
        self._moments = moments
        self._seed = seed
        count = len(moments.rows)
        # Evenly over the snapshot's sentences, the reconstructed ones among them.
        self._chosen = np.unique(np.linspace(0, count - 1, min(POINTS, count)).astype(int))
        rows = [moments.rows[index] for index in self._chosen]
        self._texts = [data.corpus.sentences[row] for row in rows]
        labels = data.corpus.labels
        chosen = [] if labels is None else [labels[row] for row in rows]
        self._labels = chosen if 1 < len(set(chosen)) <= MAX_CLASSES else []
        self._before: Plane | None = None

    def frame(self, model: TextVAE, validation: Mapping[str, float]) -> LiveFrame:
        """The latent space at the last snapshot."""
        last = self._moments.moments[-1]
        words = self._moments.texts[-1][:SENTENCES]
        sentences = [self._data.corpus.sentences[row] for row in self._moments.rows[: len(words)]]
        return LiveFrame(
            step=int(last["step"]),
            epoch=last["epoch"],
            validation=dict(validation),
            xy=np.round(self._positions(), 3).tolist(),
            texts=self._texts,
            labels=self._labels,
            sentences=sentences,
            reconstructions=words,
            samples=self._samples(model),
        )

    def _positions(self) -> Plane:
        """The last snapshot on a plane that turns as little as possible between two frames."""
        means = np.stack([mean[self._chosen].float().numpy() for mean in self._moments.means])
        plane = PCA.fit(means.reshape(-1, means.shape[2]))
        xy = (means @ plane.axes.T).astype(np.float32)
        if self._before is not None and len(xy) > 1:
            xy = xy @ _rotation(xy[-2], self._before)
        self._before = xy[-1]
        return xy[-1]

    @torch.inference_mode()
    def _samples(self, model: TextVAE) -> list[str]:
        if not model.has_density:
            return []
        was_training = model.training
        model.eval()
        z = sample(model.prior(), SENTENCES, generator(self._seed, "live"))
        labels = [0] * SENTENCES if self._data.labels else []
        rows = generate(model.decoder, model.condition(z, labels), Decoding(max_tokens=40))
        model.train(was_training)
        return [self._data.tokeniser.text(self._data.vocabulary.decode(row)) for row in rows]


def _rotation(new: Plane, old: Plane) -> Float32[np.ndarray, "2 2"]:
    """The rotation or reflection that brings positions closest to those on the plane before."""
    left, _, right = np.linalg.svd(new.T @ old)
    return (left @ right).astype(np.float32)
