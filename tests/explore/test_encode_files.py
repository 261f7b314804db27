"""A folder of files becomes a folder of their latent points: whole, again and on any engine."""

import dataclasses
import gzip
import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore import encode_files, encoding_record
from explorer.explore.encode_files import Encoding, FolderEncoding
from explorer.explore.run import open_run
from explorer.runs import folder as folders

WORDS = ("a", "the", "dog", "cat", "waits", "under", "red", "tree", "house", "man", "woman")
LARGE = int(os.environ.get("EXPLORER_LINES", "1000000"))


def shards(folder: Path, count: int, lines: int) -> Path:
    """A folder of files of made-up sentences."""
    folder.mkdir()
    for number in range(count):
        chance = random.Random(number)
        texts = (" ".join(chance.choices(WORDS, k=chance.randint(3, 9))) for _ in range(lines))
        (folder / f"part-{number:03}.txt").write_text("\n".join(texts), encoding="utf-8")
    return folder


def encode_all(job: FolderEncoding, engine: str = "here") -> dict[str, int]:
    return {path.name: count for path, count in job.encode(job.prepare(), engine)}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_file_has_the_points_of_its_sentences_in_order(
    tiny_run: Path, tmp_path: Path
) -> None:
    job = FolderEncoding(
        tiny_run, shards(tmp_path / "in", 3, 50), tmp_path / "out", encoding=Encoding(scale=True)
    )
    assert encode_all(job) == {f"part-{number:03}.txt": 50 for number in range(3)}
    run = open_run(tiny_run)
    for path in job.files():
        texts = path.read_text(encoding="utf-8").split("\n")
        table = pq.read_table(job.result(path))
        assert table["text"].to_pylist() == texts
        mean, scale = run.posterior(texts)
        assert np.array_equal(np.stack(table["z"].to_numpy()), mean)
        assert np.array_equal(np.stack(table["scale"].to_numpy()), scale)


def test_an_interrupted_call_goes_on_with_what_is_missing(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shards(tmp_path / "in", 3, 40)
    whole = FolderEncoding(tiny_run, source, tmp_path / "whole")
    encode_all(whole)
    job = FolderEncoding(tiny_run, source, tmp_path / "out")
    with monkeypatch.context() as broken:
        done: list[Path] = []
        encode = encode_files._encode_file

        def fails_at_the_second(job: FolderEncoding, path: Path) -> int:
            if done:
                raise KeyboardInterrupt
            done.append(path)
            return encode(job, path)

        broken.setattr(encode_files, "_encode_file", fails_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            encode_all(job)
    assert list(encode_all(job)) == ["part-001.txt", "part-002.txt"]
    assert contents(job.target) == contents(whole.target)
    assert encode_all(job) == {}
    changed = source / "part-001.txt"
    changed.write_text("a red dog waits", encoding="utf-8")
    os.utime(changed, (time.time() + 9, time.time() + 9))
    assert encode_all(job) == {"part-001.txt": 1}


def test_what_cannot_be_is_one_sentence(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shards(tmp_path / "in", 1, 5)
    job = FolderEncoding(tiny_run, source, tmp_path / "out")
    encode_all(job)
    other = FolderEncoding(tiny_run, source, tmp_path / "out", encoding=Encoding(scale=True))
    with pytest.raises(ExplorerError, match="with other settings"):
        other.prepare()
    with pytest.raises(ExplorerError, match="their own folder"):
        FolderEncoding(tiny_run, source, source).prepare()
    (source / "part-000.csv").write_text("text\na\nb\n", encoding="utf-8")
    with pytest.raises(ExplorerError, match=r"part-000\.csv and part-000\.txt would both"):
        job.prepare()
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        (
            [str(tmp_path / "empty"), "--out", str(tmp_path / "x")],
            "contains no files of sentences",
        ),
        ([str(source / "part-000.txt"), "--out", "z.csv", "--engine", "ray"], "takes a folder"),
        ([str(source), "--out", str(source / "part-000.txt")], "need a folder"),
    ):
        assert main(["encode", str(tiny_run), *arguments]) == 1
        assert message in capsys.readouterr().err


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shards(tmp_path / "in", 3, 5)
    (source / "part-001.txt").write_text("\n \n", encoding="utf-8")
    (source / "a-note.pdf").write_bytes(b"%PDF-1.4")
    command = ["encode", str(tiny_run), str(source), "--out", str(tmp_path / "out")]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert "a-note.pdf" in error and "nor could 1 more be encoded: part-001.txt" in error
    assert sorted(path.name for path in (tmp_path / "out").glob("*.parquet")) == [
        "part-000.parquet", "part-002.parquet",
    ]  # fmt: skip


def test_results_are_of_the_files_that_are_there(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever their dates: other files of these names are refused, changed ones encoded again."""
    source, target = shards(tmp_path / "in", 2, 5), tmp_path / "out"
    job = FolderEncoding(tiny_run, source, target)
    encode_all(job)
    other = shards(tmp_path / "other", 2, 6)
    for path in other.iterdir():
        os.utime(path, (1, 1))
    command = ["encode", str(tiny_run), str(other), "--out", str(target)]
    assert main(command) == 1
    assert f"of the files of {source}" in capsys.readouterr().err
    (other / "part-000.txt").replace(source / "part-000.txt")
    assert encode_all(job) == {"part-000.txt": 6}
    (source / "part-001.txt").unlink()
    assert main(["encode", str(tiny_run), str(source), "--out", str(target)]) == 0
    assert "no longer in" in (warning := capsys.readouterr().err)
    assert "part-001.parquet" in warning


def test_a_damaged_result_is_made_again(tiny_run: Path, tmp_path: Path) -> None:
    job = FolderEncoding(tiny_run, shards(tmp_path / "in", 3, 5), tmp_path / "out")
    encode_all(job)
    whole = contents(job.target)
    first, second, _ = map(job.result, job.files())
    first.write_bytes(b"")
    second.unlink()
    assert sorted(encode_all(job)) == ["part-000.txt", "part-001.txt"]
    for path, data in contents(job.target).items():
        assert data == whole[path] or path == encoding_record.FILE
    first.unlink()
    first.mkdir()
    with pytest.raises(ExplorerError, match=r"part-000\.parquet"):
        encode_all(job)


def test_a_record_that_was_cut_off_costs_one_file(tiny_run: Path, tmp_path: Path) -> None:
    job = FolderEncoding(tiny_run, shards(tmp_path / "in", 3, 5), tmp_path / "out")
    encode_all(job)
    record = job.target / encoding_record.FILE
    record.write_bytes(record.read_bytes()[:-9])
    assert encode_all(job) == {"part-002.txt": 5}


def test_a_wrong_column_does_not_claim_the_folder(tiny_run: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.csv").write_text("text,n\na red dog,1\na cat,2\n", encoding="utf-8")
    with pytest.raises(ExplorerError, match="zzz"):
        encode_all(FolderEncoding(tiny_run, source, tmp_path / "out", column="zzz"))
    assert encode_all(FolderEncoding(tiny_run, source, tmp_path / "out", column="text")) == {
        "a.csv": 2
    }


def test_names_of_shards_keep_their_dots_and_other_files_stay(
    tiny_run: Path, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("c4.00000-of-00002.txt", "c4.00001-of-00002.txt"):
        (source / name).write_text("a red dog waits\n", encoding="utf-8")
    (source / "news.2020.csv.gz").write_bytes(gzip.compress(b"text\na cat\n"))
    for name in ("lost.v1.txt", "lost.v2.txt"):  # downloads that lost their .gz
        (source / name).write_bytes(gzip.compress(b"a dog\n"))
    job = FolderEncoding(tiny_run, source, tmp_path / "out")
    encode_all(job)
    assert sorted(path.stem for path in job.target.glob("*.parquet")) == [
        "c4.00000-of-00002", "c4.00001-of-00002", "lost.v1", "lost.v2", "news.2020",
    ]  # fmt: skip
    other = tmp_path / "other"
    other.mkdir()
    (other / "news.2020.parquet").write_bytes(b"somebody's")
    with pytest.raises(ExplorerError, match="already exists"):
        FolderEncoding(tiny_run, source, other).prepare()
    assert (other / "news.2020.parquet").read_bytes() == b"somebody's"


def test_a_run_that_was_trained_again_meanwhile_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    job = FolderEncoding(tiny_run, shards(tmp_path / "in", 1, 5), tmp_path / "out")
    files = job.prepare()
    other = dataclasses.replace(job, model="another")
    with pytest.raises(ExplorerError, match="edited in the meantime"):
        list(other.encode(files, "here"))
    assert encode_all(job) == {"part-000.txt": 5}


def test_results_of_another_recipe_are_refused_and_those_of_another_map_are_not(
    tiny_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    source = shards(tmp_path / "in", 1, 5)
    encode_all(FolderEncoding(run, source, tmp_path / "out"))
    (run / folders.ATLAS).unlink()
    folders.write_checksums(run)
    assert encode_all(FolderEncoding(run, source, tmp_path / "out")) == {}
    recipe = run / folders.CONFIG
    text = recipe.read_text("utf-8")
    recipe.write_text(f"# a note\n{text}", "utf-8")
    assert encode_all(FolderEncoding(run, source, tmp_path / "out")) == {}
    recipe.write_text(text.replace("[corpus]\n", "[corpus]\nlowercase = false\n"), "utf-8")
    with pytest.raises(ExplorerError, match="of another run"):
        FolderEncoding(run, source, tmp_path / "out").prepare()


@pytest.mark.parametrize(
    "line", ['{"result": "part-000.parquet"}', "[]", "nul", '{"settings": {}}']
)
def test_a_record_from_elsewhere_is_no_traceback(
    line: str, tiny_run: Path, tmp_path: Path
) -> None:
    job = FolderEncoding(tiny_run, shards(tmp_path / "in", 1, 5), tmp_path / "out")
    encode_all(job)
    record = job.target / encoding_record.FILE
    settings = record.read_text("utf-8").split("\n")[0]
    record.write_text(f"{settings}\n{line}\n", "utf-8")
    assert encode_all(job) == {"part-000.txt": 5}
    record.write_text(f"{line}\n", "utf-8")
    with pytest.raises(ExplorerError, match="already exists"):
        job.prepare()
    record.unlink()
    os.mkfifo(record)
    with pytest.raises(ExplorerError, match="not a regular file"):
        job.prepare()


def test_paths_are_those_of_the_caller_wherever_a_worker_is(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards(tmp_path / "in", 1, 5)
    monkeypatch.chdir(tmp_path)
    job = FolderEncoding(tiny_run, Path("in"), Path("out"))
    files = job.prepare()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert [count for _, count in job.encode(files, "here")] == [5]
    assert (tmp_path / "out" / "part-000.parquet").is_file()


def test_the_command_says_what_it_wrote_and_what_was_there(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = shards(tmp_path / "in", 2, 5), str(tmp_path / "out")
    assert main(["encode", str(tiny_run), str(source), "--out", out]) == 0
    assert f"wrote 10 sentences of 2 files to {out}" in capsys.readouterr().out
    assert main(["encode", str(tiny_run), str(source), "--out", out]) == 0
    assert f"all 2 files were already in {out}" in capsys.readouterr().out


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_worker_of_ray_that_is_killed_changes_no_row(tiny_run: Path, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="needs Ray: pip install -e '.[ray]'")
    source = shards(tmp_path / "in", 40, LARGE // 40)
    here = FolderEncoding(tiny_run, source, tmp_path / "here")
    there = FolderEncoding(tiny_run, source, tmp_path / "there")
    assert sum(encode_all(here).values()) == LARGE
    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + 60
        while not killed and time.monotonic() < until:
            killed.extend(_kill_one())

    killer = threading.Thread(target=kill)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        result = there.encode(there.prepare(), "ray")
        for number, _ in enumerate(result):
            if number == 5:  # in the middle of another file
                killer.start()
    finally:
        ray.shutdown()
    killer.join()
    assert killed
    assert contents(there.target) == contents(here.target)


def _kill_one() -> list[int]:
    """Kills a worker that encodes a file."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if name.startswith(b"ray::_encode_file"):
            os.kill(int(entry.name), signal.SIGKILL)
            return [int(entry.name)]
    return []
