"""Runs commands of one checkout, each in a process of its own, without loading torch each time.

Started by `checkout.py` as a script. Only libraries are loaded ahead; a command runs in a fork of
this process and imports the project itself, as `python -m explorer` would. A request is a line of
JSON on standard input, the answer a line on standard output.
"""

import contextlib
import importlib
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

LIBRARIES = (
    *("torch", "torch._dynamo", "numpy", "pyarrow.parquet", "safetensors.torch", "scipy.stats"),
    *("jaxtyping", "filelock", "scipy.special", "scipy.optimize"),
    *("sklearn.manifold", "sklearn.mixture", "sacrebleu", "zuko", "umap"),
)


def main() -> None:
    """Answers requests until standard input ends."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(json.loads(line))
        status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{json.dumps({'code': os.waitstatus_to_exitcode(status)})}\n")
        sys.stdout.flush()


def _run(request: dict[str, Any]) -> None:
    """Does what is asked, in the child, and ends it."""
    os.chdir(request["cwd"])
    _redirect(0, Path(os.devnull), os.O_RDONLY)
    for number, name in ((1, "out"), (2, "err")):
        _redirect(number, Path(request[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww")
    )
    code: object = 0
    try:
        if "code" in request:
            exec(compile(request["code"], "<asked>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = ["explorer", *request["words"]]
            runpy.run_module("explorer", run_name="__main__", alter_sys=True)
    except SystemExit as leave:
        code = leave.code or 0
    except BaseException:  # noqa: BLE001 - a fork must not return
        traceback.print_exc()
        code = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 1)


def _redirect(number: int, path: Path, flags: int) -> None:
    opened = os.open(path, flags, 0o644)
    os.dup2(opened, number)
    os.close(opened)


if __name__ == "__main__":
    main()
