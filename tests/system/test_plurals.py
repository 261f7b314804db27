"""Laws of counts in sentences."""

import pytest

from explorer.system.plurals import number_of


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1,200 rows")]
)
def test_only_one_is_singular(count: int, text: str) -> None:
    assert number_of(count, "row") == text
