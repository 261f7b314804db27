"""Training: from a recipe to weights and a history."""

import functools
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float16

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.evaluation import validation
from explorer.models import dataset
from explorer.models.dataset import Data
from explorer.models.rate_penalties import penalty_for
from explorer.models.vae import TextVAE, build
from explorer.pipeline.live_map import LiveFrame, LiveMap
from explorer.pipeline.refit_prior import refit
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file, weights
from explorer.runs.replacement import discard_state
from explorer.system import cpu_threads, distributed
from explorer.system.devices import device
from explorer.system.progress import StageProgress
from explorer.text import corpora
from explorer.training import (
    checkpoint,
    fine_tuning,
    given_vectors,
    prior_fitting,
    provenance,
    sentence_vectors,
    snapshots,
    warm_start,
)
from explorer.training.progress import Report
from explorer.training.trainer import Trainer, Validate
from explorer.training.warm_start import UNTRAINED, PretrainedWeights

ShouldStop = Callable[[], bool]
Watch = Callable[[LiveFrame], None]

Vectors = Float16[np.ndarray, "corpus dim"]


def train(
    folder: Path,
    device_name: str = "",
    resume: bool = False,
    restart: bool = False,
    should_stop: ShouldStop = lambda: False,
    progress: StageProgress = lambda stage, fraction: None,
    watch: Watch | None = None,
    finish: bool = False,
) -> Iterator[Report]:
    """Trains a run to the end of its recipe and writes its weights.

    Resumes an unfinished training. Saves its state every `training.save_seconds` and when it is
    stopped.

    Args:
        folder: Of the run; its `config.toml` is all it needs.
        device_name: `cpu`, `cuda` or `mps`; empty for the fastest.
        resume: Requires an unfinished training.
        restart: Discards what was trained before.
        should_stop: Called after every step; True saves the state and ends the training early.
        progress: Called while the inputs of the first step are computed.
        watch: Called with the latent space after every validation.
        finish: Ends an unfinished training at once, with the best weights it has.

    Raises:
        ExplorerError: For an invalid recipe or corpus, missing packages of a teacher, a finished
            run without `restart`, `resume` or `finish` without an unfinished training, or `finish`
            before the first epoch is complete.
    """
    config = configs.read(folder / folders.CONFIG)
    if configs.is_borrowed(config):
        origin = str(config.model.weights_of.get("run"))
        new = f"explorer new NAME --corpus {shlex.quote(config.corpus.path)} --start {origin}"
        raise ExplorerError(
            f"{folder.resolve().name} is a map with the weights of {origin}: `{new}` creates a "
            "run to train on its sentences"
        )
    with cpu_threads.enough_for(config.model.decoder.get("hidden_dim")):
        is_unfinished = _is_unfinished(folder, resume or finish, restart)
        prior_fitting.check(config)
        how = _How(device_name, is_unfinished, should_stop, progress, watch, finish)
        yield from _train(folder, config, how)


def _is_unfinished(folder: Path, resume: bool, restart: bool) -> bool:
    """Whether there is a training to resume."""
    is_unfinished, is_trained = distributed.broadcast(
        (checkpoint.path(folder).is_file(), (folder / folders.WEIGHTS).is_file())
    )
    if restart:
        if distributed.is_first():
            discard_state(folder)
        return False
    if resume and not is_unfinished:
        raise ExplorerError(f"{folder}: there is no unfinished training to resume")
    if is_trained and not is_unfinished:
        raise ExplorerError(f"{folder} is already trained: --restart trains it again")
    return is_unfinished


@dataclass(frozen=True, slots=True)
class _How:
    """The arguments of a training beside its recipe."""

    device_name: str
    is_unfinished: bool
    should_stop: ShouldStop
    progress: StageProgress
    watch: Watch | None
    finish: bool


def _train(folder: Path, config: Config, how: _How) -> Iterator[Report]:
    """Both stages of a recipe: training and, if it has one, fine-tuning."""
    tuning = fine_tuning.second(config)
    is_tuning = how.is_unfinished and checkpoint.is_of(folder, tuning)
    chosen = device(how.device_name)
    torch.manual_seed(config.seed)
    if not how.is_unfinished:  # else the sentences are compared with those trained on
        corpora.check_unchanged(config.corpus)
    data = dataset.load(config, warm_start.vocabulary(config))
    moments = snapshots_of(data, config)
    recipe = tuning if tuning and is_tuning else config
    model = build(recipe.model, len(data.vocabulary), is_tuning and _fits_prior(config)).to(chosen)
    pretrained = UNTRAINED if is_tuning else warm_start.fill(model, data.vocabulary, config)
    if not _fill(model, data, config, how.should_stop, how.progress):
        return
    if not how.is_unfinished:
        given_vectors.fit_space(model, data, config.corpus.max_tokens)
        if not pretrained.entries:
            model.decoder.fit(data.select("train", config.corpus.max_tokens))
    vectors = _sentence_vectors(model, data, chosen, how.should_stop, how.progress)
    if model.auxiliary.sentence_encoder and vectors is None:
        return
    trainer = trainer_of(model, data, recipe, vectors, pretrained)
    live = LiveMap(data, moments, config.seed) if how.watch and moments.rows else None
    stage = _Stage(folder, trainer, moments, checkpoint.data_checksums(data), live, how.watch)
    if how.is_unfinished:
        stage.restore()
    elif moments.rows:
        moments.take(model, 0, 0.0, trainer.beta(0.0))
        stage.show(trainer.validate_start() if pretrained.entries else {})
    if how.finish:
        stage.check_complete()
    if tuning and not is_tuning:
        if not how.finish:
            yield from stage.run(how.should_stop)
            if not trainer.is_finished:
                return
        model = _with_prior(trainer.best.load_into(trainer.model), data, config)
        stage.trainer = trainer_of(model, data, tuning, vectors)
        stage.trainer.follow(trainer.progress)
        stage.save()
    if not how.finish:
        yield from stage.run(how.should_stop)
        if not stage.trainer.is_finished:
            return
    model = stage.trainer.best.load_into(stage.trainer.model)
    if not tuning:
        if _fits_prior(config):
            how.progress("fitting the prior", 0.0)
        model = _with_prior(model, data, config)
    stage.trainer.check_weights(model)  # while the former run and the state are still there
    if distributed.is_first():
        # If the process dies before all files are written, the training can still be resumed.
        stage.save()
        stage.write(model, data)
        provenance.note(folder, chosen, config.training.bf16, stage.trainer.progress.seconds)
        discard_state(folder)
    distributed.barrier()


@dataclass(slots=True)
class _Stage:
    """A stage of a training, with all that is saved to resume it."""

    folder: Path
    trainer: Trainer
    moments: snapshots.Snapshots
    checksums: Mapping[str, str]
    live: LiveMap | None = None
    watch: Watch | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def restore(self) -> None:
        """Restores what `save` wrote."""
        self.history = checkpoint.restore(self.folder, self.trainer, self.checksums)
        path = self.folder / folders.STATE / snapshots.FILE
        self.moments.restore(path, self.trainer.progress.step)

    def show(self, validation: Mapping[str, float]) -> None:
        """Shows the latent space of the last snapshot to who watches the training."""
        if self.live is not None and self.watch is not None and distributed.is_first():
            self.watch(self.live.frame(self.trainer.model, validation))

    def check_complete(self) -> None:
        """Makes sure that there are best weights to finish with.

        Raises:
            ExplorerError: If no epoch of this stage is complete.
        """
        if not self.trainer.best.epoch:
            raise ExplorerError(
                f"{self.folder.resolve().name} has no complete epoch to finish with yet: resume it"
            )

    def save(self) -> None:
        """Saves the state, in the first process.

        Raises:
            ExplorerError: If the folder was deleted, which would be made again without its recipe,
                or cannot be written.
        """
        if distributed.is_first():
            if not (self.folder / folders.CONFIG).is_file():
                raise ExplorerError(
                    f"{self.folder} was deleted or moved during its training: {folders.CONFIG} "
                    "is missing"
                )
            # Snapshots first: a state newer than its snapshots would skip some of them.
            self.moments.save(self.folder / folders.STATE / snapshots.FILE)
            checkpoint.save(self.folder, self.trainer, self.history, self.checksums)

    def run(self, should_stop: ShouldStop) -> Iterator[Report]:
        """Trains to the end, or until it is stopped; then saves the state."""
        saved = time.monotonic()
        try:
            for report in self.trainer.run(should_stop):
                self.history.append(_row(report))
                if report.validation and self.moments.rows:
                    model = self.trainer.model
                    self.moments.take(model, report.step, report.epoch, report.beta)
                    self.show(report.validation)
                if time.monotonic() - saved > self.trainer.config.training.save_seconds:
                    self.save()
                    saved = time.monotonic()
                yield report
        except GeneratorExit:
            # The caller leaves between two steps, where the state is consistent.
            self.save()
            raise
        if not self.trainer.is_finished:
            self.save()

    def write(self, model: TextVAE, data: Data) -> None:
        """Writes the files of the finished run and removes those of a former model."""
        folder = self.folder
        vocabulary_file.save(folder, data.vocabulary)
        weights.save(folder, model, self.trainer.config.training.storage)
        folders.write_history(folder, self.history)
        for stale in (folders.METRICS, folders.ATLAS, folders.PLAYBACK, snapshots.FILE):
            (folder / stale).unlink(missing_ok=True)
        self.moments.save(folder / snapshots.FILE)
        folders.write_checksums(folder)


def trainer_of(
    model: TextVAE,
    data: Data,
    recipe: Config,
    vectors: Vectors | None,
    pretrained: PretrainedWeights = UNTRAINED,
    validate: Validate | None = None,
) -> Trainer:
    """The trainer of a model on the training split; `validate` replaces its validation."""
    rows = data.corpus.rows("train")
    targets = None if vectors is None else _targets(model, data, vectors, rows)
    validate = validate or validation_of(model, data, recipe, vectors)
    labels = data.labels_of(rows)
    return Trainer(model, data.select("train"), recipe, validate, labels, pretrained, targets)


def _targets(
    model: TextVAE, data: Data, vectors: Vectors, rows: list[int]
) -> sentence_vectors.SentenceVectors:
    """The targets of a model's teacher for some rows of the corpus."""
    groups = data.groups_of(rows) if model.auxiliary.averages_groups else None
    return sentence_vectors.SentenceVectors(vectors, rows, groups or ())


def validation_of(
    model: TextVAE, data: Data, recipe: Config, vectors: Vectors | None
) -> validation.Validation:
    """Measures a model in training on the sentences held out for that."""
    valid = data.draw("valid", validation.SENTENCES, recipe.seed)
    targets = None
    if vectors is not None:
        targets = _targets(model, data, vectors, valid)(range(len(valid)))
    return validation.Validation(
        [data.ids[row] for row in valid],
        penalty_for(model, recipe.objective.rate),
        recipe.seed,
        data.labels_of(valid),
        targets,
    )


def _sentence_vectors(
    model: TextVAE,
    data: Data,
    chosen: torch.device,
    should_stop: ShouldStop,
    progress: StageProgress,
) -> Vectors | None:
    """The targets of a teacher; None without one, or if it was stopped."""
    encoder = model.auxiliary.sentence_encoder
    if not encoder:
        return None
    report = functools.partial(progress, f"sentence vectors ({encoder})")
    # `should_stop` is collective, but only one of several processes computes the vectors.
    stop = should_stop if distributed.count() == 1 else lambda: False
    return sentence_vectors.load(encoder, data.corpus, chosen, report, stop)


def _fill(
    model: TextVAE, data: Data, config: Config, should_stop: ShouldStop, progress: StageProgress
) -> bool:
    """Gives the model the vectors of the corpus; False if that was stopped."""
    report = functools.partial(progress, "vectors of the sentences")
    stop = should_stop if distributed.count() == 1 else lambda: False
    return given_vectors.fill(model, data, config.corpus.max_tokens, report, stop)


def _fits_prior(config: Config) -> bool:
    return config.training.fit_prior["name"] != "none"


def _with_prior(model: TextVAE, data: Data, config: Config) -> TextVAE:
    """The model with the prior that the recipe fits after training, if any."""
    if _fits_prior(config):
        model = refit(model, config.training.fit_prior, data, config)
    return model.requires_grad_(True)  # weights may still be frozen


def snapshots_of(data: Data, config: Config) -> snapshots.Snapshots:
    """The snapshots that a recipe asks for, none taken yet."""
    from explorer.latent_space.random_rows import draw

    count = config.training.snapshots if config.model.latent_dim else 0
    rows = draw(len(data.ids), count, config.seed).tolist()
    return snapshots.Snapshots(
        rows=rows,
        ids=[data.ids[row] for row in rows],
        to_text=lambda row: data.tokeniser.text(data.vocabulary.decode(row)),
        corpus={"name": data.corpus.name, "checksum": data.corpus.checksum},
        labels=data.labels_of(rows),
    )


def _row(report: Report) -> dict[str, Any]:
    """A row of `history.csv`."""
    keys = ("step", "epoch", "seconds", "beta", "distortion", "rate", "loss", "tokens_per_second")
    row = {key: round(getattr(report, key), 6) for key in keys}
    return row | {f"validation_{key}": round(value, 6) for key, value in report.validation.items()}
