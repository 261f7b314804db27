"""Long texts as bags of words: vocabulary, reading, and 20 Newsgroups where it is at hand."""

from collections import Counter
from pathlib import Path

import pytest

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.text import corpora, newsgroups, vocabularies
from explorer.text.bag_vocabulary import BagVocabulary
from explorer.text.named_corpus import RemoteFile
from explorer.text.tokens import SPECIALS, Tokeniser

BAG = CorpusConfig(path="docs.csv", tokens="bag", vocabulary_size=8)


def learned(texts: list[str], config: CorpusConfig = BAG) -> BagVocabulary:
    words = [Tokeniser.of(config).tokens(text) for text in texts]
    counts = Counter(word for row in words for word in vocabularies.counted(config, row))
    vocabulary = vocabularies.learn(config, counts, len(texts))
    assert isinstance(vocabulary, BagVocabulary)
    return vocabulary


def test_the_vocabulary_is_the_content_words_of_most_texts() -> None:
    texts = [
        f"The {word} was , in 12 , in orbit ." for word in ("moon", "moon", "sun", "sun", "sun")
    ]
    texts += ["A car , a car , a car , a car , a car in orbit and a motor !"] * 3
    texts += ["motor"] * 4
    vocabulary = learned(texts)
    # "orbit" is in 8 of 12 texts, "motor" in 7, above the limit; "car" is in 3, however often.
    assert vocabulary.entries[len(SPECIALS) :] == ("car", "sun")
    assert learned(texts * 3).entries[len(SPECIALS) :] == ("car", "sun", "moon")


def test_other_words_are_left_out_and_ranked_words_are_a_list() -> None:
    vocabulary = BagVocabulary([*SPECIALS, "moon", "sun"])
    assert vocabulary.encode(Tokeniser().tokens("the sun, the moon, the sun <pad>")) == [5, 4, 5]
    assert vocabulary.unknown(["car"]) == []
    assert vocabulary.rare(["car", "sun"]) == ["car"]
    tokeniser = Tokeniser.of(BAG)
    text = tokeniser.text(["moon", "sun"])
    assert text == "moon, sun"
    assert vocabulary.encode(tokeniser.tokens(text)) == [4, 5]


def test_a_document_may_be_long_and_a_sentence_may_not(tmp_path: Path) -> None:
    path = tmp_path / "docs.csv"
    path.write_text("body\n" + "\n".join(f"{number} " + "moon " * 9000 for number in range(12)))
    corpus = corpora.load(CorpusConfig(path=str(path), text_column="body", tokens="bag"), 0)
    assert len(corpus.sentences) == 12
    with pytest.raises(ExplorerError, match="--documents"):
        corpora.load(CorpusConfig(path=str(path), text_column="body"), 0)


def files(train: str, test: str, words: str = "_eos_ 0\ngod 0\ncar 0\n") -> dict[str, str]:
    return {"vocab.new": words, "train.feat": train, "test.feat": test}


def test_newsgroups_are_read_as_words_and_the_empty_are_left_out() -> None:
    published = files("1 2:1 3:2\n1 \n1 3:1\n", "1 2:1\n1 \n")

    def read(file: RemoteFile) -> str:
        return published[file.name]

    rows = newsgroups.documents(read)
    assert [row.sentence for row in rows] == ["car car god", "car", "god"]
    assert [row.split for row in rows] == ["valid", "valid", "test"]
    assert not any(row.label for row in rows)
    published |= files("1 2:x\n", "")
    with pytest.raises(ExplorerError, match=r"train\.feat, line 1, contains no word counts"):
        newsgroups.documents(read)


@pytest.mark.slow
def test_20_newsgroups_is_as_it_is_described() -> None:
    if not corpora.is_present("20news"):
        pytest.skip("20news is not on this machine")
    corpus = corpora.load(CorpusConfig(name="20news", tokens="bag"), 0)
    assert {split: corpus.splits.count(split) for split in corpora.SPLITS} == {
        "train": 10_258,
        "valid": 1_000,
        "test": 7_487,
    }
    bags = [frozenset(Counter(text.split()).items()) for text in corpus.sentences]
    training = {bags[row] for split in ("train", "valid") for row in corpus.rows(split)}
    assert sum(bags[row] in training for row in corpus.rows("test")) == 22
    assert len({word for text in corpus.sentences for word in text.split()}) == 1_994
