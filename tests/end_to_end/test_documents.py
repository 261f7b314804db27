"""Documents from a file to topics, a map that answers in words, and the commands and pages."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore import matched_topics
from explorer.explore.run import Run, open_run
from explorer.models.decoding_settings import RANKED, STRATEGIES, Decoding
from explorer.models.words import WordsDecoder
from tests import tiny_documents
from tests.tiny_documents import TOPICS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nvdm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_documents.build(tmp_path_factory.mktemp("documents"), "nvdm")


@pytest.fixture(scope="module")
def topic_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_documents.build(
        tmp_path_factory.mktemp("topics"),
        "lda",
        latent='{ name = "simplex", concentration = 0.3 }',
        decoder='{ name = "words", topics = "mixture" }',
        dim=3,
        epochs=40,
    )


def share_of_one_topic(words: list[str]) -> float:
    return max(len(set(words) & set(topic)) for topic in TOPICS.values()) / len(words)


def unigram_ppl(run: Run) -> float:
    corpus = run.corpus
    assert corpus is not None
    decoder = run.model.decoder
    assert isinstance(decoder, WordsDecoder)
    unigram = decoder.unigram.double().exp().numpy()
    nats = []
    for row in corpus.rows("test"):
        ids = run.ids([corpus.sentences[row]])[0]
        nats.append(-np.log(unigram[ids]).mean())
    return math.exp(np.mean(nats))


def test_both_perplexities_beat_the_unigram_and_are_of_the_words_that_are_read(
    nvdm: Path,
) -> None:
    run = open_run(nvdm)
    metrics = run.metrics
    assert metrics["document_ppl"]["value"] < 0.8 * unigram_ppl(run)
    assert metrics["document_importance_ppl"]["value"] <= metrics["document_ppl"]["value"] * 1.01
    corpus = run.corpus
    assert corpus is not None
    ids = run.ids([corpus.sentences[row] for row in corpus.rows("test")])
    assert metrics["elbo_ppl"]["words"] == sum(map(len, ids))
    nats = metrics["elbo"]["value"] * len(ids)
    assert math.isclose(
        metrics["elbo_ppl"]["value"], math.exp(nats / sum(map(len, ids))), rel_tol=1e-6
    )


def test_what_needs_order_is_absent_with_the_reason(nvdm: Path) -> None:
    metrics = open_run(nvdm).metrics
    absent = {name for name, entry in metrics.items() if _code(entry) == "no_order"}
    assert {"bleu", "self_bleu", "novelty", "interpolation_linear_distinct"} <= absent
    assert metrics["shuffled_z_gap"]["value"] > 5


def _code(entry: Any) -> str:
    return entry.get("reason_code", "") if isinstance(entry, dict) else ""


def test_planted_topics_are_recovered(topic_model: Path) -> None:
    run = open_run(topic_model)
    words = run.octis()["topics"]
    assert [share_of_one_topic(row[:7]) for row in words] == [1.0] * 3
    table = run.topics()
    assert list(table.columns) == [
        *("Topic", "Count", "Name", "Representation", "Representative_Docs", "NPMI", "Share")
    ]
    assert sum(table["Count"].tolist()) == len(run.needed_atlas)
    assert math.isclose(sum(table["Share"].tolist()), 1, rel_tol=1e-5)
    npmi = table["NPMI"].tolist()
    assert npmi == sorted(npmi, reverse=True)
    assert npmi[-1] > 0
    output = run.octis()
    assert np.allclose(output["topic-word-matrix"].sum(1), 1)
    assert np.allclose(output["topic-document-matrix"].sum(0), 1)
    assert run.metrics["topic_diversity"]["value"] <= 1


def test_a_run_beside_itself_pairs_each_topic_with_itself(nvdm: Path) -> None:
    run = open_run(nvdm)
    matched = matched_topics.match(run, run)
    assert len(matched.pairs) == 8
    assert matched.left_first == matched.left_second == []
    for pair in matched.pairs:
        assert pair.first == pair.second
        assert pair.shared == pair.first.words
        assert math.isclose(pair.similarity, 1, rel_tol=1e-6)


def test_topics_of_two_runs_are_paired_by_what_they_are_about(
    topic_model: Path, nvdm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = open_run(topic_model), open_run(nvdm)
    matched = matched_topics.match(first, second)
    assert len(matched.pairs) == 3
    assert len(matched.left_second) == 8 - 3
    assert len({pair.second.name for pair in matched.pairs}) == 3
    ranks = [pair.similarity for pair in matched.pairs]
    assert ranks == sorted(ranks, reverse=True)
    for pair in matched.pairs:
        assert pair.shared == [word for word in pair.first.words if word in pair.second.words]
        assert pair.shared
    turned = matched_topics.match(second, first)
    assert {(pair.second.name, pair.first.name) for pair in turned.pairs} == {
        (pair.first.name, pair.second.name) for pair in matched.pairs
    }
    table = first.matched_topics(second)
    assert list(table["Similarity"]) == ranks
    assert main(["topics", str(topic_model), "--beside", str(nvdm), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["shared"] for row in printed] == [pair.shared for pair in matched.pairs]
    assert main(["topics", str(topic_model), "--beside", str(nvdm)]) == 0
    assert "has 5 more" in capsys.readouterr().out


def test_a_run_of_sentences_has_no_topics_to_match(
    nvdm: Path, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["topics", str(nvdm), "--beside", str(tiny_run)]) == 1
    assert "is a model of sentences" in capsys.readouterr().err


def test_both_ends_of_each_dimension_of_a_gaussian_are_listed(nvdm: Path) -> None:
    names = {name.partition("_")[0] for name in open_run(nvdm).topics()["Name"]}
    assert names == {f"{axis}{end}" for axis in range(4) for end in "+−"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_document_and_every_place_decode_to_ranked_words_of_its_topic(
    nvdm: Path, strategy: str
) -> None:
    run = open_run(nvdm)
    text = "A rocket on its launch: the moon, the orbit, a shuttle and an astronaut."
    (decoded,) = run.decode_tokens(run.encode([text]), Decoding(strategy=strategy))
    assert decoded.text == ", ".join(decoded.tokens)
    assert len(decoded.tokens) <= RANKED
    assert set(decoded.tokens[:5]) <= set(TOPICS["space"])
    assert all(gain > 0 for gain in decoded.gains)
    assert run.around(run.encode([text])[0], np.full(4, 0.01, np.float32), 2)
    assert len(run.interpolate(text, "The engine and the brake", 5)) == 5
    assert len(run.sample(3)) == 3


def test_regions_are_named_by_decoded_words(topic_model: Path) -> None:
    atlas = open_run(topic_model).needed_atlas
    known = {word for words in TOPICS.values() for word in words}
    names = [set(item.name.replace(",", " ").split()) for item in atlas.levels[0]]
    # Three topics: the names of further regions have no words of their own.
    assert sum(bool(name & known) for name in names) >= 2


def test_the_commands_answer(nvdm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(nvdm)
    assert main(["topics", run, "--words", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 9
    assert main(["topics", run, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) == 8
    assert len(listed[0]["words"]) == 10
    for command in (
        ["at", run, "0", "0"],
        ["dimensions", run],
        ["neighbours", run, "the moon in orbit"],
        ["sample", run, "-n", "2"],
        ["interpolate", run, "moon", "engine"],
        ["reconstruct", run, "the engine and the clutch"],
    ):
        assert main(command) == 0, command


def test_a_file_of_long_texts_becomes_a_recipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tiny_documents.write_corpus(tmp_path / "docs.csv")
    flags = ["--corpus", str(corpus), "--text-column", "body", "--documents"]
    assert main(["new", str(tmp_path / "docs"), *flags, "--latent", "simplex"]) == 0
    recipe = (tmp_path / "docs" / "config.toml").read_text()
    assert 'tokens = "bag"' in recipe
    assert 'name = "simplex"' in recipe
    assert 'start = "plsa"' in recipe
    assert 'fit_prior = { name = "mixture" }' in recipe
    assert main(["new", str(tmp_path / "vamp"), *flags, "--prior", "vamp"]) == 0
    recipe = (tmp_path / "vamp" / "config.toml").read_text()
    assert 'prior = { name = "vamp" }' in recipe
    assert 'fit_prior = { name = "none" }' in recipe
    for latent, fitted in (("cube", "none"), ("codes", "none"), ("codebook", "autoregressive")):
        assert main(["new", str(tmp_path / latent), *flags, "--latent", latent]) == 0
        recipe = (tmp_path / latent / "config.toml").read_text()
        assert f'fit_prior = {{ name = "{fitted}" }}' in recipe
    capsys.readouterr()
    for extra, message in (
        (["--set", "model.decoder.name=lstm"], "no order"),
        (["--size", "small", "--start", "captions-smooth"], "starts from random weights"),
    ):
        assert main(["new", str(tmp_path / "other"), *flags, *extra]) == 1
        assert message in capsys.readouterr().err
    assert main(["new", str(tmp_path / "x"), "--corpus", "captions", "--documents"]) == 1
    assert "corpus of sentences" in capsys.readouterr().err


def test_topics_of_sentences_are_refused(tiny_run: Path) -> None:
    with pytest.raises(ExplorerError, match="is a model of sentences"):
        open_run(tiny_run).topics()
