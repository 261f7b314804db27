"""Fits another prior to a trained run."""

import dataclasses
import functools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from explorer import config as configs
from explorer.models import dataset
from explorer.models.dataset import Data
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file, weights
from explorer.system import temporary_files
from explorer.system.atomic_files import unwritable, write_text
from explorer.system.progress import StageProgress
from explorer.training import given_vectors, prior_fitting


@dataclass(frozen=True, slots=True)
class Fitted:
    """The prior of a new run."""

    prior: str
    """Its name."""
    validation: dict[str, float]
    """What each candidate gains on the validation split, nats per sentence; of one, nothing."""
    test: prior_fitting.Gain | prior_fitting.Density
    """What the prior saves of the rate on the test split; for an autoencoder, which has none, how
    likely the density makes the encodings of the test split."""


def fit_prior(
    folder: Path,
    target: Path,
    priors: Sequence[configs.Choice],
    command: str,
    progress: StageProgress = lambda stage, fraction: None,
) -> Fitted:
    """Writes a copy of a run with a prior fitted to its training posteriors.

    Args:
        folder: Of a trained VAE with Gaussian posteriors, or of an autoencoder.
        target: The new run's folder, which must not exist.
        priors: Name and settings of the candidates, as in `config.toml`; of several, the new run
            gets the one that does best on the validation split.
        command: For the recipe's header.
        progress: Called with a stage and the fraction of it that is done.

    Raises:
        ExplorerError: If the corpus is missing, or the latent space does not admit the prior.
    """
    config, vocabulary, old = weights.load_model(folder)
    recipes = [
        dataclasses.replace(config, training=dataclasses.replace(config.training, fit_prior=prior))
        for prior in priors
    ]
    for recipe in recipes:
        prior_fitting.check(recipe)
    data = dataset.load(config, vocabulary)
    given_vectors.fill(old, data, config.corpus.max_tokens)
    candidates = [
        refit(old, prior, data, config, functools.partial(progress, f"fitting {prior['name']}"))
        for prior in priors
    ]
    scores: list[float] = []
    if len(candidates) > 1:
        scores = [_score(model, old, data, "valid", config).mean for model in candidates]
    best = scores.index(max(scores)) if scores else 0
    model, recipe = candidates[best], recipes[best]
    with _new_folder(target) as new:
        header = _header(folder, target, config, command)
        write_text(new / folders.CONFIG, configs.render(recipe, header))
        vocabulary_file.save(new, vocabulary)
        weights.save(new, model, recipe.training.storage)
        if (folder / folders.HISTORY).is_file():
            shutil.copyfile(folder / folders.HISTORY, new / folders.HISTORY)
        folders.write_checksums(new)
    # The stored weights are rounded, and what is measured is what they give.
    saved = weights.load_model(target)[2]
    if saved.encoder is not None and old.encoder is not None:
        saved.encoder.adopt(old.encoder)
    names = [str(prior["name"]) for prior in priors]
    return Fitted(
        prior=names[best],
        validation=dict(zip(names, scores, strict=False)),
        test=_score(saved, old, data, "test", config),
    )


def _score(
    model: TextVAE,
    old: TextVAE,
    data: dataset.Data,
    split: str,
    config: configs.Config,
) -> prior_fitting.Gain | prior_fitting.Density:
    held_out, groups = data.select(split), data.groups_of(data.corpus.rows(split))
    if not model.latent.has_rate:
        train = data.select("train", config.corpus.max_tokens)
        return prior_fitting.density(model, train, held_out, groups)
    return prior_fitting.gain(model, old.prior, held_out, config.seed, groups)


def _header(folder: Path, target: Path, config: configs.Config, command: str) -> str:
    header = f"{target.name}: {folder.resolve().name} with another prior, fitted by\n  {command}\n"
    if config.training.fine_tuning["name"] != "none":
        header += (
            f"The source was trained with its own prior, {config.training.fit_prior['name']}: "
            "training this recipe\nfrom scratch gives another model.\n"
        )
    return header


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder to fill, then renamed to `target`: a full disk leaves no partial run."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_files.scratch_folder(target.parent) as scratch:
            new = scratch / target.name
            new.mkdir()
            yield new
            new.rename(target)
    except OSError as error:
        raise unwritable(target, error) from None


def refit(
    model: TextVAE,
    prior: configs.Choice,
    data: Data,
    config: configs.Config,
    progress: Callable[[float], None] = lambda fraction: None,
) -> TextVAE:
    """The model with this prior, fitted to the posteriors of the training split."""
    torch.manual_seed(config.seed)
    other = prior_fitting.with_prior(model, prior)
    train = data.select("train", config.corpus.max_tokens)
    prior_fitting.fit(other, train, data.select("valid"), config.seed, progress)
    return other
