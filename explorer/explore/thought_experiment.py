"""A toy experiment: which decoders need a latent space for `a a a`, `b b b`, `c c c`?

An autoregressive decoder infers the letter from its first word: z saves it nothing, and it may
ignore z. A decoder without input pays for the letter at every word, unless z encodes it once.
Each decoder is trained without z first and continued with z: in a VAE of real text, too, the
decoder learns to predict words before the encoder says anything (He et al. 2019,
arXiv:1901.05534).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from explorer.config import Config, from_table
from explorer.explore.small_model import SmallModel, train_small
from explorer.text import toy

if TYPE_CHECKING:
    from explorer.evaluation.context import EvaluationContext
    from explorer.training.progress import Report

ENTROPY = math.log(len(toy.LETTERS))
"""Nats per sentence: the minimum cost, through z or words."""

DEFAULT_SEED = 9
"""Typical: see `tests/benchmarks/toy_seeds.py`."""
SECONDS = 15
"""That the four trainings take on one idle core, about."""
_EPOCHS_WITHOUT, _TRAINING = 4, 2400
_NUM_TEST = 1200
_DRAWS = 20
"""Posterior draws per test sentence: with fewer, noise puts the bound below its minimum."""
_LATENT = 2


@dataclass(frozen=True, slots=True)
class Variant:
    """What may be changed of the trainings."""

    epochs: int = 8
    """Of a decoder with z."""
    decay: float = 0.1
    """Weight decay: where z saves nothing, the loss is flat, and any cost decides."""
    beta: float = 1.0
    """Weight of the rate."""


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder of the comparison."""

    reads: bool
    """Whether it is autoregressive; if not, it has no input but z."""
    latent: bool
    """Whether it has z."""

    @property
    def needed(self) -> float:
        """The minimum of −ELBO, nats per sentence."""
        return ENTROPY if self.reads or self.latent else toy.LENGTH * ENTROPY

    def least_distortion(self, rate: float) -> float:
        """The minimum distortion at a rate, nats per sentence: z's remainder, once or per word."""
        times = 1 if self.reads else toy.LENGTH
        return times * max(0.0, ENTROPY - rate)


DECODERS = tuple(Decoder(reads, latent) for reads in (True, False) for latent in (False, True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trained decoder; metrics as `explorer evaluate` defines them, in nats."""

    decoder: Decoder
    bound: float
    """−ELBO per sentence."""
    distortion: float
    rate: float
    """0 without z."""
    gap: float
    """Shuffled-z gap; 0 without z."""
    word: str
    """Whether it uses z, as on a badge."""
    trajectory: list[tuple[float, float]]
    """Rate and distortion during training."""
    reconstructions: list[tuple[str, str]]
    """Each distinct sentence, and the greedy decode of its posterior mean; none without z."""
    samples: list[str]
    """Sampled from the prior and the decoder."""
    model: SmallModel | None = field(compare=False, repr=False, default=None)


def train(
    decoder: Decoder,
    seed: int = DEFAULT_SEED,
    progress: Callable[[float], object] = lambda fraction: None,
    trajectory: list[tuple[float, float]] | None = None,
    start: Outcome | None = None,
    variant: Variant = Variant(),
) -> Outcome:
    """Trains one decoder: a few seconds on a CPU.

    A decoder with z starts from the weights of the same decoder without z.

    Args:
        decoder: Which one.
        seed: Of initial weights, batches and noise; the same seed gives the same outcome.
        progress: Called with the fraction that is done.
        trajectory: Receives rate and distortion while it trains.
        start: Of a decoder with z, the same decoder without z, trained; trained first by default.
        variant: What differs from the usual training.
    """
    if decoder.latent and start is None:
        start = train(Decoder(decoder.reads, latent=False), seed, variant=variant)
    tokens = [sentence.split() for sentence in toy.sentences(_TRAINING)]
    trajectory = [] if trajectory is None else trajectory

    def note(report: "Report") -> None:
        trajectory.append((report.rate, report.distortion))
        progress(report.epoch / report.epochs)

    config = recipe(decoder, variant, seed)
    begun = None if start is None or start.model is None else start.model.start
    trained = train_small(config, tokens, tokens[: len(toy.LETTERS)], note, begun)
    outcome = _outcome(decoder, trained, tokens[:_NUM_TEST], trajectory, seed)
    return replace(outcome, model=trained)


def recipe(decoder: Decoder, variant: Variant, seed: int) -> Config:
    """The recipe of a decoder: the same for all but input and latent space."""
    hidden = {"name": "lstm", "hidden_dim": 16}
    model = {
        "embedding_dim": 8,
        "latent_dim": _LATENT if decoder.latent else 0,
        "latent": {"name": "gaussian" if decoder.latent else "none"},
        "encoder": hidden,
        "decoder": hidden | {"word_dropout": 0.0 if decoder.reads else 1.0, "dropout": 0.0},
    }
    epochs = variant.epochs if decoder.latent else _EPOCHS_WITHOUT
    training = {"epochs": epochs, "pretrain_epochs": 0, "batch_size": 48}
    return from_table(
        {
            "seed": seed,
            "corpus": {"name": "toy", "vocabulary_size": 10},
            "model": model,
            "objective": {
                "rate": {"name": "plain"},
                "schedule": {"name": "constant", "beta": variant.beta},
            },
            "training": training
            | {
                "learning_rate": 0.03,
                "optimiser": {"name": "adam", "weight_decay": variant.decay},
            },
        }
    )


def _outcome(
    decoder: Decoder,
    trained: SmallModel,
    tokens: list[list[str]],
    trajectory: list[tuple[float, float]],
    seed: int,
) -> Outcome:
    import torch

    from explorer.evaluation.context import EvaluationContext, HeldOut
    from explorer.evaluation.metrics import METRICS
    from explorer.evaluation.verdict import uses_z

    held_out = HeldOut(tokens=tokens, ids=trained.ids(tokens))
    run = EvaluationContext(
        model=trained.model,
        vocabulary=trained.vocabulary,
        held_out=held_out,
        samples=1,
        drawn=9,
        seed=seed,
    )
    with torch.inference_mode():
        if not decoder.latent:
            bound = METRICS["importance_nll"].compute(run)["value"]
            samples = _sentences_of(run.sampled)
            return Outcome(decoder, bound, bound, 0.0, 0.0, "no latent", trajectory, [], samples)
        often = HeldOut(tokens=tokens * _DRAWS, ids=list(held_out.ids) * _DRAWS)
        precise = replace(run, held_out=often)
        figures = {
            name: METRICS[name].compute(precise)
            for name in ("distortion", "rate", "elbo", "shuffled_z_gap")
        }
        figures |= {
            name: METRICS[name].compute(run) for name in ("active_units", "mutual_information")
        }
        return Outcome(
            decoder,
            figures["elbo"]["value"],
            figures["distortion"]["value"],
            figures["rate"]["value"],
            figures["shuffled_z_gap"]["value"],
            uses_z(figures).word,
            trajectory,
            _reconstructions(run),
            _sentences_of(run.sampled),
        )


def _reconstructions(run: "EvaluationContext") -> list[tuple[str, str]]:
    kinds = len(toy.LETTERS)
    decoded = run.decode(run.posterior.mean[:kinds])
    return list(
        zip(_sentences_of(run.held_out.tokens[:kinds]), _sentences_of(decoded), strict=True)
    )


def _sentences_of(rows: "list[list[str]] | object") -> list[str]:
    return [" ".join(row) for row in rows]  # type: ignore[attr-defined]
