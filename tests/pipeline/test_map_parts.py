"""Laws of a large map's parts: whatever ends the work, the map that the next command draws is the
same, and nothing of the work stays."""

import json
import os
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from filelock import FileLock

from explorer import pipeline
from explorer.errors import ExplorerError
from explorer.latent_space.projections import pca_layout
from explorer.models import batch_inference
from explorer.pipeline import draw_map, map_parts
from explorer.runs import folder as folders

SMALL = 30
"""Sentences in a part, so that a tiny run has several."""


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def _in_parts(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(map_parts, "SENTENCES", SMALL)
    monkeypatch.setattr("explorer.latent_space.projections.umap_layout", pca_layout)


def drawn(folder: Path, points: int = 0) -> bytes:
    pipeline.make_atlas(folder, points)
    return (folder / folders.ATLAS).read_bytes()


def parts_of(folder: Path) -> Path:
    return map_parts.folder_of(folder)


def test_killed_after_any_part_it_goes_on_to_the_same_map(unmapped: Path) -> None:
    expected = drawn(unmapped)
    write, stops = map_parts.write_tensors, 0

    def fails_after(count: int):
        left = count

        def saved(*args) -> None:
            nonlocal left
            write(*args)
            left -= 1
            if not left:
                raise Killed

        return saved

    while True:
        (unmapped / folders.ATLAS).unlink()
        with mock.patch.object(map_parts, "write_tensors", fails_after(1)):
            try:
                pipeline.make_atlas(unmapped)
                break
            except Killed:
                stops += 1
                assert parts_of(unmapped).is_dir()
                (unmapped / folders.ATLAS).touch()
    assert stops >= 3 * 3 + 1  # three stages of several parts each, and the layout
    assert (unmapped / folders.ATLAS).read_bytes() == expected
    assert not parts_of(unmapped).exists()


def test_finished_parts_are_not_computed_again(unmapped: Path) -> None:
    expected, decoded = drawn(unmapped), []
    with mock.patch.object(folders, "write_checksums", side_effect=Killed), pytest.raises(Killed):
        pipeline.make_atlas(unmapped)

    def fails(*args, **settings):
        decoded.append(args)

    with (
        mock.patch.object(batch_inference, "posteriors", fails),
        mock.patch.object(batch_inference, "scores", fails),
        mock.patch.object(draw_map, "_reconstructions", fails),
    ):
        assert drawn(unmapped) == expected
    assert not decoded


def test_parts_of_other_sentences_are_not_used(unmapped: Path) -> None:
    expected = drawn(unmapped, 70)
    with mock.patch.object(draw_map, "_write", side_effect=Killed), pytest.raises(Killed):
        pipeline.make_atlas(unmapped)
    assert parts_of(unmapped).is_dir()
    assert drawn(unmapped, 70) == expected
    assert not parts_of(unmapped).exists()


def test_a_small_map_removes_what_a_large_one_left(unmapped: Path) -> None:
    with mock.patch.object(draw_map, "_write", side_effect=Killed), pytest.raises(Killed):
        pipeline.make_atlas(unmapped)
    drawn(unmapped, SMALL)
    assert not parts_of(unmapped).exists()


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff" * 5000])
def test_a_damaged_part_is_computed_again(unmapped: Path, damage: bytes) -> None:
    expected = drawn(unmapped)
    with mock.patch.object(draw_map, "_write", side_effect=Killed), pytest.raises(Killed):
        pipeline.make_atlas(unmapped)
    for path in parts_of(unmapped).glob("*.safetensors"):
        path.write_bytes(damage)
    assert drawn(unmapped) == expected


def test_two_commands_at_once_draw_the_same_map(unmapped: Path) -> None:
    """The second saves no parts, and takes none away from the first."""
    expected = drawn(unmapped)
    parts_of(unmapped).mkdir(parents=True)
    with FileLock(parts_of(unmapped) / ".lock"):
        assert drawn(unmapped) == expected
        assert [item.name for item in parts_of(unmapped).iterdir()] == [".lock"]


def test_nothing_in_the_run_folder_is_taken_for_a_part(unmapped: Path) -> None:
    """It may be somebody else's."""
    expected = drawn(unmapped)
    os.mkfifo(unmapped / map_parts.FOLDER)
    assert drawn(unmapped) == expected


def test_parts_of_a_run_that_is_gone_are_removed(unmapped: Path, tmp_path: Path) -> None:
    with mock.patch.object(draw_map, "_write", side_effect=Killed), pytest.raises(Killed):
        pipeline.make_atlas(unmapped)
    other = unmapped.rename(tmp_path / "other")
    drawn(other)
    assert not parts_of(unmapped).exists() and not list(parts_of(other).parent.glob("*"))


def test_without_a_data_folder_the_map_is_drawn_all_the_same(
    unmapped: Path, tmp_path: Path, monkeypatch
) -> None:
    expected = drawn(unmapped)
    (tmp_path / "file").touch()
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "file"))
    assert drawn(unmapped) == expected


def test_a_full_disk_is_one_sentence_and_keeps_the_parts(unmapped: Path) -> None:
    write, saved = map_parts.write_tensors, []

    def full(*args) -> None:
        if len(saved) == 2:
            raise ExplorerError("the disk is full")
        saved.append(write(*args))

    with (
        mock.patch.object(map_parts, "write_tensors", full),
        pytest.raises(ExplorerError, match="the disk is full"),
    ):
        pipeline.make_atlas(unmapped)
    assert len(list(parts_of(unmapped).glob("*.safetensors"))) == 2


def test_a_part_is_what_was_computed(tmp_path: Path) -> None:
    first, again = map_parts.MapParts(tmp_path, "key"), map_parts.MapParts(tmp_path, "key")
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float64([0.1])}
    value = json.loads('{"text": ["“é”", ""], "number": 0.1}')
    first.get("part", lambda: (arrays, value))
    read, about = again.get("part", lambda: pytest.fail("was saved"))
    assert about == value and read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype and (read[name] == array).all()
