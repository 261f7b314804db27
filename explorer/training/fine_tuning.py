"""The stage after a training: the fitted prior and the model learn on together."""

import dataclasses
from dataclasses import dataclass
from pathlib import PurePath

from explorer.config import Config, ObjectiveConfig, final_model
from explorer.errors import ExplorerError
from explorer.registry import choose


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How the stage goes."""

    epochs: int
    nats: float
    learning_rate: float


def joint(epochs: int = 2, nats: float = 8.0, learning_rate: float = 5e-4) -> FineTuning:
    """Minimises the negative ELBO itself, beta 1, over all weights.

    A prior that was fitted to encodings at rest leaves encoder and decoder where another prior
    had pulled them; here they settle where it costs less.

    Args:
        epochs: Passes over the training split.
        nats: Of the batch mean of the whole rate, free: without a floor the rate sinks to what
            the bound alone finds worth its price.
        learning_rate: At the start; it falls to 0.

    Raises:
        ExplorerError: If one of them is out of its range.
    """
    if epochs < 1 or nats < 0 or learning_rate <= 0:
        raise ExplorerError(
            "training.fine_tuning: epochs must be at least 1, nats at least 0, "
            "learning_rate above 0"
        )
    return FineTuning(epochs, nats, learning_rate)


FINE_TUNINGS = {"joint": joint}


def second(config: Config) -> Config | None:
    """What the trainer of the second stage reads; None where the recipe has no such stage.

    Raises:
        ExplorerError: For settings that are none, a prior that only a fit can train, or an
            autoencoder, whose density would no longer be one of its encodings.
    """
    if config.training.fine_tuning["name"] == "none":
        return None
    tuning = choose(FINE_TUNINGS, config.training.fine_tuning, "training.fine_tuning")
    if config.model.latent["name"] == "point":
        raise ExplorerError(
            "training.fine_tuning: an autoencoder has no bound to tune; its density is fitted last"
        )
    # Imported here: torch takes seconds.
    from explorer.models.latents import LATENTS

    latent, prior = LATENTS[config.model.latent["name"]], final_model(config).prior["name"]
    if prior in latent.fitted and prior not in latent.priors:
        raise ExplorerError(
            f"training.fine_tuning: {prior!r} is fitted when all else is trained and does not "
            f"learn jointly: set training.fit_prior to {' or '.join(latent.priors[1:])}, or "
            "training.fine_tuning to none"
        )
    is_language_model = config.model.latent["name"] == "none"
    rate = {"name": "plain"} if is_language_model else {"name": "floor", "nats": tuning.nats}
    training = dataclasses.replace(
        config.training,
        pretrain_epochs=0,
        epochs=tuning.epochs,
        learning_rate=tuning.learning_rate,
        decay=1.0,
        patience=0,
        aggressive=False,
    )
    return dataclasses.replace(
        config,
        model=final_model(config),
        objective=ObjectiveConfig(rate=rate, schedule={"name": "constant"}),
        training=training,
    )


def passes(config: Config) -> str:
    """Epochs of each stage, as cards say them: pre-training + training + fine-tuning."""
    found = [config.training.pretrain_epochs, config.training.epochs]
    tuned = second(config)
    return " + ".join(str(count) for count in found + ([tuned.training.epochs] if tuned else []))


def after(config: Config) -> str:
    """Whose weights were the first, to be said after `passes`; empty where they were drawn."""
    run = PurePath(str(config.training.start.get("run", ""))).name
    return f", after those of {run}" if run else ""
