"""What an evaluation takes from the folder of cached vectors."""

from pathlib import Path

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.pipeline.evaluate import _encoded
from explorer.text.corpora import Corpus
from explorer.training import sentence_vectors

SENTENCES = ["a red kite", "the red kite flies", "two old boats", "boats at sea"]


def corpus(groups: list[int] | None) -> Corpus:
    splits = ["train", "test", "test", "train"]
    return Corpus("four", SENTENCES, splits, None, groups, "0" * 64)


def test_vectors_of_a_sentence_encoder_are_read_where_a_training_cached_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    captions = corpus([0, 0, 1, 1])
    assert _encoded(captions, [0, 3], [1, 2]) is None
    vectors = np.arange(4 * 384, dtype=np.float16).reshape(4, 384)
    path = sentence_vectors.path("minilm", captions)
    path.parent.mkdir(parents=True)
    np.save(path, vectors)
    found = _encoded(captions, [0, 3], [1, 2])
    assert found is not None
    np.testing.assert_array_equal(found[0], vectors[[1, 2]])
    np.testing.assert_array_equal(found[1], vectors[[0, 3]])
    # Without groups there is nothing to retrieve.
    assert _encoded(corpus(None), [0, 3], [1, 2]) is None
    np.save(path, vectors[:2])
    with pytest.raises(ExplorerError, match="damaged"):
        _encoded(captions, [0, 3], [1, 2])
