"""Laws of what the command line writes: no text commands a terminal, JSON is JSON everywhere."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.cli.main import main
from explorer.cli.output import Progress, say, say_json, table, visible, warn

EVIL = "a\x1b]0;pwned\x07 b\u202ec\x9b31m\rd\x7f"
SHOWN = r"a\x1b]0;pwned\x07 b\u202ec\x9b31m\rd\x7f"
HARMLESS = "שלום عليكم क्‍ष می‌خواهم 👩‍👩‍👧 café\xa0🐕"


@pytest.mark.parametrize("write", [say, warn, lambda text: Progress().show(text, keep=True)])
def test_a_text_commands_no_terminal(write, capsys: pytest.CaptureFixture[str]) -> None:
    write(EVIL)
    write(HARMLESS)
    assert "".join(capsys.readouterr()) == f"{SHOWN}\n{HARMLESS}\n"


def test_what_is_written_in_lines_stays_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\ntwo")
    assert capsys.readouterr().out == "one\ntwo\n"
    assert visible("one\ntwo") == r"one\ntwo"


def test_a_cell_is_one_line_and_its_column_as_wide_as_what_is_shown() -> None:
    lines = table(("name", "where"), [("a\nb", EVIL), ("x", "y")]).split("\n")
    assert lines == ["name  where", rf"a\nb  {SHOWN}", "x     y"]


def test_a_folder_of_any_name_is_one_row(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    folder = tmp_path / "checkpoints" / "odd\nname\x1b[31m"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[corpus]\n", encoding="utf-8")
    assert main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2 and len(err.splitlines()) == 1
    assert r"odd\nname\x1b[31m" in out and "\x1b" not in out + err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_json_in_every_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", stream)
    value = {"text": "café 😀 caf\udce9 \x1b"}
    say_json(value)
    assert json.loads(stream.buffer.getvalue().decode(encoding)) == value  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="closes a descriptor")
def test_json_hides_no_marks_of_direction(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"a\u202eb": "\x1b\u2066c\x9f\n"}
    say_json(told)
    text = capsys.readouterr().out
    assert text.isascii() and json.loads(text) == told


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_stops_no_command(closed: int, tiny_run: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    argv = f'"{sys.executable}" -m explorer export "{tiny_run}" --out o.csv {closed}>&-'
    done = subprocess.run(argv, shell=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0 and (tmp_path / "o.csv").is_file()
