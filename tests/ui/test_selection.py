"""What is selected on one map has an answer on every map of its corpus."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from explorer.explore.aligned_maps import Aligned
from explorer.explore.run import Run, open_run
from explorer.ui.compare import neighbourhood_changes, selection
from explorer.ui.compare.selection import Words
from explorer.ui.session.picks import index_of
from tests import tiny, tiny_pair


def rows(one: Run, two: Run) -> tuple[int, int]:
    """A row of the corpus that only the first map has, and one that both have."""
    assert one.atlas is not None
    own = one.atlas.row.tolist()
    lacking = [row for row in own if index_of(two, row) is None]
    return lacking[0], next(row for row in own if row not in lacking)


def maps(*runs: Run) -> dict[int, Aligned]:
    return {number: Aligned(run, runs[0], "pca") for number, run in enumerate(runs)}


@pytest.fixture(scope="module")
def pair(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tiny_pair.build(tmp_path_factory.mktemp("pair"), tiny_run)


def test_a_sentence_one_map_lacks_is_put_to_that_model(pair: tuple[Path, Path]) -> None:
    one, two = (open_run(folder) for folder in pair)
    there, (row, _) = maps(one, two), rows(one, two)
    words = selection.words_of(there, row)
    assert words is not None and one.corpus is not None
    assert words == Words(one.corpus.sentences[row])
    assert selection.mark_of(there[0], row, words).selected == {"row": index_of(one, row)}
    mark = selection.mark_of(there[1], row, words)
    z = two.encode([words.text])
    (x, y), *_ = there[1].move(there[1].layout.locate(z)[0]).tolist()
    assert mark.selected == pytest.approx({"x": x, "y": y})
    assert len(mark.overlays) == 1
    told = selection.result_of(there[1], row, words)
    assert told is not None
    assert not told.on_map
    assert told.reconstruction == two.decode(z)[0]
    assert told.rate == pytest.approx(float(two.score([words.text])[1][0]))


def test_without_the_corpus_the_best_words_for_a_sentence_stand_for_it(
    pair: tuple[Path, Path],
) -> None:
    one, two = (open_run(folder) for folder in pair)
    tiny.without_corpus(one, two)
    alone, common = rows(one, two)
    there = maps(one, two)
    for run in (one, two):
        index = index_of(run, common)
        assert run.atlas is not None and index is not None
        distortion = np.full(len(run.atlas), 1 if run is two else 2, np.float32)
        run.atlas = dataclasses.replace(run.atlas, distortion=distortion)
        said = Words(run.atlas.reconstruction[index], run.name)
    assert selection.words_of(there, common) == said
    words = selection.words_of(there, alone)
    assert words is not None and words.source == one.name


def test_a_sentence_that_is_nowhere_has_no_words(pair: tuple[Path, Path]) -> None:
    one, two = (open_run(folder) for folder in pair)
    assert selection.words_of(maps(one, two), 10**6) is None
    only_one, _ = rows(one, two)
    tiny.without_corpus(two)
    assert selection.words_of(maps(two), only_one) is None


def test_of_sentences_that_moved_as_far_the_likelier_comes_first(pair: tuple[Path, Path]) -> None:
    one, two = (open_run(folder) for folder in pair)
    found, there = neighbourhood_changes.table(maps(one, two)[1]), maps(one, two)[1]
    assert one.atlas is not None and two.atlas is not None
    order = []
    for row, moved in zip(found["row"], found["moved"], strict=True):
        places = index_of(one, row), index_of(two, row)
        assert places[0] is not None and places[1] is not None
        told = one.atlas.distortion[places[0]] + two.atlas.distortion[places[1]]
        order.append((-moved, float(told)))
    assert order == sorted(order)
    assert len(found["row"]) == len(there.compared)


def test_what_moved_is_told_in_the_words_of_the_run_that_says_it_best(
    pair: tuple[Path, Path],
) -> None:
    one, two = (open_run(folder) for folder in pair)
    there = maps(one, two)[1]
    rows = tuple(places[there.compared] for places in there.pairs)
    assert neighbourhood_changes.texts_of(there, *rows)[0] is one
    tiny.without_corpus(one, two)
    one._joined = None  # what was joined before
    assert two.atlas is not None
    two.atlas = dataclasses.replace(two.atlas, distortion=np.zeros_like(two.atlas.distortion))
    assert neighbourhood_changes.texts_of(there, *rows)[0] is two
