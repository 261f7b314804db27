"""Coverage-guided fuzzing of everything that is read from others, by atheris (libFuzzer).

    pip install atheris
    python -m tests.benchmarks.guided_inputs                  every reader, a minute each
    python -m tests.benchmarks.guided_inputs recipe --seconds 600

An input is read, or refused by an `ExplorerError`; any other exception ends the run and leaves the
input in the folder of temporary files. The same without atheris, and with fewer kinds of bytes:
`pytest -m soak tests/test_any_input.py`.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import records

COMMAND = "python -m tests.benchmarks.guided_inputs"
SENTENCES = [f"a painter mends {number} chairs" for number in range(12)]
SHIPPED = Path(__file__).parents[2] / "checkpoints" / "captions-smooth"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "run-format-1"
ENDINGS = (".txt", ".csv", ".tsv", ".jsonl", ".json", ".md", ".txt.gz", ".zip", ".xlsx", "")

Reader = Callable[[Path, bytes], object]
"""Reads bytes, by way of a file in a folder if need be."""


def corpora(folder: Path, data: bytes) -> None:
    from explorer.text import stream_file
    from explorer.text.preview import preview
    from explorer.text.read_file import read

    path = written(folder, f"a{ENDINGS[data[0] % len(ENDINGS)]}", data[1:])
    for ask in (
        lambda: read(path),
        lambda: read(path, "text", "label"),
        lambda: list(stream_file.sentences(path)),
        lambda: preview(path),
    ):
        refused(ask)


def parquet(folder: Path, data: bytes) -> None:
    from explorer.latent_space.atlas import Atlas
    from explorer.latent_space.playback import Playback
    from explorer.text.read_file import read

    path = written(folder, "a.parquet", data)
    for ask in (lambda: read(path), lambda: Atlas.load(path), lambda: Playback.load(path)):
        refused(ask)


def recipe(folder: Path, data: bytes) -> None:
    from explorer import config

    refused(lambda: config.read(written(folder, "config.toml", data)))


def figures(folder: Path, data: bytes) -> None:
    from explorer.runs import folder as folders

    for name, ask in (
        (folders.METRICS, folders.read_metrics),
        (folders.HISTORY, folders.read_history),
    ):
        written(folder, name, data)
        folders.write_checksums(folder)
        refused(lambda ask=ask: ask(folder))


def checksums(folder: Path, data: bytes) -> None:
    from explorer.runs import folder as folders

    written(folder, folders.METRICS, b"{}")
    written(folder, folders.SUMS, data)
    for ask in (folders.checksums, folders.stamp, folders.read_metrics):
        refused(lambda ask=ask: ask(folder))


def vocabulary(folder: Path, data: bytes) -> None:
    from explorer.text.vocabularies import VOCABULARIES

    for kind in VOCABULARIES.values():
        path = written(folder, kind.FILE, data)
        refused(lambda kind=kind, path=path: kind.load(path))


def weights(folder: Path, data: bytes) -> None:
    from explorer.runs import weights as stored

    path = written(folder, "model.safetensors", data)
    refused(lambda: stored.read_shapes(path))
    refused(lambda: stored.read_tensors(path))


def pack(folder: Path, data: bytes) -> None:
    from explorer.runs import pack as packs

    path = written(folder, "run.zip", data)
    refused(lambda: packs.unpack(path, folder / "runs", force=True))


def address(folder: Path, data: bytes) -> None:
    from explorer.explore.selection import described, read_selection
    from explorer.ui.compare.runs import read_names
    from explorer.ui.session.picks import read_pick

    text = data.decode("utf-8", "surrogateescape" if data[:1] == b"s" else "replace")
    read_pick(text, text, 5)
    read_names(text)
    refused(lambda: str(described(read_selection(text))))


def lecture(folder: Path, data: bytes) -> None:
    from explorer.explore import lecture as scenes

    refused(lambda: scenes.read(written(folder, "scenes.toml", data)))


def message(folder: Path, data: bytes) -> None:
    from explorer.map_component.map_event import read_event

    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        return
    read_event(payload)


def request(folder: Path, data: bytes) -> None:
    from starlette.requests import Request

    from explorer.ui.http import routes

    path, _, query = data.partition(b"?")
    scope = {
        "type": "http",
        "method": "GET",
        "headers": [],
        "query_string": query,
        "path_params": {"stamp": opened_stamp(), "mark": "x", "name": "x", "version": "x"},
    }
    known = routes.routes()
    ask = known[len(path) % len(known)]
    answer: Any = ask.endpoint(Request(scope))
    assert answer.status_code in (200, 400, 403, 404, 422), answer.body


def opened_stamp() -> str:
    from explorer.explore.run import open_run
    from explorer.ui.session import open_runs

    if not _stamp:
        run = open_run(FIXTURE)
        open_runs.remember(run)
        _stamp.append(run.stamp)
    return _stamp[0]


_stamp: list[str] = []


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refused(ask: Callable[[], object]) -> None:
    from explorer.errors import ExplorerError

    try:
        ask()
    except ExplorerError as error:
        assert str(error)


def seeds(name: str) -> list[bytes]:
    """Inputs from which the fuzzer starts."""
    rows = "text,label\n" + "".join(f'"{text}",x\n' for text in SENTENCES)
    objects = "".join(json.dumps({"text": text, "label": "x"}) + "\n" for text in SENTENCES)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.txt", "\n".join(SENTENCES))
    files = {
        "corpora": [bytes([at]) + data for at, data in enumerate((
            "\n".join(SENTENCES).encode(), rows.encode(), rows.replace(",", "\t").encode(),
            objects.encode(), f"[{objects.strip()}]".replace("\n", ",").encode(),
            b"# Head\n\nSome prose. More of it.\n", b"", zipped.getvalue()))],
        "parquet": [(FIXTURE / "atlas.parquet").read_bytes(),
                    (FIXTURE / "playback.parquet").read_bytes()],
        "recipe": [(SHIPPED / "config.toml").read_bytes()],
        "figures": [(SHIPPED / "metrics.json").read_bytes(),
                    (SHIPPED / "history.csv").read_bytes()[:2000]],
        "checksums": [(SHIPPED / "SHA256SUMS").read_bytes()],
        "vocabulary": [(FIXTURE / "vocabulary.txt").read_bytes()],
        "weights": [(FIXTURE / "model.safetensors").read_bytes()[:4000]],
        "pack": [zipped.getvalue()],
        "address": [b'label:animal and not (words:"red bus" or length:..4)', b"1.5,-2", b"typed",
                    b"near:dog~5 or regex:^a"],
        "lecture": [b'[[scenes]]\ntitle = "a"\npage = "map"\n'],
        "message": [b'{"kind": "place", "x": 1, "y": 2, "index": 0, "serial": 3}'],
        "request": [b"/?at=0,0;1,1", b"//////?i=3", b"///?by=label&view=map&strength=2"],
    }  # fmt: skip
    return files[name]


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        *(corpora, parquet, recipe, figures, checksums, vocabulary),
        *(weights, pack, address, lecture, message, request),
    )
}


def fuzz(name: str, seconds: int) -> None:
    """Fuzzes one reader in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["explorer"]):
        import explorer.text.preview
        import explorer.ui.http.routes  # noqa: F401
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as folder,
        tempfile.TemporaryDirectory() as corpus,
    ):
        for number, data in enumerate(seeds(name)):
            (Path(corpus) / str(number)).write_bytes(data)
        work = Path(folder)
        options = [f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=4096"]
        options += ["-max_len=8192", "-print_final_stats=1", "-verbosity=0"]
        options += [f"-artifact_prefix={tempfile.gettempdir()}/"]
        atheris.Setup(
            [sys.argv[0], *options, corpus],
            lambda data: READERS[name](work, data) if data else None,
        )
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("readers", nargs="*", choices=[[], *READERS], metavar="READER")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        fuzz(args.readers[0], args.seconds)
        return
    failed = []
    for name in args.readers or READERS:
        command = [sys.executable, "-m", __spec__.name, name, "--alone"]
        done = subprocess.run(
            [*command, "--seconds", str(args.seconds)], capture_output=True, text=True, check=False
        )
        said = done.stderr + done.stdout
        count = re.search(r"number_of_executed_units: *(\d+)", said)
        number = int(count[1]) if count else 0
        sys.stdout.write(f"{name}: {number:,} inputs, {'held' if not done.returncode else said}\n")
        sys.stdout.flush()
        failed += [name] if done.returncode else []
        if not done.returncode:
            records.merge("guided_inputs", COMMAND, {name: number}, summed=True)
    if failed:
        sys.exit(f"not held: {', '.join(failed)}")


if __name__ == "__main__":
    main()
