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
from explorer.pipeline.map_parts import MapParts, Part
from explorer.system.progress import StageProgress

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
    progress: StageProgress,
    parts: MapParts | None = None,
    **settings: Any,
) -> Layout:
    """A UMAP; with a sentence encoder, sentences of similar meaning lie nearer.

    Args:
        mean: Posterior means.
        texts: The sentences, read only for an encoder.
        encoder: A name of `SENTENCE_ENCODERS` or the folder of a model; empty for none.
        seed: Of the optimisation.
        progress: Called with a stage and the fraction of it that is done.
        parts: Where finished work is saved.
        **settings: Further ones of `projections.umap_layout`.

    Raises:
        ExplorerError: If the encoder is not at hand.
        ModuleNotFoundError: If umap-learn is not installed.
    """
    parts = parts or MapParts()
    vectors = _encoded(texts(), encoder, progress, parts) if encoder else None

    def fitted() -> Part:
        more: dict[str, Any] = {} if vectors is None else {"space": meaning_space(mean, vectors)}
        layout = projections.umap_layout(mean, seed=seed, progress=progress, **settings, **more)
        return {"xy": layout.xy}, {"noise": layout.noise, "meta": layout.meta}

    arrays, about = parts.get("layout", fitted)
    layout = Layout(arrays["xy"], **about)
    if vectors is None:
        return layout
    layout.meta["encoder"] = encoder
    if alike := map_quality.neighbour_cosine(layout.xy, vectors, seed):
        layout.meta["neighbour_cosine"] = {
            "value": round(alike[0], 4), "neighbours": map_quality.NEIGHBOURS, "n": alike[1],
        }  # fmt: skip
    return layout


def _encoded(
    texts: Sequence[str], encoder: str, progress: StageProgress, parts: MapParts
) -> Float32[np.ndarray, "n dim"]:
    encode = open_encoder(encoder, torch.device("cpu"))

    def encoded(part: slice, treated: Callable[[int], None]) -> Part:
        chunks = []
        for start in range(part.start, part.stop, _CHUNK):
            chunk = texts[start : min(start + _CHUNK, part.stop)]
            chunks.append(encode(chunk).numpy())
            treated(len(chunk))
        return {"vectors": np.concatenate(chunks).astype(np.float32)}, None

    stage = f"sentence vectors ({encoder})"
    done = parts.in_turn("vectors", len(texts), encoded, lambda _, part: progress(stage, part))
    return np.concatenate([arrays["vectors"] for arrays, _ in done])
