"""How long a training will take on this machine: a few of its steps are timed."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models import dataset
from explorer.models.dataset import Data
from explorer.models.encoder_catalog import SENTENCE_ENCODERS
from explorer.models.vae import TextVAE, build
from explorer.pipeline.live_map import LiveMap
from explorer.pipeline.train import Vectors, snapshots_of, trainer_of, validation_of
from explorer.runs import folder as folders
from explorer.system import cpu_threads
from explorer.system.devices import device
from explorer.training import prior_fitting, warm_start
from explorer.training.time_estimate import Estimate
from explorer.training.trainer import Trainer

TRIAL_SECONDS = 6.0
"""Time for the steps; the first `_WARM_UP` are not counted."""
MIN_STEPS = 8
_WARM_UP = 3
_BETWEEN = 0.1
"""Reports, checkpoints and the reading of the corpus, as a fraction of the steps."""


def estimate(folder: Path, device_name: str = "") -> Estimate:
    """Times a few steps, a validation and a snapshot of a recipe; trains and writes nothing.

    Measuring and mapping the trained run are not part of it. Nor are the vectors of a teacher,
    which are cached.

    Args:
        folder: Of a run that is not trained yet.
        device_name: As in `train`.

    Raises:
        ExplorerError: For a recipe or corpus that `train` refuses.
    """
    config = configs.read(folder / folders.CONFIG)
    if configs.is_borrowed(config):
        raise ExplorerError(f"{folder.resolve().name} is a map: it is not trained")
    with cpu_threads.enough_for(config.model.decoder.get("hidden_dim")):
        return _estimate(config, device_name)


def _estimate(config: Config, device_name: str) -> Estimate:
    begun = time.perf_counter()
    torch.manual_seed(config.seed)
    data = dataset.load(config, warm_start.vocabulary(config))
    model = build(config.model, len(data.vocabulary)).to(device(device_name))
    pretrained = warm_start.fill(model, data.vocabulary, config)
    vectors = _any_vectors(model, data)
    start = time.perf_counter() - begun
    trainer = trainer_of(model, data, config, vectors, pretrained, _unmeasured)
    step = _step_seconds(trainer)
    training, sentences = config.training, len(data.corpus.rows("train"))
    steps = max(1, round(sentences / training.batch_size))
    watched = _validation_seconds(model, data, config, vectors) + _snapshot_seconds(
        model, data, config
    )
    tokens = sum(len(row) + 1 for row in data.select("train", config.corpus.max_tokens))
    return Estimate(
        epochs=trainer.epochs,
        epoch=steps * step * (1 + _BETWEEN) + training.validations * watched,
        start=2 * start + watched + _prior_seconds(model, data, config),  # and Python's own
        weights=sum(weight.numel() for weight in model.parameters()),
        sentences=sentences,
        tokens_per_second=tokens / (steps * step),
    )


def _unmeasured(model: TextVAE, noise: bool) -> dict[str, float]:
    """A validation that takes no time."""
    return {"distortion": 0.0, "rate": 0.0}


def _step_seconds(trainer: Trainer) -> float:
    """The mean time of a step; batches come in random order."""
    ticks: list[tuple[int, float]] = []

    def is_enough() -> bool:
        ticks.append((trainer.progress.step, time.perf_counter()))
        first = next((tick for step, tick in ticks if step >= _WARM_UP), ticks[-1][1])
        done = ticks[-1][0] >= _WARM_UP + MIN_STEPS
        return done and ticks[-1][1] - first >= TRIAL_SECONDS

    for _ in trainer.run(is_enough):
        pass
    counted = [tick for tick in ticks if tick[0] >= _WARM_UP] or ticks
    (step, begun), (last, ended) = counted[0], counted[-1]
    if last == step:  # too few sentences for more steps
        (step, begun) = ticks[0]
    return (ended - begun) / max(1, last - step)


def _validation_seconds(
    model: TextVAE, data: Data, config: Config, vectors: Vectors | None
) -> float:
    validate = validation_of(model, data, config, vectors)
    model.eval()
    return _seconds(lambda: validate(model, True))


def _snapshot_seconds(model: TextVAE, data: Data, config: Config) -> float:
    moments = snapshots_of(data, config)
    if not moments.rows:
        return 0.0
    live = LiveMap(data, moments, config.seed)

    def take() -> None:
        moments.take(model, 0, 0.0, 1.0)
        live.frame(model, {})

    return _seconds(take)


def _prior_seconds(model: TextVAE, data: Data, config: Config) -> float:
    """The fit of a prior after the training: rounds of steps of which one is timed."""
    if config.training.fit_prior["name"] == "none":
        return 0.0
    fitted = prior_fitting.with_prior(model, config.training.fit_prior)
    z = torch.randn(prior_fitting.BATCH, config.model.latent_dim, device=model.device)
    fitted.prior.requires_grad_(True)

    def step() -> None:
        fitted.prior.loss(z, torch.Generator().manual_seed(0)).backward()

    step()
    batches = -(-len(data.corpus.rows("train")) // prior_fitting.BATCH)
    return prior_fitting.EPOCHS / 2 * batches * _seconds(step)


def _any_vectors(model: TextVAE, data: Data) -> Vectors | None:
    """Vectors of the size of the teacher's, which take the same time."""
    name = model.auxiliary.sentence_encoder
    if not name:
        return None
    shape = len(data.ids), SENTENCE_ENCODERS[name].dim
    return np.random.default_rng(0).standard_normal(shape).astype(np.float16)


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
