"""The pieces of a pre-trained language model split words as its own tokeniser does."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.text import language_models, vocabularies
from explorer.text.bpe import BYTES, PieceVocabulary
from explorer.text.language_models import lacking, read_pieces
from explorer.text.tokens import SPECIALS

FOLDER = Path(__file__).parents[1] / "fixtures" / "language_models" / "llama"
TEXT = "the cat sat on a mat and the dogs wait ; don't open 27 doors cats"
WORDS = TEXT.split(" ")
OTHERS = ["café", "zürich", "日本", "🙂", "▁", "a▁b"]


def whole() -> PieceVocabulary:
    pieces = read_pieces(str(FOLDER))
    return PieceVocabulary([*SPECIALS, *BYTES, *pieces.spelled], pieces.merges)


def test_words_are_split_as_by_its_tokeniser() -> None:
    reference, ours = Tokenizer.from_file(str(FOLDER / "tokenizer.json")), whole()
    rows = read_pieces(str(FOLDER)).rows
    split = 0
    for word in WORDS:
        expected = reference.encode(f" {word}", add_special_tokens=False).ids
        found = [rows[ours.entries[index]] for index in ours.encode([word])]
        assert found == expected, word
        split += len(found) > 1
    assert split > 3


def test_every_word_is_read_back() -> None:
    for word in (*WORDS, *OTHERS):
        assert whole().decode(whole().encode([word])) == [word]


@pytest.mark.parametrize("size", [300, 320, 5000])
def test_selected_pieces_spell_every_word(size: int) -> None:
    config = CorpusConfig(
        path="x.txt", tokens="bpe", pieces_from=str(FOLDER), vocabulary_size=size
    )
    chosen = vocabularies.learn(config, Counter(WORDS))
    assert len(chosen) <= size
    for word in (*WORDS, *OTHERS):
        assert chosen.decode(chosen.encode([word])) == [word]


def test_with_room_for_all_words_are_split_as_by_all_pieces() -> None:
    config = CorpusConfig(path="x.txt", tokens="bpe", pieces_from=str(FOLDER))
    chosen, every = vocabularies.learn(config, Counter(WORDS)), whole()
    assert len(chosen) < len(every)
    for word in WORDS:
        split = [chosen.entries[index] for index in chosen.encode([word])]
        assert split == [every.entries[index] for index in every.encode([word])]


def test_start_end_and_bytes_have_rows() -> None:
    rows = read_pieces(str(FOLDER)).rows
    assert rows["<bos>"] == rows["<eos>"] == 0
    assert all(byte in rows for byte in BYTES)


def test_a_model_that_is_not_at_hand_is_named(tmp_path: Path) -> None:
    assert "config.json" in lacking(str(tmp_path))
    with pytest.raises(ExplorerError, match="not available: there is no"):
        read_pieces(str(tmp_path))
    for name in language_models.LANGUAGE_MODELS:
        assert lacking(name) == "" or "[pretrained]" in lacking(name)


@pytest.mark.parametrize("damage", ["{", "[]", '{"model": {"type": "Unigram"}}'])
def test_a_tokeniser_of_another_kind_is_refused(tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "model")
    (folder / "tokenizer.json").write_text(damage)
    with pytest.raises(ExplorerError, match=r"tokenizer\.json cannot be used"):
        read_pieces(str(folder))


def test_pieces_numbered_without_end_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "model")
    table = json.loads((folder / "tokenizer.json").read_text())
    table["model"]["vocab"]["far"] = 10**12
    (folder / "tokenizer.json").write_text(json.dumps(table))
    with pytest.raises(ExplorerError, match="cannot be used"):
        read_pieces(str(folder))


def test_the_pieces_need_bpe() -> None:
    with pytest.raises(ExplorerError, match="pieces_from"):
        CorpusConfig(path="x.txt", tokens="words", pieces_from="smollm2")
