"""Laws of columns: what they hold, how they are grouped; a chart's filter selects its count."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.errors import ExplorerError
from explorer.explore import column_charts, column_filters, columns, selection_table
from explorer.explore.column_criteria import FileColumn, Range
from explorer.explore.columns import COLUMNS, Column
from explorer.explore.criteria import Label, Words
from explorer.explore.histograms import MAX_BINS, bins_of
from explorer.explore.run import Run, open_run
from explorer.explore.selection import And, Not, Or, read_selection, rows_of
from explorer.text.typed_column import TypedColumn, date_of, days_of, typed
from tests import tiny


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def column(values: TypedColumn, key: str = "column:x") -> Column:
    return Column(key, "x", values.kind, "", values.numbers, values.codes, values.names)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "", "-3e2"], "number"),
        ([1, 2.0, None, float("nan")], "number"),
        (["2024-01-31", "1999-12-01T10:00:00", ""], "date"),
        (["2024-02-31", "2024-02-30"], "category"),
        (["a", "b", "a"], "category"),
        (["", None], "category"),
        (["nan", "inf"], "category"),
    ],
)
def test_a_column_is_what_its_cells_are(cells: list, kind: str) -> None:
    assert typed(cells).kind == kind


def test_a_date_is_read_as_it_is_written() -> None:
    for text in ("1969-12-31", "1970-01-01", "2024-02-29", "0001-01-01"):
        assert date_of(days_of(text)) == text


def test_a_map_has_its_own_columns_and_those_of_its_file(run: Run) -> None:
    known = columns.columns_of(run)
    assert {"label", "split", "region", *COLUMNS, "column:stars", "column:posted"} <= set(known)
    assert known["column:stars"].kind == "number"
    assert known["column:posted"].kind == "date"
    corpus = run.corpus
    assert corpus is not None
    stars = [1 + row % 5 for row in run.needed_atlas.row.tolist()]
    assert known["column:stars"].numbers is not None
    assert known["column:stars"].numbers.tolist() == stars
    mean = run.needed_atlas.mean
    distance = np.linalg.norm(mean - mean.mean(axis=0), axis=1)
    np.testing.assert_allclose(COLUMNS["distance"].of(run.needed_atlas), distance, rtol=1e-4)


def test_without_its_file_a_map_has_only_its_own_columns(tiny_run: Path) -> None:
    bare = open_run(tiny_run)
    tiny.without_corpus(bare)
    assert not any(key.startswith("column:") for key in columns.columns_of(bare))
    with pytest.raises(ExplorerError, match="no column 'stars'"):
        bare.select("column:stars=3..")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("column:stars=4", lambda row: row % 5 == 3),
        ("column:stars=2..3", lambda row: row % 5 in (1, 2)),
        ("column:posted=2024-11-01..", lambda row: row % 12 in (10, 11)),
        ("column:posted=..2024-01-31", lambda row: row % 12 == 0),
    ],
)
def test_a_value_of_the_file_selects(run: Run, text: str, rows) -> None:
    wanted = [index for index, row in enumerate(run.needed_atlas.row.tolist()) if rows(row)]
    assert run.select(text).tolist() == wanted
    assert str(read_selection(text)) == text


@pytest.mark.parametrize(
    "text", ["column:stars", "column:=3", "column:stars=x..", "column:posted=1.."]
)
def test_what_is_no_value_of_a_column_is_an_error(run: Run, text: str) -> None:
    with pytest.raises(ExplorerError):
        run.select(text)


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_any_name_and_value_of_a_column_is_read_as_it_is_written(name: str, value: str) -> None:
    condition = FileColumn(name, value)
    assert read_selection(str(condition)) == condition


numbers = st.lists(
    st.floats(-1e7, 1e7, allow_nan=False) | st.integers(-50, 50) | st.just(float("nan")),
    min_size=2,
    max_size=300,
)


@settings(max_examples=100)
@given(numbers, st.integers(0, MAX_BINS), st.integers(0, MAX_BINS), st.booleans())
def test_a_range_of_bins_selects_what_they_count(
    values: list[float], one: int, two: int, are_dates: bool
) -> None:
    array = np.array(values, np.float64)
    if are_dates:
        array = array.clip(days_of("0001-01-01"), days_of("9999-12-31"))
    bins = bins_of(column(TypedColumn("date" if are_dates else "number", numbers=array.round())))
    last = len(bins.total) - 1
    assert last < MAX_BINS + 1
    assert bins.total.sum() == np.isfinite(array).sum()
    first, end = sorted((min(one, last), min(two, last)))
    low, high = bins.bounds(first, end)
    inside = bins.column.between(low, high)
    assert inside.sum() == bins.total[first : end + 1].sum()
    if (low, high) != (None, None):
        assert bins.within(low, high) == (first, end)
    assert (bins.counts(inside)[first : end + 1] == bins.total[first : end + 1]).all()


def test_a_long_tail_does_not_squeeze_the_others() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(size=5000), [1e9]])
    bins = bins_of(column(TypedColumn("number", numbers=values)))
    assert bins.edges[-1] < 10
    assert bins.total.sum() == len(values)


def test_categories_are_counted_the_most_frequent_first() -> None:
    bins = bins_of(column(typed(["b", "a", "b", "", "c", "b", "a"])))
    assert list(bins.names[:2]) == ["b", "a"]
    assert bins.total.tolist() == [3, 2, 1, 1]


def test_a_filter_of_a_column_replaces_the_one_before_and_leaves_the_rest(run: Run) -> None:
    length = columns.of(run, "length")
    bins = bins_of(length)
    first = column_filters.range_of(bins, 1, 2)
    second = column_filters.range_of(bins, 2, 3)
    assert first is not None and second is not None
    words = Words("dog")
    both = column_filters.with_filter(words, "length", (first,))
    assert both == And((words, first))
    assert column_filters.with_filter(both, "length", (second,)) == And((words, second))
    assert column_filters.with_filter(both, "length", ()) == words
    assert column_filters.with_filter(first, "length", ()) is None
    assert column_filters.bins_within(bins, both) == (1, 2)
    # What is within an or, or a not, is no filter of its own.
    other = Or((words, first))
    assert column_filters.filter_of(other, "length") == ()
    assert column_filters.filter_of(Not(first), "length") == ()


def test_pressing_categories_joins_them_by_or_and_again_takes_them_out(run: Run) -> None:
    label, name = columns.of(run, "label"), Range("length", 3, None)
    one = column_filters.toggled(name, label, "animal")
    assert one == And((name, Label("animal")))
    two = column_filters.toggled(one, label, "other")
    assert two == And((name, Or((Label("animal"), Label("other")))))
    assert read_selection(str(two)) == two
    assert column_filters.toggled(two, label, "animal") == And((name, Label("other")))
    assert column_filters.toggled(Label("other"), label, "other") is None


def test_charts_are_json_and_their_changes_select_what_they_count(run: Run) -> None:
    before = Words("dog")
    data = column_charts.charts(run, before, rows_of(run, before))
    assert json.loads(json.dumps(data))["selected"] == len(run.select("words:dog"))
    charts = {chart["key"]: chart for chart in data["columns"]}
    assert {"label", "length", "rate", "distance", "column:stars", "column:posted"} <= set(charts)
    for key, chart in charts.items():
        if "names" in chart:
            change = {"column": key, "name": chart["names"][0]}
            counted = chart["selected"][0]
        else:
            change = {"column": key, "range": [1, 1]}
            counted = chart["selected"][1]
        after = column_charts.changed(run, before, change)
        assert after is not None
        if counted:
            assert len(rows_of(run, after)) == counted, key
        again = column_charts.charts(run, after, rows_of(run, after))
        chart = next(chart for chart in again["columns"] if chart["key"] == key)
        assert chart.get("picked", [0]) and chart.get("range", (1, 1)) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"column": "nothing", "range": [0, 1]},
        {"column": "length", "range": "all"},
        {"column": "length", "range": [1, "2"]},
        {"column": "label", "name": "nowhere"},
        {"column": "label", "name": 3},
    ],
)
def test_a_change_that_means_nothing_changes_nothing(run: Run, change: dict) -> None:
    assert column_charts.changed(run, Words("dog"), change) == Words("dog")


@pytest.mark.parametrize("descending", [False, True])
def test_a_long_table_is_in_the_order_of_a_column(run: Run, descending: bool) -> None:
    rows = run.select("label:animal")
    for by in selection_table.orders(run):
        order = selection_table.ordered(run, rows, by, descending)
        assert sorted(order.tolist()) == rows.tolist()
        column = columns.of(run, by)
        if column.numbers is not None:
            values: list = column.numbers[order].tolist()
        else:
            assert column.codes is not None
            values = [column.names[code] for code in column.codes[order] if code >= 0]
        assert values == sorted(values, reverse=descending), by
    assert selection_table.ordered(run, rows, "").tolist() == rows.tolist()


def test_what_is_downloaded_has_the_columns_of_the_file(run: Run) -> None:
    rows = run.select("words:dog")
    table = selection_table.with_file(run, rows)
    corpus_rows = run.needed_atlas.row[rows].tolist()
    assert table["stars"] == [1 + row % 5 for row in corpus_rows]
    assert table["posted"] == [f"2024-{1 + row % 12:02d}-01" for row in corpus_rows]
    assert "stars" not in selection_table.table_of(run, rows)
