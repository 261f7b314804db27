"""A large file is read a little at a time, and says what the same file read whole says."""

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from explorer.errors import ExplorerError
from explorer.text import read_file, stream_file

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["a dog  sleeps", "", '"quoted", with; marks', "naïve\tשלום", "=1+1", "the end"]


def write(folder, kind, texts):
    path = folder / f"texts{kind}"
    if kind == ".txt":
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    elif kind == ".txt.gz":
        path.write_bytes(gzip.compress("\r\n".join(texts).encode("utf-8-sig")))
    elif kind == ".csv":
        cells = ('"' + text.replace('"', '""') + '"' for text in texts)
        path.write_text("n,text\n" + "".join(f"{n},{c}\n" for n, c in enumerate(cells)), "utf-8")
    elif kind == ".jsonl":
        rows = (json.dumps({"n": n, "text": text}) for n, text in enumerate(texts))
        path.write_text("\n".join(rows), encoding="utf-16")
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"n": range(len(texts)), "text": texts}), path)
    return path


@pytest.mark.parametrize("kind", [".txt", ".txt.gz", ".csv", ".jsonl", ".parquet"])
def test_a_file_streamed_is_the_file_read(tmp_path, kind):
    path = write(tmp_path, kind, TEXTS * 3)
    assert list(stream_file.sentences(path)) == read_file.read(path).texts


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("loose.tsv", b'text\tn\nan inch is 1" long\t1\n"so" it is\t2\n'),
        ("quoted.tsv", b'text\tn\n"two\nlines"\t1\n'),
        ("stray.tsv", b'text\tn\n"so it is\t1\none more\t2\n\nthe "end"\t3\n'),
        ("strays.tsv", b'text\tn\n"so it is\t1\r\none more\t2\r\n\r\nthe end\t3"\r\n'),
        ("alone.tsv", b'text\n"so it is\none more\nthe end"\n'),
        ("late.csv", b"\n\ntext,n\nwords here,1\n"),
        ("late-semicolons.csv", b"\n \t \r\ntext;n\nwords, here;1\n"),
        ("late-wide.csv", b"\n\ntext,n\none,1,2\n"),
        ("nul.txt", b"one line\nand \0 another\n"),
        ("nul.csv", b"text,n\none,1\nand \0 another,2\n"),
        ("wide.csv", b"text,n\none,1\ntwo,2,3\n"),
        ("twice.csv", b"text,n,text\none,1,two\n"),
        ("twice.tsv", b"text\tn\ttext\none\t1\ttwo\n"),
        ("other-twice.csv", b"n,text,n\n1,one,2\n"),
        ("blank.csv", b"\n\n\n"),
    ],
)
def test_what_is_read_or_refused_does_not_depend_on_the_size(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    column = "" if path.suffix == ".txt" else "text"
    try:
        expected = read_file.read(path, column).texts
    except ExplorerError as error:
        with pytest.raises(ExplorerError) as found:
            list(stream_file.sentences(path, column))
        assert str(found.value) == str(error)
    else:
        assert list(stream_file.sentences(path, column)) == expected


def test_a_parquet_column_that_stands_twice_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "twice.parquet"
    table = pa.Table.from_arrays([pa.array(["one"]), pa.array(["two"])], names=["text", "text"])
    pq.write_table(table, path)
    for read in (read_file.read, stream_file.sentences):
        with pytest.raises(ExplorerError, match="2 columns named 'text': give"):
            list(read(path, "text"))


def test_faults_are_one_clear_line(tmp_path):
    broken = tmp_path / "broken.txt.gz"
    broken.write_bytes(gzip.compress(b"some words\n" * 500)[:-12])
    with pytest.raises(ExplorerError, match="truncated"):
        list(stream_file.sentences(broken))
    latin = tmp_path / "latin.txt"
    latin.write_bytes("café\n".encode("latin-1"))
    with pytest.raises(ExplorerError, match="UTF-8"):
        list(stream_file.sentences(latin))
    path = write(tmp_path, ".csv", TEXTS)
    with pytest.raises(ExplorerError, match="no column 'words'"):
        list(stream_file.sentences(path, "words"))


def test_a_file_is_large_by_what_it_holds_not_by_what_it_takes(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(stream_file, "LARGE", 100_000)
    line = b"a dog sleeps\n"
    for name, count, is_large in [("a.txt.gz", 7_000, False), ("b.txt.gz", 8_000, True)]:
        path = tmp_path / name
        path.write_bytes(gzip.compress(line * count))
        assert path.stat().st_size < 1000
        assert stream_file.is_large(path) == is_large
    for name, count, is_large in [("a.parquet", 4_000, False), ("b.parquet", 9_000, True)]:
        path = tmp_path / name
        pq.write_table(pa.table({"text": ["a dog sleeps"] * count}), path)
        assert stream_file.is_large(path) == is_large
    for name in ("cut.txt.gz", "cut.parquet"):
        (tmp_path / name).write_bytes((tmp_path / name.replace("cut", "a")).read_bytes()[:-12])
        assert not stream_file.is_large(tmp_path / name)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")
@pytest.mark.parametrize("kind", ["packed", "without an end"])
def test_memory_does_not_grow_with_what_little_holds(tmp_path, kind):
    code = """
import sys
from explorer.cli import sentence_files
from explorer.errors import ExplorerError
from tests.benchmarks.cases import peak_memory
before = peak_memory()
try:
    print(sum(1 for _ in sentence_files.read_sentences(sys.argv[1], "")))
except ExplorerError as error:
    print(error)
print(peak_memory() - before)
"""
    source = tmp_path / "a.txt.gz"
    source.write_bytes(gzip.compress(b"a dog sleeps on the sofa\n" * 4_000_000, 1))
    endless = tmp_path / "endless"
    with endless.open("wb") as out:
        out.truncate(100_000_000)  # NUL bytes, of which the disk keeps none
    file = str(source) if kind == "packed" else "-"
    with endless.open("rb") as given:
        command = [sys.executable, "-c", code, file]
        done = subprocess.run(
            command, cwd=ROOT, stdin=given, capture_output=True, text=True, check=True
        )
    said, more = done.stdout.splitlines()
    assert said == "4000000" if kind == "packed" else "not a sentence" in said
    assert float(more) < 40, "megabytes more for 100 MB of text"


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")
def test_memory_does_not_grow_with_the_lines(tiny_run, tmp_path):
    code = """
import sys
from explorer.cli import main
from explorer.explore import encode_files
from explorer.text import stream_file
from tests.benchmarks.cases import peak_memory
stream_file.LARGE = 0
encode_files.CHUNK = 256
assert main.main(["encode", sys.argv[1], sys.argv[2], "--out", sys.argv[3], "--json"]) == 0
print(peak_memory())
"""
    peaks = []
    for lines in (500, 20_000):
        source = tmp_path / f"{lines}.txt"
        # Long lines: kept in memory they would show.
        source.write_text(f"a dog sleeps {'x' * 3000}\n" * lines, encoding="utf-8")
        out = tmp_path / f"{lines}.jsonl"
        command = [sys.executable, "-c", code, str(tiny_run), str(source), str(out)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(float(done.stdout.split()[-1]))
        assert out.stat().st_size > 3000 * lines
    assert peaks[1] - peaks[0] < 25, "megabytes more for 60 MB more of text"


def test_a_zip_packed_by_an_unknown_method_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a dog runs\n" * 10)
    data = bytearray(path.read_bytes())
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 97  # the method, in both headers
    path.write_bytes(data)
    with pytest.raises(ExplorerError, match="zip file"):
        list(stream_file.sentences(path))


def test_a_file_without_a_name_in_a_zip_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "a dog runs\n" * 10)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 28] = 0  # the length of its name
    data[data.index(b"PK\x01\x02") + 32] = 1  # so that the entry stays as long, a comment
    path.write_bytes(data)
    with pytest.raises(ExplorerError, match="contains no text file"):
        read_file.read(path)
