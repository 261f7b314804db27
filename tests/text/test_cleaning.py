"""Laws of cleaning and assembling, on invented sentences in every format."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.text import assembly, cleaned, cleaning, corpora, formats
from explorer.text.corpora import NAMED, SPLITS, NamedCorpus, RemoteFile, load
from explorer.text.named_corpus import Source


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The cat sat down.", ["The cat sat down."]),
        ("  It’s\u202fa “fine”\xa0day …", ['It\'s a "fine" day ...']),
        ('"We sing. They dance along."', ["They dance along."]),
        ('"""Is it far?"" he asked."', ['"Is it far?" he asked.']),
        ("'Nobody home today.'", ["Nobody home today."]),
        ("He said, 'nobody home today.'", ["He said, 'nobody home today.'"]),
        ("We ask Dr. Reed today. Then we leave!", ["We ask Dr. Reed today.", "Then we leave!"]),
        ("It really doesn't. You come with us.", ["It really doesn't.", "You come with us."]),
        ("the U.S. Army band plays", ["the U.S. Army band plays"]),
        ("it rains here. we stay home", ["it rains here.", "we stay home"]),
        ("it rains here... we stay home", ["it rains here... we stay home"]),
        ("It rains. here too, I hear.", ["It rains. here too, I hear."]),
        ("Look, a bird 🐦 sings.", []),
        ("Is [NAME] at home?", []),
        ("play a song by <unk>", []),
        ("See www.example.com for more.", []),
        ("Half a \ufffd letter here.", []),
        ('She said "stop to the "crowd".', []),
        ("Too short.", []),
        ("word " * 25, [("word " * 25).strip()]),
        ("word " * 26, []),
    ],
)
def test_a_text_becomes_its_plain_sentences(text: str, kept: list[str]) -> None:
    assert list(cleaning.sentences(text)) == kept


def test_no_word_or_phrase_of_the_list_passes_but_ordinary_ones_do() -> None:
    words, phrases = cleaning.profanity()
    assert len(words) > 1000 and len(phrases) > 20
    for bad in (*words, *phrases):
        assert not list(cleaning.sentences(f"They saw {bad.upper()}, over there."))
    for good in ("He'll kill time.", "My shell is fat.", "Oh my god, a stupid pot."):
        assert list(cleaning.sentences(good)) == [good]


def test_text_in_tokens_runs_again() -> None:
    tokens = "i 'm sure we do n't know , he 's `` fine '' ( or 5 % so ) . wow ! ! pay $ 5 ?"
    text = "i'm sure we don't know, he's \"fine\" (or 5% so). wow!! pay $5?"
    assert cleaning.detokenised(tokens) == text


def test_a_dialogue_loses_its_numbers_and_a_comment_may_be_left_out() -> None:
    assert list(cleaning.dialogue(["3 your persona: i bake .", "well , me too ."])) == [
        "i bake.",
        "well, me too.",
    ]
    assert list(cleaning.comments(["A fine day out.", "4,27"])) == ["A fine day out."]
    assert not list(cleaning.comments(["A fine day out.", "4,11"]))
    assert not list(cleaning.comments(["A day with [NAME]. A fine day.", "4"]))


def test_keys_forget_case_and_punctuation_and_nothing_else() -> None:
    assert cleaning.key("Well, he'll GO—now!") == cleaning.key("well he'll go now")
    assert cleaning.key("he'll go") != cleaning.key("hell go")


@pytest.mark.parametrize(
    ("format", "columns", "text", "rows"),
    [
        ("lines", (0,), "a b\nc\u2028d\n", [["a b"], ["c\u2028d"]]),
        ("tsv", (0,), 'say "a\tx\nb\n', [['say "a'], ["b"]]),
        ("tsv", (0, 1), "a\tx\nb", [["a", "x"], ["b"]]),
        ("csv", ("one", "last"), 'one,two,last\r\n"a, b",n,"c\nd"\r\n', [["a, b", "c\nd"]]),
        ("json", (0,), json.dumps({"x": [["a", "i"]], "y": [["b", "j"]]}), [["a"], ["b"]]),
    ],
)
def test_each_format_gives_its_columns(format, columns, text, rows) -> None:
    file = RemoteFile("http://x/y", "x", "", 0, format=format, columns=columns)
    assert list(formats.rows(file, text)) == rows


def source(
    folder: Path, name: str, lines: list[str], split: str = "", **settings: object
) -> Source:
    data = ("\n".join(lines) + "\n").encode()
    path = folder / "tiny" / name / "data.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    file = RemoteFile(
        f"http://x/{name}/other.txt",
        "tiny",
        hashlib.sha256(data).hexdigest(),
        len(data),
        split=split,
        file=f"{name}/data.txt",
    )
    return Source(
        name=name,
        title=name,
        licence="Free.",
        address="http://x",
        label=f"kind {name}",
        files=(file,),
        **settings,  # pyright: ignore[reportArgumentType]
    )


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> NamedCorpus:
    """Two sources that share sentences, one limited, one full of Toms."""
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_MIRROR", str(tmp_path / "mirror"))
    words = ["red", "green", "blue", "white", "black", "brown", "grey", "pink"]
    songs = [
        f"We see {a} and {b} birds {number}." for number, a in enumerate(words) for b in words
    ]
    toms = [f"Tom sees {number} birds." for number in range(200)]
    many = [f"They hear {number} birds." for number in range(1000)]
    sources = (
        source(tmp_path / "mirror", "first", songs, shippable=True),
        source(tmp_path / "mirror", "second", [songs[0].upper(), *toms, *many], limit=900),
    )
    corpus = NamedCorpus(
        title="Tiny",
        description="Birds",
        licence="Free.",
        address="",
        files=tuple(file for own in sources for file in own.files),
        tokenised=False,
        lowercase=True,
        split_punctuation=True,
        vocabulary_size=10,
        max_tokens=9,
        sources=sources,
        assemble=assembly.assembled(sources),
    )
    monkeypatch.setitem(NAMED, "tiny", corpus)
    return corpus


CONFIG = CorpusConfig(name="tiny")


def test_sources_are_joined_capped_and_split_for_ever(tiny) -> None:
    corpus = load(CONFIG, seed=0)
    assert corpus.sources is not None and corpus.labels is not None
    counts = Counter(corpus.sources)
    assert counts["first"] == 64 and 700 < counts["second"] <= 900
    assert corpus.sources[0] == "first" and tiny.shippable == {"first"}
    assert len({cleaning.key(sentence) for sentence in corpus.sentences}) == counts.total()
    named = sum("Tom" in sentence for sentence in corpus.sentences)
    assert 0.025 < named / counts.total() <= assembly.MAX_NAMED
    assert corpus.labels == [f"kind {name}" for name in corpus.sources]
    assert corpus.splits == load(CONFIG, seed=1).splits
    assert corpus.splits == [assembly.side(cleaning.key(text)) for text in corpus.sentences]
    limited = load(CorpusConfig(name="tiny", limit=50), seed=0)
    assert limited.sources is not None and len(limited.sources) == 50


def test_the_cleaned_rows_are_read_until_rules_change_or_bytes_do(tiny, monkeypatch) -> None:
    first = load(CONFIG, seed=0)
    path = corpora.home() / "corpora" / "tiny" / "cleaned.parquet"
    monkeypatch.setenv("EXPLORER_MIRROR", "")
    assert corpora.is_present("tiny") and load(CONFIG, seed=0) == first  # from the rows alone
    monkeypatch.setattr(cleaning, "RULES", 0)
    assert not corpora.is_present("tiny")
    with pytest.raises(ExplorerError, match="explorer corpus get tiny"):
        load(CONFIG, seed=0)
    monkeypatch.setattr(cleaning, "RULES", 1)
    assert cleaned.read(path, tiny) is not None
    assert cleaned.read(path, NAMED["everyday"]) is None  # of other files


@pytest.mark.parametrize("place", [0, 30, -200, -1])
def test_damaged_rows_are_made_again_silently(tiny, place) -> None:
    first = load(CONFIG, seed=0)
    path = corpora.home() / "corpora" / "tiny" / "cleaned.parquet"
    written = bytearray(path.read_bytes())
    written[place] ^= 0xFF
    path.write_bytes(written)
    assert load(CONFIG, seed=0) == first
    path.write_bytes(b"")
    assert load(CONFIG, seed=0) == first
    assert cleaned.read(path, tiny) is not None


def test_rows_that_cannot_be_kept_are_still_read(tiny, tmp_path) -> None:
    (tmp_path / "home").write_text("no folder")
    assert set(load(CONFIG, seed=0).splits) == set(SPLITS)


def test_a_file_is_named_apart_from_its_address(tiny) -> None:
    folder = corpora.get("tiny")
    assert [file.name for file in tiny.files] == ["first/data.txt", "second/data.txt"]
    assert all((folder / file.name).stat().st_size == file.size for file in tiny.files)


def test_what_one_source_holds_out_is_nowhere_else(tmp_path) -> None:
    held = source(tmp_path, "held", ["We test this here.", "Only this one."], split="test")
    other = source(tmp_path, "other", [f"They see {number} birds." for number in range(99)])
    last = source(tmp_path, "last", ["we TEST this, here", "A last one here."], split="train")
    assemble = assembly.mixed([held], assembly.assembled([other]), [last])
    rows = assemble(lambda file: (tmp_path / "tiny" / file.name).read_text())
    assert [row.source for row in rows] == ["held"] * 2 + ["other"] * 99 + ["last"]
    assert rows[0].split == rows[1].split == "test" and rows[-1].split == "train"
