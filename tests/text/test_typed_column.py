"""What the cells of a column are taken for."""

from datetime import date

import numpy as np
import pytest

from explorer.text.typed_column import date_of, days_of, typed


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-24", date(2026, 10, 24)),
        ("2026-10-24 09:30", date(2026, 10, 24)),
        ("24.10.2026", date(2026, 10, 24)),
        ("4.1.2026", date(2026, 1, 4)),
        ("24.10.2026, 09:30 Uhr", date(2026, 10, 24)),
    ],
)
def test_dates_are_read_as_they_are_written(text, day):
    assert date_of(days_of(text)) == day.isoformat()


@pytest.mark.parametrize("text", ["24.13.2026", "31.2.2026", "1.2.3", "3.14", "10/24/2026", ""])
def test_what_is_no_date_or_is_ambiguous_is_none(text):
    assert np.isnan(days_of(text))


def test_a_column_of_dates_with_dots_is_one_of_dates():
    column = typed(["24.10.2026", "", "1.11.2026"])
    assert column.kind == "date" and column.numbers is not None
    assert np.isnan(column.numbers[1]) and column.numbers[0] < column.numbers[2]
