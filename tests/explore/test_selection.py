"""Laws of selections: which sentences, how they combine, and that their text says all."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.errors import ExplorerError
from explorer.explore import criteria, map_criteria, tags
from explorer.explore.column_criteria import FileColumn, Range
from explorer.explore.columns import COLUMNS
from explorer.explore.criteria import (
    CRITERIA,
    Area,
    Label,
    Near,
    Regex,
    Region,
    Split,
    Words,
)
from explorer.explore.criterion import Criterion
from explorer.explore.map_views import VIEWS
from explorer.explore.run import Run, open_run
from explorer.explore.selection import (
    And,
    Not,
    Or,
    Selection,
    conditions_of,
    described,
    joined,
    mask_of,
    read_selection,
    rows_of,
)
from explorer.explore.selection_table import table_of
from explorer.explore.tags import Tag


@pytest.fixture(autouse=True)
def tagged(monkeypatch: pytest.MonkeyPatch) -> None:
    source = tags._Source(lambda run: {"odd": np.arange(1, 20, 2)}, lambda: 0)
    monkeypatch.setattr(tags, "_sources", [source])


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def every_condition(run: Run) -> dict[str, Criterion]:
    """A condition of every name, true of some sentences and false of others."""
    atlas = run.needed_atlas
    low, high = np.quantile(atlas.xy, [0.2, 0.8], axis=0).tolist()
    corners = [low, [high[0], low[1]], high, [low[0], high[1]]]
    ranges = {
        name: Range(name, round(float(np.quantile(column.of(atlas), 0.6)), 3))
        for name, column in COLUMNS.items()
    }
    return {
        "label": Label("animal"),
        "split": Split("train"),
        "region": Region(atlas.levels[0][0].name),
        "words": Words("dog"),
        "regex": Regex("^a (dog|girl)"),
        "near": Near("a dog sleeps at home", 7),
        "area": Area.of("umap", corners),
        "column": FileColumn("stars", "2..4"),
        "tag": Tag("odd"),
        **ranges,
    }


@pytest.mark.parametrize("name", CRITERIA)
def test_every_condition_selects_some_and_not_all_and_its_text_says_it(
    run: Run, name: str
) -> None:
    condition = every_condition(run)[name]
    mask = mask_of(run, condition)
    assert 0 < mask.sum() < len(mask)
    assert read_selection(str(condition)) == condition
    assert run.select(str(condition)).tolist() == np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("name", CRITERIA)
def test_boolean_laws(run: Run, name: str) -> None:
    a, b = every_condition(run)[name], Words("park")
    mask, other = mask_of(run, a), mask_of(run, b)
    assert (mask_of(run, Not(Not(a))) == mask).all()
    assert (mask_of(run, Not(And((a, b)))) == mask_of(run, Or((Not(a), Not(b))))).all()
    assert (mask_of(run, And((a, b))) == (mask & other)).all()
    assert not mask_of(run, And((a, Not(a)))).any()
    assert mask_of(run, Or((a, Not(a)))).all()


texts = st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
numbers = st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.12g}") + 0.0)
# Made of plain data: beartype draws random numbers when it checks a constructor.
leaves = st.one_of(
    st.tuples(st.sampled_from([Label, Region, Words, Regex, Split]), st.tuples(texts)),
    st.tuples(st.just(Near), st.tuples(texts, st.integers(1, 1000))),
    st.tuples(st.just(Range), st.tuples(st.sampled_from(sorted(COLUMNS)), numbers)),
    st.tuples(
        st.just(Area),
        st.tuples(
            st.sampled_from(sorted(VIEWS)),
            st.lists(st.tuples(numbers, numbers), min_size=3, max_size=40).map(tuple),
        ),
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just(Not), inner),
        st.tuples(st.sampled_from([And, Or]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=5,
)


def built(kind: type, given: Any) -> Selection:
    """The selection of a tree of plain data."""
    if kind is Not:
        return Not(built(*given))
    if kind in (And, Or):
        return kind(tuple(built(*part) for part in given))
    return kind(*given)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_a_text_says_exactly_its_selection(tree: Any) -> None:
    selection = built(*tree)
    try:
        again = read_selection(str(selection))
    except ExplorerError as error:
        assert "at most" in str(error), error  # too long for an address
        return
    assert again == selection


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_selection_or_an_error_that_says_why(text: str) -> None:
    try:
        selection = read_selection(text)
    except ExplorerError as error:
        assert len(str(error)) < 400
        return
    assert read_selection(str(selection)) == selection


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "needs a condition"),
        ("words:dog words:cat", "“and” or “or” before words:cat"),
        ("words:dog and", "ends where"),
        ("(words:dog", "closing parenthesis"),
        ("colour:red", "colour: is not a condition"),
        ("dog", "'dog' cannot be read"),
        ("length:many", "'many' is not a number"),
        ("length:9..3", "has its lower bound above its upper bound"),
        ("length:nan..", "not a finite number"),
        ("area:umap:1_2_3_4", "3 to 40 corners"),
        ("area:nowhere:1_2_3_4_5_6", "must begin with a layout"),
        ("area:umap:1e300_2_3_4_5_6", "reaches beyond"),
        ("near:dog~0", "count from 1 to"),
        ("(" * 100 + "words:dog" + ")" * 100, "at most 30 deep"),
        ("words:" + "a" * 7000, "at most 6,000 characters"),
        ("regex:" + "a" * 400, "at most 300 characters"),
    ],
)
def test_a_malformed_text_is_refused_by_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ExplorerError, match=re.escape(problem)):
        read_selection(text)


def test_what_the_map_does_not_have_is_named(run: Run) -> None:
    for text in ("label:nobody", "region:nowhere", "split:other", 'regex:"("'):
        with pytest.raises(ExplorerError, match=re.escape(text.split(":")[1].strip('"'))):
            run.select(text)


def test_and_binds_before_or(run: Run) -> None:
    a, b, c = Words("dog"), Words("park"), Words("girl")
    assert read_selection("words:dog or words:park and words:girl") == Or((a, And((b, c))))
    assert read_selection("NOT words:dog AND words:park") == And((Not(a), b))


def test_new_conditions_join_as_chosen() -> None:
    a, b, c = Words("dog"), Words("park"), Words("girl")
    assert joined(a, b, "replace") == b
    assert joined(joined(a, b, "and"), c, "and") == And((a, b, c))
    assert joined(joined(a, b, "or"), c, "not") == And((Or((a, b)), Not(c)))
    assert joined(And((a, b)), c, "or") == Or((And((a, b)), c))
    assert joined(And((a, b)), b, "and") == And((a, b))
    assert joined(None, a, "not") == Not(a)


def test_a_regular_expression_matches_as_python_does(run: Run) -> None:
    for pattern in ("dog", "^(a|two) .*(park|boat)$", r"\brobot\b", "EATS"):
        expected = [bool(re.search(pattern, text, re.IGNORECASE)) for text in run.texts]
        assert mask_of(run, Regex(pattern)).tolist() == expected


def test_a_regular_expression_takes_bounded_time(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mask_of(run, Regex("(a*)*b$|(x+x+)+y")) is not None  # exponential in Python
    monkeypatch.setattr(criteria, "REGEX_SECONDS", -1.0)
    with pytest.raises(ExplorerError, match="took more than"):
        Regex("(dog)+").mask(run)


def test_the_nearest_are_those_of_the_run(run: Run) -> None:
    expected = {item.index for item in run.neighbours("a dog sings", 9)}
    assert set(run.select('near:"a dog sings"~9').tolist()) == expected


def test_an_area_selects_in_its_own_view(run: Run) -> None:
    whole = [(-1e5, -1e5), (1e5, -1e5), (1e5, 1e5), (-1e5, 1e5)]
    for view in ("umap", "pca"):
        assert mask_of(run, Area.of(view, whole)).all()
    pca = VIEWS["pca"].of(run).xy
    middle = float(np.median(pca[:, 0]))
    half = Area.of("pca", [(-1e4, -1e4), (middle, -1e4), (middle, 1e4), (-1e4, 1e4)])
    edge = half.corners[1][0]
    assert mask_of(run, half).tolist() == (pca[:, 0] < edge).tolist()


def test_what_is_pointed_at_becomes_its_condition(run: Run) -> None:
    atlas = run.needed_atlas
    for index in range(0, len(atlas), 17):
        condition = map_criteria.of_region(run, index)
        assert (condition is None) == (atlas.regions(0)[index] < 0)
        if condition is not None:
            assert index in run.select(str(condition))
    assert map_criteria.of_region(run, len(atlas)) is None
    assert map_criteria.of_class(run, "label", 0) in (Label("animal"), Label("other"))
    assert map_criteria.of_class(run, "label", 99) is None
    assert map_criteria.of_class(run, "rate", 0) is None


def test_a_description_has_every_condition_in_words(run: Run) -> None:
    conditions = list(every_condition(run).values())
    selection = And((Or(tuple(conditions)), Not(Words("park"))))
    assert list(conditions_of(selection)) == [*conditions, Words("park")]
    text = described(selection)
    assert all(item.title in text for item in conditions)
    assert text.endswith(") and not words “park”")


def test_a_region_named_by_an_example_is_quoted_once() -> None:
    assert Region("“a red kite”").title == "region “a red kite”"
    assert Region("kite").title == "region “kite”"


def test_a_table_holds_the_rows_that_were_selected(run: Run) -> None:
    rows = rows_of(run, Words("dog"))
    table = table_of(run, rows)
    assert table["sentence"] == [run.texts[row] for row in rows]
    assert {len(column) for column in table.values()} == {len(rows)}
    assert table["row"].tolist() == run.needed_atlas.row[rows].tolist()
    assert set(table["label"]) == {"animal"}
