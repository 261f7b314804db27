"""Laws of the suggested start of a training."""

import pytest

from explorer.workspace.train_text import suggestion


@pytest.mark.parametrize(
    ("sentences", "known", "starts"),
    [
        (300, 0.9, True),
        (300, 0.0, True),  # too few to learn a language from
        (1_000_000, 0.5, True),  # it reconstructs better than what starts from nothing
        (1_000_000, 0.1, False),
        (1_000_000, None, True),
    ],
)
def test_only_much_text_in_unknown_words_is_learned_from_nothing(
    sentences: int, known: float | None, starts: bool
) -> None:
    start, reason = suggestion(sentences, "everyday", known)
    assert start == ("everyday" if starts else "")
    assert "starts from everyday" in reason if starts else "from random weights" in reason
