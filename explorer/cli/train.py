"""`explorer train`: train, evaluate quickly, draw the map; each stage resumes."""

import argparse
import dataclasses
import shlex
import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from explorer.cli import signals
from explorer.cli.atlas import draw_map
from explorer.cli.evaluate import QUICK_LIMIT, QUICK_SAMPLES, measure, print_metrics
from explorer.cli.options import add_run
from explorer.cli.output import Progress, say, say_json, warn
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import lock
from explorer.system import distributed
from explorer.system.durations import duration
from explorer.workspace import timings

if TYPE_CHECKING:
    from explorer.pipeline.live_map import LiveFrame
    from explorer.training.progress import Report

EXAMPLE = """\
example:
  explorer train my
  explorer train my --device cuda
  explorer train my --estimate
  torchrun --nproc_per_node 2 -m explorer train my
  accelerate launch --num_processes 2 --cpu -m explorer train my

Several processes split every batch and train the same weights as one, up to rounding. Ctrl-C
finishes the current step and saves; the same command resumes and ends with the same weights as an
uninterrupted training. After a crash, it resumes from the last saved state, at most a minute old
(training.save_seconds).
"""


def train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument(
        "--device", default="", metavar="D", help="cpu, cuda or mps; default: the fastest"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--resume",
        action="store_true",
        help="fail unless there is an interrupted training to resume",
    )
    how.add_argument(
        "--restart", action="store_true", help="discard the trained weights and start again"
    )
    how.add_argument(
        "--finish",
        action="store_true",
        help="end an interrupted training with its best weights so far, then evaluate and map it",
    )
    how.add_argument(
        "--estimate",
        action="store_true",
        help="time a few steps and estimate the training time, without training",
    )


def train(args: argparse.Namespace) -> int:
    """Runs the remaining stages."""
    folder = folders.find(args.run)
    if args.estimate:
        return _estimate(args, folder)
    again = f"explorer train {shlex.quote(args.run)}"
    with lock.alone_with(folder), Progress(quiet=args.json) as progress:
        if args.restart or not distributed.broadcast(_is_trained(folder)):
            with Stop(progress) as stop:
                heard = _fit(args, folder, stop, progress)
            if heard:
                return _stopped(folder, again, heard)
        elif args.resume or distributed.broadcast(_is_measured(folder) and _has_map(folder)):
            _refuse(folder, args.resume)
        try:
            _finish(args, folder, progress)
        except KeyboardInterrupt as interrupt:
            progress.clear()
            warn(f"stopped: the trained model is safe; `{again}` does the rest")
            return signals.exit_code(interrupt)
    return 0


class Stop:
    """Stops a training: after the current step at the first signal, at once at the second."""

    def __init__(self, progress: Progress) -> None:
        self.signal = 0
        self._progress = progress
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Whether any of the processes received a signal."""
        return self.heard() != 0

    def heard(self) -> int:
        """The signal any process received, 0 if none; the same in all processes."""
        # Writes nothing: a signal may arrive during the reduction.
        return distributed.all_reduce_max(self.signal)

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, *signals.polite()):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            if number == signals.HANGUP:  # sent by the terminal and again by its shell
                return
            raise KeyboardInterrupt
        self.signal = number
        self._progress.clear()
        warn("stopping after this step, then saving; a second signal quits immediately")


def _fit(args: argparse.Namespace, folder: Path, stop: Stop, progress: Progress) -> int:
    """Trains, and returns the signal that stopped it, 0 if none did."""
    progress.show(f"{folder.name}: reading the corpus")
    from explorer import pipeline

    try:
        how = (args.device, args.resume, args.restart)
        watch = (lambda frame: _watch(frame, progress)) if progress.is_watched else None
        training = pipeline.train(folder, *how, stop, progress.stage(), watch, args.finish)
        for report in training:
            progress.report(dataclasses.asdict(report))
            if args.json:
                say_json(dataclasses.asdict(report))
            else:
                progress.show(line(report), keep=bool(report.validation))
        return stop.heard()
    except KeyboardInterrupt:
        progress.clear()
        warn("quit immediately: the last saved state remains")
        return stop.signal


def _watch(frame: "LiveFrame", progress: Progress) -> None:
    """Shows the latent space on the page, and how good the initial weights are."""
    progress.live(frame.as_json())
    if frame.step == 0 and frame.validation:
        progress.report({"step": 0, "epoch": 0.0, "validation": frame.validation})


def _estimate(args: argparse.Namespace, folder: Path) -> int:
    with Progress(quiet=args.json) as progress:
        progress.show(f"{folder.name}: timing a few steps")
        from explorer.pipeline.estimate import estimate

        measured = estimate(folder, args.device)
    progress.result(measured.as_json())
    if args.json:
        say_json(measured.as_json() | {"seconds": measured.seconds()})
        return 0
    say(
        f"{folder.name}: about {duration(measured.seconds())} for {measured.epochs} epochs of "
        f"{measured.sentences:,} sentences on this machine ({measured.epoch:.1f} s each, "
        f"{measured.tokens_per_second:,.0f} tokens/s), without the evaluation and the map"
    )
    return 0


def line(report: "Report") -> str:
    """Formats a report as one line."""
    parts = [
        f"epoch {report.epoch:5.2f}/{report.epochs}",
        "pre-training" if report.phase == "pretraining" else f"β {report.beta:.2f}",
        f"distortion {report.distortion:6.2f}",
        f"rate {report.rate:5.2f}",
    ]
    if "active_units" in report.validation:
        parts.append(f"active units {report.validation['active_units']:.0f}")
    parts += [
        f"{report.tokens_per_second:,.0f} tokens/s",
        f"{duration(report.seconds_left)} left",
    ]
    return "  ".join(parts)


def _stopped(folder: Path, again: str, number: int) -> int:
    from explorer.training import checkpoint

    if checkpoint.path(folder).is_file():
        warn(f"saved in {checkpoint.path(folder).parent}; `{again}` resumes from there")
    elif _is_trained(folder):
        warn(f"the trained model is safe; `{again}` evaluates it and draws its map")
    else:
        warn(f"nothing was trained; `{again}` starts again")
    return 128 + number


def _finish(args: argparse.Namespace, folder: Path, progress: Progress) -> None:
    """Evaluates quickly and draws the map, if they are missing."""
    if not distributed.broadcast(_is_measured(folder)):
        with timings.measured(timings.EVALUATION, 0):
            measure(folder, QUICK_SAMPLES, QUICK_LIMIT, progress, device=args.device)
    if not distributed.is_first():
        return
    with distributed.single_process():
        has_map = _has_map(folder) or draw_map(folder, 0, progress, args.run)
    progress.clear()
    if args.json:
        say_json({"folder": str(folder), "has_map": has_map} | folders.read_metrics(folder))
        return
    print_metrics(folder)
    say(f"{folder.name} is ready: explorer app" if has_map else f"{folder.name} is ready")


def _is_trained(folder: Path) -> bool:
    from explorer.training import checkpoint

    return (folder / folders.WEIGHTS).is_file() and not checkpoint.path(folder).is_file()


def _is_measured(folder: Path) -> bool:
    return folders.is_intact(folder, folders.METRICS) and (folder / folders.CARD).is_file()


def _has_map(folder: Path) -> bool:
    return folders.is_intact(folder, folders.ATLAS)


def _refuse(folder: Path, resume: bool) -> None:
    if resume:
        raise ExplorerError(f"{folder}: there is no unfinished training to resume")
    raise ExplorerError(f"{folder} is already trained: --restart trains it again")
