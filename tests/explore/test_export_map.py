"""Laws of exported maps: other viewers open them, and text is text in all of them."""

import csv
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from explorer.errors import ExplorerError
from explorer.explore.export_map import NEIGHBOURS, as_typed, export
from explorer.explore.run import Run, open_run
from explorer.system.table_writers import FORMULA, guard, writing
from tests import tiny


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def test_a_table_has_the_columns_other_viewers_expect(run: Run, tmp_path: Path) -> None:
    export(run, tmp_path / "map.parquet")
    table = pq.read_table(tmp_path / "map.parquet").to_pydict()
    assert run.atlas is not None
    assert table["text"] == run.texts
    assert table["projection_x"] == run.atlas.xy[:, 0].tolist()
    assert table["projection_y"] == run.atlas.xy[:, 1].tolist()
    for row, found in enumerate(table["neighbors"]):
        assert len(found["ids"]) == len(found["distances"]) == NEIGHBOURS
        assert row not in found["ids"]
        assert found["distances"] == sorted(found["distances"])
        assert all(0 <= other < len(run.atlas) for other in found["ids"])


def test_csv_and_parquet_say_the_same_but_for_the_guard(run: Run, tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        export(run, tmp_path / f"map.{ending}")
    table = pq.read_table(tmp_path / "map.parquet").to_pydict()
    with (tmp_path / "map.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [guard(text) for text in table["text"]]
    assert json.loads(rows[0]["neighbors"])["ids"] == table["neighbors"][0]["ids"]
    assert not any(
        cell.startswith(FORMULA) for row in rows for cell in (row["text"], row["label"])
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_no_cell_of_text_is_a_formula(text: str) -> None:
    assert guard(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a = b", "", "'quoted'", "1 - 1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guard(text) == text


def test_a_page_runs_no_script_of_a_sentence(run: Run, tmp_path: Path) -> None:
    real = run.texts
    run._joined = [f"{text}</script><img src=x>" for text in real]
    try:
        export(run, tmp_path / "map.html")
    finally:
        run._joined = real
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    # What is left after plotly's own library is the data.
    data = page[page.rindex("Plotly.newPlot") :]
    assert "alert(1)" in data
    assert "<script" not in data
    assert "<img" not in data
    assert data.count("</script") == 1
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page[: page.index("plotly.js")])


@pytest.mark.parametrize("text", tiny.AWKWARD)
def test_a_hover_shows_text_as_typed(text: str) -> None:
    shown = as_typed(text)
    assert "<" not in shown.replace("<br>", "")
    assert (
        shown.replace("<br>", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        == text
    )


def test_a_picture_is_one(run: Run, tmp_path: Path) -> None:
    export(run, tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as image:
        colours = image.convert("RGB").getcolors(1_000_000)
    assert colours is not None and len(colours) > 10


def test_an_unknown_format_and_a_run_without_map_are_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ExplorerError, match=r"\.parquet \.csv \.html \.png"):
        export(run, tmp_path / "map.gif")


def test_a_table_that_fails_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(ValueError, match="stop"), writing(path) as writer:
        writer.add({"text": ["a"]})
        raise ValueError("stop")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line_and_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("before")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExplorerError, match="No space left"), writing(path) as writer:
        writer.add({"text": ["a"]})
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", [".txt", ".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_format_keeps_rows_in_order(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{ending}"
    with writing(path) as writer:
        writer.add({"n": [1], "text": ["a,b\tc"]})
        writer.add({"n": [2], "text": ["b"]})
    if ending == ".parquet":
        assert pq.read_table(path).to_pydict() == {"n": [1, 2], "text": ["a,b\tc", "b"]}
    else:
        lines = path.read_text().splitlines()
        assert len(lines) == 2 + (ending in (".csv", ".tsv"))
        assert "b" in lines[-1] and "a,b" in lines[-2]
