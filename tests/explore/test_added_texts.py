"""Texts of another corpus lie where they would if they were typed, and are counted."""

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore.added_texts import SHOWN, AddedTexts
from explorer.explore.map_views import LATENT_VIEWS
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from explorer.text.read_file import Table
from explorer.workspace import added, jobs, texts
from tests import tiny

TEXTS = [*tiny.sentences(20, seed=9), "quarks bind gluons tightly", "<b>x</b>"]


@pytest.fixture
def run(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    return open_run(tiny_run)


@pytest.mark.parametrize("view", LATENT_VIEWS)
def test_each_lies_where_it_would_if_it_were_typed(run, view):
    found = run.locate_texts(TEXTS)
    xy, distance = found.positions(run, view)
    assert found.texts == TEXTS and xy.shape == (len(TEXTS), 2)
    for row in (0, 5, len(TEXTS) - 1):
        alone, far = run.locate(run.encode([TEXTS[row]]), view)
        np.testing.assert_allclose(xy[row], alone[0], atol=1e-4)
        np.testing.assert_allclose(distance[row], far[0], atol=1e-4)


def test_what_the_run_does_not_know_is_counted(run):
    found = run.locate_texts(TEXTS)
    np.testing.assert_array_equal(found.outside, run.out_of_domain(TEXTS))
    assert f"{found.outside.mean():.0%} of them outside the domain of tiny" in found.sentence(
        "tiny"
    )
    unknown = AddedTexts(["a"], np.zeros((1, 4), np.float32), np.zeros(1, np.float32), None)
    assert unknown.sentence("x") == "1 added sentence; the domain of x is not known."
    with pytest.raises(ExplorerError, match="no texts"):
        run.locate_texts([])


def test_a_stored_text_is_added_by_a_job_and_read_again(run, monkeypatch):
    monkeypatch.setattr(jobs, "_start", lambda number: None)
    labels = [f"a label of {row % 3}" for row in range(len(TEXTS))]
    texts.store("mine", "mine.csv", Table(TEXTS, labels, 0))
    assert added.added_to(run, "mine") is None and added.added_to(run, "../x") is None
    number = added.submit("tiny", "mine")
    assert jobs.job(number).steps == [["locate", "tiny", "mine", "--stored"]]
    assert main(["locate", "tiny", "mine", "--stored"]) == 0
    found = added.added_to(run, "mine")
    assert found.texts == TEXTS and added.added_to(run, "mine") is found
    np.testing.assert_allclose(found.z, run.encode(TEXTS), atol=5e-3)
    added.path_of(run, "mine").write_bytes(b"no archive")
    with pytest.raises(ExplorerError, match="damaged"):
        added.added_to(run, "mine")


def test_the_command_writes_a_table(run, tmp_path, capsys):
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS), encoding="utf-8")
    out = tmp_path / "out.csv"
    assert main(["locate", "tiny", str(file), "--out", str(out)]) == 0
    assert "outside the domain of tiny" in capsys.readouterr().out
    header, first = out.read_text(encoding="utf-8-sig").splitlines()[:2]
    assert header.startswith("text,projection_x") and first.startswith("<b>bold</b>")


def test_of_many_a_sample_is_drawn():
    many = AddedTexts(
        ["a"] * 5000, np.zeros((5000, 4), np.float32), np.zeros(5000, np.float32), None
    )
    assert len(set(many.sample)) == SHOWN and (np.diff(many.sample) > 0).all()
