"""Two selections compared: what is planted in one of them is what sets it apart."""

from pathlib import Path

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.explore.run import Run, open_run
from explorer.explore.selection_comparison import compare


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def test_the_words_of_each_are_those_that_select_it(run: Run) -> None:
    compared = run.compare_selections("words:robot", "words:nurse")
    a, b = run.select("words:robot"), run.select("words:nurse")
    assert compared.sizes == (len(a), len(b))
    assert compared.both == len(np.intersect1d(a, b))
    first, second = compared.words[0][0], compared.words[1][0]
    assert (first.text, first.inside, first.outside) == ("robot", 1.0, 0.0)
    assert (second.text, second.inside, second.outside) == ("nurse", 1.0, 0.0)
    mean = run.needed_atlas.mean
    np.testing.assert_allclose(compared.centres[0], mean[a].mean(axis=0), rtol=1e-4, atol=1e-5)
    assert compared.decoded == tuple(run.decode(np.stack(compared.centres)))
    assert compared.ends is not None and compared.distance is not None
    length = np.linalg.norm(mean[a].mean(axis=0) - mean[b].mean(axis=0))
    assert compared.distance.value == pytest.approx(length, rel=1e-4)


def test_swapped_it_is_the_same_the_other_way_round(run: Run) -> None:
    one = run.compare_selections("words:robot", "label:animal")
    two = run.compare_selections("label:animal", "words:robot")
    assert one.sizes == two.sizes[::-1]
    assert one.words == two.words[::-1]
    assert one.overlap == two.overlap
    assert one.distance is not None and two.distance is not None
    assert one.distance.value == pytest.approx(two.distance.value)


def test_a_planted_difference_is_far_beyond_random_divisions(run: Run) -> None:
    mean = run.needed_atlas.mean
    order = np.argsort(mean[:, 0])
    compared = compare(run, np.sort(order[:60]), np.sort(order[-60:]))
    assert compared.distance is not None and compared.separation is not None
    assert compared.distance.standard is not None and compared.distance.standard > 5
    assert compared.separation.standard is not None and compared.separation.standard > 5
    random = np.random.default_rng(0).permutation(len(mean))
    compared = compare(run, np.sort(random[:60]), np.sort(random[60:120]))
    assert compared.distance is not None and compared.distance.standard is not None
    assert abs(compared.distance.standard) < 4


def test_a_selection_within_another_is_compared_with_the_rest_of_it(run: Run) -> None:
    outer = run.select("label:animal or words:robot")
    inner = run.select("words:robot")
    compared = compare(run, inner, outer)
    assert compared.both == len(inner) and compared.sizes[1] == len(outer)
    assert compared.words[0][0].text == "robot"
    assert compared.words[0][0].outside == 0.0
    again = compare(run, outer, inner)
    assert again.words == compared.words[::-1]


def test_too_few_sentences_have_words_and_no_direction(run: Run) -> None:
    compared = compare(run, np.array([0, 1]), np.array([2, 3, 4, 5, 6, 7]))
    assert compared.ends is compared.distance is compared.separation is None


def test_what_cannot_be_compared_is_said(run: Run) -> None:
    with pytest.raises(ExplorerError, match="the same sentences"):
        run.compare_selections("words:robot", "regex:robot")
    with pytest.raises(ExplorerError, match="no sentence is selected in B"):
        run.compare_selections("words:robot", "length:..0")
