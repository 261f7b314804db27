"""What a user's file may look like, and what each mistake is answered with."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.errors import ExplorerError
from explorer.text.read_file import LONGEST, read

CSV = "id,text,label\n1,A red bike.,1\n2,,0\n3,  Two   dogs\tplay ,0\n"
NASTY = ["<script>alert(1)</script>", "$x^2$", "[a](b)", "=1+1", "שלום", "😀 ok", '"quoted"']


def write(folder, name, content):
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "A.TXT"])
def test_plain_text_is_a_sentence_a_line(tmp_path, name):
    table = read(write(tmp_path, name, "One  line.\r\n\n \t\nAnother\u2028one\n"))
    assert table.texts == ["One line.", "Another one"]
    assert (table.labels, table.dropped) == (None, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_encodings_with_their_mark_are_known(tmp_path, encoding):
    path = write(tmp_path, "a.txt", "Größe\nनमस्ते 😀\n".encode(encoding))
    assert read(path).texts == ["Größe", "नमस्ते 😀"]


@pytest.mark.parametrize(
    "header", ["id;text;said, as written", '"a, b, c, d";text;label', "id,text,a;b"]
)
def test_the_commonest_separator_of_the_header_separates(tmp_path, header):
    mark = "," if header.startswith("id,") else ";"
    path = write(tmp_path, "a.csv", f"{header}\n1{mark}Two red bikes{mark}x\n")
    assert read(path, "text").texts == ["Two red bikes"]


@pytest.mark.parametrize("blank", ["\n", "\r\n\r\n", "  \n\n"])
def test_blank_lines_before_the_header_are_passed_over(tmp_path, blank):
    content = f"{blank}text;stars\nTwo red, old bikes;4\nA dog sleeps;5\n"
    table = read(write(tmp_path, "a.csv", content), "text", "stars")
    assert (table.texts, table.labels) == (["Two red, old bikes", "A dog sleeps"], ["4", "5"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.csv.gz", CSV),
        ("a.csv", CSV.replace(",", ";")),
        ("a.tsv", CSV.replace("\tplay", " play").replace(",", "\t")),
        (
            "a.jsonl",
            '{"text": "A red bike.", "label": 1}\n{"text": null, "label": 0}\n'
            '{"label": 0, "text": "Two\\n dogs play"}\n',
        ),
    ],
)
@pytest.mark.parametrize("text_column", ["text", ""])
def test_columns_are_read_and_rows_without_text_dropped(tmp_path, name, content, text_column):
    table = read(write(tmp_path, name, content), text_column, "label")
    assert table.texts == ["A red bike.", "Two dogs play"]
    assert (table.labels, table.dropped) == (["1", "0"], 1)


def test_parquet_is_read_by_column(tmp_path):
    path = tmp_path / "a.parquet"
    columns = {
        "the.text": ["One\nline", None, "Two\0words"],
        "stars": [1.0, 2.0, float("nan")],
        "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        "vector": [[1.0], [2.0], [3.0]],
    }
    pq.write_table(pa.table(columns), path)
    table = read(path, "the.text", "stars")
    assert (table.texts, table.labels, table.dropped) == (["One line", "Two words"], ["1", ""], 1)
    assert read(path, label_column="kind").texts == table.texts
    assert read(path, "kind").texts == ["x", "y", "x"]


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".tsv", ".jsonl"])
def test_text_is_read_as_it_stands(tmp_path, suffix):
    if suffix == ".jsonl":
        content = "".join(json.dumps({"text": text}) + "\n" for text in NASTY)
    elif suffix == ".csv":
        content = "text\n" + "".join('"' + text.replace('"', '""') + '"\n' for text in NASTY)
    else:
        content = ("text\n" if suffix == ".tsv" else "") + "\n".join(NASTY)
    texts = read(write(tmp_path, f"a{suffix}", content)).texts
    # A cell that starts and ends with quotes is a quoted cell in .tsv as well.
    assert texts[:-1] == NASTY[:-1]
    assert texts[-1].strip('"') == "quoted"


def test_cells_may_hold_commas_quotes_and_line_breaks(tmp_path):
    path = write(tmp_path, "a.csv", 'text,n\n"He said ""no"", twice,\r\nthen left",1\n')
    assert read(path, "text").texts == ['He said "no", twice, then left']


def test_a_tsv_with_bare_quotes_is_read_without_quoting(tmp_path):
    path = write(tmp_path, "a.tsv", 'text\tn\n"Hi" he said\t1\n"open\t2\n')
    assert read(path, "text").texts == ['"Hi" he said', '"open']


@pytest.mark.parametrize("columns", [1, 2])
def test_two_stray_quotes_in_a_tsv_swallow_no_rows(tmp_path, columns):
    texts = [f"row {row} of many" for row in range(40)]
    texts[6], texts[13] = '"' + texts[6], texts[13] + '"'
    ending = "\t1\n" if columns == 2 else "\n"
    head = "text\tn\n" if columns == 2 else "text\n"
    path = write(tmp_path, "a.tsv", head + "".join(text + ending for text in texts))
    assert read(path, "text").texts == texts


def test_quotes_that_hold_a_cell_of_a_tsv_together_are_no_part_of_it(tmp_path):
    content = 'text\tn\n"He said ""no"",\nthen left"\t1\n"a\tred bike"\t2\n"A dog."\t3\n'
    texts = read(write(tmp_path, "a.tsv", content), "text").texts
    assert texts == ['He said "no", then left', "a red bike", "A dog."]


@pytest.mark.parametrize("value", ["NaN", "nan", "None", "", '""', "NA"])
def test_cells_that_stand_for_nothing_are_dropped(tmp_path, value):
    table = read(write(tmp_path, "a.csv", f"text,n\n{value},1\nreal,2\n"), "text")
    assert (table.texts, table.dropped) == (["real"], 1)


def test_numbers_among_texts_are_texts(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text": 42}\n{"text": "words"}\n{"text": NaN}\n')
    assert read(path).texts == ["42", "words"]


def test_half_a_surrogate_pair_cannot_enter(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text": "a\\ud83d b"}\n')
    assert read(path).texts == ["a\ufffd b"]


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
@pytest.mark.parametrize("length", [LONGEST, 2_000_000])
def test_a_long_cell_is_read_and_one_no_model_reads_is_named(tmp_path, name, length):
    long = "word " * (length // 5)
    content = {"a.txt": f"short\n{long}", "a.csv": f"text\nshort\n{long}"}.get(
        name, '{"text": "short"}\n' + json.dumps({"text": long})
    )
    path = write(tmp_path, name, content)
    if length <= LONGEST:
        assert [len(text) for text in read(path).texts] == [5, length - 1]
    else:
        with pytest.raises(ExplorerError, match=r"text 2.*1,999,999 characters"):
            read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "is empty"),
        ("a.txt.gz", "", "is empty"),
        ("a.txt", "\n \n\t\n", "contains no text"),
        ("a.csv", "\n\n", "only blank lines"),
        ("a.csv", "text\n", "contains no text"),
        ("a.csv", "text\n\n NaN\n \n", "contains no text"),
        ("a.jsonl", "\n\n", "only blank lines"),
        ("a.parquet", "", "is empty"),
        ("a.txt", b"PK\x03\x04\n\x00\x00\x01", "line 2 contains a NUL byte"),
        ("a.txt", "ok\nGr\xf6\xdfe\n".encode("latin-1"), "line 2, byte 3.*save it as UTF-8"),
        ("a.txt", "words".encode("utf-16") + b"\x00", "UTF-16"),
        ("a.csv", "a,b\nx,y\nx,y,z\n", "line 3: 3 cells but 2 columns"),
        ("a.csv", 'a,b\n"never closed,1\n', "line 2"),
        ("a.csv", "a,b\n1,2\n", "no column with text.*'a', 'b'"),
        ("a.jsonl", '{"text": "a"}\n{"text": \n', "line 2: not valid JSON"),
        ("a.jsonl", '{"text": "a"}\n["a"]\n', "line 2: expected an object"),
        ("a.jsonl", "[" * 100_000 + "\n", "line 1"),
        ("a.jsonl", '{"text": ["a"]}\n', "contains no text"),
        ("a.jsonl", '{"text": "a"}\n{"text": {}}\n', "row 2.*not text"),
        ("a.parquet", "PAR1 but not really", "not a valid Parquet file"),
        ("a.docx", "words", "unsupported extension"),
        ("a.parquet.gz", "words", "unsupported extension"),
    ],
)
def test_a_bad_file_is_answered_in_one_line_that_names_it(tmp_path, name, content, message):
    path = write(tmp_path, name, content)
    with pytest.raises(ExplorerError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text_column", "label_column", "message"),
    [
        ("words", "", "no column 'words'; its columns are 'id', 'text', 'label'"),
        ("text", "stars", "no column 'stars'"),
        ("id", "", "'id' contains no text"),
    ],
)
def test_a_wrong_column_is_answered_with_the_columns(tmp_path, text_column, label_column, message):
    with pytest.raises(ExplorerError, match=message):
        read(write(tmp_path, "a.csv", CSV), text_column, label_column)


def test_a_column_name_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(ExplorerError, match="2 columns named 'text'"):
        read(write(tmp_path, "a.csv", "text,text\na,b\n"), "text")


def test_plain_text_has_no_columns(tmp_path):
    with pytest.raises(ExplorerError, match="no column 'text'"):
        read(write(tmp_path, "a.txt", "words\n"), "text")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(ExplorerError, match="does not exist"):
        read(tmp_path / "none.txt")
    with pytest.raises(ExplorerError, match="is a folder"):
        read(tmp_path)


def test_a_cut_or_false_gzip_file_is_named(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"words\n" * 1000)[:-20])
    with pytest.raises(ExplorerError, match="truncated"):
        read(path)
    path.write_bytes(b"plain words")
    with pytest.raises(ExplorerError, match="not a valid gzip"):
        read(path)


def test_a_cut_parquet_file_is_named(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["some words"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ExplorerError, match="Parquet"):
        read(path)
