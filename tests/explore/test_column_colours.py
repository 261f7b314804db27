"""Laws of the colours by a column of a user's file, from the file to a selection."""

from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from explorer.explore import map_criteria
from explorer.explore.colourings import available, colouring_of
from explorer.explore.column_colours import NO_VALUE, colours_of
from explorer.explore.columns import Column
from explorer.explore.point_colours import NO_CLASS, RAMP_TOP
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.runs import folder as folders
from explorer.text.preview import others, preview
from explorer.text.typed_column import typed
from explorer.workspace import open_text, texts
from tests import tiny

DAYS = [(date(2020, 1, 31) + timedelta(days=3 * day)).isoformat() for day in range(40)]


def column(cells: list, title: str = "c") -> Column:
    item = typed(cells)
    return Column("column:c", title, item.kind, "", item.numbers, item.codes, item.names)


def test_numbers_and_dates_are_ramps_in_their_order() -> None:
    for cells in ([1.5 * value for value in range(40)], DAYS):
        drawn = colours_of(column([*cells, None], "when"))
        assert drawn is not None and drawn.kind == "ramp" and drawn.title == "when"
        assert (np.diff(drawn.ids[:-1].astype(int)) > 0).all() and drawn.ids[-1] == NO_CLASS
        assert (drawn.ids[0], drawn.ids[-2]) == (0, RAMP_TOP)
    assert drawn.legend[0].name == "2020-01-31" and drawn.legend[-1].name == DAYS[-1]


def test_few_values_are_classes_and_a_scale_has_its_order() -> None:
    drawn = colours_of(column(["5", 1.0, "3", None, "10"] * 9, "stars"))
    assert drawn is not None and drawn.kind == "categories"
    assert [entry.name for entry in drawn.legend] == ["1", "3", "5", "10", NO_VALUE]
    assert drawn.ids[:5].tolist() == [2, 0, 1, 4, 3]


@pytest.mark.parametrize(
    "cells",
    [[], ["one"] * 20, [None, ""] * 20, [f"id {n}" for n in range(80)], ["x" * 99, "y"] * 9],
)
def test_what_tells_no_groups_apart_is_no_colouring(cells: list) -> None:
    assert colours_of(column(cells)) is None


@pytest.fixture
def run(tiny_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    lines = ["sentence,stars,day,text,id"]
    plain = [sentence for sentence in tiny.sentences(60, seed=5) if '"' not in sentence]
    for number, sentence in enumerate(plain):
        row = f'"{sentence}",{number % 5},{DAYS[number % 40]},{"ab"[number % 2]},{number}'
        lines += [row, ",9,,,"]  # a row without a sentence
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    shown = preview(file, text_column="sentence", label_column="")
    texts.store("mine", "mine.csv", shown.table, others(file, shown))
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        open_text.open_text("mine")
    return open_run("mine")


def test_the_columns_of_an_opened_file_colour_its_map_and_select(run) -> None:
    names = [name for name in available(run) if name.startswith("column ")]
    assert names == ["column stars", "column day", "column text (2)", "column id"]
    assert colouring_of(run, "column day").colours_of(run).kind == "ramp"
    stars = colouring_of(run, "column stars")
    colours = stars.colours_of(run)
    assert [entry.name for entry in colours.legend] == list("01234")
    assert colours.ids.tolist() == (run.atlas.row % 5).tolist()
    condition = map_criteria.of_class(run, "column stars", 3)
    assert str(condition) == "column:stars=3"
    assert run.select(str(condition)).tolist() == np.flatnonzero(run.atlas.row % 5 == 3).tolist()
    assert map_criteria.of_class(run, "column day", 3) is None
    assert map_criteria.of_class(run, "column none", 0) is None
    assert stars.mark(run), "an address that is cached for good names its content"
