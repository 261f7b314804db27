"""The address of a view: what is picked survives a link, and nothing else gets in."""

import pytest

from explorer.ui.state import Pick, Point, Spot, Typed, read_pick, write_pick


@pytest.mark.parametrize(
    "pick", [Point(0), Point(41), Spot(1.5, -2.25), Spot(0, 1e5), Typed("a b")]
)
def test_a_pick_survives_its_address(pick: Pick) -> None:
    assert read_pick(write_pick(pick), "a b", points=42) == pick


def test_nothing_picked_has_no_address() -> None:
    assert write_pick(None) == ""
    assert read_pick("", "", points=5) is None


@pytest.mark.parametrize(
    "address",
    [
        "5",
        "-1",
        "1e3",
        "٣",
        "nan,nan",
        "inf,0",
        "1,2,3",
        "9999999,0",
        "1,",
        "<b>",
        "1" * 400,
        "../x",
    ],
)
def test_what_is_no_pick_is_ignored(address: str) -> None:
    assert read_pick(address, "text", points=5) is None


def test_a_typed_sentence_is_cut_to_a_readable_length() -> None:
    pick = read_pick("typed", "word " * 10_000, points=5)
    assert isinstance(pick, Typed)
    assert len(pick.text) <= 1000
