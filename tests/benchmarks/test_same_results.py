"""Laws of the comparison that a refactoring is judged by."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.outputs import Part, difference, json_parts, run_parts

RUN = Path(__file__).parents[1] / "fixtures" / "run-format-1"


def numbers(*values: float) -> Part:
    return Part("numbers", np.array(values))


def losses(*values: float) -> Part:
    return Part("losses", np.array(values))


def test_a_run_and_its_copy_are_equal_and_every_part_is_compared(tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "copy")
    one, other = run_parts(RUN), run_parts(tmp_path / "copy")
    assert one.keys() == other.keys()
    assert not any(difference(one[name], other[name]) for name in one)
    for word in ("vocabulary", "model", "loss", "metrics", "atlas.parquet mean", "playback"):
        assert any(word in name for name in one), word
    assert not any("seconds" in name for name in one)


def test_one_changed_byte_of_the_weights_is_a_difference(tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "copy")
    path = tmp_path / "copy" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    name = "model.safetensors"
    assert "1 of" in difference(run_parts(RUN)[name], run_parts(tmp_path / "copy")[name])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (numbers(1.0, 2.0), numbers(1.0, 2.0 + 1e-9)),
        (numbers(1.0, np.nan), numbers(1.0, 0.0)),
        (numbers(1.0), numbers(1.0, 1.0)),
        (Part("texts", ["a"]), Part("texts", ["b"])),
        (Part("numbers", np.ones(1), ("a",)), Part("numbers", np.ones(1), ("b",))),
        (Part("numbers", np.ones(1), (), "x"), Part("numbers", np.ones(1), (), "y")),
        (numbers(1.0), None),
        (None, numbers(1.0)),
    ],
)
def test_without_a_tolerance_nothing_may_differ(old: Part | None, new: Part | None) -> None:
    assert difference(old, new)


def test_two_missing_numbers_are_equal() -> None:
    assert not difference(numbers(1.0, np.nan), numbers(1.0, np.nan))


def test_a_tolerance_is_relative_for_losses_and_a_share_of_texts() -> None:
    assert not difference(losses(100.0), losses(100.0005), 1e-5)
    assert difference(losses(100.0), losses(100.002), 1e-5)
    assert difference(losses(100.0), losses(np.nan), 1e-5)
    texts = [str(number) for number in range(200)]
    assert not difference(Part("texts", texts), Part("texts", ["x", *texts[1:]]), 1e-5)
    assert difference(Part("texts", texts), Part("texts", ["x", "y", *texts[2:]]), 1e-5)


def test_what_is_of_the_machine_or_only_said_is_left_out() -> None:
    told = {"elbo": {"value": 1.0, "unit": "nats"}, "versions": {"torch": "2"}, "device": "cpu"}
    parts = json_parts("m", [told | {"verdict": "healthy", "verdict_in_words": "It is."}])
    assert parts["m numbers"].names == ("elbo.value",)
    assert parts["m texts"].values == ["elbo.unit: nats", "verdict: healthy"]
