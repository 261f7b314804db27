"""Laws of choosing an implementation by name."""

import pytest

from explorer.errors import ExplorerError
from explorer.registry import choose


def make(size: int, width: float = 1.0, deep: bool = False) -> tuple[int, float, bool]:
    return size, width, deep


TABLE = {"made": make}


def test_settings_and_what_the_caller_gives_arrive() -> None:
    assert choose(TABLE, {"name": "made", "width": 2}, "x", size=3) == (3, 2, False)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"name": "mdae"}, "x: 'mdae' is not one of made"),
        ({}, "x: None is not one of made"),
        ({"name": "made", "size": 1}, "made has no setting 'size'"),
        ({"name": "made", "depth": 1}, "its settings are: width, deep"),
        ({"name": "made", "width": "wide"}, "x.width: expected float, got 'wide'"),
        ({"name": "made", "width": True}, "x.width: expected float"),
        ({"name": "made", "deep": 1}, "x.deep: expected bool"),
    ],
)
def test_a_wrong_choice_names_the_setting_and_what_there_is(choice: dict, message: str) -> None:
    with pytest.raises(ExplorerError, match=message):
        choose(TABLE, choice, "x", size=3)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ExplorerError, match="size"):
        choose(TABLE, {"name": "made"}, "x")
