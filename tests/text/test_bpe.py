"""Laws of words in pieces."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest

from explorer.config import from_table
from explorer.errors import ExplorerError
from explorer.text import corpora
from explorer.text.bpe import BYTES, MAX_BYTES, PieceVocabulary
from explorer.text.tokens import BOS, EOS, PAD, SPECIALS, UNK, Tokeniser
from explorer.text.vocabulary import MARKER, WordVocabulary

TEXT = "the dog runs , the dogs ran home and the old dog sleeps at home . " * 4
PIECES = PieceVocabulary.learned(Counter(TEXT.split()), 310)
AWKWARD = [
    *("<unk>", "<eos>", "<pad>", "<bos>", "<0x41>", "x<0x41>", "dog<unk>", "</s>"),
    *(MARKER, MARKER * 3, f"{MARKER}dog", f"do{MARKER}gs", "\x00", "\ufffd", "\u200d"),
    *("naïve", "हिन्दी", "漢", "👩‍👩‍👧", "e\u0301", "שלום", "\U0010ffff"),
]


def words(chance: random.Random) -> list[str]:
    """A sentence of words of any characters, familiar ones among them."""

    def character() -> str:
        code = chance.choice((0x80, 0x800, 0x3000, 0x110000))
        found = chr(chance.randrange(1, code))
        return "a" if found.isspace() or "\ud800" <= found <= "\udfff" else found

    made = ["".join(character() for _ in range(chance.randrange(1, 6))) for _ in range(4)]
    made += chance.sample([*AWKWARD, *set(TEXT.split())], 8)
    chance.shuffle(made)
    return made


def test_every_word_comes_back() -> None:
    chance = random.Random(0)
    for _ in range(500):
        sentence = words(chance)
        ids = PIECES.encode(sentence)
        assert PIECES.decode(ids) == sentence
        assert not set(ids) & {PAD, BOS, EOS}
        assert (UNK in ids) == ("<unk>" in sentence)


def test_half_a_character_is_read_as_a_replacement() -> None:
    assert PIECES.decode(PIECES.encode(["a\ud800"])) == ["a\ufffd"]


@pytest.mark.parametrize("name", ["captions", "yelp", "ptb"])
def test_real_corpora_come_back(name, mirror, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    corpora.get(name, mirror)
    corpus = corpora.load(from_table({"corpus": {"name": name, "limit": 4000}}).corpus, 0)
    is_raw = not corpora.NAMED[name].tokenised
    tokeniser = Tokeniser(lowercase=is_raw, split_punctuation=is_raw)
    sentences = [tokeniser.tokens(sentence) for sentence in corpus.sentences]
    train = Counter(word for row in corpus.rows("train") for word in sentences[row])
    pieces = PieceVocabulary.learned(train, 2000)
    assert len(pieces) == 2000
    ids = [pieces.encode(sentence) for sentence in sentences]
    assert [pieces.decode(row) for row in ids] == sentences
    # Of text like that it learned from, few words are spelt out.
    assert sum(map(len, ids)) < 1.5 * sum(map(len, sentences))


def test_a_piece_is_part_of_the_word_it_is_decoded_to() -> None:
    chance = random.Random(1)
    for _ in range(300):
        # What a model may write, too: any pieces in any order.
        ids = [chance.randrange(UNK, len(PIECES)) for _ in range(chance.randrange(1, 12))]
        ids = chance.choice((ids, PIECES.encode(words(chance))))
        said, index = PIECES.decode(ids), PIECES.word_index(ids)
        assert len(index) == len(ids) and index[0] == 0
        assert all(after - before in (0, 1) for before, after in pairwise(index))
        if said:
            assert index[-1] == len(said) - 1
        assert all(word and not any(sign.isspace() for sign in word) for word in said)
        for word, spelled in enumerate(said):
            own = [piece for piece, place in zip(ids, index, strict=True) if place == word]
            assert PIECES.decode(own) == [spelled]


def test_bytes_that_are_no_text_are_replaced() -> None:
    dog = PIECES.encode(["dog"])
    first, blank = 4 + 0xE6, 4 + 0x20
    assert PIECES.decode([*dog, first]) == ["dog\ufffd"]
    assert PIECES.decode([*dog, blank, *dog]) == ["dog\ufffd", "dog"]
    assert PIECES.decode([BOS, *dog, PAD, EOS, *dog]) == ["dog"]


def test_what_was_learned_does_not_depend_on_the_order() -> None:
    counts = Counter(TEXT.split())
    other = dict(reversed(list(counts.items())))
    assert PieceVocabulary.learned(other, 310).checksum == PIECES.checksum
    assert PieceVocabulary.learned(counts, 305).checksum != PIECES.checksum


def test_rare_characters_stay_bytes() -> None:
    counts = {"aaa": 9, "é": 1} | {chr(0x4E00 + number): 2 for number in range(100)}
    pieces = PieceVocabulary.learned(counts, 300)
    assert len(pieces) <= 300
    assert "é" not in pieces.entries
    assert {"a", MARKER} <= set(pieces.entries)
    assert pieces.decode(pieces.encode(["é", "\u4e63"])) == ["é", "\u4e63"]


def test_words_and_pieces_meet_by_spelling() -> None:
    known = WordVocabulary([*SPECIALS, "dog", "zebra"])
    shared = set(known.spellings) & set(PIECES.spellings)
    assert shared == {*SPECIALS, f"{MARKER}dog"}
    assert PIECES.rare(["dog", "zebra", "zebra"]) == ["zebra"]
    assert PIECES.unknown(["dog", "zebra"]) == known.unknown(["dog"]) == []


def test_a_file_gives_the_same_pieces(tmp_path) -> None:
    path = tmp_path / "tokenizer.json"
    PIECES.save(path)
    again = PieceVocabulary.load(path)
    assert (again.entries, again.merges) == (PIECES.entries, PIECES.merges)
    assert again.checksum == PIECES.checksum


def test_the_library_opens_the_file(tmp_path) -> None:
    from tokenizers import Tokenizer

    PIECES.save(tmp_path / "tokenizer.json")
    library = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    sentence = ["the", "naïve", "dogs", "sang", "😀", "<unk>"]
    assert library.encode(" ".join(sentence)).ids == PIECES.encode(sentence)
    assert library.decode(PIECES.encode(sentence[:-1])) == " ".join(sentence[:-1])


def _with(table: dict, **model) -> dict:
    return {**table, "model": {**table["model"], **model}}


def _swapped(vocab: dict, old: str, new: str) -> dict:
    return {new if piece == old else piece: index for piece, index in vocab.items()}


DAMAGES = {
    "no table": lambda table, vocab: [],
    "no model": lambda table, vocab: {**table, "model": None},
    "not 'BPE'": lambda table, vocab: _with(table, type="WordPiece"),
    "settings that are not supported": lambda table, vocab: _with(table, dropout=0.5),
    "settings that are not": lambda table, vocab: {**table, "normalizer": {"type": "Lowercase"}},
    "without gaps": lambda table, vocab: _with(table, vocab=vocab | {"dog": 10**9}),
    "no numbers": lambda table, vocab: _with(table, vocab=vocab | {"dog": 1.5}),
    "start with": lambda table, vocab: _with(table, vocab=_swapped(vocab, "<eos>", "x")),
    "256 bytes": lambda table, vocab: _with(table, vocab=_swapped(vocab, BYTES[7], "x")),
    "not part of a word": lambda table, vocab: _with(table, vocab=_swapped(vocab, "d", "d d")),
    "not part of a": lambda table, vocab: _with(table, vocab=_swapped(vocab, "d", "\ud800")),
    "is missing": lambda table, vocab: _with(table, vocab=_swapped(vocab, MARKER, "x")),
    "not a merge": lambda table, vocab: _with(table, merges=[["d", "zebra"]]),
    "not a merge of": lambda table, vocab: _with(table, merges=[[BYTES[0], BYTES[1]]]),
    "not pairs": lambda table, vocab: _with(table, merges=[["d", "o", "g"]]),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_a_damaged_file_is_named(message, tmp_path) -> None:
    path = tmp_path / "tokenizer.json"
    PIECES.save(path)
    table = json.loads(path.read_text("utf-8"))
    damaged = DAMAGES[message](table, table["model"]["vocab"])
    path.write_text(json.dumps(damaged), "utf-8")
    told = "no model" if message == "no table" else message
    with pytest.raises(ExplorerError, match=told) as caught:
        PieceVocabulary.load(path)
    assert f"{path} is damaged" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 9_999])
def test_a_file_that_is_no_json_is_named(content, tmp_path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(ExplorerError, match="is damaged"):
        PieceVocabulary.load(path)


def test_a_missing_or_huge_file_is_named(tmp_path) -> None:
    path = tmp_path / "tokenizer.json"
    with pytest.raises(ExplorerError, match="is missing"):
        PieceVocabulary.load(path)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ExplorerError, match="larger than"):
        PieceVocabulary.load(path)
