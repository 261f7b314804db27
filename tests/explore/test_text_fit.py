"""Which run knows a text best, and what is said about it."""

import shutil

import pytest

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.explore import text_fit
from explorer.explore.run import open_run
from explorer.explore.text_fit import Fit
from explorer.runs import folder as folders
from tests import tiny


@pytest.fixture
def two_runs(tiny_run, tmp_path, monkeypatch):
    """The tiny run, and a copy whose vocabulary has other words."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "runs")
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    known, other = tmp_path / "runs" / "known", tmp_path / "runs" / "other"
    for folder in (known, other):
        shutil.copytree(tiny_run, folder)
    words = (other / folders.VOCABULARY).read_text("utf-8").split("\n")
    words[4:] = [word and f"x{word}" for word in words[4:]]
    (other / folders.VOCABULARY).write_text("\n".join(words), encoding="utf-8")
    config = (other / folders.CONFIG).read_text("utf-8")
    path = configs.read(other / folders.CONFIG).corpus.path
    (other / folders.CONFIG).write_text(config.replace(path, "/nowhere.csv"), encoding="utf-8")
    folders.write_checksums(other)
    return known, other


def test_the_run_whose_words_they_are_is_chosen(two_runs):
    known, other = two_runs
    assert set(text_fit.candidates()) == {known, other}
    assert text_fit.best_run(tiny.sentences(40)[5:]) == known


def test_runs_are_ranked_and_the_best_is_first(two_runs):
    texts = tiny.sentences(40)[5:]
    ranked = text_fit.ranked(texts)
    assert [folder for folder, _ in ranked] == list(two_runs)
    assert [fit.is_mostly_unknown for _, fit in ranked] == [False, True]
    assert ranked[0][0] == text_fit.best_run(texts)


def test_a_sample_is_the_same_each_time_and_no_longer_than_the_text():
    texts = [f"sentence {number}" for number in range(1000)]
    assert text_fit.sampled(texts) == text_fit.sampled(texts)
    assert len(set(text_fit.sampled(texts))) == text_fit.SAMPLE
    assert sorted(text_fit.sampled(texts[:7])) == texts[:7]


def test_unknown_words_are_charged(two_runs):
    texts = tiny.sentences(40)[5:]
    fits = [text_fit.fit(open_run(folder), texts) for folder in two_runs]
    assert fits[0].known > 0.9 and fits[1].known == 0.0
    assert fits[1].nats > fits[0].nats + 5


def test_without_a_run_the_error_says_so(two_runs):
    for folder in two_runs:
        shutil.rmtree(folder)
    with pytest.raises(ExplorerError, match="no trained sentence VAE"):
        text_fit.best_run(["a dog sleeps"])


@pytest.mark.parametrize(
    ("fit", "sentence"),
    [
        (Fit("a", 3.0, 0.714, 0.38), "a knows 71% of your words; 38% of your sentences are out"),
        (Fit("a", 3.0, 1.0, None), "a knows 100% of your words."),
        (Fit("a", 3.0, 0.9, 0.0, True), "spells out the others in subwords; hardly any"),
    ],
)
def test_the_fit_is_one_sentence(fit, sentence):
    assert sentence in fit.sentence and fit.sentence.count(".") == 1


def test_a_document_run_draws_no_map_of_sentences():
    bags = [
        name
        for name, folder in folders.by_name().items()
        if configs.read(folder / folders.CONFIG).corpus.tokens == "bag"
    ]
    assert "newsgroups" in bags
    assert not set(bags) & {folder.name for folder in text_fit.candidates()}


def test_a_run_that_spells_is_chosen_for_words_that_none_knows():
    texts = ["我们明天去公园散步吧", "今天天气很好", "他在学校学习中文", "你好世界"] * 5
    best = open_run(text_fit.best_run(texts))
    assert not best.vocabulary.has_unknown and best.vocabulary.has_order


def test_emoji_and_links_do_not_change_the_choice():
    plain = ["my phone died", "where are you", "see you tomorrow", "the bus is late again"]
    signs = ["👩🏽‍🚀 ☕️", "https://example.org/a?b=c", "😀", "www.example.org ❤️"]
    chat = [f"{text} {sign}" for text, sign in zip(plain, signs, strict=True)] * 5
    assert text_fit.best_run(chat) == text_fit.best_run(plain * 5)
    assert open_run(text_fit.best_run(chat)).vocabulary.has_unknown is False
    assert text_fit.best_run(["😀"]), "of signs alone"


def test_words_that_a_document_run_skips_are_not_known():
    run = open_run("newsgroups")
    fit = text_fit.fit(run, ["我们 明天 去 公园", "qqxz vvrk zzptt"])
    assert fit.known == 0 and "pieces" not in fit.sentence
