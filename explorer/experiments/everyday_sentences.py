"""The sentences of the shipped everyday map as training data: they are here without a download."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from explorer.config import Config, from_table
from explorer.explore.run import open_run

RUN = "everyday"
"""The run whose map holds its sentences, as their sources' terms allow."""
_TEST = 500
_LENGTHS = range(4, 13)
"""Tokens: short sentences, so that a small model learns something of them in a minute."""


@dataclass(frozen=True)
class Sentences:
    """Tokens of training and of test sentences."""

    train: Sequence[Sequence[str]]
    test: Sequence[Sequence[str]]


def everyday(count: int) -> Sentences:
    """Short everyday sentences: the same test sentences, whatever the number to train on.

    Raises:
        ExplorerError: If the run is not here.
    """
    rows = _shuffled()
    return Sentences(rows[_TEST : _TEST + count], rows[:_TEST])


@cache
def _shuffled() -> list[list[str]]:
    run = open_run(RUN)
    rows = [run.words(text) for text in run.texts]
    rows = [row for row in rows if len(row) in _LENGTHS]
    return [rows[index] for index in np.random.default_rng(0).permutation(len(rows))]


def recipe(
    seed: int, epochs: float, changed: Mapping[str, Mapping[str, Any]], vocabulary: int = 2500
) -> Config:
    """A small model's recipe, with some settings changed.

    Args:
        seed: Of weights, batches and noise.
        epochs: Passes over the sentences, after pre-training.
        changed: Settings of `model`, `objective` and `training`.
        vocabulary: Most frequent words.
    """
    lstm = {"name": "lstm", "hidden_dim": 128}
    table: dict[str, dict[str, Any]] = {
        "model": {
            "embedding_dim": 96,
            "latent_dim": 16,
            "latent": {"name": "gaussian"},
            "encoder": lstm | {"pool": "last", "bidirectional": True},
            "decoder": lstm | {"dropout": 0.2},
        },
        "objective": {"rate": {"name": "plain"}, "schedule": {"name": "constant"}},
        "training": {
            "epochs": epochs,
            "pretrain_epochs": 0,
            "batch_size": 32,
            "learning_rate": 0.002,
            "bf16": False,
        },
    }
    for name, values in changed.items():
        table[name] = table[name] | dict(values)
    corpus = {"name": RUN, "vocabulary_size": vocabulary}
    return from_table({"seed": seed, "corpus": corpus, **table})
