"""Training: from a recipe to weights and a history."""

import functools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float16

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.evaluation import validation
from explorer.models import dataset as training_data
from explorer.models.rate_penalties import penalty_for
from explorer.models.vae import TextVAE, build
from explorer.pipeline.refit_prior import refit
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file, weights
from explorer.system import cpu_threads, distributed
from explorer.training import checkpoint as states
from explorer.training import (
    fine_tuning,
    prior_fitting,
    provenance,
    sentence_vectors,
    snapshots,
    warm_start,
)
from explorer.training.trainer import Report, Trainer


def device(name: str = "") -> torch.device:
    """The device of that name; without one, the fastest there is.

    Raises:
        ExplorerError: If this machine has no such device.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available()}
    available["mps"] = torch.backends.mps.is_available()
    if distributed.count() > 1:
        available["mps"] = False  # of which there is one
    if not name:
        name = next(key for key in ("cuda", "mps", "cpu") if available[key])
        if os.environ.get("ACCELERATE_USE_CPU") == "true":  # accelerate launch --cpu
            name = "cpu"
    if not available.get(name.partition(":")[0], False):
        here = ", ".join(key for key, there in available.items() if there)
        raise ExplorerError(f"--device {name}: not on this machine, which has {here}")
    if distributed.count() > 1 and name == "cuda":
        if distributed.local_rank() >= torch.cuda.device_count():
            raise ExplorerError(
                f"{torch.cuda.device_count()} GPUs here for more processes: start one a GPU, or "
                "add --device cpu"
            )
        name = f"cuda:{distributed.local_rank()}"
        torch.cuda.set_device(name)
    try:
        return torch.device(name)
    except RuntimeError:
        raise ExplorerError(f"--device {name}: a number follows the colon, as in cuda:1") from None


def train(
    folder: Path,
    device_name: str = "",
    resume: bool = False,
    restart: bool = False,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> Iterator[Report]:
    """Trains a run to the end of its recipe and writes its weights.

    Resumes by itself where a state was left; saves one every `training.save_seconds`, and when
    it is stopped.

    Args:
        folder: Of the run; its `config.toml` is all that must be there.
        device_name: `cpu`, `cuda` or `mps`; empty chooses.
        resume: Insist on a state to resume from.
        restart: Throw away what was trained before.
        stop: Asked after every step; True saves the state and ends the training early.
        progress: Told what is prepared before the first step, and the fraction of it done.

    Raises:
        ExplorerError: For a bad recipe or corpus, missing packages of a teacher, a finished run
            without `restart`, or `resume` without anything to resume.
    """
    config = configs.read(folder / folders.CONFIG)
    with cpu_threads.enough_for(config.model.decoder.get("hidden_dim")):
        yield from _train(folder, config, device_name, resume, restart, stop, progress)


def _train(
    folder: Path,
    config: configs.Config,
    device_name: str,
    resume: bool,
    restart: bool,
    stop: Callable[[], bool],
    progress: Callable[[str, float], None],
) -> Iterator[Report]:
    unfinished, is_trained = distributed.broadcast(
        (states.path(folder).is_file(), (folder / folders.WEIGHTS).is_file())
    )
    if restart:
        if distributed.is_first():
            shutil.rmtree(folder / folders.STATE, ignore_errors=True)
        unfinished = False
    elif resume and not unfinished:
        raise ExplorerError(f"{folder}: no unfinished training to resume")
    elif is_trained and not unfinished:
        raise ExplorerError(f"{folder} is trained already: --restart trains it again")
    prior_fitting.check(config)
    second = fine_tuning.second(config)
    is_second = unfinished and states.is_of(folder, second)
    where = device(device_name)
    torch.manual_seed(config.seed)
    data = training_data.load(config)
    learned = states.checksums(data)
    kept = _snapshots(data, config)
    recipe = second if second and is_second else config
    is_fitted = is_second and config.training.fit_prior["name"] != "none"
    model = build(recipe.model, len(data.vocabulary), is_fitted).to(where)
    pretrained = (
        warm_start.UNTRAINED if is_second else warm_start.fill(model, data.vocabulary, config)
    )
    vectors, encoder = None, model.auxiliary.sentence_encoder
    if encoder:
        tell = functools.partial(progress, f"sentence vectors ({encoder})")
        # Asking several processes whether to stop needs them all, and only one is at work here.
        halt = stop if distributed.count() == 1 else lambda: False
        vectors = sentence_vectors.load(encoder, data.corpus, where, tell, halt)
        if vectors is None:
            return
    trainer = _trainer(model, data, recipe, vectors, pretrained)
    history = states.restore(folder, trainer, learned) if unfinished else []
    if unfinished:
        kept.restore(folder / folders.STATE / snapshots.FILE, trainer.position.step)
    elif kept.rows:
        kept.take(trainer.model, 0, 0.0, trainer.beta(0.0))
    if second and not is_second:
        yield from _run(folder, trainer, history, kept, learned, stop)
        if not trainer.is_finished:
            return
        following = _trainer(_with_prior(_best(trainer), data, config), data, second, vectors)
        following.follow(trainer.position)
        trainer = following
        _save(folder, trainer, history, kept, learned)
    yield from _run(folder, trainer, history, kept, learned, stop)
    if not trainer.is_finished:
        return
    model = _best(trainer)
    if not second:
        model = _with_prior(model, data, config)
    if distributed.is_first():
        # Whatever ends the process before all files are there leaves a training to go on with.
        _save(folder, trainer, history, kept, learned)
        _write(folder, data, model, history, kept)
        provenance.note(folder, where, config.training.bf16, trainer.position.seconds)
        shutil.rmtree(folder / folders.STATE, ignore_errors=True)
    distributed.barrier()


def _trainer(
    model: TextVAE,
    data: training_data.Data,
    recipe: configs.Config,
    vectors: Float16[np.ndarray, "corpus dim"] | None,
    pretrained: warm_start.PretrainedWeights = warm_start.UNTRAINED,
) -> Trainer:
    drawn = data.draw("valid", validation.SENTENCES, recipe.seed)
    watched = [data.ids[row] for row in drawn]
    penalty = penalty_for(model, recipe.objective.rate)
    rows = data.corpus.rows("train")
    targets = expected = None
    if vectors is not None:
        targets = sentence_vectors.SentenceVectors(vectors, rows)
        expected = sentence_vectors.SentenceVectors(vectors, drawn)(range(len(drawn)))
    labels = data.labels_of(drawn)
    watch = validation.Validation(watched, penalty, recipe.seed, labels, expected)
    labels = data.labels_of(rows)
    return Trainer(model, data.select("train"), recipe, watch, labels, pretrained, targets)


def _best(trainer: Trainer) -> TextVAE:
    own = trainer.model.state_dict()
    with torch.no_grad():
        for name, tensor in (trainer.best_weights or {}).items():
            own[name].copy_(tensor)
    return trainer.model


def _with_prior(model: TextVAE, data: training_data.Data, config: configs.Config) -> TextVAE:
    """The model, with the prior that the recipe fits after training if it fits one."""
    if config.training.fit_prior["name"] == "none":
        return model.requires_grad_(True)  # some of it may have rested to the end
    return refit(model, config.training.fit_prior, data, config).requires_grad_(True)


def _run(
    folder: Path,
    trainer: Trainer,
    history: list[dict[str, Any]],
    kept: snapshots.Snapshots,
    learned: Mapping[str, str],
    stop: Callable[[], bool],
) -> Iterator[Report]:
    """One stage to its end, or until it is stopped; then its state is saved."""
    saved = time.monotonic()
    try:
        for report in trainer.run(stop):
            history.append(_row(report))
            if report.validation and kept.rows:
                kept.take(trainer.model, report.step, report.epoch, report.beta)
            if time.monotonic() - saved > trainer.config.training.save_seconds:
                _save(folder, trainer, history, kept, learned)
                saved = time.monotonic()
            yield report
    except GeneratorExit:
        # The caller left between two steps, where the state is whole.
        _save(folder, trainer, history, kept, learned)
        raise
    if not trainer.is_finished:
        _save(folder, trainer, history, kept, learned)


def _write(
    folder: Path,
    data: training_data.Data,
    model: TextVAE,
    history: list[dict[str, Any]],
    kept: snapshots.Snapshots,
) -> None:
    vocabulary_file.save(folder, data.vocabulary)
    weights.save(folder, model)
    folders.write_history(folder, history)
    for stale in (folders.METRICS, folders.ATLAS, folders.PLAYBACK, snapshots.FILE):
        (folder / stale).unlink(missing_ok=True)
    kept.save(folder / snapshots.FILE)
    folders.write_checksums(folder)


def _snapshots(data: training_data.Data, config: configs.Config) -> snapshots.Snapshots:
    from explorer.latent_space.atlas import draw

    count = config.training.snapshots if config.model.latent_dim else 0
    rows = draw(len(data.ids), count, config.seed).tolist()
    return snapshots.Snapshots(
        rows=rows,
        ids=[data.ids[row] for row in rows],
        say=lambda row: data.tokeniser.text(data.vocabulary.decode(row)),
        corpus={"name": data.corpus.name, "checksum": data.corpus.checksum},
        labels=data.labels_of(rows),
    )


def _save(
    folder: Path,
    trainer: Trainer,
    history: list[dict[str, Any]],
    kept: snapshots.Snapshots,
    learned: Mapping[str, str],
) -> None:
    if not distributed.is_first():
        return
    # The snapshots first: a state that knows more moments than they hold would skip some.
    kept.save(folder / folders.STATE / snapshots.FILE)
    states.save(folder, trainer, history, learned)


def _row(report: Report) -> dict[str, Any]:
    keys = ("step", "epoch", "seconds", "beta", "distortion", "rate", "loss", "tokens_per_second")
    row = {key: round(getattr(report, key), 6) for key in keys}
    return row | {f"validation_{key}": round(value, 6) for key, value in report.validation.items()}
