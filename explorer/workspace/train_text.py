"""Trainings on a person's text: which one is suggested, how long it takes, and its job."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.config import Config
from explorer.runs import folder as folders
from explorer.system import atomic_files
from explorer.training.time_estimate import Estimate
from explorer.workspace import job_progress, jobs, texts, timings

FEW = 60_000
"""Sentences below which a training starts from a trained run: from nothing, 6,000 reviews taught
a model that all of them are alike."""
_FOREIGN = 0.5
"""Fraction of the sentences out of a run's domain from which it is no start for a large text."""
_UNINTERRUPTED = "training.patience=0"  # or the time could not be estimated


@dataclass(frozen=True, slots=True)
class Plan:
    """A training that a person may ask for."""

    text: str
    """Name of the stored text, and of its map."""
    corpus: str
    label_column: str
    start: str = ""
    """The run whose weights it starts from; empty for random ones."""
    size: str = ""
    """Of a model that starts from nothing, in `suggest_recipe.SIZES`; empty: as it suits."""
    meaning: bool = False
    """Whether a teacher makes neighbours in z alike in meaning."""

    @classmethod
    def of(
        cls, config: Config, name: str, start: str = "", size: str = "", meaning: bool = False
    ) -> "Plan":
        """The plan of a training on the sentences of a map."""
        corpus = config.corpus
        size = "" if start else size
        return cls(name, corpus.path, corpus.label_column, start, size, meaning)

    def recipe(self, target: Path, *more: str) -> list[str]:
        """The arguments of `explorer new`."""
        step = ["new", target.as_posix(), "--corpus", self.corpus, "--text-column", texts.TEXT]
        step += ["--label-column", self.label_column]
        step += ["--start", self.start] if self.start else []
        step += ["--size", self.size] if self.size else []
        step += ["--meaning"] if self.meaning else []
        for setting in (_UNINTERRUPTED, *more):
            step += ["--set", setting]
        return step


def suggestion(sentences: int, origin: str, outside: float | None) -> tuple[str, str]:
    """The run to start from, or "" for random weights, and why, in a sentence.

    Args:
        sentences: Of the text.
        origin: The run whose weights draw its map.
        outside: Fraction of the sentences out of its domain, if known.
    """
    if sentences < FEW:
        return origin, (
            f"{sentences:,} sentences are too few to learn a language from scratch: training "
            f"starts from {origin}, which has already learned one."
        )
    if (outside or 0.0) > _FOREIGN:
        return "", (
            f"{sentences:,} sentences are enough to learn from, and {origin} hardly fits this "
            "kind of text: training starts from scratch."
        )
    return origin, (
        f"{origin} fits this kind of text: starting from it is faster than training from "
        f"scratch, which {sentences:,} sentences would also allow."
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """What is known of the time a plan takes."""

    estimate: Estimate | None = None
    finish: float = 0.0
    """Seconds to measure the trained run and draw its map."""
    before: float = 0.0
    """Seconds before the training, in which a teacher embeds the sentences."""
    problem: str = ""
    is_shared: bool = False
    """Whether a training ran beside the trial, which slows it."""

    def seconds(self, epochs: int) -> float:
        """Of the whole, from the click to the map."""
        return (
            self.before + self.finish + (self.estimate.seconds(epochs) if self.estimate else 0.0)
        )


def timing(plan: Plan) -> Timing:
    """The time of a plan; the first call starts a trial, whose result later ones return."""
    key = _key(plan)
    job = next((job for job in jobs.jobs() if (job.kind, job.name) == (jobs.ESTIMATE, key)), None)
    if job is None:
        _forget_old()
        folder = _trials() / key
        steps = [[*plan.recipe(folder), "--force"], ["train", folder.as_posix(), "--estimate"]]
        jobs.submit(jobs.ESTIMATE, key, steps)
        return Timing()
    if job.state == jobs.DONE:
        result = job_progress.read_json(job_progress.result_path(jobs.progress_path(job.id)))
        estimate = _read(result)
        if estimate is None:
            return Timing(problem="the timing run left no result")
        before = timings.expected(timings.VECTORS, estimate.sentences) if plan.meaning else 0.0
        return Timing(estimate, _finish(estimate), before, is_shared=is_training())
    if not job.is_active:
        return Timing(problem=job.message or "the trial was stopped")
    return Timing()


def again(plan: Plan) -> None:
    """Forgets the trial of a plan, so that `timing` starts another."""
    for job in jobs.jobs():
        if (job.kind, job.name) == (jobs.ESTIMATE, _key(plan)) and not job.is_active:
            jobs.delete(job.id)


def start(plan: Plan, epochs: int = 0) -> str:
    """Queues a training; returns the name of its run."""
    name = texts.free_name(f"{plan.text}-trained")
    target = folders.users() / name
    more = [f"training.epochs={epochs}"] if epochs else []
    steps = [plan.recipe(target, *more), ["train", target.as_posix()]]
    jobs.submit(jobs.TRAIN, name, steps)
    shutil.rmtree(_trials() / _key(plan), ignore_errors=True)
    return name


def is_training() -> bool:
    """Whether a training runs now."""
    return any(job.kind == jobs.TRAIN and job.state == jobs.RUNNING for job in jobs.jobs())


def _trials() -> Path:
    return atomic_files.home() / "trials"


def _key(plan: Plan) -> str:
    """Identifies a plan and the text it is of."""
    file = Path(plan.corpus)
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    content = "\0".join((*plan.recipe(Path("x")), str(changed)))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _read(result: dict[str, Any] | None) -> Estimate | None:
    try:
        return Estimate(**(result or {}))
    except TypeError:
        return None


def _finish(estimate: Estimate) -> float:
    """The time of the stages after the training."""
    return timings.expected(timings.EVALUATION, 0) + timings.expected(
        timings.MAP, estimate.sentences
    )


def _forget_old(most: int = 20) -> None:
    """Keeps the newest trials."""
    old = [job for job in jobs.jobs() if job.kind == jobs.ESTIMATE and not job.is_active]
    for job in old[most:]:
        jobs.delete(job.id)
        shutil.rmtree(_trials() / job.name, ignore_errors=True)
