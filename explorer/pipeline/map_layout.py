"""The UMAP of a run's sentences, by latent distances alone or with meaning."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32

from explorer.config import Config
from explorer.latent_space import map_quality, projections
from explorer.latent_space.meaning_space import meaning_space
from explorer.latent_space.projections import Layout
from explorer.models.sentence_encoders import open_encoder

Progress = Callable[[str, float], None]
_CHUNK = 500
"""Sentences encoded between two reports."""


def is_named_by_sentences(config: Config) -> bool:
    """Whether the regions of a map are named by words of its sentences, not of the model's.

    So are those of a person's own file, which is searched for the words of a name; a map of a
    named corpus may be published, and bags of words are their own reconstructions.
    """
    return bool(config.corpus.path) and config.corpus.tokens != "bag"


def umap_of(
    mean: Float[np.ndarray, "n d"],
    texts: Callable[[], Sequence[str]],
    encoder: str,
    seed: int,
    progress: Progress,
    **settings: Any,
) -> Layout:
    """A UMAP; with a sentence encoder, sentences of similar meaning lie nearer.

    Args:
        mean: Posterior means.
        texts: The sentences, read only for an encoder.
        encoder: A name of `SENTENCE_ENCODERS` or the folder of a model; empty for none.
        seed: Of the optimisation.
        progress: Called with a stage and the fraction of it that is done.
        **settings: Further ones of `projections.umap_layout`.

    Raises:
        ExplorerError: If the encoder is not at hand.
        ModuleNotFoundError: If umap-learn is not installed.
    """
    if not encoder:
        return projections.umap_layout(mean, seed=seed, progress=progress, **settings)
    vectors = _encoded(texts(), encoder, progress)
    space = meaning_space(mean, vectors)
    layout = projections.umap_layout(mean, seed=seed, progress=progress, space=space, **settings)
    layout.meta["encoder"] = encoder
    if alike := map_quality.neighbour_cosine(layout.xy, vectors, seed):
        layout.meta["neighbour_cosine"] = {
            "value": round(alike[0], 4), "neighbours": map_quality.NEIGHBOURS, "n": alike[1],
        }  # fmt: skip
    return layout


def _encoded(
    texts: Sequence[str], encoder: str, progress: Progress
) -> Float32[np.ndarray, "n dim"]:
    encode = open_encoder(encoder, torch.device("cpu"))
    stage, chunks = f"sentence vectors ({encoder})", []
    for start in range(0, len(texts), _CHUNK):
        progress(stage, start / len(texts))
        chunks.append(encode(texts[start : start + _CHUNK]).numpy())
    progress(stage, 1.0)
    return np.concatenate(chunks).astype(np.float32)
