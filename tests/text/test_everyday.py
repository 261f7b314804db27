"""The corpora `everyday` and `mixed`, as the published files make them."""

import re
import unicodedata
from collections import Counter

import pytest

from explorer.config import CorpusConfig
from explorer.text import assembly, cleaning, corpora
from explorer.text.corpora import NAMED, Corpus, load

# Cleaning both takes a minute or two, on a busy machine several.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

EXPECTED = {  # sentences of each domain, to 5 %
    "general": 116_700,
    "read-aloud": 54_300,
    "comments": 47_100,
    "common-sense": 38_900,
    "requests": 38_700,
    "small-talk": 19_300,
    "scenes": 18_900,
}


@pytest.fixture(scope="module")
def real(mirror, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_MIRROR", str(mirror))
        patch.setenv("EXPLORER_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def everyday(real) -> Corpus:
    return load(CorpusConfig(name="everyday"), seed=0)


@pytest.fixture(scope="module")
def mixed(real) -> Corpus:
    return load(CorpusConfig(name="mixed"), seed=0)


def keys(corpus: Corpus, split: str = "") -> list[str]:
    rows = corpus.rows(split) if split else range(len(corpus.sentences))
    return [cleaning.key(corpus.sentences[row]) for row in rows]


def test_every_domain_has_its_sentences(everyday) -> None:
    counts = Counter(everyday.labels)
    assert counts == pytest.approx(EXPECTED, rel=0.05)
    assert list(dict.fromkeys(everyday.sources)) == [own.name for own in NAMED["everyday"].sources]
    assert Counter(everyday.sources)["banking77"] == 5_000


def test_the_rows_are_those_it_was_published_with(everyday) -> None:
    # Differs after a change to the rules of cleaning: then raise `cleaning.RULES` as well.
    assert cleaning.RULES == 1
    assert everyday.checksum == "a1cac68c88ed95f1545f4b8a16c72f631615e0568310e11eb4eefd588a60e1d0"
    assert len(everyday.sentences) == 333_836


def test_no_sentence_stands_twice_and_sides_hang_on_no_seed(everyday) -> None:
    assert len(set(keys(everyday))) == len(everyday.sentences)
    for split in ("valid", "test"):
        assert 4_700 < everyday.splits.count(split) < 5_300
    again = load(CorpusConfig(name="everyday"), seed=7)  # from the cleaned rows
    assert again == everyday


def test_every_sentence_is_plain(everyday) -> None:
    letters = set("".join(everyday.sentences))
    assert not letters & set("[]<>{}_*|~\\^@#=+/“”‘’\ufffd")
    kinds = {unicodedata.category(letter) for letter in letters - {"°"}}
    assert kinds <= {"Lu", "Ll", "Nd", "Zs", "Po", "Ps", "Pe", "Pd", "Sc"}
    for sentence in everyday.sentences:
        assert sentence == " ".join(sentence.split())
        assert cleaning.MIN_WORDS <= len(sentence.split()) <= cleaning.MAX_WORDS


def test_nothing_profane_is_left(everyday) -> None:
    words, phrases = cleaning.profanity()
    spelt = re.compile(r"[a-zà-ÿœ0-9]+")
    text = "\n".join(everyday.sentences).casefold()
    seen = set(spelt.findall(text))
    assert not seen & words
    assert not any(re.search(rf"\b{phrase}\b", text) for phrase in phrases)
    assert not [word for word in seen if "fuck" in word or "shit" in word]


def test_few_sentences_name_tom_or_mary(everyday) -> None:
    named = sum(bool(re.search(r"(?i)\b(tom|mary)\b", text)) for text in everyday.sentences)
    assert 0.02 < named / len(everyday.sentences) <= assembly.MAX_NAMED


def test_mixed_keeps_what_captions_hold_out(mixed) -> None:
    assert len(set(keys(mixed))) == len(mixed.sentences)
    assert mixed.checksum == "e09d0df1e38576276ce4efadb513bcf3c47ad0b23425963e9ff687e70cc67244"
    captions = load(CorpusConfig(name="captions"), seed=0)
    held = {*keys(captions, "valid"), *keys(captions, "test")}
    assert not held & set(keys(mixed, "train"))
    assert not set(keys(captions, "test")) & set(keys(mixed, "valid"))
    assert set(keys(captions, "test")) >= {
        cleaning.key(mixed.sentences[row])
        for row in mixed.rows("test")
        if mixed.labels[row] == "captions"
    }


def test_mixed_is_everyday_with_captions_and_reviews(everyday, mixed) -> None:
    counts = Counter(mixed.labels)
    assert 145_000 < counts["captions"] < 155_070 and 145_000 < counts["reviews"] < 165_000
    assert set(mixed.sources) == {own.name for own in NAMED["mixed"].sources}
    sides = dict(zip(everyday.sentences, everyday.splits, strict=True))
    common = [row for row, label in enumerate(mixed.labels) if label in EXPECTED]
    assert len(common) > 0.999 * len(sides)
    assert all(sides[mixed.sentences[row]] == mixed.splits[row] for row in common)


def test_getting_mixed_shares_the_downloads_of_its_parts(mirror, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    monkeypatch.delenv("EXPLORER_MIRROR", raising=False)
    folder = corpora.get("mixed", mirror)
    assert sorted(path.name for path in folder.iterdir()) == ["captions", "everyday", "yelp"]
    assert all(corpora.is_present(name) for name in ("everyday", "captions", "yelp", "mixed"))
    assert (folder / "everyday" / "tatoeba_marmooo" / "hard_10.tsv").is_file()
