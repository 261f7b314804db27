"""Laws of playback.parquet: one honest plane for a whole training, read back or refused."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space.playback import Playback, from_snapshots
from explorer.runs import folder as folders
from explorer.runs import pack

SNAPSHOTS, SENTENCES, LATENT = 7, 60, 6
SPLITS = ["train", "valid", "test"] * 100


def snapshots(scale=None, seed=0, shift=0.0):
    """Tensors and description of a training whose cloud has this standard deviation a snapshot."""
    rng = np.random.default_rng(seed)
    scale = np.linspace(0.1, 1.0, SNAPSHOTS) if scale is None else np.asarray(scale, float)
    shape = rng.normal(size=(SENTENCES, LATENT)) * np.linspace(2, 0.2, LATENT)
    row = np.arange(SENTENCES, dtype=np.int32) * 3
    count = len(scale)
    tensors = {
        "row": row,
        "mean": (scale[:, None, None] * shape + shift).astype(np.float16),
        "step": np.arange(count, dtype=np.int64) * 50,
        "epoch": np.linspace(0, 3, count, dtype=np.float32),
        "beta": np.linspace(0, 1, count, dtype=np.float32),
    }
    told = {
        "rows": row[:4].tolist(),
        "texts": [[f"snapshot {k} says {i}" for i in range(4)] for k in range(count)],
    }
    return tensors, {"reconstructions": told, "corpus": {"name": "tiny", "checksum": "ab"}}


def playback(**how):
    tensors, about = snapshots(**how)
    draws = np.random.default_rng(1).normal(size=(20_000, LATENT))
    return from_snapshots(tensors, about, SPLITS, draws)


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / folders.PLAYBACK
    playback().save(path)
    return path


def test_what_is_saved_is_what_is_loaded(saved):
    before, after = playback(), Playback.load(saved)
    for field in dataclasses.fields(Playback):
        own, other = getattr(before, field.name), getattr(after, field.name)
        same = np.array_equal(own, other) if isinstance(own, np.ndarray) else own == other
        assert same, field.name
    assert after.mark == before.mark
    assert len(after) == SNAPSHOTS


def test_one_projection_holds_for_all_snapshots():
    tensors, about = snapshots()
    found = from_snapshots(tensors, about, SPLITS)
    mean = tensors["mean"].astype(np.float64)
    plane, *_ = np.linalg.lstsq(mean.reshape(-1, LATENT), found.xy.reshape(-1, 2), rcond=None)
    assert np.abs(mean @ plane - found.xy).max() < 0.01
    np.testing.assert_allclose(plane.T @ plane, np.eye(2), atol=0.01)


def test_a_cloud_that_collapses_shrinks_into_the_origin_and_the_prior():
    found = playback(scale=np.linspace(1, 0, SNAPSHOTS))
    reach = np.abs(found.xy).max(axis=(1, 2))
    assert (np.diff(reach) < 0).all()
    assert reach[-1] == 0
    assert found.share[-1] == 0 and found.variance[-1] == 0
    assert found.prior is not None
    np.testing.assert_allclose(
        dataclasses.astuple(found.prior), (0, 0, 1, 1), atol=0.03
    )  # the plane is in units of the prior


def test_a_cloud_off_the_origin_is_seen_off_the_origin():
    found = playback(shift=2.0)
    centre = found.xy.mean(axis=1)
    assert (np.linalg.norm(centre, axis=1) > 0.5).all()


def test_the_share_of_the_plane_is_its_part_of_the_variance():
    tensors, about = snapshots()
    found = from_snapshots(tensors, about, SPLITS)
    mean = tensors["mean"].astype(np.float64)
    np.testing.assert_allclose(found.variance, mean.var(axis=1).mean(axis=1), rtol=1e-3)
    expected = found.xy.var(axis=1).sum(axis=1) / mean.var(axis=1).sum(axis=1)
    np.testing.assert_allclose(found.share, expected, rtol=1e-3)
    assert (found.share > 0.5).all() and (found.share <= 1).all()


def test_reconstructions_are_found_by_row_and_others_have_none():
    found = playback()
    assert found.reconstruction[3] == [f"snapshot {k} says 1" for k in range(SNAPSHOTS)]
    assert set(found.reconstruction) == {0, 3, 6, 9}
    assert found.index_of(9) == 3
    assert found.index_of(10) is None and found.index_of(10**6) is None
    assert found.nearest(-1) == 0 and found.nearest(99) == SNAPSHOTS - 1


def test_a_space_without_prior_has_no_ellipse(tmp_path):
    tensors, about = snapshots()
    found = from_snapshots(tensors, about, SPLITS)
    found.save(tmp_path / "p")
    assert Playback.load(tmp_path / "p").prior is None


def test_three_thousand_sentences_at_two_dozen_snapshots_stay_small(tmp_path):
    rng = np.random.default_rng(0)
    tensors = {
        "row": np.arange(3000),
        "mean": rng.normal(size=(24, 3000, 8)).astype(np.float16),
        "step": np.arange(24),
        "epoch": np.arange(24.0),
        "beta": np.ones(24),
    }
    texts = [[f"a man rides {rng.integers(9**9)} horses" for _ in range(64)] for _ in range(24)]
    about = {"reconstructions": {"rows": list(range(64)), "texts": texts}}
    about["corpus"] = {"name": "", "checksum": ""}
    path = tmp_path / folders.PLAYBACK
    from_snapshots(tensors, about, ["train"] * 3000).save(path)
    assert path.stat().st_size < 400_000


@pytest.mark.parametrize("size", [0, 100, 2000])
def test_a_truncated_file_is_named(saved, size):
    os.truncate(saved, min(size, saved.stat().st_size - 1))
    with pytest.raises(ExplorerError, match=r"playback\.parquet"):
        Playback.load(saved)


def test_no_changed_byte_goes_unnoticed_or_raises_anything_else(saved):
    content = saved.read_bytes()
    for place in range(0, len(content), 31):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        saved.write_bytes(changed)
        try:
            Playback.load(saved)
        except ExplorerError as error:
            assert "playback.parquet" in str(error)


def test_a_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(ExplorerError, match="explorer train"):
        Playback.load(tmp_path / folders.PLAYBACK)


def rewritten(path: Path, change) -> None:
    table = pq.read_table(path)
    pq.write_table(change(table), path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace_schema_metadata({}), "description"),
        (lambda t: t.replace_schema_metadata({b"explorer": b"["}), "description"),
        (lambda t: t.replace_schema_metadata({b"explorer": b'{"format": 99}'}), "format"),
        (lambda t: t.replace_schema_metadata({b"explorer": b'{"format": 1}'}), "description"),
        (lambda t: t.drop_columns(["split"]), "columns"),
        (lambda t: t.slice(0, 0), "positions"),
        (lambda t: t.take(list(reversed(range(len(t))))), "ascend"),
    ],
)
def test_another_kind_of_parquet_is_refused(saved, change, says):
    rewritten(saved, change)
    with pytest.raises(ExplorerError, match=says):
        Playback.load(saved)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t, a: t.pop("mean"), "lack a tensor 'mean'"),
        (lambda t, a: t.update(mean=t["mean"][:, :-1]), "do not fit together"),
        (lambda t, a: t.update(beta=t["beta"][:-1]), "do not fit together"),
        (lambda t, a: t["mean"].fill(np.nan), "not finite"),
        (lambda t, a: t.update(row=t["row"] + 10_000), "goes beyond"),
        (lambda t, a: t.update(row=t["row"][::-1]), "ascend"),
        (lambda t, a: t.update(epoch=t["epoch"][::-1]), "order of training"),
        (lambda t, a: a.pop("corpus"), "description"),
        (lambda t, a: a["reconstructions"].update(rows=[1]), "do not fit their rows"),
        (lambda t, a: a["reconstructions"]["texts"].pop(), "do not fit their rows"),
        (lambda t, a: a["reconstructions"]["texts"][0].pop(), "description"),
    ],
)
def test_snapshots_that_cannot_be_played_are_refused(change, says):
    tensors, about = snapshots()
    change(tensors, about)
    with pytest.raises(ExplorerError, match=says):
        from_snapshots(tensors, about, SPLITS)


def test_a_playback_is_sealed_packed_and_unpacked_with_its_run(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    run = tmp_path / "tiny"
    shutil.copytree(tiny_run, run)
    playback().save(run / folders.PLAYBACK)
    folders.write_checksums(run)
    assert folders.PLAYBACK in folders.checksums(run)
    added = pack.add(pack.pack(run, tmp_path / "tiny.zip"))
    assert Playback.load(folders.verify(added, folders.PLAYBACK)).corpus_name == "tiny"
    (run / folders.PLAYBACK).write_bytes(b"changed")
    with pytest.raises(ExplorerError, match="checksum"):
        folders.verify(run, folders.PLAYBACK)


def test_a_training_that_kept_snapshots_is_played_once_it_has_a_map(tiny_run):
    run = open_run(tiny_run)
    found = run.playback
    assert found is not None and len(found) > 2
    assert set(run.atlas.row.tolist()) <= set(found.row.tolist())
    assert found.step[0] == 0 and found.corpus_checksum == run.atlas.corpus_checksum
    assert found.prior is not None and abs(found.prior.sd_x - 1) < 0.03
