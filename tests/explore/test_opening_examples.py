"""What pages open on shows their point, on the runs that ship."""

from pathlib import Path

import pytest

from explorer.evaluation.verdict import YES
from explorer.explore.opening_examples import opening_analogy, opening_path, overlap
from explorer.explore.run import open_run

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"
RUNS = ["everyday", "captions-smooth", "captions-faithful", "yelp-sentiment"]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_uses_z_opens_on_a_path_that_changes_step_by_step(name):
    run = open_run(SHIPPED / name)
    assert run.uses_z.value == YES
    texts = run.interpolate(*opening_path(run), steps=9)
    assert len(set(texts)) >= 4, texts
    assert opening_path(run) == opening_path(run)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_uses_z_opens_on_an_analogy_that_holds(name):
    run = open_run(SHIPPED / name)
    a, b, c = opening_analogy(run)
    (old,), (new,) = set(a.split()) - set(b.split()), set(b.split()) - set(a.split())
    (result,) = run.decode(run.analogy(a, b, c, [1.0]))
    assert new in result.split() and old not in result.split()
    assert overlap(c, result) >= 0.6


def test_a_run_that_ignores_z_opens_too():
    run = open_run(SHIPPED / "captions-collapsed")
    texts = run.interpolate(*opening_path(run), steps=3)
    assert len(set(texts)) == 1
    assert len(opening_analogy(run)) == 3


def test_a_run_of_few_sentences_opens_too(tiny_run):
    run = open_run(tiny_run)
    assert set(opening_path(run)) <= set(run.texts)
    assert len(opening_analogy(run)) == 3


def test_overlap_counts_words():
    assert overlap("a b c", "a b c") == 1.0
    assert overlap("a b", "c d") == 0.0
    assert overlap("a a b", "a b b") == pytest.approx(2 / 3)
    assert overlap("", "") == 0.0
