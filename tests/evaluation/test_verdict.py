"""The verdict on runs trained for it: collapsed on purpose, partly used, and healthy."""

from pathlib import Path

import pytest

from explorer import pipeline
from explorer.evaluation import collapse_onset
from explorer.evaluation.verdict import FEW_SENTENCES, uses_z, verdict
from explorer.runs import folder as folders
from tests import tiny

pytestmark = pytest.mark.slow

RECIPE = """\
seed = 0

[corpus]
path = "{path}"
text_column = "text"
vocabulary_size = 60
test_share = 0.2

[model]
embedding_dim = 12
latent_dim = {latent_dim}
encoder = {{ name = "lstm", hidden_dim = 24 }}
decoder = {{ name = "lstm", hidden_dim = 24, dropout = 0.0, word_dropout = {word_dropout} }}

[objective]
rate = {{ name = "plain" }}
schedule = {{ name = "constant", beta = {beta} }}

[training]
epochs = {epochs}
pretrain_epochs = 0
bf16 = false
batch_size = 32
learning_rate = {rate}
"""

# The decoder that reads needs no z, and a high beta makes it dear. The one that reads nothing
# needs it: at beta 1 it takes one dimension of eight, at a low beta all of four.
COLLAPSED = {"latent_dim": 4, "word_dropout": 0.0, "beta": 10.0, "epochs": 6, "rate": 0.02}
PARTLY_USED = {"latent_dim": 8, "word_dropout": 1.0, "beta": 1.0, "epochs": 30, "rate": 0.03}
HEALTHY = {"latent_dim": 4, "word_dropout": 1.0, "beta": 0.3, "epochs": 20, "rate": 0.02}


def trained(folder: Path, settings: dict[str, float]) -> Path:
    """A run of the tiny sentences, trained and measured."""
    corpus = tiny.write_corpus(folder / "corpus.csv", 800)
    recipe = RECIPE.format(path=corpus.as_posix(), **settings)
    (folder / folders.CONFIG).write_text(recipe, encoding="utf-8")
    for _ in pipeline.train(folder, "cpu"):
        pass
    pipeline.evaluate(folder, samples=2)
    return folder


@pytest.mark.parametrize(
    ("word", "settings"),
    [("collapsed", COLLAPSED), ("partly used", PARTLY_USED), ("healthy", HEALTHY)],
    ids=["collapsed", "partly used", "healthy"],
)
def test_a_fresh_run_is_called_what_it_is(tmp_path, word, settings) -> None:
    folder = trained(tmp_path, settings)
    metrics = folders.read_metrics(folder)
    assert metrics["verdict"] == verdict(metrics) == word
    assert metrics["uses_z"] == uses_z(metrics).entry()
    assert metrics["can_be_sampled"]["value"] in ("yes", "partly", "no")
    rates, variances = metrics["rate"]["by_dimension"], metrics["active_units"]["variances"]
    assert len(rates) == len(variances) == settings["latent_dim"]
    assert sum(rates) == pytest.approx(metrics["rate"]["value"])
    assert sum(value > 0.01 for value in variances) == metrics["active_units"]["value"]
    collapsed = collapse_onset.collapse_moment(folders.read_history(folder))
    assert (collapsed is not None) == (word == "collapsed")


@pytest.mark.parametrize(("number", "says"), [(1, "1 test sentence."), (12, "12 test sentences.")])
def test_a_verdict_from_few_sentences_says_how_few(number: int, says: str) -> None:
    def entry(value: float, n: int) -> dict[str, float]:
        return {"value": value, "n": n}

    def of(n: int) -> str:
        return uses_z(
            {
                "rate": entry(9.0, n),
                "active_units": entry(4, n) | {"of": 4},
                "shuffled_z_gap": entry(5.0, n),
            }
        ).sentence

    assert of(number).endswith(f"based on only {says}")
    assert "based on only" not in of(FEW_SENTENCES)
    assert of(number).startswith(of(500))
