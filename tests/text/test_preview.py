"""A file of any kind is guessed right, and a bad row costs only itself."""

import gzip
import json
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.errors import ExplorerError
from explorer.text import packed_file, prose, stream_file
from explorer.text.csv_dialect import titles
from explorer.text.file_columns import Dialect
from explorer.text.preview import others, preview
from explorer.text.read_file import LONGEST, read

TEXTS = ["A red bike waits.", "Zwölf Dogs, two cats", 'She said "no"; he left.', "<b>bold</b> $x$"]
LABELS = ["a", "b", "a", "b"]
ROWS = [{"text": text, "kind": label} for text, label in zip(TEXTS, LABELS, strict=True)]


def quoted(separator):
    cells = [["text", "kind"], *([*row.values()] for row in ROWS)]
    escaped = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in cells]
    return "".join(separator.join(row) + "\n" for row in escaped)


def write(folder, name):
    """The same four rows in the format that the name asks for."""
    path = folder / name
    ending = name.removesuffix(".gz").removesuffix(".zip").rpartition(".")[2]
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        return path
    if ending == "xlsx":
        book = openpyxl.Workbook()
        for row in [["text", "kind"], *([*row.values()] for row in ROWS)]:
            book.active.append(row)
        book.save(path)
        return path
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    content = {
        "csv": quoted(","),
        "tsv": quoted("\t"),
        "jsonl": lines,
        "ndjson": lines,
        "json": json.dumps(ROWS),
        "txt": "\n".join(TEXTS),
        "md": "\n\n".join(TEXTS),
    }[ending].encode()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner/" + name.removesuffix(".zip"), content)
            archive.writestr("__MACOSX/._inner.csv", b"\0")
    else:
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


COLUMNS = ["a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.json", "a.parquet", "a.xlsx"]


@pytest.mark.parametrize("name", [*COLUMNS, "a.csv.gz", "a.csv.zip", "a.json.zip", "a.json.gz"])
def test_every_format_with_columns_gives_the_same_sentences_and_labels(tmp_path, name):
    path = write(tmp_path, name)
    assert read(path, "text", "kind").texts == TEXTS
    assert read(path, "text", "kind").labels == LABELS
    seen = preview(path)
    assert (seen.text_column, seen.columns, seen.refused) == ("text", ["text", "kind"], [])
    assert seen.table.texts == TEXTS
    assert seen.rows["kind"] == LABELS


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.zip", "a.md"])
def test_every_format_of_plain_text_gives_the_same_sentences(tmp_path, name):
    path = write(tmp_path, name)
    assert read(path).texts == TEXTS
    assert preview(path).table.texts == TEXTS


@pytest.mark.parametrize("name", [*COLUMNS, "a.txt", "a.csv.gz"])
def test_a_file_without_its_extension_is_read_by_its_contents(tmp_path, name):
    path = write(tmp_path, name)
    bare = path.rename(tmp_path / "bare")
    assert preview(bare).table.texts == TEXTS


def test_json_may_be_strings_or_an_array_within_an_object(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(TEXTS), encoding="utf-8")
    assert read(path).texts == TEXTS
    path.write_text(json.dumps({"version": 2, "data": ROWS}), encoding="utf-8")
    assert read(path, "text").texts == TEXTS
    path.write_text(json.dumps({"version": 2}), encoding="utf-8")
    with pytest.raises(ExplorerError, match="array of objects or of strings"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
def test_the_encoding_is_guessed(tmp_path, encoding):
    texts = ["Größe und Höhe der Türme", "Naïve café, “quoted” – twice", "Only plain words"] * 20
    path = tmp_path / "a.csv"
    path.write_bytes(("text,n\n" + "".join(f'"{text}",1\n' for text in texts)).encode(encoding))
    assert preview(path).table.texts == texts


SPOKEN = {
    "cp1252": ["Ich möchte heute früh nach Hause gehen.", "Où est la bibliothèque, dit-il ?"],
    "cp1250": ["Příliš žluťoučký kůň úpěl ďábelské ódy.", "Dziś świeci słońce i jest ciepło."],
    "cp1251": ["Сегодня светит солнце и тепло.", "Дети играют в саду за домом."],
    "koi8-r": ["Сегодня светит солнце и тепло.", "Дети играют в саду за домом."],
    "cp1253": ["Το βιβλίο είναι πάνω στο τραπέζι.", "Τα παιδιά παίζουν στον κήπο."],
    "cp1254": ["Bugün hava çok güneşli ve sıcak.", "Yardımınız için teşekkür ederim."],
    "cp932": ["今日は天気がいいです。", "子供たちは庭で遊んでいます。"],
    "gb18030": ["今天天气很好。", "孩子们在花园里玩。"],
    "big5": ["今天天氣很好。", "孩子們在花園裡玩。"],
    "cp949": ["오늘은 날씨가 좋습니다.", "아이들이 정원에서 놀고 있습니다."],
}


@pytest.mark.parametrize("encoding", SPOKEN)
def test_other_languages_are_read_in_their_encodings(tmp_path, encoding):
    path = tmp_path / "a.csv"
    plain = [f"A plain sentence, number {row}." for row in range(9000)]
    for texts in (SPOKEN[encoding], SPOKEN[encoding] * 20, plain + SPOKEN[encoding]):
        path.write_bytes(
            ("text,n\n" + "".join(f'"{text}",1\n' for text in texts)).encode(encoding)
        )
        assert preview(path).table.texts == texts


def test_a_damaged_byte_of_utf_8_is_named_and_not_read_in_another_encoding(tmp_path):
    path = tmp_path / "a.csv"
    text = "text\n" + "Größe und Höhe der Türme\n" * 40
    path.write_bytes(text.encode().replace(b"T\xc3\xbcrme\n", b"T\xfcrme\n", 1))
    with pytest.raises(ExplorerError, match="line 2, byte"):
        preview(path)


def test_a_chosen_encoding_separator_and_header_win(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("un café|1\nle thé|2\n".encode("cp1252"))
    dialect = Dialect(encoding="cp1252", separator="|", header=False)
    seen = preview(path, dialect)
    assert seen.columns == ["column 1", "column 2"]
    assert seen.table.texts == ["un café", "le thé"]
    with pytest.raises(ExplorerError, match="not UTF-8"):
        preview(path, Dialect(encoding="utf-8"))


def test_sentences_without_a_header_lose_none(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("A red bike waits outside,1\nTwo dogs sleep in the sun,2\n", encoding="utf-8")
    assert preview(path).table.texts == ["A red bike waits outside", "Two dogs sleep in the sun"]
    path.write_text("text,n\nA red bike waits outside,1\n", encoding="utf-8")
    assert preview(path).table.texts == ["A red bike waits outside"]


def test_bad_rows_are_listed_with_line_and_reason_and_the_rest_is_read(tmp_path):
    path = tmp_path / "a.csv"
    long = "word " * LONGEST
    content = f"text,n\nfine,1\ntoo,many,cells\n{long},2\n,3\nalso fine,4\n"
    path.write_text(content, encoding="utf-8")
    seen = preview(path)
    assert seen.table.texts == ["fine", "also fine"]
    assert seen.table.dropped == 1
    assert [row.where for row in seen.refused] == ["line 3", "text 2"]
    assert "3 cells but 2 columns" in seen.refused[0].reason
    assert f"more than {LONGEST:,}" in seen.refused[1].reason
    assert seen.refused[0].text == "too,many,cells"
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": \n[1]\n"two"\n{"text": {}}\n', encoding="utf-8")
    seen = preview(path)
    assert seen.table.texts == ["one", "two"]
    assert [row.where for row in seen.refused] == ["line 2", "line 3", "row 3"]


def test_text_and_labels_are_told_by_what_the_columns_hold(tmp_path):
    path = tmp_path / "a.csv"
    rows = (f"{n},area {n % 3},dog number {n} sleeps here today,{n % 2}" for n in range(60))
    path.write_text("id,topic,review,flag\n" + "\n".join(rows), encoding="utf-8")
    seen = preview(path)
    assert (seen.text_column, seen.label_column) == ("review", "topic")
    assert preview(path, label_column="").table.labels is None


def test_running_text_is_split_into_sentences_and_lines_are_left_alone(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(
        "The ferry left the old harbour\nat six. Dr. Ames waved, and nobody\nanswered him.\n\n"
        "A second paragraph begins\nhere.\n",
        encoding="utf-8",
    )
    seen = preview(path)
    assert seen.dialect.prose
    assert seen.table.texts == [
        "The ferry left the old harbour at six.",
        "Dr. Ames waved, and nobody answered him.",
        "A second paragraph begins here.",
    ]
    assert not prose.is_prose(["A dog sleeps.", "Two cats sing", "a robot waits"])
    assert not prose.is_prose(["a dog sleeps", "two cats sing", "a robot waits"])


def test_each_long_line_is_a_paragraph_of_its_own(tmp_path):
    line = " ".join(f"word{number}" for number in range(80))
    path = tmp_path / "long.txt"
    path.write_text("\n".join(f"{line} {row}" for row in range(300)), encoding="utf-8")
    seen = preview(path)
    assert not seen.refused
    assert seen.table.texts == [f"{line} {row}" for row in range(300)]
    # Short ones are lines of a paragraph.
    assert list(prose.sentences("A dog\nsleeps. It\nwakes.\n\nSo")) == [
        "A dog sleeps.",
        "It wakes.",
        "So",
    ]


def test_markdown_loses_its_marks_and_its_code():
    text = (
        "# Notes\n\nA **bold** [link](http://x.y) here.\n- first item\n- `second` item\n\n"
        "```\ncode = 1\n```\n| a | b |\n|---|---|\n"
    )
    assert list(prose.sentences(text, is_markdown=True)) == [
        "Notes",
        "A bold link here.",
        "first item",
        "second item",
        "a b",
    ]


def test_an_archive_must_hold_one_text_file(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "one")
        archive.writestr("b.csv", "two")
    with pytest.raises(ExplorerError, match=r"2 text files \('a.txt', 'b.csv'\)"):
        preview(path)
    path.write_bytes(b"PK\x03\x04 but not really")
    with pytest.raises(ExplorerError, match="not a readable zip file"):
        preview(path)


def test_a_file_that_unpacks_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_file, "LARGEST_UNPACKED", 1000)
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"words\n" * 1000))
    with pytest.raises(ExplorerError, match="unpacks to more than 1,000 bytes"):
        read(path)


def test_a_workbook_that_is_none_is_named(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(ExplorerError, match="not a valid workbook"):
        preview(path)


def test_an_array_under_the_name_of_json_lines_is_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROWS, indent=1), encoding="utf-8")
    assert read(path, "text").texts == TEXTS
    assert list(stream_file.sentences(path, "text")) == TEXTS


@pytest.mark.parametrize("preamble", ["sep=;\n", "# exported today\n\n", ""])
def test_lines_before_the_header_are_skipped(tmp_path, preamble):
    path = tmp_path / "a.csv"
    path.write_text(f"{preamble}text;n\nA red bike, new;1\nTwo dogs;2\n", encoding="utf-8")
    assert read(path, "text").texts == ["A red bike, new", "Two dogs"]
    assert preview(path).table.texts == ["A red bike, new", "Two dogs"]


def test_quotes_escaped_by_a_backslash_are_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text,n\n"He said \\"no\\", twice",1\n"A dog",2\n', encoding="utf-8")
    assert read(path, "text").texts == ['He said "no", twice', "A dog"]


def test_a_table_that_a_spreadsheet_saved_as_unicode_text_has_columns(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text\tn\nA red bike\t1\nTwo dogs\t2\n", encoding="utf-16")
    assert preview(path).table.texts == ["A red bike", "Two dogs"]


def test_what_further_columns_hold_is_recognised(tmp_path):
    path = tmp_path / "a.csv"
    rows = [
        f"r-{row},{1000 + row},2026-01-{row + 1:02},{row % 5}.5,{'ab'[row % 2]},cat {row} sits,,x"
        for row in range(25)
    ]
    head = "id,serial,when,price,kind,text,empty,sentiment"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    seen = preview(path, text_column="text", label_column="sentiment")
    assert seen.further == {
        "id": "identifier",
        "serial": "identifier",
        "when": "date",
        "price": "number",
        "kind": "category",
    }
    assert set(others(path, seen)) == {*seen.further, "empty"}


def _sheet(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)


_NAMES = ["id", "comment", "score"]
_DATA = [[row, f"the dog number {row} walks to the park", row % 5] for row in range(40)]


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "csv, not padded"])
@pytest.mark.parametrize("above", [["Survey 2024"], ["Survey", "made in May", ""]])
def test_titles_above_the_header_are_skipped(tmp_path, ending, above):
    path = tmp_path / f"a.{ending.partition(',')[0]}"
    width = 1 if "not" in ending else 3
    rows = [[title, *[""] * (width - 1)] for title in above] + [_NAMES, *_DATA]
    if ending == "xlsx":
        _sheet(
            path,
            [[cell or None for cell in row] for row in rows[: len(above)]] + rows[len(above) :],
        )
    else:
        separator = "\t" if ending == "tsv" else ","
        path.write_text("\n".join(separator.join(map(str, row)) for row in rows), "utf-8")
    seen = preview(path)
    assert (seen.text_column, seen.label_column) == ("comment", "score")
    assert len(seen.table.texts) == 40 and not seen.refused
    assert read(path, "comment", "score").texts == seen.table.texts


@pytest.mark.parametrize(
    "rows",
    [
        [["text", ""], ["a dog runs", "animal"], ["two men", "people"], ["a cat", "animal"]],
        [["", "text"], ["0", "a dog runs"], ["1", "two men play"]],
        [["text", "n"], ["a dog", ""], ["a cat", ""], ["id", "comment"]],
        [["a dog runs far away", ""], ["two men play", "3"], ["a girl", "4"]],
    ],
)
def test_what_may_be_the_header_is_no_title(rows):
    assert titles(rows) == 0


def test_the_sheet_with_the_table_is_read_and_a_cover_named(tmp_path):
    path = tmp_path / "a.xlsx"
    cover = [["Quarterly report"], ["made by hand"]]
    _sheet(path, cover, [_NAMES, *_DATA])
    seen = preview(path)
    assert len(seen.table.texts) == 40 and "not read: 'Sheet'" in seen.note
    _sheet(path, [["n"], [1], [2]], [])
    with pytest.raises(ExplorerError, match=r"no column with text.*not read: 'Sheet1'"):
        preview(path)


def test_lines_of_numbers_alone_are_no_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(str(row * 77) for row in range(50)), "utf-8")
    for look in (preview, read):
        with pytest.raises(ExplorerError, match=r"a\.txt contains only numbers"):
            look(path)
    path.write_text("17\na dog\n", "utf-8")
    assert read(path).texts == preview(path).table.texts == ["17", "a dog"]
