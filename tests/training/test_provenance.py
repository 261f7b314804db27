"""Laws of the line a training leaves in its recipe."""

from pathlib import Path

import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.models import mixed_precision
from explorer.training.provenance import note
from tests.training.test_trainer import corpus, new_run  # noqa: F401

CPU = torch.device("cpu")


@pytest.mark.parametrize("header", ["", "# mine\n# too\n"], ids=["bare", "with a header"])
def test_one_line_is_left_above_the_settings_and_nothing_else_changes(tmp_path, header) -> None:
    path = tmp_path / "config.toml"
    settings = 'seed = 3  # kept\n\n[corpus]\n# Trained on nothing\nname = "ptb"\n'
    path.write_text(header + settings, encoding="utf-8")
    before = configs.read(path)
    for seconds, told in ((12.0, "12 seconds"), (600.0, "10 minutes")):
        note(tmp_path, CPU, False, seconds)
        text = path.read_text(encoding="utf-8")
        assert text.startswith(header + "# Trained on a CPU (")
        assert text.endswith(settings)
        line = text.removeprefix(header).removesuffix(settings)
        assert line.count("\n") == 1
        assert f", float32, in {told}, torch " in line
    assert configs.read(path) == before


def test_the_precision_is_the_one_there_was(tmp_path, monkeypatch) -> None:
    path = tmp_path / "config.toml"
    for there, told in ((True, "bfloat16 products"), (False, "float32")):
        monkeypatch.setattr("explorer.training.provenance.has_bf16", lambda device, it=there: it)
        path.write_text("seed = 0\n", encoding="utf-8")
        note(tmp_path, CPU, True, 1.0)
        assert told in path.read_text(encoding="utf-8")
    assert mixed_precision.has_bf16(torch.device("meta")) is False


def test_a_training_says_where_it_ran(tmp_path: Path, corpus: Path) -> None:  # noqa: F811
    folder = new_run(tmp_path / "run", corpus)
    for restart in (False, True):
        list(pipeline.train(folder, "cpu", restart=restart))
        text = (folder / "config.toml").read_text(encoding="utf-8")
        assert text.count("# Trained on a CPU (1 thread), ") == 1


@pytest.mark.parametrize(
    "text",
    ["\ufeff# mine\nseed = 3\n", '\ufeffseed = 3\n[corpus]\npath = "a\u2028b\x85c.txt"\n'],
    ids=["byte-order mark", "odd line ends in a string"],
)
def test_a_recipe_that_can_be_read_before_can_be_read_after(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    text = text if "[corpus]" in text else text + '[corpus]\nname = "ptb"\n'
    path.write_text(text, encoding="utf-8")
    before = configs.read(path)
    for _ in range(2):
        note(tmp_path, CPU, False, 1.0)
        assert configs.read(path) == before
    assert path.read_text(encoding="utf-8").count("# Trained on a CPU") == 1


@pytest.mark.parametrize("content", [b"seed = = 3\n", b"\xff\xfe"])
def test_a_recipe_that_was_spoilt_meanwhile_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    note(tmp_path, CPU, False, 1.0)
    assert path.read_bytes() == content
