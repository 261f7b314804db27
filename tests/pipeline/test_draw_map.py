"""Mapping: what is there when it ends, and when it is cut off."""

import dataclasses
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from explorer import config as configs
from explorer import pipeline
from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.pipeline.draw_map import shippable_rows
from explorer.runs import folder as folders
from explorer.text import corpora


class Killed(BaseException):
    """The process ends here."""


def test_cut_off_before_the_playback_it_is_drawn_again_with_it(unmapped: Path) -> None:
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        with (
            mock.patch("explorer.pipeline.draw_map.make_playback", side_effect=Killed),
            pytest.raises(Killed),
        ):
            pipeline.make_atlas(unmapped)
        assert not folders.is_intact(unmapped, folders.ATLAS)
        assert pipeline.make_atlas(unmapped) == ""
    for name in (folders.ATLAS, folders.PLAYBACK):
        assert folders.is_intact(unmapped, name)
    assert open_run(unmapped).playback is not None


def test_the_map_drawn_again_is_the_same(unmapped: Path, tiny_run: Path) -> None:
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        pipeline.make_atlas(unmapped)
    for name in (folders.ATLAS, folders.PLAYBACK):
        assert (unmapped / name).read_bytes() == (tiny_run / name).read_bytes()


def test_a_map_holds_only_sentences_whose_terms_allow_it(tiny_run: Path) -> None:
    config = configs.read(tiny_run / folders.CONFIG)
    corpus = corpora.load(config.corpus, config.seed)
    with pytest.raises(ExplorerError, match="terms of"):
        shippable_rows(config, corpus)
    named = dataclasses.replace(
        config, corpus=dataclasses.replace(config.corpus, name="everyday", path="")
    )
    sources = ["commonvoice", "personachat", "goemotions", "slurp"] * len(corpus.sentences)
    mixed = dataclasses.replace(corpus, sources=sources)
    assert {sources[row] for row in shippable_rows(named, mixed)} == {"commonvoice", "slurp"}


def test_a_map_with_sentences_needs_no_corpus(unmapped: Path) -> None:
    """The page shows them at once, wherever the run is opened."""
    recipe = unmapped / folders.CONFIG
    recipe.write_text(recipe.read_text("utf-8") + "text = true\n", "utf-8")
    every = mock.patch(
        "explorer.pipeline.draw_map.shippable_rows",
        lambda config, corpus: np.arange(len(corpus.sentences)),
    )
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout), every:
        pipeline.make_atlas(unmapped)
    run = open_run(unmapped)
    sentences = run.corpus.sentences
    recipe.write_text(recipe.read_text("utf-8").replace("corpus.csv", "gone.csv"), "utf-8")
    alone = open_run(unmapped)
    assert alone.corpus is None and alone.texts_are_real
    assert alone.texts == [sentences[row] for row in alone.atlas.row]
