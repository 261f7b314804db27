"""Laws of runs that read words in pieces: what is shown and measured stays words."""

import dataclasses
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from streamlit.testing.v1 import AppTest

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.evaluation.context import HeldOut
from explorer.evaluation.evaluate import evaluate
from explorer.explore.run import Run, open_run
from explorer.explore.run_difference import comparable
from explorer.models.decoding_settings import Decoding
from explorer.models.latent_gain import references, token_scores
from explorer.models.padding import collate
from explorer.models.vae import build
from explorer.runs import folder as folders
from explorer.runs import pack as packing
from explorer.runs import weights
from explorer.text.bpe import PieceVocabulary
from explorer.text.tokens import EOS, UNK
from explorer.text.vocabulary import MARKER, WordVocabulary
from explorer.training.suggest_recipe import inspect, recipe
from explorer.ui.app import PAGES
from explorer.ui.session.picks import TextPick
from explorer.ui.session.url import page_file
from tests import tiny

pytestmark = pytest.mark.slow

RECIPE = tiny.RECIPE.replace("vocabulary_size = 60", 'tokens = "bpe"\nvocabulary_size = 325')
SENTENCE = "A naïve zebra 🦓 sleeps under Ångström's tree"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run with a map, whose words are mostly of several pieces."""
    built = tiny.build(tmp_path_factory.mktemp("pieces"), recipe=RECIPE)
    pipeline.evaluate(built, samples=5)
    return built


def test_a_run_holds_its_pieces_and_no_word_list(folder: Path) -> None:
    assert (folder / folders.TOKENIZER).is_file()
    assert not (folder / folders.VOCABULARY).exists()
    assert folders.TOKENIZER in folders.checksums(folder)
    run = open_run(folder)
    assert len(run.vocabulary) == len(run.model.embedding.weight) == 325
    assert run.unknown(SENTENCE) == []
    said = run.vocabulary.decode(run.ids([SENTENCE])[0])
    assert run.tokeniser.text(said) == SENTENCE.lower()


def test_perplexity_is_per_word(folder: Path) -> None:
    run = open_run(folder)
    corpus = run.corpus
    assert corpus is not None
    test = [corpus.sentences[row] for row in corpus.rows("test")]
    words = sum(len(run.tokeniser.tokens(sentence)) + 1 for sentence in test)
    entry, nll = run.metrics["importance_ppl"], run.metrics["importance_nll"]
    assert entry["words"] == words
    assert entry["tokens"] == sum(len(row) + 1 for row in run.ids(test)) > words
    assert entry["value"] == pytest.approx(math.exp(nll["value"] * len(test) / words))


def test_where_each_word_is_one_piece_figures_are_those_of_words() -> None:
    said = ["red", "blue", "dogs", "cats", "run"]
    pieces = PieceVocabulary.learned(dict.fromkeys(said, 9), 600)
    assert pieces.rare(said) == []
    # The same ids, named as words.
    names = [f"{place} {entry}" for place, entry in enumerate(pieces.entries)]
    named = [entry.removeprefix(MARKER) for entry in pieces.entries]
    known = WordVocabulary(
        [entry if entry in (*pieces.entries[:4], *said) else names[place]
         for place, entry in enumerate(named)]
    )  # fmt: skip
    tokens = [[said[(row * step) % 5] for step in range(1 + row % 6)] for row in range(24)]
    ids = [pieces.encode(row) for row in tokens]
    assert ids == [known.encode(row) for row in tokens]
    torch.manual_seed(0)
    model = build(ModelConfig(embedding_dim=8, latent_dim=2), len(pieces)).eval()
    held_out = HeldOut(tokens=tokens, ids=ids)
    by_pieces, by_words = (
        evaluate(model, vocabulary, held_out, samples=4, drawn=4) for vocabulary in (pieces, known)
    )
    for name in ("distortion", "rate", "elbo_ppl", "importance_ppl", "mutual_information"):
        words = by_words[name]
        assert [words.pop(key, 0) for key in ("unknown", "unknown_sentences")] == [0, 0]
        assert by_pieces[name] == words
        assert by_pieces[name]["value"] is not None


@pytest.mark.parametrize("most", [60, 7])
def test_gains_of_words_add_up_to_those_of_the_sentence(folder: Path, most: int) -> None:
    run, decoding = open_run(folder), Decoding(strategy="sample", seed=3, max_tokens=most)
    z = run.encode(tiny.sentences(20))
    points = torch.from_numpy(z)
    rows = run._generate(points, decoding)
    scores = token_scores(run.model.decoder, points, collate(rows), references(run.model.prior()))
    assert any(len(run.vocabulary.decode(row)) < len(row) for row in rows)
    for number, decoded in enumerate(run.decode_tokens(z, decoding)):
        row = rows[number]
        is_cut = len(row) == most
        assert decoded.tokens == run.vocabulary.decode(row) + ["<eos>"] * (not is_cut)
        assert decoded.text == run.tokeniser.text(run.vocabulary.decode(row))
        for own, whole in zip((decoded.log_probs, decoded.gains), scores, strict=True):
            assert len(own) == len(decoded.tokens)
            total = whole[number, : len(row) + (not is_cut)].sum().item()
            assert sum(own) == pytest.approx(total, abs=1e-4)


def test_lengths_on_the_map_are_words(folder: Path) -> None:
    run = open_run(folder)
    assert run.texts_are_real
    counted = [len(run.tokeniser.tokens(text)) for text in run.texts]
    assert run.needed_atlas.tokens.tolist() == counted


def test_unknown_is_never_said(folder: Path) -> None:
    run = open_run(folder)
    with torch.no_grad():  # a model that would say nothing else
        run.model.decoder.output.bias[UNK] = 50.0
    z = np.zeros((3, 4), np.float32)
    for allowed in (False, True):
        decoding = Decoding(strategy="sample", allow_unknown=allowed)
        assert all("<unk>" not in text for text in run.decode(z, decoding))


@pytest.mark.parametrize(
    "argv",
    [
        ("reconstruct", SENTENCE),
        ("sample", "-n", "3"),
        ("interpolate", SENTENCE, "two cats sing", "--steps", "4"),
        ("neighbours", SENTENCE),
        ("dimensions",),
    ],
    ids=lambda argv: argv[0],
)
def test_commands_answer(folder: Path, argv: tuple[str, ...], capsys) -> None:
    assert main((argv[0], str(folder), *argv[1:], "--json")) == 0
    for line in capsys.readouterr().out.splitlines():
        json.loads(line)


def test_files_of_any_words_are_encoded_and_reconstructed(folder: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text(f"{SENTENCE}\nx{MARKER}y 漢字\n", "utf-8")
    for verb, file in (("encode", ()), ("reconstruct", ("--file",))):
        out = tmp_path / f"{verb}.parquet"
        assert main((verb, str(folder), *file, str(lines), "--out", str(out))) == 0
        assert pq.read_table(out).num_rows == 2


def test_a_pack_opens_elsewhere(folder: Path, tmp_path: Path) -> None:
    pack = packing.pack(folder, tmp_path / "run.zip")
    there = packing.unpack(pack, tmp_path / "there")
    z = open_run(folder).encode([SENTENCE])
    assert np.array_equal(open_run(there).encode([SENTENCE]), z)


def test_changed_pieces_are_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    path = copy / folders.TOKENIZER
    path.write_text(path.read_text("utf-8").replace("BPE", "WordPiece"), "utf-8")
    with pytest.raises(ExplorerError, match=r"tokenizer\.json does not match its checksum"):
        weights.load_model(copy)
    folders.write_checksums(copy, folders.TOKENIZER)
    with pytest.raises(ExplorerError, match=r"tokenizer\.json is damaged"):
        weights.load_model(copy)


def test_training_resumes_to_the_bit(tmp_path: Path) -> None:
    lines = RECIPE.replace("[training]", "[training]\nsnapshots = 0")
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)
    whole, part = tmp_path / "whole", tmp_path / "part"
    for place in (whole, part):
        place.mkdir()
        text = lines.format(path=corpus.as_posix(), epochs=1)
        (place / folders.CONFIG).write_text(text, "utf-8")
    tiny.check_resumed(whole, part, 3)
    assert (whole / folders.TOKENIZER).read_bytes() == (part / folders.TOKENIZER).read_bytes()


def started(folder: Path, start: Path, text: str) -> Path:
    """A run of the same corpus that starts from another's weights and learns nothing."""
    folder.mkdir()
    corpus = (start.parent / "corpus.csv").as_posix()
    text = text.replace("pretrain_epochs = 2", "pretrain_epochs = 0")
    text = text.format(path=corpus, epochs=0)
    line = f'[training]\nstart = {{ name = "run", run = "{start.as_posix()}" }}'
    (folder / folders.CONFIG).write_text(text.replace("[training]", line), "utf-8")
    list(pipeline.train(folder, "cpu"))
    return folder


@pytest.mark.parametrize("first", ["words", "bpe"])
def test_a_start_matches_pieces_by_spelling(first, folder, tiny_run, tmp_path) -> None:
    start = folder if first == "bpe" else tiny_run
    mine = started(tmp_path / "mine", start, RECIPE.replace("325", "400"))
    (_, old, given), (_, new, taken) = weights.load_model(start), weights.load_model(mine)
    shared = set(old.spellings) & set(new.spellings)
    assert f"{MARKER}a" in shared and len(shared) > len(old) // 4
    rows = {name: row for row, name in enumerate(old.spellings)}
    for row, name in enumerate(new.spellings):
        is_same = name in rows and torch.equal(
            taken.embedding.weight[row], given.embedding.weight[rows[name]]
        )
        assert is_same == (name in rows) or row == 0  # padding is 0 in both


def test_another_training_leaves_one_vocabulary(tiny_run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    config = configs.read(copy / folders.CONFIG)
    text = configs.render(config).replace('tokens = "words"', 'tokens = "bpe"')
    text = text.replace("vocabulary_size = 60", "vocabulary_size = 320")
    (copy / folders.CONFIG).write_text(text.replace("epochs = 3 ", "epochs = 0 "), "utf-8")
    list(pipeline.train(copy, "cpu", restart=True))
    assert not (copy / folders.VOCABULARY).exists()
    assert folders.VOCABULARY not in folders.checksums(copy)
    packing.check(copy)


def test_a_judge_has_the_same_pieces(folder: Path, tiny_run: Path, tmp_path: Path) -> None:
    lines = RECIPE.replace("latent_dim = 4", 'latent_dim = 0\nlatent = {{ name = "none" }}')
    lines = lines.replace(
        'rate = {{ name = "free_bits", nats = 4.0 }}', 'rate = {{ name = "plain" }}'
    )
    judge = tmp_path / "judge"
    judge.mkdir()
    corpus = (folder.parent / "corpus.csv").as_posix()
    (judge / folders.CONFIG).write_text(lines.format(path=corpus, epochs=1), "utf-8")
    list(pipeline.train(judge, "cpu"))
    copy = shutil.copytree(folder, tmp_path / "copy")
    pipeline.evaluate(copy, samples=2, limit=8, judge=judge)
    assert open_run(copy).metrics["forward_perplexity"]["value"] > 1
    with pytest.raises(ExplorerError, match="it has a different vocabulary"):
        pipeline.evaluate(tiny_run, samples=2, limit=8, judge=judge)


def test_a_recipe_of_pieces_says_its_format(folder: Path, tmp_path: Path) -> None:
    config = configs.read(folder / folders.CONFIG)
    path = tmp_path / folders.CONFIG
    path.write_text(configs.render(config), "utf-8")
    assert "\nformat = 2" in "\n" + path.read_text("utf-8")
    assert configs.read(path) == config
    words = configs.from_table({"corpus": {"name": "toy"}})
    assert words.corpus.tokens == "words"
    assert "format" not in configs.render(words).splitlines()[0]


@pytest.mark.parametrize("found", [3, 0, "2", True, 2.0])
def test_an_unknown_format_is_refused(found, tmp_path: Path) -> None:
    path = tmp_path / folders.CONFIG
    path.write_text(f'format = {configs.literal(found)}\n[corpus]\nname = "toy"\n', "utf-8")
    with pytest.raises(ExplorerError, match=r"written by a newer version of explorer.*upgrade"):
        configs.read(path)


@pytest.mark.parametrize(
    ("tokens", "size", "message"),
    [("bytes", 400, "not words, bpe or bag"), ("bpe", 60, "60 is below 300")],
)
def test_a_wrong_setting_is_named(tokens: str, size: int, message: str) -> None:
    corpus = {"name": "toy", "tokens": tokens, "vocabulary_size": size}
    with pytest.raises(ExplorerError, match=message):
        configs.from_table({"corpus": corpus})


def test_new_recipes_read_pieces(tmp_path: Path, capsys) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv")
    argv = ("new", str(tmp_path / "r"), "--corpus", str(corpus), "--text-column", "text")
    assert main(argv) == 0
    assert "none is unknown" in capsys.readouterr().out
    assert configs.read(tmp_path / "r" / folders.CONFIG).corpus.tokens == "bpe"
    argv = (*argv[:1], str(tmp_path / "w"), *argv[2:], "--set", "corpus.tokens=words")
    assert main(argv) == 0
    assert "are in the vocabulary" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tokens", "size"), [(900, 1000), (255_000, 2500), (700_000, 6000), (4_000_000, 8000)]
)
def test_more_text_gets_more_pieces(tokens: int, size: int, tmp_path: Path) -> None:
    path = tiny.write_corpus(tmp_path / "corpus.csv").as_posix()
    corpus = {"path": path, "text_column": "text", "tokens": "bpe"}
    findings = inspect(configs.from_table({"corpus": corpus}))
    table = recipe(dataclasses.replace(findings, train_tokens=tokens))
    assert configs.from_table(table).corpus.vocabulary_size == size


def test_end_is_no_piece() -> None:
    pieces = PieceVocabulary.learned({"end": 5}, 300)
    assert EOS not in pieces.encode(["end", "<eos>"])


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_on_pieces(page: str, folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(folder))
    at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=60)
    at.session_state["_pick"] = TextPick(SENTENCE)
    at.run()
    if page != "map":
        at.switch_page(str(page_file(page))).run()
    assert not at.exception
    assert "Allow <unk>" not in [toggle.label for toggle in at.toggle]
    assert "read as <unk>" not in " ".join(str(note.value) for note in at.warning)


def test_runs_of_more_or_fewer_pieces_compare_and_with_words_they_do_not() -> None:
    def run(tokens: str, size: int) -> Run:
        bare = Run.__new__(Run)
        corpus = {"name": "toy", "tokens": tokens, "vocabulary_size": size}
        bare.config = configs.from_table({"corpus": corpus})
        return bare

    assert comparable(run("bpe", 6000), run("bpe", 8000))
    assert not comparable(run("words", 6000), run("words", 8000))
    assert not comparable(run("words", 6000), run("bpe", 6000))
