"""A map by meaning: similar sentences lie nearer, and the map says so."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.explore.map_caption import quality
from explorer.explore.map_views import view_of
from explorer.explore.run import open_run
from explorer.latent_space.atlas import Atlas
from explorer.latent_space.map_quality import neighbour_cosine
from explorer.pipeline import draw_map
from explorer.pipeline.map_layout import umap_of
from explorer.runs import folder as folders
from tests import given, tiny


def _quiet(stage: str, fraction: float) -> None:
    """No progress is shown."""


def test_neighbours_on_the_map_are_more_similar(monkeypatch: pytest.MonkeyPatch) -> None:
    given.register(monkeypatch)
    texts = tiny.sentences(300)
    vectors = given.embed(texts).numpy().astype(np.float64)
    rng = np.random.default_rng(0)
    # Most of the latent variance says nothing about the sentence.
    mean = np.hstack([2 * vectors, rng.normal(size=(len(texts), 12))]).astype(np.float32)
    read: list[int] = []

    def sentences() -> list[str]:
        read.append(len(texts))
        return texts

    plain = umap_of(mean, sentences, "", 0, _quiet, neighbours=8, min_dist=0.1)
    assert not read and "encoder" not in plain.meta
    by_meaning = umap_of(mean, sentences, given.NAME, 0, _quiet, neighbours=8, min_dist=0.1)
    assert by_meaning.meta["encoder"] == given.NAME
    before, after = (neighbour_cosine(made.xy, vectors) for made in (plain, by_meaning))
    assert before is not None and after is not None and after[0] > before[0] + 0.1
    assert by_meaning.meta["neighbour_cosine"]["value"] == pytest.approx(after[0], abs=1e-4)
    assert by_meaning.meta["trustworthiness"]["value"] <= 1


def test_a_recipe_and_a_refit_take_an_encoder(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    given.register(monkeypatch)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    folder = tmp_path / "mine"
    shutil.copytree(tiny_run, folder)
    monkeypatch.setenv("EXPLORER_RUNS", str(folder))
    assert main(["refit", "mine", "--encoder", given.NAME, "--neighbours", "4"]) == 0
    assert "Neighbour similarity" in capsys.readouterr().out
    assert main(["refit", "mine", "--take"]) == 0
    atlas = Atlas.load(folders.verify(folder, folders.ATLAS))
    assert atlas.projection["encoder"] == given.NAME
    run = open_run(folder)
    said = quality(run, view_of(run, "umap"))
    assert said is not None and "neighbour similarity" in said[0]
    assert main(["refit", "mine", "--encoder", str(tmp_path / "nowhere")]) == 1
    assert "there is no" in capsys.readouterr().err

    config = folder / folders.CONFIG
    text = config.read_text(encoding="utf-8")
    config.write_text(f'{text}encoder = "{given.NAME}"\n', encoding="utf-8")
    draw_map.make_atlas(folder)
    drawn = Atlas.load(folders.verify(folder, folders.ATLAS))
    assert drawn.projection["encoder"] == given.NAME
