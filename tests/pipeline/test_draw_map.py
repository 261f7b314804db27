"""Mapping: what is there when it ends, and when it is cut off."""

import shutil
from pathlib import Path
from unittest import mock

import pytest

from explorer import pipeline
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.runs import folder as folders


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def unmapped(tiny_run: Path, tmp_path: Path) -> Path:
    """A trained run whose map is still to be drawn."""
    folder = tmp_path / "unmapped"
    shutil.copytree(tiny_run, folder)
    for name in (folders.ATLAS, folders.PLAYBACK):
        (folder / name).unlink()
    folders.write_checksums(folder)
    return folder


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
