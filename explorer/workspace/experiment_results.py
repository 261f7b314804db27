"""Stored outcomes of experiments, by settings and seed; and the jobs that make them."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.experiments.experiment import Chart, Experiment, Outcome, Series, settings_of
from explorer.experiments.registry import experiment
from explorer.system import atomic_files
from explorer.workspace import job_progress, jobs

_MAX_BYTES = 2**24
_MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Question:
    """An experiment with its settings and its seed."""

    name: str
    settings: Any
    seed: int

    @classmethod
    def of(cls, name: str, values: dict[str, Any], seed: int | None = None) -> "Question":
        """With the values given, as text or of their type, and defaults for the others.

        Raises:
            ExplorerError: For an unknown name or setting, or a value out of range.
        """
        chosen = experiment(name)
        seed = chosen.seed if seed is None else seed
        if not 0 <= seed <= _MAX_SEED:
            raise ExplorerError(f"the seed {seed} is not between 0 and {_MAX_SEED}")
        return cls(name, settings_of(chosen, values), seed)

    @property
    def experiment(self) -> Experiment:
        return experiment(self.name)

    @property
    def changed(self) -> dict[str, Any]:
        """The settings that differ from the defaults."""
        default = dataclasses.asdict(self.experiment.settings())
        values = dataclasses.asdict(self.settings)
        return {name: value for name, value in values.items() if value != default[name]}

    @property
    def arguments(self) -> list[str]:
        """Those of `explorer` that ask it."""
        changed = [f"{name}={_text(value)}" for name, value in self.changed.items()]
        sets = [part for text in changed for part in ("--set", text)]
        seed = [] if self.seed == self.experiment.seed else ["--seed", str(self.seed)]
        return ["experiment", self.name, *sets, *seed]

    @property
    def path(self) -> Path:
        """The file of its outcome."""
        key = json.dumps([dataclasses.asdict(self.settings), self.seed], sort_keys=True)
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return atomic_files.home() / "experiments" / self.name / f"{digest}.json"


@dataclass(frozen=True)
class Result:
    """A stored outcome, and the seconds it took."""

    outcome: Outcome
    seconds: float


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def store(question: Question, outcome: Outcome, seconds: float) -> None:
    """Stores an outcome, in place of an earlier one.

    Raises:
        ExplorerError: If the folder cannot be written.
    """
    content = {"outcome": outcome.as_json(), "seconds": round(seconds, 1)}
    atomic_files.write_text(question.path, json.dumps(content))


def stored(question: Question) -> Result | None:
    """The outcome that was stored last; None without one, or if another version stored it."""
    try:
        content = json.loads(atomic_files.read(question.path, _MAX_BYTES))
        return Result(Outcome.from_json(content["outcome"]), float(content["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, ExplorerError):
        return None


def submit(question: Question) -> int:
    """Queues an experiment, unless the same is queued or runs; the number of its job."""
    same = job_of(question)
    if same is not None and same.is_active:
        return same.id
    if same is not None:
        jobs.delete(same.id)
    return jobs.submit(jobs.EXPERIMENT, question.name, [question.arguments])


def job_of(question: Question) -> jobs.Job | None:
    """The newest job of an experiment with these settings and this seed."""
    steps = [question.arguments]
    known = (job for job in jobs.jobs() if job.kind == jobs.EXPERIMENT)
    return next((job for job in known if job.steps == steps), None)


def charts_so_far(job: jobs.Job) -> list[Chart]:
    """What a running experiment shows."""
    frame = job_progress.read_json(job_progress.live_path(jobs.progress_path(job.id))) or {}
    try:
        return [
            Chart(**{**chart, "series": [Series(**series) for series in chart["series"]]})
            for chart in frame.get("charts", [])
        ]
    except (KeyError, TypeError):
        return []
