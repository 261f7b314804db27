"""Laws of a decoded path."""

import numpy as np
import pytest

from explorer.explore.decoded_path import DecodedPath


def path_of(*texts):
    return DecodedPath(np.zeros((len(texts), 2), np.float32), list(texts))


def test_changes_are_fractions_of_words_step_by_step():
    path = path_of("a man runs", "a man runs", "a dog runs", "two cats sleep")
    assert path.changes == pytest.approx([0, 1 / 3, 1])
    assert path.distinct == 3


def test_empty_sentences_do_not_change():
    assert path_of("", "", "a").changes == [0.0, 1.0]
