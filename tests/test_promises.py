"""The page of promises says what was measured, and every fault of the first attack has a test."""

import re
from pathlib import Path

import pytest

from tests import records
from tests.benchmarks import promises
from tests.faults import UNDER_ATTACK, WITH_STRANGERS

TESTS = Path(__file__).parent


def test_the_page_is_the_one_that_the_records_make() -> None:
    assert promises.PAGE.read_text("utf-8") == promises.page(), f"run `{promises.COMMAND}`"


def test_no_figure_of_the_page_lacks_its_command() -> None:
    for promise in promises.promises():
        assert promise.command and promise.text
    assert not re.search(r"\d{4}-\d\d-\d\d|/(home|tmp|root)/", promises.page())


@pytest.mark.parametrize("name", [*UNDER_ATTACK, *WITH_STRANGERS])
def test_every_fault_has_tests_that_are_there(name: str) -> None:
    fault = (UNDER_ATTACK | WITH_STRANGERS)[name]
    assert fault.tests
    for test in fault.tests:
        file, _, function = test.partition("::")
        assert f"def {function}(" in (TESTS / file).read_text("utf-8"), test


def test_faults_are_numbered_without_a_gap() -> None:
    assert list(UNDER_ATTACK) == [f"B{number}" for number in range(1, 18)]
    assert list(WITH_STRANGERS) == [f"C{number}" for number in range(1, 22)]


def test_counts_of_the_same_kind_add_up_only_where_they_are_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(records.VARIABLE, str(tmp_path))
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    for summed in (False, True):
        records.merge("kills", "a command", {"train": 3, "atlas": 4}, summed)
    assert records.read("kills")["by"] == {"train": 6, "atlas": 8}
    records.merge("kills", "a command", {"train": 1})
    assert records.read("kills")["by"] == {"train": 1, "atlas": 8}
    monkeypatch.delenv(records.VARIABLE)
    records.write("more", "a command", n=1)
    assert records.read("more") == {}
