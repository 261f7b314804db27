"""Laws of one reader: a file is read alike whatever its format, its size, and the way to it."""

import csv
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.text import csv_dialect, file_columns, packed_file, stream_file
from explorer.text.preview import preview
from explorer.text.read_file import read

SENTENCES = [f"a painter mends {number} chairs" for number in range(12)]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path


def both(path: Path, column: str = "") -> list[str]:
    """What the whole file and the stream of it hold, which is the same."""
    try:
        texts = read(path, column).texts
    except ExplorerError as error:
        with pytest.raises(ExplorerError) as refused:
            list(stream_file.sentences(path, column))
        assert str(refused.value) == str(error)
        raise
    assert list(stream_file.sentences(path, column)) == texts
    return texts


ENDINGS = pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])


@ENDINGS
def test_a_label_may_be_any_word_and_a_missing_sentence_none(ending: str, tmp_path: Path) -> None:
    labels = ["NA", "EU", "None", "null"] * 3
    rows = [{"text": text, "of": label} for text, label in zip(SENTENCES, labels, strict=True)]
    rows += [{"text": word, "of": "EU"} for word in ("NaN", "None", "")]
    path = write(tmp_path / f"a{ending}", rows)
    table = read(path, "text", "of")
    assert (table.labels, table.dropped) == (labels, 3)
    assert both(path, "text") == SENTENCES


@ENDINGS
def test_whole_numbers_are_the_same_labels_everywhere(ending: str, tmp_path: Path) -> None:
    rows = [{"text": text, "stars": float(row % 5)} for row, text in enumerate(SENTENCES)]
    table = read(write(tmp_path / f"a{ending}", rows), "text", "stars")
    assert table.labels == [str(row % 5) for row in range(12)]


def test_labels_that_only_look_like_numbers_stay(tmp_path: Path) -> None:
    labels = ["1.0", "2.0", "2.0.1", "007"] * 3
    rows = [{"text": text, "of": label} for text, label in zip(SENTENCES, labels, strict=True)]
    assert read(write(tmp_path / "a.csv", rows), "text", "of").labels == labels


@pytest.mark.parametrize("value", [{"age": 3}, ["a", "b"]])
@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_an_object_is_no_label(value: object, ending: str, tmp_path: Path) -> None:
    rows = [{"text": text, "user": value} for text in SENTENCES]
    with pytest.raises(ExplorerError, match="neither text nor a number"):
        read(write(tmp_path / f"a{ending}", rows), "text", "user")


def test_bytes_may_be_the_sentences_and_pictures_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {"review": [text.encode() for text in SENTENCES], "pixels": [b"\xff\xd8"] * 12}
    pq.write_table(pa.table(columns), path)
    assert both(path) == SENTENCES
    columns["link"] = [f"page {row}" for row in range(12)]
    pq.write_table(pa.table(columns), path)
    assert both(path) == both(path, "review") == SENTENCES, "the column with the most words"
    with pytest.raises(ExplorerError):
        both(path, "pixels")


@ENDINGS
def test_a_column_may_begin_late(ending: str, tmp_path: Path) -> None:
    late = 5000
    rows: list[dict[str, Any]] = [{"id": row, "text": ""} for row in range(late)]
    rows += [{"id": late + row, "text": text} for row, text in enumerate(SENTENCES)]
    if ending == ".jsonl":
        rows = [{name: value for name, value in row.items() if value != ""} for row in rows]
    path = write(tmp_path / f"a{ending}", rows)
    assert both(path) == both(path, "text") == SENTENCES
    rows[-1]["note"] = "a second column of text, in the last row"
    if ending != ".jsonl":
        for row in rows[:-1]:
            row["note"] = ""
    path = write(path, rows)
    assert both(path) == SENTENCES, "the column with the most words"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_under_the_name_of_plain_text_is_pointed_out(
    encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    lines = ["text\tlabel", *(f"{text}\t{row}" for row, text in enumerate(SENTENCES))]
    path.write_text("\r\n".join(lines), encoding=encoding)
    with pytest.raises(ExplorerError, match=r"is a table.*2 cells.*\.tsv"):
        both(path)
    path.write_text("\n".join([*lines, "no tab here"]), encoding=encoding)
    assert len(both(path)) == len(lines) + 1


@ENDINGS
@pytest.mark.parametrize("large", [False, True])
def test_the_column_that_was_chosen_is_named(
    ending: str, large: bool, tiny_run: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(stream_file, "is_large", lambda path: large)
    rows = [{"n": row, "review": text} for row, text in enumerate(SENTENCES)]
    path = write(tmp_path / f"a{ending}", rows)
    argv = ["encode", str(tiny_run), str(path), "--out", str(tmp_path / "z.jsonl")]
    assert main(argv) == 0
    assert "in the column 'review'" in capsys.readouterr().err
    assert main([*argv, "--text-column", "review"]) == 0
    assert "column" not in capsys.readouterr().err


def test_standard_input_has_no_columns(tiny_run: Path, capsys) -> None:
    assert main(["reconstruct", str(tiny_run), "--file", "-", "--text-column", "text"]) == 1
    assert "standard input has one sentence per line" in capsys.readouterr().err


def test_an_address_is_no_file(capsys) -> None:
    assert main(["new", "./x", "--corpus", "https://example.org/a.csv"]) == 1
    assert "is a URL: download" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"])
def test_a_table_of_very_many_columns_is_refused_at_once(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each column is searched for text, so that time grew with the square of the file's size."""
    monkeypatch.setattr(csv_dialect, "MAX_COLUMNS", 20)
    rows = [{f"c{column}": "some words" for column in range(21)}]
    path = tmp_path / f"wide{ending}"
    if ending == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(list(rows[0]))
        book.save(path)
    else:
        write(path, rows)
    for ask in (read, preview, lambda path: list(stream_file.sentences(path))):
        if ending != ".xlsx" or ask in (read, preview):
            with pytest.raises(ExplorerError, match="21 columns, more than 20"):
                ask(path)


def test_the_columns_of_a_large_file_are_searched_in_one_pass(tmp_path: Path) -> None:
    """A pass for each column would open the file a hundred times."""
    rows = [{f"c{column}": "1" for column in range(100)} | {"text": SENTENCES[0]}] * 3
    for ending in (".csv", ".jsonl"):
        path = write(tmp_path / f"a{ending}", rows)
        with mock.patch.object(packed_file, "opened", wraps=packed_file.opened) as opened:
            assert list(stream_file.sentences(path)) == [SENTENCES[0]] * 3
        assert opened.call_count < 50


def test_a_spreadsheet_is_as_wide_as_its_cells_whatever_it_says(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ("text", *SENTENCES):
        book.active.append([row])
    book.save(tmp_path / "a.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "a.xlsx") as before,
        zipfile.ZipFile(tmp_path / "b.xlsx", "w") as after,
    ):
        for item in before.infolist():
            content = re.sub(rb'ref="A1[^"]*"', b'ref="A1:XFD1048576"', before.read(item))
            after.writestr(item, content)
    widths = []
    real = file_columns._plain
    with mock.patch.object(file_columns, "_plain", lambda cell: (widths.append(1), real(cell))[1]):
        assert read(tmp_path / "b.xlsx").texts == SENTENCES
    assert len(widths) == 1 + len(SENTENCES)
