"""Laws of a run's domain: what it was trained on lies within, other text without."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.explore.domain import Domain
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from tests import tiny


def foreign(folder: Path) -> str:
    """The rarest words a model knows, in an order it has not read."""
    return " ".join(open_run(folder).vocabulary.entries[-20:][::-1])


def test_one_in_a_hundred_training_sentences_lies_outside(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    domain, atlas = run.domain, run.atlas
    assert domain is not None and atlas is not None
    train = np.array([split == "train" for split in atlas.split])
    outside = atlas.distortion / (atlas.tokens + 1) > domain.limit
    assert domain.n == train.sum()
    assert 0 < outside[train].mean() <= 0.02


def test_a_sentence_is_outside_where_it_costs_more_a_word_than_the_limit(tiny_run: Path) -> None:
    strange = foreign(tiny_run)
    run = open_run(tiny_run)
    usual = tiny.sentences()[len(tiny.AWKWARD) :][:40]
    texts = [*usual, *[strange] * 40]
    nats, found = run.nats_per_word(texts), run.out_of_domain(texts)
    assert run.domain is not None and found is not None
    assert np.array_equal(found, nats > run.domain.limit)
    assert found[:40].mean() < 0.1 and found[40:].mean() > 0.3
    words = len(run.tokeniser.tokens(strange)) + 1
    assert nats[40] * words == pytest.approx(run.score(texts)[0][40], rel=1e-5)


def test_without_a_map_nothing_is_said(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = foreign(tiny_run)
    copy = tmp_path / "no-map"
    shutil.copytree(tiny_run, copy)
    (copy / folders.ATLAS).unlink()
    run = open_run(copy)
    assert run.domain is None and run.out_of_domain([strange]) is None
    assert main(["reconstruct", str(copy), strange]) == 0
    assert "domain" not in capsys.readouterr().err
    # A damaged map keeps nobody from reconstructing.
    (copy / folders.ATLAS).write_bytes(b"no atlas")
    assert Domain.of(open_run(copy)) is None


def test_the_command_line_says_so(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = foreign(tiny_run)
    name, usual = tiny_run.name, "a dog sleeps in the park"
    assert main(["reconstruct", str(tiny_run), strange, usual]) == 0
    err = capsys.readouterr().err
    assert err.count("outside the domain") == 1 and f"outside the domain of {name}: " in err
    assert main(["reconstruct", str(tiny_run), strange, usual, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["out_of_domain"] for line in lines] == [True, False]
    file = tmp_path / "in.txt"
    file.write_text(f"{strange}\n{usual}\n", encoding="utf-8")
    assert main(["encode", str(tiny_run), str(file), "--out", str(tmp_path / "z.jsonl")]) == 0
    assert "1 of 2 sentences are outside the domain" in capsys.readouterr().err
    out = tmp_path / "out.csv"
    assert main(["reconstruct", str(tiny_run), "--file", str(file), "--out", str(out)]) == 0
    assert "1 of 2 sentences are outside the domain" in capsys.readouterr().err


def test_captions_and_everyday_sentences_are_told_apart() -> None:
    run = open_run("captions-smooth")
    found = run.out_of_domain(
        [
            "a man in a blue shirt is standing on a ladder cleaning a window .",
            "a dog runs through the snow .",
            "what time does the train leave ?",
            "how much does it cost ?",
        ]
    )
    assert found is not None and found.tolist() == [False, False, True, True]


@pytest.mark.parametrize("name", ["captions-smooth", "yelp-sentiment", "everyday"])
@pytest.mark.parametrize("text", ["我们明天去公园散步吧", "🎉🎉 😀 😀😀", "qqxz vvrk zzptt jjwq"])
def test_a_sentence_of_unknown_words_is_outside(name: str, text: str) -> None:
    run = open_run(name)
    found = run.out_of_domain([text])
    assert found is not None and found.tolist() == [True]
    if run.vocabulary.has_unknown:
        assert run.unknown_share([text])[0] >= 0.5
        assert run.domain is not None
        (why,) = run.domain.reasons(run.nats_per_word([text]), run.unknown_share([text]))
        assert why is not None and "unknown" in why
