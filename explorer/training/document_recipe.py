"""A recipe for documents as bags of words: a neural document model, or one of topics."""

from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError

CORPUS = {"tokens": "bag", "max_tokens": 100_000, "vocabulary_size": 2000}
"""`[corpus]` of a file of long texts: the 2,000 words with content in most of them."""


def check_alone(start: Path | None) -> None:
    """Checks that a recipe starts from no other run.

    Raises:
        ExplorerError: If it does.
    """
    if start:
        raise ExplorerError(
            "--start: a document model always starts from random weights: leave it out"
        )


def apply(table: dict[str, Any], latent: str, conditional: bool) -> None:
    """Makes the model one of bags of words.

    Args:
        table: Of a recipe for the corpus.
        latent: Name of the latent space; `simplex` makes it a topic model.
        conditional: Whether the decoder reads a label beside z.
    """
    has_topics = latent == "simplex" and not conditional
    table["model"] = {
        "embedding_dim": 256,
        "latent_dim": 50,
        "latent": {"name": "gaussian"},
        "prior": {"name": "normal"},
        "encoder": {"name": "words", "word_dropout": 0.5, "dropout": 0.2},
        "decoder": {"name": "words"} | ({"start": "plsa"} if has_topics else {}),
    }
    table["objective"] = {
        "rate": {"name": "plain"},
        "schedule": {"name": "linear", "epochs": 12.0},
        "per_word": True,
    }
    table["training"] = {
        "epochs": 60,
        "pretrain_epochs": 0,
        "batch_size": 200,
        "learning_rate": 0.002,
        "decay": 0.6,
        "snapshots": 0,
        "bf16": False,
    }
    if latent in ("", "gaussian", "simplex"):
        table["training"]["fit_prior"] = {"name": "mixture"}
    table["atlas"] = {"points": 3000}
