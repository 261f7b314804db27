"""Another layout of a map: the latent points stay, the run changes only when it is taken."""

import shutil

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space.atlas import Atlas
from explorer.latent_space.projections import METRICS, umap_layout
from explorer.pipeline.refit_map import METHODS, LayoutSettings, accept, refit
from explorer.runs import folder as folders
from explorer.workspace import layouts


@pytest.fixture
def run(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    folder = tmp_path / "mine"
    shutil.copytree(tiny_run, folder)
    monkeypatch.setenv("EXPLORER_RUNS", str(folder))
    return folder


def test_a_layout_is_fitted_beside_the_map_and_then_taken(run, tmp_path):
    before = (run / folders.ATLAS).read_bytes()
    target = tmp_path / "other" / "map.parquet"
    found = refit(run, target, LayoutSettings("umap", 4, 0.3, "cosine", 2))
    assert (run / folders.ATLAS).read_bytes() == before
    old, new = Atlas.load(run / folders.ATLAS), Atlas.load(target)
    assert (new.mean == old.mean).all() and (new.xy != old.xy).any()
    assert new.reconstruction == old.reconstruction and new.label == old.label
    settings = {"method": "umap", "neighbours": 4, "min_dist": 0.3, "seed": 2, "metric": "cosine"}
    assert settings.items() <= new.projection.items()
    assert found == {"before": old.projection, "after": new.projection}
    assert 0 < found["after"]["trustworthiness"]["value"] <= 1
    assert 0 <= found["after"]["neighbour_recall"]["value"] <= 1
    accept(run, target)
    assert (Atlas.load(folders.verify(run, folders.ATLAS)).xy == new.xy).all()
    assert len(open_run(run).texts) == len(new)


def test_equal_settings_are_equal_layouts_and_every_metric_is_another():
    mean = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    layouts_ = [umap_layout(mean, 5, 0.1, 1, None, metric).xy for metric in (*METRICS, "cosine")]
    np.testing.assert_array_equal(layouts_[1], layouts_[3])
    assert all(np.abs(layouts_[i] - layouts_[0]).max() > 0.1 for i in (1, 2))


def test_a_layout_of_another_training_is_refused(run, tmp_path):
    target = tmp_path / "map.parquet"
    refit(run, target, LayoutSettings("pca"))
    atlas = Atlas.load(target)
    atlas.mean[0] += 1
    atlas.save(target)
    with pytest.raises(ExplorerError, match="earlier state of mine"):
        accept(run, target)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"method": "tsne"}, "umap, pca"),
        ({"metric": "hamming"}, "euclidean"),
        ({"neighbours": 1}, "between 2 and 200"),
        ({"min_dist": 1.5}, "between 0 and 1"),
        ({"seed": -1}, "seed must be between 0"),
    ],
)
def test_settings_out_of_range_are_refused(setting, says):
    with pytest.raises(ExplorerError, match=says):
        LayoutSettings(**setting)


def test_the_command_fits_takes_and_discards(run, capsys):
    assert main(["refit", "mine", "--method", list(METHODS)[1]]) == 0
    assert "Trustworthiness" in capsys.readouterr().out
    assert layouts.path_of(run).is_file()
    found = layouts.measures(run)
    assert (
        found["after"]["method"] == "pca"
        and found["before"] == Atlas.load(run / folders.ATLAS).projection
    )
    assert main(["refit", "mine", "--discard"]) == 0
    assert layouts.measures(run) is None
    assert main(["refit", "mine", "--take"]) == 1
    assert "no other layout" in capsys.readouterr().err
    assert main(["refit", "mine", "--method", "pca"]) == main(["refit", "mine", "--take"]) == 0
    assert Atlas.load(run / folders.ATLAS).projection["method"] == "pca"
