"""Vectors beside the sentences of a file: three layouts, bad rows, and files that mean harm."""

import csv
import json
import pickle
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.text import corpora
from explorer.text.preview import preview
from explorer.text.read_file import read
from explorer.text.vector_column import LARGEST, VectorSource

DIM = 9
TEXTS = [f"A red bike number {number} waits." for number in range(16)]
KINDS = [("one", "two")[number % 2] for number in range(16)]
VALUES = np.random.default_rng(0).normal(size=(16, DIM)).astype(np.float32)
LISTS = [[float(value) for value in row] for row in VALUES]


def write(folder, name, lists=LISTS):
    """The same rows in the layout that the name asks for; a file, and where its vectors are."""
    path = folder / name
    rows = [
        {"text": text, "kind": kind, "emb": vector}
        for text, kind, vector in zip(TEXTS, KINDS, lists, strict=True)
    ]
    if name == "list.parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif name == "fixed.parquet":
        flat = pa.array(np.array(lists, np.float32).reshape(-1))
        table = {"text": TEXTS, "kind": KINDS, "emb": pa.FixedSizeListArray.from_arrays(flat, DIM)}
        pq.write_table(pa.table(table), path)
    elif name == "list.jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif name == "list.csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, ["text", "kind", "emb"])
            table.writeheader()
            table.writerows(row | {"emb": json.dumps(row["emb"])} for row in rows)
    else:
        wide = [
            {"text": row["text"], "kind": row["kind"]}
            | {f"e{number}": value for number, value in enumerate(row["emb"])}
            for row in rows
        ]
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(wide), path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                table = csv.DictWriter(file, list(wide[0]))
                table.writeheader()
                table.writerows(wide)
    return path, "e*" if name.startswith("wide") else "emb"


LAYOUTS = [
    *("list.parquet", "fixed.parquet", "list.jsonl", "list.csv"),
    *("wide.parquet", "wide.csv"),
]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_vectors_and_is_guessed(tmp_path, name):
    path, column = write(tmp_path, name)
    table = read(path, "text", "kind", vectors=VectorSource(column=column))
    np.testing.assert_allclose(table.vectors, VALUES, rtol=1e-6)
    assert table.vectors.dtype == np.float32
    assert (table.texts, table.labels) == (TEXTS, KINDS)
    seen = preview(path)
    assert seen.vectors == VectorSource(column=column)
    assert (seen.text_column, seen.label_column) == ("text", "kind")
    assert list(seen.vector_columns) == [column]
    assert len(seen.rows) == 3  # numbered columns are shown as one
    np.testing.assert_allclose(seen.table.vectors, VALUES, rtol=1e-6)
    assert preview(path, vectors=VectorSource()).table.vectors is None


def test_numbered_columns_are_named_by_their_beginning_with_or_without_a_star(tmp_path):
    path, _ = write(tmp_path, "wide.csv")
    for column in ("e", "e*"):
        assert read(path, "text", vectors=VectorSource(column=column)).vectors.shape == (16, DIM)
    assert preview(path).vector_columns == {"e*": "e0 … e8"}
    with pytest.raises(ExplorerError, match="no column 'f' of lists"):
        read(path, "text", vectors=VectorSource(column="f"))
    gap = path.read_text(encoding="utf-8").replace("e4", "f4", 1)
    path.write_text(gap, encoding="utf-8")
    with pytest.raises(ExplorerError, match="named e0, e1"):
        read(path, "text", vectors=VectorSource(column="e"))


def test_a_file_of_numpy_has_a_vector_for_each_row_or_for_each_text(tmp_path):
    text, array = tmp_path / "a.txt", tmp_path / "a.npy"
    text.write_text("\n".join([TEXTS[0], "", *TEXTS[1:]]) + "\n", encoding="utf-8")
    source = VectorSource(file=str(array))
    np.save(array, VALUES)
    np.testing.assert_array_equal(read(text, vectors=source).vectors, VALUES)
    np.save(array, np.insert(VALUES, 1, 7.0, axis=0))
    np.testing.assert_array_equal(read(text, vectors=source).vectors, VALUES)
    np.save(array, VALUES[1:])
    with pytest.raises(ExplorerError, match=r"15 vectors for 17 rows \(16 with text\)"):
        read(text, vectors=source)


BAD = {
    2: ([*LISTS[2][:-1], float("nan")], "non-finite value"),
    4: (LISTS[4][:-1], "has 8 numbers, the others 9"),
    6: (None, "has no vector"),
    8: ([*LISTS[8][:-1], float("-inf")], "non-finite value"),
}
GOOD = [number for number in range(16) if number not in BAD]


@pytest.mark.parametrize("name", ["list.parquet", "list.jsonl"])
def test_rows_with_a_bad_vector_are_refused_each_with_its_reason(tmp_path, name):
    lists = [BAD[number][0] if number in BAD else row for number, row in enumerate(LISTS)]
    path, column = write(tmp_path, name, lists)
    seen = preview(path)
    assert [refused.where for refused in seen.refused] == [f"row {row + 1}" for row in BAD]
    for refused, (row, (_, reason)) in zip(seen.refused, BAD.items(), strict=True):
        assert reason in refused.reason and refused.text == TEXTS[row]
    assert seen.table.texts == [TEXTS[row] for row in GOOD]
    np.testing.assert_allclose(seen.table.vectors, VALUES[GOOD], rtol=1e-6)
    with pytest.raises(ExplorerError, match="row 3: its vector contains a non-finite value"):
        read(path, "text", vectors=VectorSource(column=column))
    # A corpus leaves them out, the same ones every time.
    config = CorpusConfig(path=str(path), text_column="text", vector_column=column)
    corpus = corpora.load(config, 0)
    assert corpus.sentences == [TEXTS[row] for row in GOOD]
    np.testing.assert_allclose(corpus.vectors, VALUES[GOOD], rtol=1e-6)


def test_a_numbered_column_without_a_number_costs_only_its_row(tmp_path):
    path, _ = write(tmp_path, "wide.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ","
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (refused,) = preview(path).refused
    assert (refused.where, refused.text) == ("row 3", TEXTS[2])


def harmful(path, kind):
    """A .npy file that is not one, or would cost dear to read."""
    if kind == "pickle":
        np.save(path, np.array([print, None], object), allow_pickle=True)
    elif kind == "bare pickle":
        path.write_bytes(pickle.dumps(["os.system"]))
    elif kind == "long header":
        header = b"{" + b" " * 2**20 + b"}"
        path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header)
    elif kind == "many rows":
        shape = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({10**15}, 9), }}".encode()
        path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(shape)) + shape)
    elif kind == "code":
        shape = b"{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os'), }"
        path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(shape)) + shape)
    elif kind == "archive":
        np.savez(path.with_suffix(".npz"), VALUES)
        path.with_suffix(".npz").rename(path)
    elif kind == "text":
        np.save(path, np.array(TEXTS))
    elif kind == "records":
        np.save(path, np.zeros(16, [("a", "f4"), ("b", "O")])[["a"]])
    elif kind == "flat":
        np.save(path, VALUES.reshape(-1))
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "wide":
        np.save(path, np.zeros((16, LARGEST + 1), np.float32))
    else:
        np.save(path, VALUES[:, :3])
    return path


HARM = [
    *("pickle", "bare pickle", "long header", "many rows", "code", "archive", "text", "records"),
    *("flat", "empty", "wide", "narrow"),
]


@pytest.mark.parametrize("kind", HARM)
def test_a_harmful_file_of_numpy_ends_in_a_sentence_and_runs_nothing(tmp_path, kind):
    text = tmp_path / "a.txt"
    text.write_text("\n".join(TEXTS), encoding="utf-8")
    array = harmful(tmp_path / "a.npy", kind)
    with pytest.raises(ExplorerError, match=r"a\.npy"):
        read(text, vectors=VectorSource(file=str(array)))


def test_columns_of_other_lists_and_numbers_are_no_vectors(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [
        {"text": text, "words": text.split() * 3, "year": 2000, "q1": 1, "q2": 3, "pair": [1.0, 2]}
        for text in TEXTS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert preview(path).vector_columns == {}
    for column, reason in (
        ("words", "not a number"),
        ("year", "not a list"),
        ("pair", "2 dimensions"),
    ):
        with pytest.raises(ExplorerError, match=reason):
            read(path, "text", vectors=VectorSource(column=column))


def test_a_recipe_names_one_source_of_vectors():
    with pytest.raises(ExplorerError, match="vector_column"):
        CorpusConfig(path="a.csv", vector_column="e", vector_file="a.npy")
    with pytest.raises(ExplorerError, match="vector_column"):
        CorpusConfig(name="captions", vector_column="e")
