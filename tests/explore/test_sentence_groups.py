"""Laws of groups of sentences: who is in one, and where a direction between two leads."""

from pathlib import Path

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.explore import sentence_groups
from explorer.explore.run import Run, open_run
from explorer.latent_space.projections import PCA


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def test_words_name_the_sentences_that_have_all_of_them(run: Run) -> None:
    known = sentence_groups.groups_of(run)
    rows = sentence_groups.members(run, known, "dog THE")
    assert rows.tolist() == [
        row
        for row, text in enumerate(run.texts)
        if "dog" in text.casefold().split() and "the" in text.casefold().split()
    ]


@pytest.mark.parametrize("view", ["umap", "pca"])
def test_a_rectangle_names_the_sentences_within_it(run: Run, view: str) -> None:
    atlas = run.atlas
    assert atlas is not None
    xy = atlas.xy if view == "umap" else PCA.fit(atlas.mean).transform(atlas.mean)
    sides = np.quantile(xy, [0.2, 0.9], axis=0).T.flatten().tolist()
    left, right, bottom, top = (float(f"{side:.3g}") for side in sides)
    name = sentence_groups.rectangle(view, (left, right, bottom, top))
    rows = set(sentence_groups.members(run, sentence_groups.groups_of(run), name).tolist())
    for row, (x, y) in enumerate(xy):
        assert (row in rows) == (left <= x <= right and bottom <= y <= top)


def test_a_title_says_what_a_group_is(run: Run) -> None:
    known = sentence_groups.groups_of(run)
    assert sentence_groups.title(known, sentence_groups.LONG) == sentence_groups.LONG
    assert sentence_groups.title(known, "dog") == "“dog”"
    box = sentence_groups.rectangle("pca", (-1e-5, 2.0, -3.25, 4e7))
    assert sentence_groups.title(known, box) == "rectangle of the PCA"


def test_a_name_of_the_map_comes_before_its_words(run: Run) -> None:
    known = sentence_groups.groups_of(run)
    rows = sentence_groups.members(run, known, sentence_groups.LONG)
    assert rows is known.rows[sentence_groups.LONG]


def test_a_direction_leads_from_one_mean_to_the_other(run: Run) -> None:
    known = sentence_groups.groups_of(run)
    start, end = sentence_groups.ends(run, known, away="dog", towards="robot")
    assert run.atlas is not None
    for place, word in ((start, "dog"), (end, "robot")):
        rows = sentence_groups.members(run, known, word)
        assert place == pytest.approx(run.atlas.mean[rows].mean(axis=0), abs=1e-6)


@pytest.mark.parametrize(
    "name",
    ["zyxwv", "", "umap 1e9 to 2, 3 to 4", "umap 1e-9 to 2e-9, 3 to 4", "pca 90 to 91, 90 to 91"],
)
def test_a_group_of_too_few_is_refused_by_its_name(run: Run, name: str) -> None:
    with pytest.raises(ExplorerError) as told:
        sentence_groups.members(run, sentence_groups.groups_of(run), name)
    assert str(told.value).startswith(sentence_groups.title(sentence_groups.groups_of(run), name))
    assert str(sentence_groups.MIN_SIZE) in str(told.value)
