"""Laws of Parquet from anyone: a small file takes little memory, whatever it declares."""

import tracemalloc
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.errors import ExplorerError
from explorer.latent_space import atlas_file
from explorer.system import bounded_parquet
from explorer.text import read_file, stream_file

READERS = [read_file.read, lambda path, *_: list(stream_file.sentences(path, "text"))]


def written(path: Path, table: pa.Table, **options: object) -> Path:
    pq.write_table(table, path, compression="zstd", **options)
    return path


def repeated(value: object, count: int, kind: pa.DataType | None = None) -> pa.Array:
    kind = kind or pa.string()
    if value is None:
        return pa.nulls(count, kind)
    indices = pa.repeat(pa.scalar(0, pa.int32()), count)
    return pa.DictionaryArray.from_arrays(indices, pa.array([value], kind)).cast(kind)


@pytest.mark.parametrize("read", READERS)
def test_a_row_repeated_millions_of_times_is_refused_by_both_readers(read, tmp_path: Path):
    count = bounded_parquet.SMALL + 1
    path = written(tmp_path / "a.parquet", pa.table({"text": repeated("a dog", count)}))
    assert path.stat().st_size * bounded_parquet.ROWS_PER_BYTE < count
    with pytest.raises(ExplorerError, match="repeats the same row"):
        read(path)


def test_a_map_of_too_many_rows_is_refused_before_they_are_read(tmp_path: Path):
    count = 2**20 + 1
    schema = atlas_file._schema(1)
    columns = {
        name: pa.FixedSizeListArray.from_arrays(pa.nulls(count, pa.float16()), 1)
        if name in ("mean", "scale")
        else pa.nulls(count, schema.field(name).type)
        for name in schema.names
    }
    meta = {b"explorer": b'{"format": 1}'}
    table = pa.table(columns, schema.with_metadata(meta))
    path = written(tmp_path / "atlas.parquet", table)
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    with pytest.raises(ExplorerError, match="1,048,577 rows"):
        atlas_file.read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
    assert pa.total_allocated_bytes() == before


@pytest.mark.parametrize("label", ["x" * 60_000, "x " * 30_000])
def test_a_long_label_is_held_once_however_many_rows_have_it(label: str, tmp_path: Path):
    count = 6000
    texts = [f"number {row}" for row in range(count)]
    labels = pa.DictionaryArray.from_arrays(pa.repeat(0, count).cast("int32"), [label])
    table = pa.table({"text": texts, "label": labels})
    path = written(tmp_path / "a.parquet", table)
    pa.default_memory_pool().release_unused()
    tracemalloc.start()
    found = read_file.read(path, "text", "label")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**26, f"{peak:,} bytes; written out, the labels are {count * len(label):,}"
    assert found.texts == texts and found.labels == [label.strip()] * count


def test_a_column_is_found_by_its_place(tmp_path: Path):
    table = pa.table({"text.a": ["no"] * 5000, "text": [f"yes {i}" for i in range(5000)]})
    path = written(tmp_path / "a.parquet", table)
    assert list(stream_file.sentences(path, "text")) == read_file.read(path, "text").texts
    assert read_file.read(path, "text").texts[4999] == "yes 4999"


def text_of(value: object) -> object:
    """Bytes are text where they are UTF-8."""
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a b", None, "", "a b"]),
        pa.array([["x", None], None, [], ["x"]], pa.list_(pa.string())),
        pa.array([1.5, None, 2.0, 3.0]),
        pa.array(["a", "b", None, "a"], pa.large_string()),
        pa.array([b"\xff", b"", None, b"a"], pa.binary()),
    ],
)
def test_values_are_those_that_were_written(column: pa.Array, tmp_path: Path):
    path = written(tmp_path / "a.parquet", pa.table({"a": column}), row_group_size=2)
    with bounded_parquet.opened(path) as file:
        whole = bounded_parquet.values(bounded_parquet.column(file, "a"))
        parts = map(bounded_parquet.values, bounded_parquet.parts(file, 0))
        assert (
            whole == list(chain.from_iterable(parts)) == [text_of(v) for v in column.to_pylist()]
        )


def test_texts_that_repeat_the_one_before_are_read_a_few_at_a_time(tmp_path: Path):
    texts = ["a" * 50 + str(row) for row in range(300)]
    path = written(
        tmp_path / "a.parquet",
        pa.table({"text": texts}),
        use_dictionary=False,
        column_encoding={"text": "DELTA_BYTE_ARRAY"},
    )
    with bounded_parquet.opened(path) as file:
        assert max(map(len, bounded_parquet.parts(file, 0))) == 64
    assert read_file.read(path).texts == texts


def test_a_text_that_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    column = pa.array([b"a b", b"\xed\xa0\x80 c"]).view(pa.string())
    pq.write_table(pa.table({"text": column}), path)
    for ask in (read_file.read, lambda path: list(stream_file.sentences(path))):
        with pytest.raises(ExplorerError) as raised:
            ask(path)
        assert "\n" not in str(raised.value) and path.name in str(raised.value)
