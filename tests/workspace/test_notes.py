"""Notes outlive whatever ends the process, reopen what was pinned, and leave as they came."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore import colourings, tags
from explorer.explore.run import Run, open_run
from explorer.explore.selection_table import table_of
from explorer.workspace import database, jobs, notes, notes_export
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def pin(title="a dog", note="", names=(), kind="view", of="tiny", **parameters) -> int:
    return notes.add(kind, of, "map", parameters, title, note, names)


def select(run: Run, text: str, *given: str) -> int:
    return pin(text, "", given, "selection", run.name, select=text, run=run.name)


def test_a_note_is_what_was_pinned_and_links_there():
    number = pin("two dogs", "odd", ["x", " y  z ", "x", ""], at="3", text="a & b=c")
    (note,) = notes.notes()
    assert (note.id, note.title, note.note, note.tags) == (number, "two dogs", "odd", ("x", "y z"))
    assert note.parameters == {"at": "3", "text": "a & b=c"}
    assert note.link == "?at=3&text=a%20%26%20b%3Dc"


def test_notes_are_found_edited_deleted_and_restored():
    first, second = pin("one", "text", ["a"]), pin("two", kind="path", of="other")
    assert [note.id for note in notes.notes()] == [second, first]
    assert [note.id for note in notes.notes(words="TEXT one")] == [first]
    assert [note.id for note in notes.notes(run="other")] == [second]
    assert [note.id for note in notes.notes(tag="a")] == [first]
    assert [note.id for note in notes.notes(kind="path")] == [second]
    notes.edit(first, "changed", ["b", "c"])
    assert notes.notes(words="changed")[0].tags == ("b", "c")
    notes.delete(first)
    assert [note.id for note in notes.notes()] == [second]
    notes.restore(first)
    assert len(notes.notes()) == 2
    with pytest.raises(ExplorerError, match="no note 99"):
        notes.edit(99, "", ())


def test_what_is_too_long_is_refused_in_a_sentence():
    for title, note, names in (
        ("", "x" * 10_001, ()),
        ("", "", ["y" * 61]),
        ("", "", "abcdefghijklmnopqrstu"),
    ):
        with pytest.raises(ExplorerError, match="at most"):
            pin(title, note, names)
    assert notes.notes() == []


def test_jobs_and_notes_share_a_database_and_one_of_jobs_alone_is_upgraded():
    database.path().parent.mkdir(parents=True)
    with sqlite3.connect(database.path()) as base:
        base.execute(database._JOBS)
        base.execute(
            "INSERT INTO jobs (kind, name, steps, state, created) "
            "VALUES ('open', 'a', '[]', 'done', 1)"
        )
    assert notes.notes() == []
    pin()
    assert len(notes.notes()) == 1
    assert [job.name for job in jobs.jobs()] == ["a"]


def test_a_database_of_a_newer_version_is_left_alone():
    pin()
    with sqlite3.connect(database.path()) as base:
        base.execute("PRAGMA user_version = 99")
    for ask in (pin, notes.notes):
        with pytest.raises(ExplorerError, match="newer version of explorer"):
            ask()


WRITER = """
from explorer.workspace import notes
number = 0
while True:
    number += 1
    notes.add("view", "r", "map", {}, str(number))
    print(number, flush=True)
"""


def test_what_was_saved_survives_a_kill(home):
    environment = {**os.environ, "EXPLORER_HOME": str(home)}
    for _ in range(4):
        before = len(notes.notes())
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER], cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(3)]
        os.kill(writer.pid, signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().split()]
        writer.stdout.close()
        writer.wait()
        assert len(notes.notes()) - before in (len(said), len(said) + 1)
    with sqlite3.connect(database.path()) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_several_writers_lose_nothing():
    def write():
        for _ in range(10):
            pin()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(notes.notes()) == 40


def test_a_full_disk_is_said_and_loses_nothing(monkeypatch):
    pin("first")
    original = sqlite3.connect

    def connect(*args, **options):
        base = original(*args, **options)
        size = base.execute("PRAGMA page_count").fetchone()[0]
        base.execute(f"PRAGMA max_page_count = {size}")
        return base

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", connect)
        with pytest.raises(ExplorerError, match="the disk is full: nothing was saved"):
            for _ in range(50):
                pin("second", "x" * 10_000)
    assert notes.notes()[-1].title == "first"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_in_a_folder_that_cannot_be_written_notes_are_read_and_not_saved():
    pin("first")
    folder = database.path().parent
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    database.path().chmod(stat.S_IRUSR)
    try:
        assert [note.title for note in notes.notes()] == ["first"]
        with pytest.raises(ExplorerError, match="cannot be written"):
            pin("second")
    finally:
        folder.chmod(stat.S_IRWXU)


def test_a_home_that_is_a_file_is_one_sentence(home):
    home.write_text("")
    with pytest.raises(ExplorerError, match="cannot be written"):
        pin()


# Tags.


def test_tags_of_selections_are_a_condition_a_colour_and_a_column(run):
    select(run, "words:dog", "pets", "all")
    select(run, "words:robot", "all")
    robots, dogs = run.select("words:robot"), run.select("words:dog")
    assert run.select("tag:pets").tolist() == dogs.tolist()
    assert run.select("tag:all").tolist() == sorted({*robots.tolist(), *dogs.tolist()})
    assert "tag" in colourings.available(run)
    colours = colourings.COLOURINGS["tag"].colours_of(run)
    assert {entry.name for entry in colours.legend} <= {"pets", "all"}
    assert (colours.ids != 255).sum() == len(run.select("tag:all"))
    before = colourings.COLOURINGS["tag"].mark(run)
    assert table_of(run, dogs)["tags"][0] == "all; pets"
    number = select(run, "words:nurse", "new")
    assert colourings.COLOURINGS["tag"].mark(run) != before
    assert len(run.select("tag:new")) == len(run.select("words:nurse"))
    notes.delete(number)
    with pytest.raises(ExplorerError, match="no sentence of tiny has the tag 'new'"):
        run.select("tag:new")


def test_a_tag_of_a_sentence_is_one_of_that_sentence_alone(run):
    pin("x", "", ["odd"], "sentence", run.name, at="7")
    pin("x", "", ["odd"], "sentence", run.name, at="typed", text="a dog")
    pin("x", "", ["odd"], "sentence", "another", at="8")
    pin("x", "", ["odd"], "path", run.name)
    assert run.select("tag:odd").tolist() == [7]


def test_a_tag_that_is_defined_by_itself_has_no_sentences(run):
    select(run, "tag:loop", "loop")
    select(run, "words:dog", "dogs")
    select(run, "tag:dogs", "again")
    assert len(run.select("tag:dogs"))
    for text in ("tag:loop", "tag:again"):
        with pytest.raises(ExplorerError, match="has the tag"):
            run.select(text)


def test_without_notes_nothing_changes(run):
    assert tags.column(run) is None
    assert "tag" not in colourings.available(run)
    assert "tags" not in table_of(run, np.array([0]))


# Out again.


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_comes_out_as_it_went_in(title, text):
    for note in notes.notes():
        notes.delete(note.id)
    pin(title, text, [title[:50]])
    (note,) = notes.notes()
    clean = text.encode("utf-8", "replace").decode()
    assert note.note == clean
    (item,) = json.loads(notes_export.as_json([note]))
    assert item["note"] == clean and item["title"] == note.title


def test_every_awkward_text_is_data_in_every_export(tmp_path):
    for text in tiny.AWKWARD:
        pin(text, text, [text[:40]])
    listed = notes.notes()
    markdown = notes_export.as_markdown(listed)
    for mark in "<$[*=":
        alone = re.findall(rf"(?<!\\){re.escape(mark)}", markdown)
        assert len(alone) == (len(listed) if mark == "[" else 0), "each note has one link"
    for ending in ("md", "json", "csv", "tsv", "jsonl", "parquet"):
        notes_export.write(tmp_path / f"notes.{ending}", listed)
    with (tmp_path / "notes.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]
    import pyarrow.parquet as pq

    assert pq.read_table(tmp_path / "notes.parquet")["title"].to_pylist() == [
        note.title for note in listed
    ]
    with pytest.raises(ExplorerError, match="extension must be one of"):
        notes_export.write(tmp_path / "notes.txt", listed)


def test_the_command_line_lists_and_exports(run, tiny_run, tmp_path, capsys):
    assert main(["notes"]) == 0
    assert "no such notes" in capsys.readouterr().out
    select(run, "words:dog", "pets")
    pin("another", of="other")
    assert main(["notes", "list", "--tag", "pets", "--json"]) == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert item["title"] == "words:dog"
    assert main(["notes", "export", "--out", str(tmp_path / "notes.md")]) == 0
    assert (tmp_path / "notes.md").read_text("utf-8").count("\n## ") == 2
    out = tmp_path / "tagged.csv"
    done = main(["notes", "export", "--run", str(tiny_run), "--sentences", "--out", str(out)])
    assert done == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert len(rows) == len(run.select("words:dog"))
    assert {row["tag"] for row in rows} == {"pets"}
    assert main(["notes", "export"]) == 1


def test_a_deleted_note_is_gone_for_good_after_some_weeks(monkeypatch):
    number = pin("old")
    notes.delete(number)
    later = time.time() + 31 * 86_400
    monkeypatch.setattr(notes.time, "time", lambda: later)
    pin("new")
    with pytest.raises(ExplorerError, match="no note"):
        notes.restore(number)
