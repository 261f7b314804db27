"""A recipe for a corpus whose vectors are the latent space."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.text.corpora import Corpus

MAX_FLOW_DIM = 512
"""Numbers of a vector up to which a flow is fitted to them: with more it takes too long."""

_SAMPLE = 32
"""Sentences whose vectors are compared with those of a sentence encoder."""


@dataclass(frozen=True, slots=True)
class VectorFindings:
    """Statistics of the vectors of a corpus."""

    dim: int
    norm: float
    """Mean length of the training vectors."""
    refused: tuple[str, ...] = ()
    """Rows without a usable vector, each with the reason."""
    sample: tuple[tuple[str, Any], ...] = ()
    """Some sentences, each with its vector."""


def findings(corpus: Corpus, refused: Sequence[str]) -> VectorFindings | None:
    """Statistics of the vectors of a corpus; None if it has none.

    Args:
        corpus: The sentences.
        refused: Rows without a usable vector, each with the reason.

    Raises:
        ExplorerError: If all vectors are zero.
    """
    if corpus.vectors is None:
        return None
    import numpy as np

    length = float(np.linalg.norm(corpus.vectors[corpus.rows("train")], axis=1).mean())
    if length == 0:
        raise ExplorerError(f"the vectors of {corpus.name} are all zero")
    rows = range(0, len(corpus.sentences), max(1, len(corpus.sentences) // _SAMPLE))
    sample = tuple((corpus.sentences[row], corpus.vectors[row]) for row in rows)
    norm = float(f"{length:.6g}")
    return VectorFindings(corpus.vectors.shape[1], norm, tuple(refused), sample)


def check_alone(latent: str, start: Path | None, meaning: bool) -> None:
    """Checks that a recipe asks for no other latent space.

    Raises:
        ExplorerError: If it does, or starts from another run, or adds a teacher.
    """
    if latent not in ("", "vectors"):
        raise ExplorerError(f"--latent {latent}: the vectors of the corpus are the latent space")
    if start:
        raise ExplorerError(
            "--start: the weights of another run do not fit these vectors: leave it out"
        )
    if meaning:
        raise ExplorerError(
            "--meaning: the vectors of the corpus are the latent space and are not trained: "
            "leave it out"
        )


def apply(
    table: dict[str, Any], vectors: VectorFindings, encoder: str, prior: str, is_small: bool
) -> None:
    """Makes the vectors of the corpus the latent space, so that a decoder is all that is trained.

    Args:
        table: Of a recipe for the corpus.
        vectors: Of the corpus.
        encoder: That they were made with, if it is known.
        prior: That is fitted after training; empty for the usual one.
        is_small: Whether the corpus gets a small model.
    """
    width = 256 if is_small else 512
    source = {"source": encoder} if encoder else {}
    table["model"] |= {
        "latent_dim": vectors.dim,
        "latent": {"name": "vectors"},
        "encoder": {"name": "vectors", "dim": vectors.dim, "norm": vectors.norm, **source},
        "decoder": {
            "name": "lstm",
            "hidden_dim": width,
            "project": min(256, 4 * vectors.dim),
            "dropout": 0.2 if is_small else 0.1,
        },
    }
    table["objective"] = {"rate": {"name": "plain"}, "schedule": {"name": "constant"}}
    fitted = "mixture" if is_small or vectors.dim > MAX_FLOW_DIM else "flow_matching"
    table["training"] |= {
        "pretrain_epochs": 0,
        "snapshots": 0,  # nothing moves
        "batch_size": 32 if is_small else 128,
        "fit_prior": {"name": prior or fitted},
    }
