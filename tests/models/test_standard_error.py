"""Standard errors against resampling, with and without groups."""

import numpy as np
import pytest

from explorer.models.standard_error import num_clusters, standard_error

RANDOM = np.random.default_rng(0)


def test_without_groups_it_is_the_textbook_one() -> None:
    values = RANDOM.normal(size=50)
    expected = values.std(ddof=1) / 50**0.5
    assert standard_error(values) == pytest.approx(expected)
    assert standard_error(values, list(range(50))) == pytest.approx(expected)


def test_a_sentence_repeated_says_nothing_new() -> None:
    """Five copies of each sentence have the error of one of each; as independent, √5 less."""
    values = RANDOM.normal(size=200)
    copies, groups = values.repeat(5), np.arange(200).repeat(5).tolist()
    assert standard_error(copies, groups) == pytest.approx(standard_error(values))
    independent = standard_error(copies)
    assert independent is not None
    assert independent * 5**0.5 == pytest.approx(standard_error(values), rel=0.01)


def test_it_is_the_spread_of_the_mean_over_resampled_groups() -> None:
    sizes = RANDOM.integers(1, 8, size=150)
    groups = np.arange(150).repeat(sizes)
    values = RANDOM.normal(size=150)[groups] + RANDOM.normal(size=len(groups))
    sums = np.bincount(groups, values)
    rows = RANDOM.integers(150, size=(4000, 150))
    means = sums[rows].sum(1) / sizes[rows].sum(1)
    clustered, independent = standard_error(values, groups.tolist()), standard_error(values)
    assert clustered == pytest.approx(means.std(), rel=0.05)
    assert independent is not None and clustered is not None
    assert clustered > 1.3 * independent


def test_captions_of_one_image_have_no_error() -> None:
    assert standard_error(np.ones(1)) is None
    assert standard_error(np.arange(5.0), [7] * 5) is None


def test_clusters_are_counted_where_groups_have_several_sentences() -> None:
    assert num_clusters([3, 3, 5]) == 2
    assert num_clusters([1, 2, 3]) == num_clusters(None) == 0
