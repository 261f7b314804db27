"""Laws of a corpus: order, splits, groups, and what happens where one is missing or too small."""

import gzip
import hashlib
import shutil
from collections import Counter

import pytest

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.text import corpora
from explorer.text.corpora import NAMED, SPLITS, NamedCorpus, RemoteFile, load


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Nothing a user has downloaded takes part."""
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A named corpus of two images with two captions each, in a mirror; one line is empty."""
    folder = tmp_path / "mirror" / "tiny"
    folder.mkdir(parents=True)
    files = []
    for name, split, lines in (
        ("train.1.gz", "train", "A cat.\n\nA  dog.\n"),
        ("train.2.gz", "train", "One cat.\nA hen.\nOne dog.\n"),
        ("test.1.gz", "test", "A cow.\n"),
    ):
        data = gzip.compress(lines.encode(), mtime=0)
        (folder / name).write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        files.append(RemoteFile(f"http://x/{name}", "tiny", sha256, len(data), split))
    corpus = NamedCorpus(
        title="Tiny",
        description="Animals",
        licence="Free.",
        address="http://x/",
        files=tuple(files),
        tokenised=False,
        grouped=True,
        lowercase=True,
        split_punctuation=True,
        vocabulary_size=10,
        max_tokens=9,
    )
    monkeypatch.setitem(NAMED, "tiny", corpus)
    monkeypatch.setenv("EXPLORER_MIRROR", str(tmp_path / "mirror"))
    return tmp_path / "mirror"


def lines_file(folder, lines, name="own.txt"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_an_empty_line_shifts_no_group(tiny):
    corpus = load(CorpusConfig(name="tiny"), seed=0)
    assert corpus.sentences == ["A cat.", "A dog.", "One cat.", "A hen.", "One dog.", "A cow."]
    assert corpus.groups == [0, 2, 0, 1, 2, 3]
    assert corpus.rows("test") == [5]
    assert corpus.labels is None


def test_a_mirror_may_be_the_corpus_own_folder(tiny, monkeypatch):
    monkeypatch.setenv("EXPLORER_MIRROR", str(tiny / "tiny"))
    assert len(load(CorpusConfig(name="tiny"), seed=0).sentences) == 6


def test_getting_a_corpus_from_a_mirror_keeps_it(tiny, monkeypatch):
    calls = []
    monkeypatch.delenv("EXPLORER_MIRROR")
    assert not corpora.is_present("tiny")
    folder = corpora.get("tiny", tiny, lambda done, total: calls.append((done, total)))
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") == [
        "test.1.gz",
        "train.1.gz",
        "train.2.gz",
    ]
    total = NAMED["tiny"].bytes
    assert calls == sorted(calls) and calls[-1] == (total, total)
    shutil.rmtree(tiny)
    assert corpora.is_present("tiny")
    assert len(load(CorpusConfig(name="tiny"), seed=0).sentences) == 6


def test_a_damaged_download_is_named_and_replaced(tiny):
    folder = corpora.get("tiny")
    path = folder / "train.1.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ExplorerError, match=r"train\.1\.gz is damaged.*explorer corpus get tiny"):
        load(CorpusConfig(name="tiny"), seed=0)
    corpora.get("tiny")
    assert len(load(CorpusConfig(name="tiny"), seed=0).sentences) == 6


def test_a_mirror_with_other_bytes_leaves_nothing_behind(tiny):
    (tiny / "tiny" / "train.1.gz").write_bytes(b"else")
    with pytest.raises(ExplorerError, match=r"train\.1\.gz.*checksum"):
        corpora.get("tiny")
    left = (tiny.parent / "home" / "corpora" / "tiny").iterdir()
    assert [path.name for path in left] == ["train.1.gz.lock"]


def test_a_mirror_without_the_file_is_named(tiny, tmp_path):
    with pytest.raises(ExplorerError, match=r"has no tiny/train\.1\.gz"):
        corpora.get("tiny", tmp_path)
    with pytest.raises(ExplorerError, match="is not a folder"):
        corpora.get("tiny", tmp_path / "none")


def test_an_absent_corpus_names_the_command_that_gets_it(monkeypatch):
    monkeypatch.delenv("EXPLORER_MIRROR", raising=False)
    assert not corpora.is_present("captions")
    with pytest.raises(ExplorerError, match="explorer corpus get captions"):
        load(CorpusConfig(name="captions"), seed=0)


@pytest.mark.parametrize("call", [corpora.get, corpora.is_present])
def test_an_unknown_name_is_answered_with_the_known_ones(call):
    with pytest.raises(ExplorerError, match="captions, ptb, yelp, 20news, everyday, mixed"):
        call("novels")


def test_duplicates_stay_on_one_side_and_other_sentences_do_not_move(tmp_path):
    lines = [f"Sentence number {number}" for number in range(300)]
    before = load(CorpusConfig(path=lines_file(tmp_path, lines)), seed=1)
    twice = [line.upper() for line in lines] + ["A new one"]
    after = load(CorpusConfig(path=lines_file(tmp_path, lines + twice)), seed=1)
    assert after.splits[:300] == after.splits[300:600] == before.splits
    assert before.splits != load(CorpusConfig(path=lines_file(tmp_path, lines)), seed=2).splits


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_shares_hold_and_no_split_is_empty(tmp_path, share):
    for count in (10, 11, 2000):
        path = lines_file(tmp_path, [f"line {number}" for number in range(count)])
        config = CorpusConfig(path=path, valid_fraction=share, test_fraction=share)
        for seed in range(3):
            sizes = Counter(load(config, seed).splits)
            assert set(sizes) == set(SPLITS)
            assert abs(sizes["test"] / count - share) < 0.04 or count < 20


@pytest.mark.parametrize(
    "lines", [["one line"], ["the same"] * 500, ["The same", "the  SAME"] * 9]
)
def test_too_few_different_sentences_are_refused(tmp_path, lines):
    with pytest.raises(ExplorerError, match=r"of them different: at least 10"):
        load(CorpusConfig(path=lines_file(tmp_path, lines)), seed=0)


def test_a_limit_draws_evenly_and_keeps_the_order(tmp_path):
    lines = [f"line {number:04}" for number in range(1000)]
    config = CorpusConfig(path=lines_file(tmp_path, lines), limit=200)
    corpus = load(config, seed=3)
    assert corpus.sentences == sorted(corpus.sentences)
    assert len(set(corpus.sentences)) == 200
    assert 60 < sum(sentence < "line 0500" for sentence in corpus.sentences) < 140
    assert corpus.sentences == load(config, seed=3).sentences != load(config, seed=4).sentences


def test_equal_text_has_an_equal_checksum_and_order_counts(tmp_path):
    lines = [f"line {number}" for number in range(20)]
    first = load(CorpusConfig(path=lines_file(tmp_path, lines)), seed=0)
    same = load(CorpusConfig(path=lines_file(tmp_path, lines, "copy.txt")), seed=5)
    other = load(CorpusConfig(path=lines_file(tmp_path, lines[::-1])), seed=0)
    assert first.checksum == same.checksum != other.checksum


def test_labels_follow_their_sentences(tmp_path):
    lines = ["text,label", *(f"line {number},{number % 3}" for number in range(60)), ",9"]
    path = lines_file(tmp_path, lines, "own.csv")
    config = CorpusConfig(path=path, text_column="text", label_column="label", limit=30)
    corpus = load(config, seed=0)
    assert corpus.labels == [str(int(text.split()[1]) % 3) for text in corpus.sentences]


def test_an_unknown_split_is_a_bug(tiny):
    with pytest.raises(ValueError, match="training"):
        load(CorpusConfig(name="tiny"), seed=0).rows("training")


@pytest.mark.parametrize("name", NAMED)
def test_a_named_corpus_says_what_it_is_and_pins_its_files(name):
    corpus = NAMED[name]
    assert corpus.title and corpus.description and corpus.licence.endswith(".")
    assert corpus.tokenised is not corpus.split_punctuation
    assert len({file.name for file in corpus.files}) == len(corpus.files)
    for file in corpus.files:
        assert len(file.sha256) == 64 and file.size > 0
        assert file.url.startswith("https://")
        if not corpus.assemble:
            assert file.url == corpus.address + file.name
            assert file.split in SPLITS or file.label


@pytest.mark.parametrize("name", ["everyday", "mixed"])
def test_an_assembled_corpus_names_whom_to_attribute(name):
    corpus = NAMED[name]
    names = [source.name for source in corpus.sources]
    assert len(set(names)) == len(names)
    assert corpus.shippable == {"commonvoice", "tatoeba_fra", "clinc150", "banking77", "slurp"}
    assert set(names[:5]) == corpus.shippable  # a sentence of several counts as the first one's
    for source in corpus.sources:
        assert source.title and source.licence and source.label
        assert source.address.startswith("https://")
    for file in corpus.files:
        assert any(file in NAMED[part].files for part in corpus.parts or (name,))


@pytest.fixture
def real(mirror, monkeypatch):
    monkeypatch.setenv("EXPLORER_MIRROR", str(mirror))


def test_captions_are_five_sentences_an_image(real):
    corpus = load(CorpusConfig(name="captions"), seed=0)
    assert Counter(corpus.splits) == {"train": 145_000, "valid": 5_070, "test": 5_000}
    assert corpus.groups is not None
    for split, images in (("train", 29_000), ("valid", 1_014), ("test", 1_000)):
        sizes = Counter(corpus.groups[row] for row in corpus.rows(split))
        assert len(sizes) == images and set(sizes.values()) == {5}
    assert len(set(corpus.groups)) == 31_014
    assert corpus.checksum.startswith("b8d15f995324f651")


def test_the_penn_treebank_has_its_published_size(real):
    corpus = load(CorpusConfig(name="ptb", lowercase=False, split_punctuation=False), seed=0)
    assert Counter(corpus.splits) == {"train": 42_068, "valid": 3_370, "test": 3_761}
    predicted = [len(corpus.sentences[row].split()) + 1 for row in corpus.rows("test")]
    assert sum(predicted) == 82_430


@pytest.mark.slow
def test_yelp_is_labelled_and_split_by_the_seed(real):
    corpus = load(CorpusConfig(name="yelp"), seed=0)
    assert Counter(corpus.labels) == {"negative": 75_556, "positive": 114_597}
    sizes = Counter(corpus.splits)
    assert sizes.total() == 190_153
    assert 9_000 < sizes["valid"] < 10_000 and 9_000 < sizes["test"] < 10_500
    sides: dict[str, str] = {}
    for sentence, split in zip(corpus.sentences, corpus.splits, strict=True):
        assert sides.setdefault(sentence, split) == split
