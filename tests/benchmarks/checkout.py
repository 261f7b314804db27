"""A working tree of the project, asked through its command line and public interface alone."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType


class CommandError(Exception):
    """A command that should work did not; says the last line of what it wrote."""


@dataclass(frozen=True)
class Answer:
    """What a command left."""

    code: int
    out: str
    err: str

    def checked(self) -> "Answer":
        """This answer.

        Raises:
            CommandError: If the exit code is not 0.
        """
        if self.code:
            lines = self.err.strip().splitlines() or ["no message"]
            raise CommandError(f"exit code {self.code}: {lines[-1]}")
        return self


class Checkout:
    """Runs commands with the code of one working tree: one thread, float32, on the CPU.

    Args:
        root: The working tree.
        work: An empty folder, in which its commands run and their runs lie.
    """

    def __init__(self, root: Path, work: Path) -> None:
        self.root, self.work = root.resolve(), work.resolve()
        self.seconds = 0.0
        """Spent in commands so far."""
        (self.work / "checkpoints").mkdir(parents=True)
        kept = {key: value for key, value in os.environ.items() if key != "EXPLORER_RUNS"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", Path(__file__).with_name("warm_process.py")],
            cwd=self.work,
            env=kept
            | {
                "PYTHONPATH": str(self.root),
                "EXPLORER_HOME": str(self.work / "home"),
                "OMP_NUM_THREADS": "1",
                "OMP_WAIT_POLICY": "passive",
                "CUDA_VISIBLE_DEVICES": "",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        told = self.python("import explorer; print(explorer.__file__)").checked().out.strip()
        if not Path(told).is_relative_to(self.root):
            raise CommandError(f"{told} is imported, not the code in {self.root}")

    def explorer(self, *words: str) -> Answer:
        """The answer of `python -m explorer WORDS`."""
        return self._ask(words=words)

    def python(self, code: str) -> Answer:
        """The answer of a script."""
        return self._ask(code=code)

    def folder(self, run: str) -> Path:
        """Of a run among those of this checkout."""
        return self.work / "checkpoints" / run

    def _ask(self, **asked: object) -> Answer:
        out, err = self.work / "stdout.txt", self.work / "stderr.txt"
        request = {**asked, "cwd": str(self.work), "out": str(out), "err": str(err)}
        assert self._process.stdin and self._process.stdout
        started = time.perf_counter()
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self.seconds += time.perf_counter() - started
        return Answer(answer["code"], out.read_text("utf-8"), err.read_text("utf-8"))

    def __enter__(self) -> "Checkout":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()
