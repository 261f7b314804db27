"""Reverse perplexity: real text under a small language model that learned from drawn sentences."""

import random
from collections.abc import Callable, Sequence

import torch

from explorer.config import Config, from_table
from explorer.models.decoding_settings import MAX_TOKENS
from explorer.models.random_streams import Stream
from explorer.models.vae import TextVAE, build

EPOCHS = 6


def recipe(seed: int) -> Config:
    """How the judge learns, the same for every run: 128-wide, tied, six passes."""
    model = {
        "embedding_dim": 128,
        "latent_dim": 0,
        "latent": {"name": "none"},
        "decoder": {"name": "lstm", "hidden_dim": 128, "dropout": 0.2, "tied": True},
    }
    training = {"epochs": EPOCHS, "pretrain_epochs": 0, "learning_rate": 0.003, "decay": 0.6}
    return from_table(
        {
            "seed": seed,
            "corpus": {"path": "sampled sentences", "max_tokens": MAX_TOKENS},
            "model": model,
            "objective": {"rate": {"name": "plain"}, "schedule": {"name": "constant"}},
            "training": training | {"batch_size": 64, "bf16": False},
        }
    )


def learned(
    ids: Sequence[Sequence[int]],
    words: int,
    seed: int,
    device: torch.device,
    progress: Callable[[float], object],
) -> TextVAE:
    """A language model of some sentences.

    Args:
        ids: The sentences; at least one.
        words: Of the vocabulary.
        seed: The same seed gives the same model.
        device: Where it learns, and stays.
        progress: Called with the fraction that is done.
    """
    from explorer.training.trainer import Trainer

    config = recipe(seed)
    # Whoever measures has switched gradients off.
    with torch.inference_mode(False), torch.enable_grad(), Stream(seed).lent():
        model = build(config.model, words).to(device)
        nothing = {"distortion": 0.0, "rate": 0.0}
        trainer = Trainer(model, ids, config, lambda model, noise: nothing)
        for report in trainer.run():
            progress(report.epoch / report.epochs)
    return model.eval()


def some(ids: Sequence[Sequence[int]], count: int, seed: int) -> list[Sequence[int]]:
    """At most so many of the sentences, drawn evenly."""
    return random.Random(seed).sample(list(ids), min(count, len(ids)))
