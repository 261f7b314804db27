"""Laws of stamps: what is kept of one run is never taken for another's."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.runs import folder as folders


def copied(run: Path, target: Path) -> Path:
    return Path(shutil.copytree(run, target))


def other_words(run: Path) -> None:
    path = run / folders.VOCABULARY
    path.write_text("\n".join(reversed(path.read_text("utf-8").split("\n"))), "utf-8")
    folders.write_checksums(run)


def other_recipe(run: Path) -> None:
    with (run / folders.CONFIG).open("a", encoding="utf-8") as file:
        file.write("# edited\n")


@pytest.mark.parametrize("change", [other_words, other_recipe])
def test_an_edited_run_has_another_stamp(
    change: Callable[[Path], None], tiny_run: Path, tmp_path: Path
) -> None:
    """Its routes say that answers never change."""
    run = copied(tiny_run, tmp_path / "run")
    before = folders.stamp(run)
    change(run)
    assert folders.stamp(run) != before


def test_two_folders_of_one_name_have_two_stamps(tiny_run: Path, tmp_path: Path) -> None:
    one, other = (copied(tiny_run, tmp_path / root / "run") for root in ("a", "b"))
    assert folders.stamp(one) != folders.stamp(other)
    link = tmp_path / "link"
    link.symlink_to(one, target_is_directory=True)
    assert folders.stamp(link) == folders.stamp(one)


def test_a_run_that_moved_keeps_its_lasting_stamp(tiny_run: Path, tmp_path: Path) -> None:
    """Under it lie texts that earlier versions added."""
    run = copied(tiny_run, tmp_path / "a" / "run")
    digests = folders.checksums(run)
    both = digests[folders.WEIGHTS] + digests[folders.ATLAS]
    expected = f"run-{hashlib.sha256(both.encode()).hexdigest()[:12]}"
    assert folders.lasting_stamp(run) == expected
    assert folders.lasting_stamp(run.rename(tmp_path / "run")) == expected
