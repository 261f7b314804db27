"""A run of vectors: reopened alone, asked at any place, and its decodes encoded again."""

import shutil

import numpy as np
import pytest
import torch

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.evaluation.reconstruction import bleu
from explorer.explore.run import open_run
from explorer.models.decoding_settings import Decoding
from explorer.runs import weights
from tests import given, tiny

TEXTS = tiny.sentences(200)
OTHER = "an old man sings on a boat under a tree"


@pytest.fixture
def run(given_run, tmp_path, monkeypatch):
    """The run in a folder of its own, its encoder at hand."""
    given.register(monkeypatch)
    folder = tmp_path / "given"
    shutil.copytree(given_run, folder)
    given.with_encoder(folder)
    return open_run(folder)


@pytest.fixture
def alone(given_run, tmp_path):
    """The run without its corpus, and without its encoder."""
    folder = tmp_path / "given"
    shutil.copytree(given_run, folder)
    config = folder / "config.toml"
    moved = config.read_text(encoding="utf-8").replace("given.parquet", "nowhere.parquet")
    config.write_text(moved, encoding="utf-8")
    return open_run(folder)


def test_the_map_is_that_of_the_vectors_up_to_one_scale_and_a_shift(given_run):
    run = open_run(given_run)
    assert run.kind == "decoder of vectors" and run.texts == TEXTS
    vectors = 3.0 * given.embed(TEXTS).numpy()
    ours, theirs = (np.linalg.norm(part[:50, None] - part[None, :50], axis=2) for part in
                    (run.atlas.mean, vectors))  # fmt: skip
    off = ~np.eye(50, dtype=bool) & (theirs > 0.01)
    ratio = ours[off] / theirs[off]
    assert ratio.std() / ratio.mean() < 0.01
    assert run.atlas.mean.std(0).mean() == pytest.approx(1, abs=0.2)
    assert not run.atlas.scale.any() and not run.atlas.rate.any()


def test_the_decoder_says_what_the_vectors_hold(given_run):
    run = open_run(given_run)
    said = [text.split() for text in run.decode(run.atlas.mean)]
    meant = [run.tokeniser.text(run.words(text)).split() for text in TEXTS]
    assert bleu(said, meant) > 50
    chance = np.random.default_rng(0).permutation(len(said))
    assert bleu([said[row] for row in chance], meant) < 25


def test_a_run_reopens_alone_and_every_place_can_be_asked(alone):
    assert not alone.texts_are_real and "Typed text needs the encoder" in alone.cannot_encode
    assert alone.candidates == 1
    a, b = alone.texts[7], alone.texts[30]
    assert len(alone.interpolate(a, b, 5)) == 5
    np.testing.assert_array_equal(alone.encode([a])[0], alone.atlas.mean[alone.texts.index(a)])
    assert alone.decode(alone.at(0.0, 0.0).z[None])[0]
    assert len(alone.sample(3)) == 3
    assert len(alone.neighbours(a, 4)) == 4
    with pytest.raises(ExplorerError, match="Typed text needs the encoder"):
        alone.encode([OTHER])
    with pytest.raises(ExplorerError, match="Typed text needs the encoder"):
        alone.decode(alone.atlas.mean[:1], Decoding(nearest=4))
    assert main(["encode", str(alone.folder), __file__, "--out", "x.csv"]) == 1


def test_the_weights_do_not_hold_the_vectors(given_run):
    _, _, model = weights.load_model(given_run)
    stored, _ = weights.read_tensors(given_run / "model.safetensors")
    assert "latent.centre" in stored and not any("encoder." in name for name in stored)
    with pytest.raises(ExplorerError, match="vectors of its corpus"):
        model.posterior(torch.tensor([[1, 5, 2]]))


def test_typed_text_is_encoded_where_the_encoder_is_at_hand(run):
    assert run.cannot_encode == "" and run.candidates == 8
    z = run.encode([OTHER, TEXTS[7]])
    vectors = run.model.latent.vectors(torch.from_numpy(z))
    expected = given.embed([OTHER, TEXTS[7]])
    cosine = torch.nn.functional.cosine_similarity(vectors, expected)
    assert cosine.min() > 0.999
    # One of the map has its place there, to the precision of the map.
    np.testing.assert_array_equal(z[1], run.atlas.mean[TEXTS.index(TEXTS[7])])
    (nats,), (rate,) = run.score([OTHER])
    assert nats > 0 and rate == 0


def test_the_nearest_of_several_decodes_is_taken_and_its_cosine_stated(run):
    z = run.encode([OTHER, *TEXTS[5:25]])
    texts = run.decode(z, Decoding(nearest=8))
    near, single = run.cosines(z, texts), run.cosines(z, run.decode(z))
    assert (near >= single - 1e-6).all() and near.mean() > single.mean()
    assert texts == run.decode(z, Decoding(nearest=8))
    decoded = run.decode_tokens(z, Decoding(nearest=8))
    assert [item.text for item in decoded] == texts
    np.testing.assert_allclose([item.cosine for item in decoded], near, atol=1e-6)
    assert run.decode_tokens(z[:1])[0].cosine is None


def test_a_vae_chooses_among_its_decodes_by_its_own_encoder(tiny_run):
    run = open_run(tiny_run)
    assert run.cannot_encode == "" and run.candidates == 32
    z = run.atlas.mean[:12]
    near = run.cosines(z, run.decode(z, Decoding(nearest=6)))
    assert (near >= run.cosines(z, run.decode(z)) - 1e-6).all()


def test_the_command_line_takes_the_nearest_too(run, capsys):
    assert main(["reconstruct", str(run.folder), OTHER, "--nearest", "8"]) == 0
    said = capsys.readouterr().out.strip()
    assert said == run.reconstruct([OTHER], Decoding(nearest=8))[0]
