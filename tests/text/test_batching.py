"""Laws of the batches."""

from itertools import pairwise

import pytest

from explorer.text.batching import plan

LENGTHS = [5, 3, 9, 3, 1, 7, 7, 2, 8, 4, 6]


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_every_row_is_in_exactly_one_batch(seed, size):
    batches = plan(LENGTHS, size, seed)
    assert sorted(row for batch in batches for row in batch) == list(range(len(LENGTHS)))
    assert all(1 <= len(batch) <= size for batch in batches)


@pytest.mark.parametrize("seed", [None, 3])
def test_a_batch_holds_rows_of_like_length(seed):
    spans = [sorted(LENGTHS[row] for row in batch) for batch in plan(LENGTHS, 3, seed)]
    spans.sort()
    assert all(a[-1] <= b[0] for a, b in pairwise(spans))


def test_a_seed_gives_one_order_and_another_seed_another():
    assert plan(LENGTHS, 2, 1) == plan(LENGTHS, 2, 1) != plan(LENGTHS, 2, 2)


def test_without_rows_there_are_no_batches():
    assert plan([], 4, 0) == []


@pytest.mark.parametrize("size", [2, 5, 10])
def test_no_row_trains_alone(size):
    batches = plan(LENGTHS, size, 0)
    assert sorted(row for batch in batches for row in batch) == list(range(len(LENGTHS)))
    assert min(map(len, batches)) > 1
    assert max(map(len, batches)) <= size + 1
    assert plan(LENGTHS[:1], size, 0) == [[0]], "where there is no other row"
