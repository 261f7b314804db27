"""Writes `explorer/help/promises.md` from what the long tests recorded in `tests/recorded/`.

EXPLORER_RECORDS=tests/recorded pytest -m soak     measures
python -m tests.benchmarks.promises                writes the page
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from explorer.system import atomic_files, shipped_files
from tests import records
from tests.faults import UNDER_ATTACK, WITH_STRANGERS

COMMAND = "python -m tests.benchmarks.promises"
PAGE = shipped_files.PACKAGE / "help" / "promises.md"
FIXTURES = Path(__file__).parents[1] / "fixtures"

_HEAD = """\
# Promises

What this program promises, how far each promise was tested, and the command that tests it again.
All figures come from the records of those commands (`tests/recorded/`), none is written by hand:
`{command}` writes this page.

| promise | tested | by |
| --- | --- | --- |
"""
_FAULTS = """
## Faults of the first attack

What broke when the program was first attacked (B), and with the files of strangers (C). Each has a
test that fails on the version of then.

| | what broke | tests |
| --- | --- | --- |
"""


class Promise(NamedTuple):
    """A row of the page."""

    text: str
    figure: str
    command: str


def promises() -> Iterator[Promise]:
    """All rows; a promise that was not measured yet says so."""
    yield _kills()
    yield _inputs()
    yield _guided()
    yield _crowd()
    yield _hosts()
    yield _hostile()
    yield _oldest()
    yield _ranges()


def page() -> str:
    """The page as Markdown."""
    rows = "".join(f"| {item.text} | {item.figure} | `{item.command}` |\n" for item in promises())
    faults = "".join(
        f"| {name} | {fault.what} | {', '.join(f'`{test}`' for test in fault.tests)} |\n"
        for name, fault in (UNDER_ATTACK | WITH_STRANGERS).items()
    )
    return _HEAD.format(command=COMMAND) + rows + _FAULTS + faults


def _kills() -> Promise:
    held = records.read("kills").get("by", {})
    moments = sum(records.read("random_kills").get("by", {}).values())
    return Promise(
        "A process killed at any moment loses nothing: the same command, given again, leaves the "
        "same bytes and no other file",
        f"{sum(held.values()) + moments:,} kills, {sum(held.values()):,} at each call that "
        f"changes a file and {moments:,} at random moments, of: {', '.join(held)}"
        if held
        else _UNMEASURED,
        "pytest -m soak tests/system/test_real_kills.py",
    )


def _inputs() -> Promise:
    return _counted(
        "Whatever is in a file, an address or a message is read, or refused in one sentence",
        "any_input",
        "EXPLORER_EXAMPLES=1000000 pytest -m soak tests/test_any_input.py",
    )


def _guided() -> Promise:
    return _counted(
        "The same under coverage-guided fuzzing",
        "guided_inputs",
        "python -m tests.benchmarks.guided_inputs",
    )


def _counted(text: str, name: str, command: str) -> Promise:
    held = records.read(name).get("by", {})
    total = f"{sum(held.values()):,} inputs: " if held else _UNMEASURED
    return Promise(text, total + ", ".join(f"{k} {v:,}" for k, v in held.items()), command)


def _crowd() -> Promise:
    record = records.read("crowd")
    text = "Many people can use one server: no error, and nobody sees what another typed"
    if not record:
        return Promise(text, _UNMEASURED, "python -m tests.benchmarks.crowd")
    figure = (
        f"{record['sessions']} sessions for {record['seconds']:g} s, {record['actions']:,} "
        f"actions: {record['errors']} errors, {record['crossed']} sentences of others, "
        f"{record['busy']} answers of “busy”; memory changed by {record['grown']:+.0%} after it "
        "had settled"
    )
    return Promise(text, figure, record["command"])


def _hosts() -> Promise:
    record = records.read("hosts")
    text = "No other host is contacted: command line and page work without a network"
    command = "pytest -m soak tests/end_to_end/test_no_network.py"
    if not record:
        return Promise(text, _UNMEASURED, command)
    contacted = len(record["contacted"])
    figure = (
        f"{contacted} hosts contacted by {record['commands']} commands and the page, in a network "
        "namespace of their own, counted by strace"
    )
    return Promise(text, figure, command)


def _hostile() -> Promise:
    from tests.end_to_end.test_strange_runs import WRONG

    return Promise(
        "A hostile run is listed with what is wrong with it, and breaks neither another run nor a "
        "page",
        f"{len(WRONG)} kinds of impossible figures, each beside a run that works; and folders, "
        "maps, weights, links and rights of the tests below",
        "pytest -m '' tests/end_to_end/test_strange_runs.py",
    )


def _oldest() -> Promise:
    names = sorted(path.name for path in FIXTURES.glob("run-format-*"))
    return Promise(
        "A run folder opens in every later version; a newer format says that it is newer",
        f"the oldest that opens is `tests/fixtures/{names[0]}`",
        "pytest tests/runs/test_old_runs.py",
    )


def _ranges() -> Promise:
    record = records.read("lowest_versions")
    text = "The lowest version of each dependency that is allowed works"
    if not record:
        return Promise(text, _UNMEASURED, "python -m tests.benchmarks.lowest_versions")
    figure = f"{record['passed']:,} tests passed with them, {record['failed']} failed"
    return Promise(text, figure, record["command"])


_UNMEASURED = "not measured yet"


def main() -> None:
    atomic_files.write_text(PAGE, page())
    sys.stdout.write(f"wrote {PAGE.name}\n")


if __name__ == "__main__":
    main()
