"""Fits another prior to a trained run."""

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from explorer import config as configs
from explorer.models import dataset
from explorer.models.dataset import Data
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file, weights
from explorer.system.atomic_files import unwritable, write_text
from explorer.training import prior_fitting


def fit_prior(
    folder: Path,
    target: Path,
    prior: configs.Choice,
    command: str,
    progress: Callable[[str, float], None] = lambda stage, fraction: None,
) -> prior_fitting.Gain | prior_fitting.Density:
    """Writes a copy of a run with a prior fitted to its training posteriors.

    Args:
        folder: Of a trained VAE with Gaussian posteriors, or of an autoencoder.
        target: The new run's folder, which must not exist.
        prior: Name and settings, as in `config.toml`.
        command: For the recipe's header.
        progress: Called with a stage and the fraction of it that is done.

    Returns:
        By how much the new prior lowers the rate on the test split; for an autoencoder, the
        log-density of the encodings of the test split. Nats per sentence.

    Raises:
        ExplorerError: If the corpus is missing, or the latent space does not admit the prior.
    """
    config, vocabulary, old = weights.load_model(folder)
    training = dataclasses.replace(config.training, fit_prior=prior)
    prior_fitting.check(dataclasses.replace(config, training=training))
    data = dataset.load(config, vocabulary)
    model = refit(old, prior, data, config, lambda fraction: progress("fitting", fraction))
    with _new_folder(target) as new:
        header = _header(folder, target, config, command)
        recipe = configs.render(dataclasses.replace(config, training=training), header)
        write_text(new / folders.CONFIG, recipe)
        vocabulary_file.save(new, vocabulary)
        weights.save(new, model)
        if (folder / folders.HISTORY).is_file():
            shutil.copyfile(folder / folders.HISTORY, new / folders.HISTORY)
        folders.write_checksums(new)
    # The run holds half precision, which is what is measured.
    saved = weights.load_model(target)[2]
    test, groups = data.select("test"), data.groups_of(data.corpus.rows("test"))
    if not saved.latent.has_rate:
        train = data.select("train", config.corpus.max_tokens)
        return prior_fitting.density(saved, train, test, groups)
    return prior_fitting.gain(saved, old.prior, test, config.seed, groups)


def _header(folder: Path, target: Path, config: configs.Config, command: str) -> str:
    header = f"{target.name}: {folder.resolve().name} with another prior, fitted by\n  {command}\n"
    if config.training.fine_tuning["name"] != "none":
        header += (
            f"The source was trained on with its own prior, {config.training.fit_prior['name']}: "
            "to train this recipe\nfrom the start makes another model.\n"
        )
    return header


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder to fill, then renamed to `target`: a full disk leaves no partial run."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as scratch:
            new = Path(scratch) / target.name
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
