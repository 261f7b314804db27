"""What bfloat16 does to a bound: `python -m tests.benchmarks.half_precision`.

Trains the same model on Penn Treebank (from `EXPLORER_MIRROR`) from the same weights, batches and
noise with products in float32 and in bfloat16, and prints the validation -ELBO of both. Where the
processor has AVX-512 without bfloat16 it is computed all the same, about four times slower: the
figures are those of hardware that has it, up to the order of sums. An epoch takes about 20 minutes
of one such thread. Without AVX-512 torch computes no LSTM in bfloat16.
"""

import argparse
from itertools import count

import torch

from explorer.cli.output import say, warn
from explorer.config import Config, CorpusConfig, ModelConfig, ObjectiveConfig, TrainingConfig
from explorer.evaluation import validation
from explorer.models import dataset as training_data
from explorer.models import mixed_precision
from explorer.models.rate_penalties import penalty_for
from explorer.models.vae import build
from explorer.training.trainer import Trainer


def recipe(bf16: bool) -> Config:
    """256/256 with 32 latent dimensions, free bits from the first step."""
    decoder = {"name": "lstm", "hidden_dim": 256, "dropout": 0.5, "tied": False, "skip": True}
    return Config(
        corpus=CorpusConfig(name="ptb", vocabulary_size=10_000, max_tokens=100),
        model=ModelConfig(
            embedding_dim=256,
            latent_dim=32,
            encoder={"name": "lstm", "hidden_dim": 256, "pool": "max"},
            decoder=decoder,
        ),
        objective=ObjectiveConfig(
            rate={"name": "free_bits", "nats": 5.0}, schedule={"name": "constant", "beta": 1.0}
        ),
        training=TrainingConfig(
            epochs=1, pretrain_epochs=0, learning_rate=2e-3, decay=0.7, snapshots=0, bf16=bf16
        ),
    )


def bound(config: Config, data: training_data.Data, steps: int) -> float:
    """The validation -ELBO after so many steps, nats per sentence."""
    torch.manual_seed(config.seed)
    model = build(config.model, len(data.vocabulary))
    drawn = data.draw("valid", validation.SENTENCES, config.seed)
    charge = penalty_for(model, config.objective.rate)
    look = validation.Validation([data.ids[row] for row in drawn], charge, config.seed)
    trainer = Trainer(model, data.select("train", config.corpus.max_tokens), config, look)
    asked = count(1)
    for report in trainer.run(should_stop=lambda: next(asked) >= steps):
        warn(f"step {report.step}: loss {report.loss:.2f}")
    found = look(model.eval(), True)
    return found["distortion"] + found["rate"]


def main() -> None:
    """Prints both bounds and their difference."""
    parser = argparse.ArgumentParser(description="What bfloat16 does to a bound.")
    parser.add_argument("--steps", type=int, default=658, help="of training (default an epoch)")
    steps = parser.parse_args().steps
    mixed_precision.has_bf16 = lambda device: True
    data = training_data.load(recipe(False))
    plain, half = (bound(recipe(bf16), data, steps) for bf16 in (False, True))
    say(
        f"validation −ELBO after {steps} steps: float32 {plain:.3f}, bfloat16 {half:.3f}, "
        f"difference {half - plain:+.3f} nats"
    )


if __name__ == "__main__":
    main()
