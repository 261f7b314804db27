"""A training step never waits for the device: it runs on one that has no values at all."""

from contextlib import nullcontext

import pytest
import torch

from explorer import config as configs
from explorer.models.vae import build
from explorer.training.trainer import Trainer

TRAIN = [[4 + (row + step) % 8 for step in range(row % 5)] for row in range(24)]


@pytest.mark.parametrize("decoder", ["lstm", "dilated"])
@pytest.mark.parametrize("rate", ["free_bits", "floor"])
def test_a_step_looks_at_no_value(
    decoder: str, rate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On "meta" tensors have a shape and nothing else. Whatever asks for a value fails there, as
    # does what would make a host wait for its GPU: .item(), .cpu(), a boolean mask, a check.
    config = configs.from_table(
        {
            "corpus": {"path": "none.txt", "vocabulary_size": 12},
            "model": {
                "embedding_dim": 6,
                "latent_dim": 3,
                "encoder": {"name": "lstm", "hidden_dim": 6},
                "decoder": {"name": decoder, "hidden_dim": 6, "word_dropout": 0.3},
            },
            "objective": {"rate": {"name": rate}},
            "training": {"epochs": 1, "pretrain_epochs": 0, "batch_size": 8},
        }
    )
    monkeypatch.setattr("torch.autocast", lambda *args, **settings: nullcontext())
    with torch.device("meta"):
        model = build(config.model, 12)
    training = Trainer(model, TRAIN, config, lambda model, noise: {})
    totals = training._step(list(range(16, 24)), beta=0.5, noise=True)
    assert totals.device.type == "meta"
    with pytest.raises((RuntimeError, NotImplementedError)):
        totals.tolist()
