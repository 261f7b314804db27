"""Laws of the atlas and its file."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.errors import ExplorerError
from explorer.latent_space.atlas import Atlas, from_arrays
from explorer.latent_space.clusters import ClusterName
from explorer.latent_space.random_rows import draw


def _columns(count=20, dim=3):
    generator = np.random.default_rng(0)
    return {
        "row": np.arange(count) * 2,
        "split": ["train"] * (count - 1) + ["test"],
        "label": None,
        "mean": generator.normal(size=(count, dim)),
        "scale": generator.uniform(0.1, 1, (count, dim)),
        "tokens": np.full(count, 7),
        "distortion": generator.normal(40, 5, count),
        "rate": generator.normal(10, 1, count),
        "xy": generator.normal(size=(count, 2)),
        "cluster": np.arange(count) % 3 - 1,
        "reconstruction": ["<b>words</b> $x$ 🙂"] * count,
        "levels": [
            [ClusterName(0, "all", 0.5, 1.0, 20)],
            [ClusterName(0, "a, b", 1.0, 2.0, 7, 0), ClusterName(1, "c", 1.5, 2.5, 6, 0)],
        ],
        "total": 50,
        "corpus_name": "own",
        "corpus_checksum": "abc",
        "projection": {
            "method": "umap",
            "trustworthiness": {"value": 0.9, "neighbours": 5, "n": 20},
        },
        "layout_is_noise": False,
    }


@pytest.fixture
def atlas():
    return from_arrays(**_columns())


@pytest.mark.parametrize("text", [None, ["<i>", "tea, please"] * 10])
@pytest.mark.parametrize("label", [None, ["good", ""] * 10])
def test_an_atlas_survives_its_file_to_half_precision(tmp_path, label, text):
    atlas = from_arrays(**_columns() | {"label": label, "text": text})
    path = tmp_path / "atlas.parquet"
    atlas.save(path)
    again = Atlas.load(path)
    for item in dataclasses.fields(Atlas):
        own, other = getattr(atlas, item.name), getattr(again, item.name)
        if item.name in ("mean", "scale"):
            np.testing.assert_allclose(own, other, rtol=1e-3, atol=1e-6)
        elif isinstance(own, np.ndarray):
            np.testing.assert_array_equal(own, other)
            assert own.dtype == other.dtype
        else:
            assert own == other
    assert [path] == list(tmp_path.iterdir())


def test_what_was_loaded_is_saved_without_further_rounding(tmp_path, atlas):
    for name in ("one", "two"):
        atlas.save(tmp_path / name)
        atlas = Atlas.load(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_file_has_the_columns_other_viewers_read(tmp_path, atlas):
    atlas.save(tmp_path / "a")
    names = pq.read_schema(tmp_path / "a").names
    assert {"projection_x", "projection_y", "reconstruction", "row"} <= set(names)


def test_every_flipped_or_missing_byte_is_noticed(tmp_path, atlas):
    path = tmp_path / "a"
    atlas.save(path)
    whole = path.read_bytes()
    for size in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ExplorerError, match=str(path)):
            Atlas.load(path)
    marker = whole.index(b"PAR1") + 4
    refused = 0
    for at in range(marker, marker + 400, 20):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            Atlas.load(path)
        except ExplorerError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused >= 10  # the rest are statistics beside the data, which nothing reads


def test_a_missing_file_says_what_makes_it(tmp_path):
    with pytest.raises(ExplorerError, match="explorer atlas RUN"):
        Atlas.load(tmp_path / "atlas.parquet")


def test_a_foreign_table_is_refused(tmp_path):
    path = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(ExplorerError, match=r"foreign\.parquet is not an atlas"):
        Atlas.load(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"format": 1', b'"format": 2'),
        (b'"total": 50', b'"total": 10'),
        (b'"total": 50', b'"total": ""'),
        (b'"size": 20', b'"siez": 20'),
        (b'"parent": 0', b'"parent": 9'),
        (b'"x": 0.5', b'"x": NaN'),
        (b'"x": 0.5', b'"x": "<"'),
        (b'"levels": [[{', b'"levels": [[[{'),
        (b'"layout_is_noise": false', b'"layout_is_noise": 0'),
    ],
)
def test_an_altered_description_is_refused(tmp_path, atlas, old, new):
    path = tmp_path / "a"
    atlas.save(path)
    table = pq.read_table(path)
    text = table.schema.metadata[b"explorer"]
    assert old in text
    pq.write_table(table.replace_schema_metadata({b"explorer": text.replace(old, new)}), path)
    with pytest.raises(ExplorerError, match="is not an atlas of this version"):
        Atlas.load(path)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rate", pa.array([float("nan")] * 20, pa.float32())),
        ("cluster", pa.array([2] * 20, pa.int32())),
        ("row", pa.array([None] * 20, pa.int32())),
        ("split", pa.array(["elsewhere"] * 20)),
        ("tokens", pa.array([1] * 20, pa.int64())),
    ],
)
def test_an_altered_column_is_refused(tmp_path, atlas, name, values):
    path = tmp_path / "a"
    atlas.save(path)
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.schema.get_field_index(name), name, values), path)
    with pytest.raises(ExplorerError, match=name):
        Atlas.load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", np.full((20, 3), 70_000.0)),
        ("mean", np.full((20, 3), np.inf)),
        ("scale", -np.ones((20, 3))),
        ("scale", np.ones((20, 4))),
        ("tokens", np.full(20, 40_000)),
        ("row", np.zeros(20, int)),
        ("row", np.arange(20) + 40),
        ("rate", np.ones(19)),
        ("reconstruction", ["a"] * 19),
        ("cluster", np.full(20, -2)),
        ("label", [1] * 20),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(name, value):
    with pytest.raises(ExplorerError, match=name):
        from_arrays(**_columns() | {name: value})


def test_a_missing_column_is_named():
    columns = _columns()
    del columns["distortion"]
    with pytest.raises(ExplorerError, match="distortion"):
        from_arrays(**columns)


def test_coarser_regions_follow_from_the_finest(atlas):
    np.testing.assert_array_equal(atlas.regions(1), atlas.cluster)
    np.testing.assert_array_equal(atlas.regions(0), np.where(atlas.cluster < 0, -1, 0))


def test_sentences_are_drawn_once_in_order_and_by_the_seed():
    rows = draw(1000, 100, seed=3)
    assert len(set(rows.tolist())) == 100
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, draw(1000, 100, seed=3))
    assert rows.tolist() != draw(1000, 100, seed=4).tolist()
    np.testing.assert_array_equal(draw(5, 100, seed=0), np.arange(5))


def test_sentences_are_drawn_evenly():
    counts = sum(np.bincount(draw(50, 10, seed), minlength=50) for seed in range(500))
    assert counts.min() > 60
    assert counts.max() < 140
