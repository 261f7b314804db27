"""Another prior for a trained run."""

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from explorer import config as configs
from explorer.models import dataset as training_data
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file, weights
from explorer.system.atomic_files import unwritable, write_text
from explorer.training import prior_fitting


def fit_prior(
    folder: Path,
    target: Path,
    prior: configs.Choice,
    typed: str,
    progress: Callable[[str, float], None] | None = None,
) -> prior_fitting.Gain | prior_fitting.Density:
    """Writes a run like another, but for a prior fitted on its training posteriors.

    Args:
        folder: Of a trained VAE with Gaussian posteriors, or of an autoencoder.
        target: The new run's folder, which must not exist.
        prior: Name and settings, as in `config.toml`.
        typed: The command, for the recipe's header.
        progress: Told what is being done, and the share of it that is done.

    Returns:
        What the new prior saves of the rate on the test split; for an autoencoder, which has
        none, how likely the density makes the encodings of the test split. Nats per sentence.

    Raises:
        ExplorerError: If the corpus is not on this machine, or the run's latent space takes no
            such prior.
    """
    config, vocabulary, old = weights.load_model(folder)
    training = dataclasses.replace(config.training, fit_prior=prior)
    prior_fitting.check(dataclasses.replace(config, training=training))
    data = training_data.load(config, vocabulary)
    tell = progress or (lambda stage, share: None)
    model = refit(old, prior, data, config, lambda share: tell("fitting", share))
    with _whole(target) as new:
        header = _header(folder, target, config, typed)
        recipe = configs.render(dataclasses.replace(config, training=training), header)
        write_text(new / folders.CONFIG, recipe)
        vocabulary_file.save(new, vocabulary)
        weights.save(new, model)
        if (folder / folders.HISTORY).is_file():
            shutil.copyfile(folder / folders.HISTORY, new / folders.HISTORY)
        folders.write_checksums(new)
    # Half precision is what the run holds, so it is what is measured.
    saved = weights.load_model(target)[2]
    test, groups = data.select("test"), data.groups_of(data.corpus.rows("test"))
    if not saved.latent.has_rate:
        train = data.select("train", config.corpus.max_tokens)
        return prior_fitting.density(saved, train, test, groups)
    return prior_fitting.gain(saved, old.prior, test, config.seed, groups)


def _header(folder: Path, target: Path, config: configs.Config, typed: str) -> str:
    header = f"{target.name}: {folder.resolve().name} with another prior, fitted by\n  {typed}\n"
    if config.training.fine_tuning["name"] != "none":
        header += (
            f"The source was trained on with its own prior, {config.training.fit_prior['name']}: "
            "to train this recipe\nfrom the start makes another model.\n"
        )
    return header


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes its place when it is full: a disk that is not leaves none."""
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
    data: training_data.Data,
    config: configs.Config,
    progress: Callable[[float], None] = lambda share: None,
) -> TextVAE:
    """The model with this prior, fitted on the posteriors of the training split."""
    torch.manual_seed(config.seed)
    other = prior_fitting.with_prior(model, prior)
    train = data.select("train", config.corpus.max_tokens)
    prior_fitting.fit(other, train, data.select("valid"), config.seed, progress)
    return other
