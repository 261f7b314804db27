"""Laws of files: whole or not at all, and what a person named stays what it is."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explorer.cli import signals
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore import export_map
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from explorer.system.atomic_files import home, open_output, write_output
from explorer.system.table_writers import writing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_written(exists: bool, tmp_path: Path) -> None:
    target, link = tmp_path / "there" / "data", tmp_path / "a.csv"
    target.parent.mkdir()
    if exists:
        target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    with writing(link) as writer:
        writer.add({"n": [1]})
    assert link.is_symlink() and target.read_text("utf-8") == "n\n1\n"
    assert {item.name for item in tmp_path.iterdir()} == {"there", "a.csv"}
    assert [item.name for item in target.parent.iterdir()] == ["data"]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".png", ".html"])
def test_a_pipe_gets_the_bytes_a_file_gets(ending: str, tiny_run: Path, tmp_path: Path) -> None:
    run = open_run(str(tiny_run))
    pipe, plain = tmp_path / f"pipe{ending}", tmp_path / f"plain{ending}"
    os.mkfifo(pipe)
    with (tmp_path / "read").open("wb") as heard:
        reader = subprocess.Popen(["cat", str(pipe)], stdout=heard)
        export_map.export(run, pipe)
        assert reader.wait(60) == 0
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    export_map.export(run, plain)
    got, wanted = (tmp_path / "read").read_bytes(), plain.read_bytes()
    # A page holds an identity that plotly draws anew.
    assert len(got) == len(wanted) if ending == ".html" else got == wanted


def test_a_device_is_written_into_and_one_that_is_full_is_told(tmp_path: Path) -> None:
    write_output(Path(os.devnull), lambda file: file.write(b"x"))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    if Path("/dev/full").exists():
        with pytest.raises(ExplorerError, match="No space left"):
            write_output(Path("/dev/full"), lambda file: file.write(b"x"))
    with pytest.raises(ExplorerError, match="directory"), open_output(tmp_path):
        raise AssertionError("a folder is no place for a file")


def test_a_pack_replaces_no_device_and_no_link(tiny_run: Path, tmp_path: Path, capsys) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link.zip"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "real.zip")
    assert main(["pack", str(tiny_run), "--out", str(pipe)]) == 1
    assert "a device or a pipe" in capsys.readouterr().err
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert main(["pack", str(tiny_run), "--out", str(link)]) == 0
    assert link.is_symlink() and (tmp_path / "real.zip").is_file()


@pytest.mark.parametrize("number", signals.polite())
def test_a_command_told_to_end_leaves_no_file_half_written(
    number: signal.Signals, tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*args: object) -> None:
        assert len(list(tmp_path.iterdir())) == 1  # what is being written
        for _ in range(2 if number == signals.HANGUP else 1):
            os.kill(os.getpid(), number)
        time.sleep(5)

    monkeypatch.setattr("explorer.explore.export_map.table_columns", told)
    before = signal.getsignal(number)
    assert main(["export", str(tiny_run), "--out", str(tmp_path / "o.csv")]) == 128 + number
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(number) == before


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.heard():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_folders_named_in_the_environment_may_begin_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXPLORER_HOME", "~/kept")
    monkeypatch.setenv("EXPLORER_RUNS", f"~/mine{os.pathsep}~/others")
    run = tmp_path / "others" / "run"
    run.mkdir(parents=True)
    (run / folders.CONFIG).touch()
    assert home() == tmp_path / "kept"
    assert run in folders.list_runs()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for other systems")
def test_an_empty_data_folder_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("EXPLORER_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert home() == tmp_path / ".local/share/text-latent-explorer"


def test_shipped_runs_are_listed_beside_those_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(folders, "shipped", lambda: tmp_path / "package")
    for folder in ("checkpoints/mine", "package/theirs"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / folders.CONFIG).touch()
    assert set(folders.by_name()) == {"mine", "theirs"}
    with pytest.raises(ExplorerError) as refused:
        folders.find("nobody")
    for folder in ("checkpoints", "package"):
        assert str(tmp_path / folder) in str(refused.value)
