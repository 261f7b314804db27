"""Laws of spellings that look alike: one word in training, typing, splits and search."""

import unicodedata
from pathlib import Path

import pytest

from explorer.config import CorpusConfig
from explorer.explore.run import open_run
from explorer.text import corpora
from explorer.text.normalisation import normalised, spellings
from explorer.text.text_index import TextIndex
from explorer.text.tokens import Tokeniser

PLAIN = Tokeniser(normalise=True)
FORMER = Tokeniser()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_both_unicode_forms_are_the_same_words(form: str) -> None:
    text = unicodedata.normalize(form, "Le café près de l'île")
    assert PLAIN.tokens(text) == ["le", "café", "près", "de", "l'île"]


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("a girl’s dress", "a girl's dress"),
        ("“stop”, she said … don’t", '"stop", she said ... don\'t'),
        ("\u200fילד קורא\u200f ספר\u200e", "ילד קורא ספר"),
        ("\ufeffa win\u00addow, a door\u200b", "a window, a door"),
        ("twenty\u2011one", "twenty-one"),
    ],
)
def test_what_looks_alike_is_read_alike(typed: str, same: str) -> None:
    assert PLAIN.tokens(typed) == PLAIN.tokens(same) == FORMER.tokens(same)


@pytest.mark.parametrize(
    "text", ["नमस्ते दुनिया", "a 👩‍👩‍👧 waves", "می‌خواهم", "a well — a pond", "สวัสดี", "«oui»"]
)
def test_letters_joiners_dashes_and_emoji_stay(text: str) -> None:
    assert normalised(text) == text
    assert PLAIN.tokens(text) == FORMER.tokens(text)


def test_the_text_as_typed_is_the_first_spelling() -> None:
    text = "le cafe\u0301 d’ici"
    assert next(spellings(text)) == text
    assert all(normalised(other) == normalised(text) for other in spellings(text))


def test_both_forms_of_a_sentence_share_a_split(tmp_path: Path) -> None:
    names = ["chêne", "hêtre", "érable", "orme géant", "cèdre", "tilleul âgé", "pin élancé"]
    sentences = [f"un {name} près de la rivière {n}" for name in names for n in range(9)]
    path = tmp_path / "trees.txt"
    lines = [unicodedata.normalize(form, text) for text in sentences for form in ("NFC", "NFD")]
    path.write_text("\n".join(lines), encoding="utf-8")
    corpus = corpora.load(CorpusConfig(path=str(path), normalise=True, test_fraction=0.3), 0)
    assert set(corpus.splits) == set(corpora.SPLITS)
    assert corpus.splits[::2] == corpus.splits[1::2]
    assert corpus.sentences == lines  # shown as written


def test_search_finds_either_spelling() -> None:
    index = TextIndex(["the girl’s cafe\u0301", "a bou\u00adtique", "a dog"])
    assert [index.search(query)[0] for query in ("girl's", "café", "boutique")] == [0, 0, 1]


def test_a_former_run_reads_a_typed_sentence_in_the_spelling_it_knows(tiny_run: Path) -> None:
    """Its vocabulary holds what its corpus spells, and nothing else."""
    run = open_run(str(tiny_run))
    plain = "a dog sleeps in the park"
    assert run.ids([f"\u200e{plain}\u200f", f"{plain}\u00ad"]) == run.ids([plain]) * 2
    assert not run.unknown(f"\u200e{plain}")
    assert run.unknown("a “dog“ zzz") == ["zzz"]  # the quotes are read as those of the corpus
    for text in run.texts[:20]:
        assert run.words(text) == run.tokeniser.tokens(text)


def test_a_file_that_changed_after_new_is_not_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a cat\n", encoding="utf-8")
    recipe = CorpusConfig(path=str(path))
    known = CorpusConfig(path=str(path), checksum=corpora.file_checksum(recipe))
    corpora.check_unchanged(known)
    path.write_text("a dog\n", encoding="utf-8")
    corpora.check_unchanged(recipe)
    with pytest.raises(corpora.ExplorerError, match="has changed since `explorer new`"):
        corpora.check_unchanged(known)
