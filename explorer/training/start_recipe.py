"""Recipes that start from trained weights: of a run, or of a pre-trained language model."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.config import Config
from explorer.models.teacher_losses import TEACHERS
from explorer.runs import folder as folders
from explorer.training import auxiliary_recipe

WARM_EPOCHS = 8
"""At most, of a training that starts from a sentence VAE."""
WARM_RATE = 7e-4
"""Its learning rate, which falls to 0 from the first epoch on."""
USED_RATE = 1.0
"""Nats a sentence, below which there is no rate to hold."""

FEW_TOKENS = 100_000
"""Training tokens an epoch up to which a decoder takes all layers of a language model."""
DECODER_LAYERS = 12
"""First layers that it takes of more text, of which all would train for days on a CPU. Without the
others they are no language model until they are trained."""
TRANSFORMER_EPOCHS = (2, 6)
"""At most, as an autoencoder and afterwards: a pre-trained transformer soon overfits."""
TRANSFORMER_RAMP = 2.0
"""At most so many epochs after which β is 1."""
TRANSFORMER_RATE = 3e-4
"""Learning rate after a pre-trained transformer."""
MAX_PIECES = 16_000
"""At most so many pieces of a language model are taken for a corpus."""


def from_run(
    table: dict[str, Any], start: Path, conditional: bool, latent: str, mean_tokens: float
) -> None:
    """Replaces the parts and sizes that suit the corpus by those of a trained run.

    Args:
        table: Of the recipe.
        start: Folder of the trained run.
        conditional: Whether the decoder is conditioned on labels.
        latent: Name of the latent space, or "".
        mean_tokens: Words of a sentence of the new corpus, on average.
    """
    config = configs.read(start / folders.CONFIG)
    folders.weights_of(start)
    model = dataclasses.asdict(config.model)
    if model["latent"]["name"] == "none":
        # A language model is a decoder: encoder and latent space are those for the corpus.
        table["model"] |= {key: model[key] for key in ("embedding_dim", "decoder")}
        freeze_epochs = _freeze_epochs(table, latent)
    else:
        table["model"] = model | {"labels": []}
        # A teacher needs packages that not everyone has: `--meaning` asks for one.
        dropped = [*TEACHERS, *([] if conditional else ["adversary"])]
        table["model"]["auxiliary"] = auxiliary_recipe.without(model["auxiliary"], dropped)
        table["objective"]["rate"] = _rate(start, config, mean_tokens)
        table["training"]["fit_prior"] = dict(config.training.fit_prior)
        # Encoder and decoder are trained already, under a rate that is charged in full.
        freeze_epochs = 0
        table["objective"]["schedule"] = {"name": "constant"}
        table["training"] |= {
            "pretrain_epochs": 0,
            "epochs": min(WARM_EPOCHS, table["training"]["epochs"]),
            "learning_rate": WARM_RATE,
            "decay": 1.0,
        }
    name = folders.typed(start)
    table["training"]["start"] = {
        "name": "run",
        "run": name if name == start.resolve().name else start.resolve().as_posix(),
        "weights": folders.checksums(start)[folders.WEIGHTS],
        "freeze_epochs": freeze_epochs,
    }
    if config.corpus.tokens == "bpe":  # whose pieces spell any word
        table["training"]["start"]["vocabulary"] = "same"


def _rate(start: Path, config: Config, mean_tokens: float) -> dict[str, Any]:
    """The rate penalty of a run; without one, a floor under the rate that the run has.

    Where nothing holds the rate, it sinks to what the new sentences alone have taught: on 20,000
    summaries of software, started from `everyday`, from 31 nats to 4.
    The floor is the run's rate a word, for as many words, and at most its rate a sentence.
    """
    penalty = dict(config.objective.rate)
    metrics = folders.read_metrics(start)
    rate, bound, perplexity = (
        float(metrics.get(name, {}).get("value") or 0.0) for name in ("rate", "elbo", "elbo_ppl")
    )
    is_free = config.model.latent["name"] in ("codes", "codebook", "point", "vectors")
    if penalty["name"] != "plain" or is_free or bound <= 0 or perplexity <= 1:
        return penalty
    words = bound / math.log(perplexity)  # predicted, the end included
    nats = round(rate * min(1.0, (mean_tokens + 1) / words), 1)
    return penalty if nats < USED_RATE else {"name": "floor", "nats": nats}


def from_language_model(table: dict[str, Any], source: str, latent: str, tokens: int) -> None:
    """Replaces the decoder that suits the corpus by a pre-trained one, or its first layers.

    While its weights are frozen, encoder and injection are trained alone; then all together (Li
    et al. 2020, Optimus; Park & Lee 2021, arXiv:2101.00841).

    Args:
        table: Of the recipe.
        source: The language model.
        latent: Name of the latent space, or "".
        tokens: Training tokens an epoch.
    """
    from explorer.models import pretrained_transformers  # torch takes seconds

    model = pretrained_transformers.find(source)
    layers = model.shape.layers if tokens <= FEW_TOKENS else DECODER_LAYERS
    table["model"] |= {
        "embedding_dim": model.shape.width,
        "decoder": model.decoder(layers) | {"dropout": 0.1},
    }
    training = table["training"]
    passes = zip(("pretrain_epochs", "epochs"), TRANSFORMER_EPOCHS, strict=True)
    training |= {name: min(training[name], most) for name, most in passes}
    training |= {"learning_rate": TRANSFORMER_RATE, "reset_decoder": False}
    ramp = table["objective"]["schedule"]
    ramp["epochs"] = min(ramp["epochs"], TRANSFORMER_RAMP)
    is_whole = layers >= model.shape.layers
    training["start"] = {
        "name": "language_model",
        "source": source,
        "freeze_epochs": _freeze_epochs(table, latent) if is_whole else 0,
    }


def _freeze_epochs(table: Mapping[str, Any], latent: str) -> int:
    """First epochs in which the weights of a language model stand still.

    None when a language model starts from it: nothing else would be trained.
    """
    return 0 if latent == "none" else table["training"]["pretrain_epochs"] + 1
