"""Laws of the words of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.text.search_words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Don't stop—ever!", ["don't", "stop", "ever"]),
        ("a <unk> b <UNK>", ["a", "b"]),
        ("'quoted' well-known", ["quoted", "well-known"]),
        ("हिन्दी पाठ", ["हिन्दी", "पाठ"]),
        ("走る", ["走", "る"]),
        ("🙂 ?!", []),
    ],
)
def test_words_of_any_script(text, expected):
    assert words(text) == expected


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_words_do_not_depend_on_what_another_word_is_written_in(text):
    assert words(f"{text} é") == [*words(text), "é"]
