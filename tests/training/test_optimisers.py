"""Laws of weight decay: it is apart from the gradient, and leaves frozen weights alone."""

from pathlib import Path

import pytest
import torch

from explorer.errors import ExplorerError
from explorer.runs import weights
from tests.training.test_trainer import recipe, same_weights, trainer
from tests.training.test_warm_start import LANGUAGE_MODEL, train, write_run

NAMES = ("adam", "sgd", "split")


def after_a_step(**optimiser: object) -> torch.nn.Module:
    training = trainer(recipe(optimiser=optimiser, learning_rate=0.01, epochs=1, decay=0.0))
    next(training.run(lambda: training.progress.step >= 1), None)
    return training.model


@pytest.mark.parametrize("name", NAMES)
def test_none_is_the_default(name: str) -> None:
    assert same_weights(after_a_step(name=name), after_a_step(name=name, weight_decay=0.0))


@pytest.mark.parametrize("name", NAMES)
def test_a_step_shrinks_the_decoder_by_rate_times_decay_and_steps_as_without(name: str) -> None:
    start = trainer(recipe()).model.decoder.lstm.weight_hh_l0
    plain, decayed = (
        after_a_step(name=name, weight_decay=decay).decoder.lstm.weight_hh_l0
        for decay in (0.0, 2.0)
    )
    torch.testing.assert_close(decayed, plain - 0.01 * 2.0 * start, rtol=1e-4, atol=1e-6)


def test_a_negative_decay_is_refused() -> None:
    with pytest.raises(ExplorerError, match=r"training\.optimiser: adam"):
        trainer(recipe(optimiser={"name": "adam", "weight_decay": -0.1}))


def test_frozen_entries_of_a_weight_do_not_decay(tmp_path: Path) -> None:
    source = write_run(tmp_path / "lm", *LANGUAGE_MODEL)
    train(source)
    before = weights.load_model(source)[2].state_dict()
    decay = ("bf16 = false", 'bf16 = false\noptimiser = { name = "adam", weight_decay = 0.5 }')
    after = train(write_run(tmp_path / "my", decay, start=source.as_posix(), freeze_epochs=2))
    for name, old in before.items():
        assert torch.equal(after[name][..., : old.shape[-1]], old), name
