"""Laws of the sentences to start with."""

import numpy as np
import pytest

from explorer.explore.example_sentences import LENGTHS, example_rows, example_texts, mostly_letters
from explorer.explore.run import open_run
from tests import tiny


def test_examples_are_short_known_and_of_different_regions(tiny_run):
    run = open_run(tiny_run)
    rows = example_rows(run, 3)
    assert len(set(rows)) == 3 and rows == example_rows(run, 3)
    regions = run.atlas.regions(0)[rows]
    shared = min(len(np.unique(run.atlas.regions(0)[run.atlas.regions(0) >= 0])), 3)
    assert len(np.unique(regions)) >= shared
    for text in example_texts(run, 3):
        assert not run.unknown(text)
    fitting = np.isin(run.atlas.tokens, LENGTHS)
    assert not fitting.any() or fitting[rows].all()


@pytest.mark.parametrize(
    ("text", "is_example"),
    [
        ("Support library for building the GUI.", True),
        ("-- Fritz-J.", False),
        ("7:1,2)", False),
        ("3, 2, 1, meins!", False),
        ("यह एक छोटा वाक्य है।", True),
        ("今天天气很好。", True),
        ("", False),
    ],
)
def test_an_example_is_mostly_letters(text: str, is_example: bool):
    assert mostly_letters(text) == is_example


def test_the_best_reconstructed_sentence_of_the_largest_region_comes_first(tiny_run):
    run = open_run(tiny_run)
    first = example_rows(run, 1)[0]
    regions, counts = np.unique(run.atlas.regions(0), return_counts=True)
    largest = regions[np.argmax(np.where(regions >= 0, counts, 0))]
    assert run.atlas.regions(0)[first] == largest


def test_more_are_not_made_up_and_without_the_corpus_distortion_decides(tiny_run):
    run = open_run(tiny_run)
    tiny.without_corpus(run)
    rows = example_rows(run, 10**6)
    assert len(rows) == len(set(rows)) <= len(run.atlas)
    texts = [run.atlas.reconstruction[row] for row in rows]
    several = len(set(texts))
    assert len(set(texts[:several])) == several, "those that repeat another come last"
    assert example_texts(run, 2) == [run.atlas.reconstruction[row] for row in rows[:2]]
