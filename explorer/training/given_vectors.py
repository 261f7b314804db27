"""The vectors of a corpus, for a model whose latent space they are."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from explorer.errors import ExplorerError
from explorer.models.dataset import Data
from explorer.models.encoder_catalog import SENTENCE_ENCODERS, lacking
from explorer.models.latents import Given
from explorer.models.sentence_encoders import Encode, open_encoder
from explorer.models.vae import TextVAE
from explorer.models.vector_lookup import VectorLookup
from explorer.training import sentence_vectors
from explorer.training.suggest_recipe import Findings
from explorer.training.vector_recipe import VectorFindings


def fill(
    model: TextVAE,
    data: Data,
    max_tokens: int,
    progress: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Gives the encoder of a space of vectors those of the corpus; any other needs none.

    Args:
        model: Any.
        data: Of the recipe.
        max_tokens: To which training cuts a sentence.
        progress: Called with the fraction done, where a sentence encoder computes them.
        should_stop: True ends that early.

    Returns:
        Whether it is done, rather than stopped.

    Raises:
        ExplorerError: If the corpus has no vectors, or others than the model.
    """
    encoder = model.encoder
    if not isinstance(encoder, VectorLookup):
        return True
    vectors = _vectors(encoder, data, model.device, progress, should_stop)
    if vectors is None:
        return False
    if vectors.shape[1] != encoder.feature_dim:
        raise ExplorerError(
            f"the vectors of {data.corpus.name} have {vectors.shape[1]:,} dimensions, those of "
            f"this model {encoder.feature_dim:,}"
        )
    encoder.fill(data.ids, vectors, max_tokens)
    return True


def fit_space(model: TextVAE, data: Data, max_tokens: int) -> None:
    """Centres and scales the latent space by the training sentences, if it is one of vectors."""
    if not isinstance(model.latent, Given):
        return
    assert isinstance(model.encoder, VectorLookup)
    rows = [data.ids[row][:max_tokens] for row in data.corpus.rows("train")]
    model.latent.fit(model.encoder.vectors_of(rows))


def encoder_at_hand(model: TextVAE) -> Encode | None:
    """The encoder of a model's vectors; None for any other model, or where it is missing."""
    source = model.encoder.source if isinstance(model.encoder, VectorLookup) else ""
    if not source or lacking(source):
        return None
    return open_encoder(source, model.device)


def resolve(findings: Findings, asked: str) -> tuple[Findings, str]:
    """The encoder that vectors were made with, and findings with the vectors it will make.

    Args:
        findings: About a corpus.
        asked: A name of `SENTENCE_ENCODERS` or the folder of a model; empty for one at hand whose
            vectors these are.

    Returns:
        The findings, and the name or folder of the encoder; empty if it is not known.

    Raises:
        ExplorerError: If the encoder is not at hand, or makes other vectors.
    """
    if not asked:
        known = (name for name in SENTENCE_ENCODERS if _makes(name, findings.vectors))
        return findings, next(known, "")
    if findings.vectors is None and asked not in SENTENCE_ENCODERS:
        raise ExplorerError(
            f"--encoder {asked}: give its vectors too (--vector-column or --vectors); only "
            f"{' and '.join(SENTENCE_ENCODERS)} can compute them here"
        )
    if reason := lacking(asked):
        raise ExplorerError(f"--encoder {asked}: {reason}")
    if findings.vectors is None:
        vectors = VectorFindings(SENTENCE_ENCODERS[asked].dim, 1.0)
        return dataclasses.replace(findings, vectors=vectors), asked
    cosine = _agreement(asked, findings.vectors)
    if cosine < _LEAST_AGREEMENT:
        raise ExplorerError(
            f"--encoder {asked}: its vectors of the same sentences differ from yours (mean "
            f"cosine {cosine:.2f})"
        )
    source = asked if asked in SENTENCE_ENCODERS else Path(asked).expanduser().resolve().as_posix()
    return findings, source


_LEAST_AGREEMENT = 0.9
"""Mean cosine with the vectors of another precision, or of text cased otherwise."""


def _makes(name: str, vectors: VectorFindings | None) -> bool:
    """Whether an encoder is at hand and these are its vectors."""
    if vectors is None or vectors.dim != SENTENCE_ENCODERS[name].dim or lacking(name):
        return False
    return _agreement(name, vectors) >= _LEAST_AGREEMENT


def _agreement(source: str, vectors: VectorFindings) -> float:
    """Mean cosine of an encoder's vectors of some sentences with the given ones."""
    encode = open_encoder(source, torch.device("cpu"))
    own = encode([sentence for sentence, _ in vectors.sample])
    given = torch.from_numpy(np.stack([vector for _, vector in vectors.sample]))
    if own.shape != given.shape:
        raise ExplorerError(
            f"--encoder {source}: it produces {own.shape[1]:,}-dimensional vectors, but these "
            f"have {given.shape[1]:,} dimensions"
        )
    return torch.nn.functional.cosine_similarity(own, given, dim=1).mean().item()


def _vectors(
    encoder: VectorLookup,
    data: Data,
    device: torch.device,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Float[np.ndarray, "corpus dim"] | None:
    if data.corpus.vectors is not None:
        return data.corpus.vectors
    if encoder.source not in SENTENCE_ENCODERS:
        raise ExplorerError(
            f"{data.corpus.name} has no vectors: name them in corpus.vector_column or "
            "corpus.vector_file"
        )
    return sentence_vectors.load(encoder.source, data.corpus, device, progress, should_stop)
