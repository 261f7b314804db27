"""Until a run is chosen, each page opens on a shipped run that has what the page shows."""

from pathlib import Path

import pytest

from explorer.evaluation.verdict import YES
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from explorer.ui.click import search
from explorer.ui.session import open_runs

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"


@pytest.fixture(autouse=True)
def shipped_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    monkeypatch.delenv(open_runs.FIRST, raising=False)
    monkeypatch.setattr(folders, "checkpoints", lambda: SHIPPED)


def first(page):
    return open_run(open_runs.first_run(page, open_runs.listing().names))


def test_the_map_opens_on_sentences_that_every_machine_has():
    assert first("map").atlas.text is not None


def test_the_playback_opens_on_a_training_that_was_recorded():
    run = first("playback")
    assert run.playback is not None and run.uses_z.value == YES


def test_a_comparison_opens_on_runs_of_one_family():
    collapsed, other = first("collapse"), first("compare")
    assert collapsed.uses_z.value == "no" and other.uses_z.value == YES
    assert collapsed.config.corpus == other.config.corpus


def test_the_prior_page_opens_on_a_run_whose_prior_misses_its_sentences():
    run = first("prior")
    assert run.metrics["prior_z_gap"]["value"] > run.metrics["shuffled_z_gap"]["value"]


@pytest.mark.parametrize("name", ["everyday", "captions-smooth", "captions-collapsed"])
def test_the_word_that_the_search_box_suggests_has_matches(name):
    run = open_run(SHIPPED / name)
    assert len(run.search(search.suggested_word(run)))
    assert "'" not in search.suggested_word(run)
