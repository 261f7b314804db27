"""Laws of running text: how it is recognised, and how it is split into sentences."""

import textwrap

import pytest

from explorer.text import prose

QUOTES = [
    ("A letter is a visit that nobody has to tidy the house for.", "Ida Brand"),
    ("The sea keeps no diary, and yet it never forgets a harbour it has once been to.", "Old Tom"),
    ("Rain is free.", "Ida Brand"),
    ("Whoever plants a pear tree thinks of people who will be born when he is long gone.", ""),
    ("Bread, salt and a door that is open: what else did you expect to find here?", "M. Lund"),
    ("Nothing is as heavy as an empty suitcase on the morning after a long journey.", ""),
]
LINES = [
    "Two dogs run across the snow and a man in a blue jacket is watching them from a bench",
    "A woman sings",
    "Children play football in front of the old station while their parents are waiting",
    "People buy fruit at the market",
    "one man repairs a bicycle",
    "Some tourists take pictures of the cathedral",
] * 5


def collection(width: int, separator: str) -> str:
    """Quotes wrapped at a margin, each with its author, apart by a line of signs."""
    blocks = [
        textwrap.fill(text, width) + (f"\n\t\t-- {author}" if author else "")
        for text, author in QUOTES
    ]
    return f"\n{separator}\n".join(blocks)


@pytest.mark.parametrize("separator", ["%", "", "* * *", "----"])
@pytest.mark.parametrize("width", [50, 60, 72, 80])
def test_wrapped_quotes_are_whole_sentences_and_their_separators_none(
    separator: str, width: int
) -> None:
    text = collection(width, separator)
    expected = [
        part for quote, author in QUOTES for part in (quote, author and f"-- {author}") if part
    ]
    assert list(prose.sentences(text.replace("M. Lund", "Lund"))) == [
        part.replace("M. Lund", "Lund") for part in expected
    ]


@pytest.mark.parametrize("width", [50, 60])
def test_a_text_wrapped_at_a_margin_is_prose_though_most_lines_end_a_sentence(width: int) -> None:
    assert prose.is_prose(collection(width, "%").splitlines())


def test_sentences_without_stops_are_a_line_each_though_some_begin_in_lower_case() -> None:
    assert not prose.is_prose(LINES)
    assert not prose.is_prose(line.lower() for line in LINES)
    assert not prose.is_prose(["tired", "happy", "sad", "angry"] * 20)


def test_items_of_a_list_and_lines_of_dialogue_are_apart() -> None:
    text = "We need\n- bread from\n  the baker\n- salt\n— Who is it?\n— Me."
    assert list(prose.sentences(text)) == [
        "We need",
        "bread from the baker",
        "salt",
        "— Who is it?",
        "— Me.",
    ]


def test_a_number_that_ends_a_wrapped_sentence_stays_in_it() -> None:
    text = "On board were\n30. He counted them."
    assert list(prose.sentences(text)) == ["On board were 30.", "He counted them."]


@pytest.mark.parametrize(
    "whole",
    [
        "We met Wm. Shakespeare and Geo. Washington there.",
        "Chas. A. Smith and Jas. Brown were heard.",
        "(Thos. Jefferson wrote it.)",
        "Rev. Brown met Capt. Jones.",
        "Messrs. Lee and Benj. I. Moore paid.",
        "Das schrieb Fritz-J. Schaarschuh an J.-P. Sartre.",
    ],
)
def test_a_name_that_is_abbreviated_ends_no_sentence(whole: str) -> None:
    assert list(prose.sentences(f"Before. {whole} After.")) == ["Before.", whole, "After."]


@pytest.mark.parametrize(
    "text", ["It is by Thos. He wrote it.", "I saw Geo. The end.", "A wm. Dog."]
)
def test_a_sentence_may_end_in_an_abbreviated_name(text: str) -> None:
    first, _, second = text.partition(". ")
    assert list(prose.sentences(text)) == [f"{first}.", second]
