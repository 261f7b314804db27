"""The vectors of a corpus, for a model whose latent space they are."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float

from explorer.errors import ExplorerError
from explorer.models.dataset import Data
from explorer.models.latents import Given
from explorer.models.sentence_encoders import SENTENCE_ENCODERS
from explorer.models.vae import TextVAE
from explorer.models.vector_lookup import VectorLookup
from explorer.training import sentence_vectors


def fill(
    model: TextVAE,
    data: Data,
    max_tokens: int,
    progress: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Gives an encoder that looks vectors up those of the corpus; any other one needs none.

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
            f"the vectors of {data.corpus.name} have {vectors.shape[1]:,} numbers, those of this "
            f"model {encoder.feature_dim:,}"
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
