"""A typed sentence as the corpus writes it: offered where the model knows more words so."""

import pytest

from explorer.explore.run import open_run
from explorer.ui.components.unknown_words import as_the_corpus_writes

YELP = "yelp-sentiment"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("The food was great, I loved it!", "the food was great , i loved it !"),
        ("I don’t like it.", "i do n't like it ."),
        ("It's good", "it 's good"),
    ],
)
def test_natural_typing_is_split_as_a_corpus_of_tokens_is(typed: str, written: str) -> None:
    run = open_run(YELP)
    assert as_the_corpus_writes(run, typed) == written
    assert not run.unknown(written)
    assert as_the_corpus_writes(run, written) is None


def test_nothing_is_offered_where_it_would_not_help() -> None:
    assert as_the_corpus_writes(open_run(YELP), "the zqxj was great .") is None
    assert as_the_corpus_writes(open_run("captions-smooth"), "A Dog quibbles, twice!") is None
