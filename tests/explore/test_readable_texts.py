"""Laws of texts as a person reads them."""

import pytest

from explorer.explore.readable_texts import counted, excerpt, readable, readable_texts
from explorer.explore.run import open_run

BAG = "file file file file disk disk port"
DOCUMENTS, SENTENCES = open_run("newsgroups"), open_run("captions-codes")


def test_a_bag_that_is_written_out_has_each_word_once_the_most_frequent_first() -> None:
    assert counted(BAG) == "file\u00a0×4, disk\u00a0×2, port"
    assert counted("file file") == "file\u00a0×2"


@pytest.mark.parametrize(
    "text",
    [
        *("", "file", "need anybody get", "the fish that he had had died", "a dog and a cat"),
        *("no no, never ever", "ha ha said ha", "file, disk, port", "  two  spaces  "),
    ],
)
def test_prose_and_words_that_occur_once_come_back_as_they_are(text: str) -> None:
    assert counted(text) == text


def test_sentences_are_shown_as_typed() -> None:
    assert readable(SENTENCES, BAG) == excerpt(SENTENCES, BAG) == BAG
    assert readable_texts(SENTENCES, [BAG]) == [BAG]
    assert readable_texts(DOCUMENTS, [BAG]) == [counted(BAG)]


def test_an_excerpt_ends_between_words() -> None:
    long = " ".join(f"word{i} word{i}" for i in range(200))
    short = excerpt(DOCUMENTS, long, 100)
    assert len(short) <= 102 and short.endswith(" …")
    assert short.removesuffix(" …") in counted(long)
