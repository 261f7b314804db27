"""Laws of what a selection is: a random group is like random groups, a real one is not."""

from pathlib import Path

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.explore.run import Run, open_run
from explorer.explore.selection_summary import STEPS, applied, summarise


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def test_words_that_select_are_the_words_of_the_selection(run: Run) -> None:
    summary = summarise(run, run.select("words:robot"))
    best = summary.words[0]
    assert "robot" in best.text
    assert best.inside > 0.9
    assert best.outside < 0.1


def test_shares_are_those_of_the_texts(run: Run) -> None:
    rows = run.select("words:dog")
    summary = summarise(run, rows)
    term = next(term for term in summary.words if term.text == "dog")
    has = np.array(["dog" in text.casefold().split() for text in run.texts])
    within = np.isin(np.arange(len(has)), rows)
    assert term.inside == pytest.approx(has[within].mean(), abs=0.02)
    assert term.outside == pytest.approx(has[~within].mean(), abs=0.02)


def test_a_random_group_is_like_random_groups(run: Run) -> None:
    scores = []
    for seed in range(20):
        rows = np.random.default_rng(seed).choice(len(run.needed_atlas), 40, replace=False)
        summary = summarise(run, np.sort(rows))
        assert summary.distance is not None
        scores.append(summary.distance.standard)
    assert abs(np.mean(scores)) < 1
    assert max(map(abs, scores)) < 5


def test_a_ball_of_latents_is_tight_and_far(run: Run) -> None:
    mean = run.needed_atlas.mean
    far = np.linalg.norm(mean[:, None] - mean, axis=2)
    densest = np.sort(far, axis=1)[:, 30].argmin()
    summary = summarise(run, np.sort(np.argsort(far[densest])[:30]))
    everything = float(np.sqrt(mean.var(axis=0).sum()))
    assert summary.spread.value < summary.spread.mean < 1.1 * everything
    assert summary.distance is not None
    assert summary.distance.standard is not None
    assert summary.distance.standard > 2


def test_the_direction_leads_from_the_rest_to_the_centre(run: Run) -> None:
    rows = run.select("label:animal")
    summary = summarise(run, rows)
    mean = run.needed_atlas.mean
    assert summary.rest is not None
    assert summary.centre == pytest.approx(mean[rows].mean(axis=0), abs=1e-5)
    rest = np.delete(mean, rows, axis=0).mean(axis=0)
    assert summary.rest == pytest.approx(rest, abs=1e-5)
    texts = applied(run, summary, "a girl sings at home")
    assert len(texts) == len(STEPS)
    assert texts[0] == run.reconstruct(["a girl sings at home"])[0]
    moved = run.encode(["a girl sings at home"]) + summary.centre - summary.rest
    assert texts[STEPS.index(1.0)] == run.decode(moved)[0]


def test_too_few_have_no_direction_and_none_has_no_summary(run: Run) -> None:
    everything = np.arange(len(run.needed_atlas))
    for rows in (everything, everything[:3]):
        summary = summarise(run, rows)
        assert summary.distance is None
        with pytest.raises(ExplorerError, match="a direction needs"):
            applied(run, summary, "a dog")
    with pytest.raises(ExplorerError, match="no sentence"):
        summarise(run, everything[:0])


def test_the_same_seed_gives_the_same_numbers(run: Run) -> None:
    rows = run.select("words:dog")
    assert summarise(run, rows, 3).spread == summarise(run, rows, 3).spread
    assert summarise(run, rows, 3).spread != summarise(run, rows, 4).spread
