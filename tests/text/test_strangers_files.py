"""Files as strangers have them end as sentences, or as one sentence that says what is wrong.

Each case says which sentences a person who opens the file in its own program would see. None may
be read as something else in silence: what is left out is counted, or listed with its reason.
"""

import bz2
import gzip
import io
import json
import re
import stat
import zipfile
from dataclasses import dataclass
from datetime import date

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.errors import ExplorerError
from explorer.text import packed_file
from explorer.text.preview import preview

PLAIN = [f"the {what} stands near the old station" for what in ("bus", "tram", "taxi", "bike")]
ACCENTS = ["Der Käse schmeckt süß und mild", "une façade très élevée", "el niño cantó ayer"]
LATE = ["the bus came late", "no bus came today"]
MIXED = [
    "the cat sleeps 🐈‍⬛ all day",
    "кошка спит весь день",
    "猫は一日中寝ている",
    "القطة نائمة طوال اليوم",
]


@dataclass(frozen=True)
class Case:
    """A file, and what a person sees in it."""

    name: str
    data: bytes
    sentences: list[str] | None = None
    """All of them, in order; None where the file is refused."""
    says: str = ""
    """Of the refusal, or of the first row refused."""
    refused: int = 0
    dropped: int = 0
    """Rows without text."""
    text: str | None = None
    """The column of the sentences, as guessed."""
    label: str | None = None


def lines(texts, end="\n", encoding="utf-8", first="", prefix=b""):
    return prefix + (first + end.join(texts) + end).encode(encoding)


def table(rows, separator=",", header="id,text,kind"):
    names = header.split(",")
    return "\n".join(separator.join(row) for row in ([names] if header else []) + rows) + "\n"


def numbered(texts, kinds=("a", "b")):
    return [[str(index), text, kinds[index % 2]] for index, text in enumerate(texts)]


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def zipped(files, password=False, link=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if link:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, data)
    data = bytearray(out.getvalue())
    if password:  # the flag alone: the standard library cannot encrypt
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + offset] |= 1
    return bytes(data)


def excel(*sheets, hidden=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet{number + 1}")
        for row in rows:
            sheet.append(row)
        if number in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(columns):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


LONG = "word " * 300_000
WIDE = [f"column{index}" for index in range(10_000)]

CASES = [
    # Encodings and marks.
    Case("utf8.txt", lines(MIXED), MIXED),
    Case("bom.csv", "﻿".encode() + table(numbered(PLAIN)).encode(), PLAIN, text="text"),
    Case("latin.csv", table(numbered(ACCENTS)).encode("cp1252"), ACCENTS, text="text"),
    Case("utf16.txt", lines(ACCENTS, encoding="utf-16"), ACCENTS),
    Case("utf16be.csv", b"\xfe\xff" + table(numbered(PLAIN)).encode("utf-16-be"), PLAIN),
    Case("utf32.txt", lines(ACCENTS, encoding="utf-32"), ACCENTS),
    Case("old_mac.txt", lines(PLAIN, end="\r"), PLAIN),
    Case("windows.csv", table(numbered(PLAIN)).replace("\n", "\r\n").encode(), PLAIN),
    Case("bom_inside.txt", lines([PLAIN[0], "﻿" + PLAIN[1]]), PLAIN[:2]),
    Case("nulls.txt", b"a bus\0stands\0here\nanother one\n", says="line 1"),
    Case("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, says="text"),
    Case("picture.csv", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, says="text"),
    # Separated values.
    Case("semicolons.csv", table(numbered(PLAIN), ";").encode(), PLAIN, text="text"),
    Case("tabs.csv", table(numbered(PLAIN), "\t").encode(), PLAIN, text="text"),
    Case("bars.csv", table(numbered(PLAIN), "|").encode(), PLAIN, text="text"),
    Case("one_column.csv", lines(["text", *PLAIN]), PLAIN, text="text"),
    Case("no_header.csv", table(numbered(PLAIN), header="").encode(), PLAIN),
    Case("header_only.csv", b"id,text,kind\n", says="no "),
    Case("empty.csv", b"", says="is empty"),
    Case("blank.txt", b"\n\n  \n\t\n", says="no "),
    Case(
        "twins.csv",
        b"text,text\na bus stands here,x\nthe tram,y\n",
        ["a bus stands here", "the tram"],
    ),
    Case(
        "open_quote.csv",
        b'id,text\n1,"a bus stands here\n2,the tram is late\n3,a bike leans there\n',
        None,
        "quot",
    ),
    Case(
        "too_many_cells.csv",
        table([*numbered(PLAIN), ["9", "a taxi, late", " again", "x"]]).encode(),
        PLAIN,
        "cells",
        refused=1,
    ),
    Case(
        "line_in_cell.csv",
        b'id,text\n1,"a bus\nstands here"\n2,b c d\n',
        ["a bus stands here", "b c d"],
    ),
    Case(
        "wide.csv",
        (",".join(WIDE) + "\n" + ",".join(["a b c d"] * 10_000) + "\n").encode(),
        says="10,000 columns, more than 8,192",
    ),
    Case("numbers_as_text.csv", b"id,score\n1,4\n2,5\n3,6\n", says="no column with text"),
    Case(
        "dates.csv",
        b"when,text\n2026-01-02,the bus came late\n2026-01-03,no bus came today\n",
        LATE,
        text="text",
    ),
    Case("formulas.csv", b"id,text\n1,=1+1\n2,@SUM(A1)\n", ["=1+1", "@SUM(A1)"]),
    Case(
        "long_line.txt",
        lines([PLAIN[0], LONG, PLAIN[1]]),
        [PLAIN[0], PLAIN[1]],
        "more than 20,000",
        refused=1,
    ),
    Case(
        "decimal_comma.csv",
        b"id;score;text\n1;4,5;the bus came late\n2;3,5;no bus came today\n",
        LATE,
        text="text",
    ),
    Case(
        "sep_line.csv",
        b"sep=;\nid;text\n1;the bus came late\n2;no bus came today\n",
        LATE,
        text="text",
    ),
    # JSON.
    Case(
        "nested.jsonl",
        jsonl({"id": 1, "doc": {"text": text}} for text in PLAIN),
        PLAIN,
        text="doc.text",
    ),
    Case(
        "trailing_comma.jsonl",
        b'{"text": "a bus stands here",}\n{"text": "the tram is late"}\n',
        ["the tram is late"],
        "line 1",
        refused=1,
    ),
    Case("array.json", json.dumps([{"text": text} for text in PLAIN]).encode(), PLAIN),
    Case("strings.json", json.dumps(PLAIN).encode(), PLAIN),
    Case("object.json", b'{"data": [{"text": "a"}]}', ["a"]),
    Case("two_arrays.json", b'{"a": [1], "b": [2]}', says="array"),
    Case("cut.json", json.dumps([{"text": text} for text in PLAIN]).encode()[:-9], says="JSON"),
    Case("lists.jsonl", jsonl({"tokens": text.split()} for text in PLAIN), says="text"),
    Case(
        "missing_key.jsonl",
        jsonl([{"text": PLAIN[0]}, {"other": 1}, {"text": PLAIN[1]}]),
        PLAIN[:2],
        dropped=1,
    ),
    Case("nan.jsonl", b'{"text": "a bus stands here", "score": NaN}\n', ["a bus stands here"]),
    # Containers.
    Case(
        "two.zip", zipped({"a.csv": b"text\nx y\n", "b.csv": b"text\nz w\n"}), says="2 text files"
    ),
    Case("locked.zip", zipped({"a.txt": lines(PLAIN)}, password=True), says="password|encrypted"),
    Case("bomb.zip", zipped({"a.txt": b"a b c\n" * 200_000}), says="unpacks to more"),
    Case("links.zip", zipped({"a.txt": b"/etc/passwd"}, link=True), says="link"),
    Case("nothing.zip", zipped({}), says="no file|empty|file"),
    Case("zip_in.zip", zipped({"a.zip": zipped({"b.txt": lines(PLAIN)})}), says=".zip"),
    Case(
        "half.csv.gz", gzip.compress(table(numbered(PLAIN * 99)).encode())[:-40], says="truncated"
    ),
    Case("named_gz.csv", gzip.compress(table(numbered(PLAIN)).encode()), PLAIN, text="text"),
    Case("squeezed.csv.bz2", bz2.compress(table(numbered(PLAIN)).encode()), says="bz2"),
    Case(
        "sheets.xlsx",
        excel([["text"], *([text] for text in PLAIN)], [["text"], ["another sheet"]]),
        PLAIN,
        says="not read: 'Sheet2'",
    ),
    Case(
        "hidden.xlsx",
        excel(
            [["text"], ["hidden words here"]], [["text"], *([text] for text in PLAIN)], hidden=(0,)
        ),
        PLAIN,
    ),
    Case(
        "dated.xlsx",
        excel([["when", "text"], *([date(2026, 1, 2), text] for text in PLAIN)]),
        PLAIN,
        text="text",
    ),
    Case("no_rows.xlsx", excel([]), says="no |empty"),
    Case(
        "numbers.parquet",
        parquet({"id": [1, 2], "score": [0.5, 0.25]}),
        says="no column with text",
    ),
    Case("nulls.parquet", parquet({"text": [PLAIN[0], None, PLAIN[1]]}), PLAIN[:2], dropped=1),
    Case("renamed.parquet", lines(PLAIN), says="Parquet"),
    Case("letter.docx", zipped({"word/document.xml": b"<w/>"}), says="docx"),
    Case("page.html", b"<html><body><p>a bus</p></body></html>", says="html"),
]
NAMES = [case.name for case in CASES]


def test_there_are_forty_and_no_two_alike():
    assert len(set(NAMES)) == len(NAMES) >= 40


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_strangers_file_ends_as_sentences_or_in_one_that_says_what_is_wrong(
    case, tmp_path, monkeypatch
):
    monkeypatch.setattr(packed_file, "LARGEST_UNPACKED", 1_000_000)
    path = tmp_path / case.name
    path.write_bytes(case.data)
    if case.sentences is None:
        with pytest.raises(ExplorerError) as caught:
            preview(path)
        message = str(caught.value)
        assert re.search(case.says, message), message
        assert case.name in message and "\n" not in message and len(message) < 400
        return
    seen = preview(path)
    assert seen.table.texts == case.sentences
    assert len(seen.refused) == case.refused and seen.table.dropped == case.dropped
    if case.refused:
        assert re.search(case.says, f"{seen.refused[0].where} {seen.refused[0].reason}")
    elif case.says:
        assert re.search(case.says, seen.note)
    if case.text is not None:
        assert seen.text_column == case.text
    if case.label is not None:
        assert seen.label_column == case.label
