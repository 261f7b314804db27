"""Fine-tuning: a final stage that trains the model together with its fitted prior."""

import dataclasses
from dataclasses import dataclass
from pathlib import PurePath

from explorer.config import Config, ObjectiveConfig, final_model
from explorer.errors import ExplorerError, at_least, positive
from explorer.registry import choose


@dataclass(frozen=True, slots=True)
class FineTuning:
    """Settings of the stage."""

    epochs: int
    nats: float
    learning_rate: float


def joint(epochs: int = 2, nats: float = 8.0, learning_rate: float = 5e-4) -> FineTuning:
    """Minimises the negative ELBO, beta 1, over all weights.

    A prior fitted to fixed encodings leaves encoder and decoder adapted to the prior before; here
    they adapt to the fitted one.

    Args:
        epochs: Passes over the training split.
        nats: Free nats of the batch mean of the rate: without a floor it sinks to the optimum of
            the bound alone.
        learning_rate: At the start; it falls to 0.

    Raises:
        ExplorerError: If a setting is out of range.
    """
    at_least("training.fine_tuning.epochs", epochs, 1)
    at_least("training.fine_tuning.nats", nats, 0)
    positive("training.fine_tuning.learning_rate", learning_rate)
    return FineTuning(epochs, nats, learning_rate)


FINE_TUNINGS = {"joint": joint}


def second(config: Config) -> Config | None:
    """The recipe of the fine-tuning stage; None without one.

    Raises:
        ExplorerError: For invalid settings, a prior that is only fitted after training, or an
            autoencoder: its encodings would move away from the density fitted to them.
    """
    if config.training.fine_tuning["name"] == "none":
        return None
    tuning = choose(FINE_TUNINGS, config.training.fine_tuning, "training.fine_tuning")
    if config.model.latent["name"] in ("point", "vectors"):
        raise ExplorerError(
            "training.fine_tuning: an autoencoder has no ELBO to train; its density is fitted last"
        )
    # Imported here: torch takes seconds.
    from explorer.models.priors import fitted_priors, joint_priors

    space, prior = config.model.latent["name"], final_model(config).prior["name"]
    joint = joint_priors(space)
    if prior in fitted_priors(space) and prior not in joint:
        raise ExplorerError(
            f"training.fine_tuning: {prior!r} is fitted after everything else and cannot be "
            f"trained jointly: set training.fit_prior to {' or '.join(joint[1:])}, or "
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
    """Epochs of each stage, as model cards state them: pre-training + training + fine-tuning."""
    epochs = [config.training.pretrain_epochs, config.training.epochs]
    if tuned := second(config):
        epochs.append(tuned.training.epochs)
    return " + ".join(str(count) for count in epochs)


def after(config: Config) -> str:
    """The run whose weights were the initial ones, to follow `passes`; empty without one."""
    run = PurePath(str(config.training.start.get("run", ""))).name
    return f", after those of {run}" if run else ""
