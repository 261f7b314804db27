"""Laws of runs from anyone: a bad one is listed with what is wrong, and breaks no other."""

import dataclasses
import json
import math
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space.atlas import Atlas
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.text import corpora
from explorer.ui.session import open_runs, url
from tests.end_to_end.test_read_only_folders import ROOT, as_anybody, typed


def spoil(folder: Path, **entries: object) -> None:
    """Changes entries of `metrics.json`; None takes a key away."""
    metrics = json.loads((folder / folders.METRICS).read_text(encoding="utf-8"))
    for address, value in entries.items():
        name, _, key = address.partition("__")
        table = metrics[name] if key else metrics
        table[key or name] = value
        if value is None:
            del table[key or name]
    (folder / folders.METRICS).write_text(json.dumps(metrics), encoding="utf-8")
    folders.write_checksums(folder)


@pytest.fixture
def runs(tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good run and a bad one, which each test makes bad."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    metrics = json.loads((ROOT / "checkpoints/captions-smooth/metrics.json").read_text("utf-8"))
    for name in ("good", "bad"):
        folder = tmp_path / "runs" / name
        shutil.copytree(tiny_run, folder)
        (folder / folders.METRICS).write_text(json.dumps(metrics), encoding="utf-8")
        folders.write_checksums(folder)
    return tmp_path / "runs"


WRONG = {
    "no sentences": {"mutual_information__n": 0},
    "sentences as text": {"mutual_information__n": "x"},
    "sentences missing": {"mutual_information__n": None},
    "dimensions as text": {"active_units__of": "x"},
    "dimensions missing": {"active_units__of": None},
    "more units than dimensions": {"active_units__value": 1000},
    "a perplexity of no word": {"importance_ppl__value": 0, "verdict": "healthy"},
    "a huge error": {"rate__error": 10**400},
    "an error as text": {"rate__error": "x"},
    "a flag as text": {"mutual_information__resolved": "x"},
    "an endless interval": {"mutual_information__low": 1e308},
    "variances as text": {"active_units__variances": ["x"]},
    "baselines as text": {"caption_retrieval_p1__baselines": {"random": "x"}},
    "versions as text": {"versions": "x"},
    "escapes": {"rate__unit": "\u001b[2J"},
    "a seed as list": {"seed": []},
    "a device as table": {"device": {}},
    "a figure as list": {"rate": []},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_figures_that_cannot_be_are_told_in_one_line(wrong: dict, runs: Path) -> None:
    assert open_runs.listing().names == ["bad", "good"]
    spoil(runs / "bad", **wrong)
    found = open_runs.listing()
    assert found.names == ["good"]
    assert "explorer evaluate" in found.damaged["bad"] and "\n" not in found.damaged["bad"]
    with pytest.raises(ExplorerError, match=r"metrics\.json is damaged"):
        _ = open_run(runs / "bad").metrics
    assert open_runs.default_run(found.names) == "good"


@pytest.mark.parametrize("page", ["map", "collapse"])
def test_no_page_opens_on_a_run_that_does_not_open(runs: Path, page: str) -> None:
    """However good its figures are."""
    path = runs / "bad" / folders.WEIGHTS
    tensors, _ = weights.read_tensors(path)
    weights.write_tensors(path, {name: item * math.nan for name, item in tensors.items()})
    collapsed = {"uses_z": {"verdict": "no", "reasons": ["rate"]}, "rate": {"value": 0.01, "n": 9}}
    spoil(runs / "bad", **(collapsed if page == "collapse" else {"importance_ppl__value": 2.0}))
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    if page != "map":
        at.switch_page(str(url.page_file(page))).run()
    assert not at.exception and not at.error
    assert at.selectbox(key="run").value == "good"
    assert "bad" in at.selectbox(key="run").options  # which says what is wrong with it


@pytest.mark.parametrize("page", ["map", "compare", "collapse"])
def test_a_run_of_impossible_figures_leaves_the_page_to_the_others(runs: Path, page: str) -> None:
    shutil.copytree(runs / "good", runs / "other")
    spoil(runs / "bad", verdict="healthy", importance_ppl__value=0, mutual_information__n="x")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["run"] = "bad"
    at.run()
    if page != "map":
        at.switch_page(str(url.page_file(page))).run()
    assert not at.exception and not at.error
    assert at.selectbox(key="run").options == ["good", "other"]
    assert "1 run not shown" in [item.proto.popover.label for item in at.get("popover")]


@pytest.mark.parametrize("page", ["map", "collapse"])
def test_an_error_within_a_part_of_a_page_is_one_line_too(runs: Path, page: str) -> None:
    """Fragments run by themselves: what shows the errors of a page does not surround them."""
    path = runs / "bad" / folders.VOCABULARY
    path.write_bytes(path.read_bytes() + b"\xed\xa0\x80\n")
    folders.write_checksums(runs / "bad")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["run"] = "bad"
    at.run()
    if page != "map":
        at.switch_page(str(url.page_file(page))).run()
    assert not at.exception
    assert any("is damaged" in item.value for item in at.error)


def test_a_folder_whose_name_is_no_text_breaks_no_page(runs: Path) -> None:
    try:
        (runs / "bad").rename(runs / "bad\udcff")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    found = open_runs.listing()
    assert found.names == ["good"] and "rename" in found.damaged["bad\ufffd"]
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.run()
    assert not at.exception and at.selectbox(key="run").options == ["good"]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{", b"[" * 100_000, b"[1, null]", b'["a\\u0000b", ""]']
)
def test_a_damaged_list_of_runs_hides_none_of_the_others(
    content: bytes, runs: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "runs.json").write_bytes(content)
    assert open_runs.listing().names == ["bad", "good"]
    reasons = folders.unreadable_roots()
    assert not reasons or ("runs.json" in reasons[0] and "\n" not in reasons[0])


def test_checksums_that_cannot_be_read_hide_no_other_run(runs: Path) -> None:
    sums = runs / "bad" / folders.SUMS
    sums.unlink()
    os.mkfifo(sums)
    found = open_runs.listing()
    assert found.names == ["good"] and "not a regular file" in found.damaged["bad"]
    sums.unlink()
    sums.write_bytes(b"x" * (folders.LARGEST[folders.SUMS] + 1))
    assert "larger" in open_runs.listing().damaged["bad"]


@pytest.mark.parametrize("name", [folders.SUMS, folders.METRICS])
def test_files_of_somebody_else_hide_no_other_run(name: str, runs: Path, tmp_path: Path) -> None:
    as_anybody()
    (tmp_path / "more").symlink_to(runs)
    path = runs / "bad" / name
    path.chmod(0)
    list_all = "from explorer.ui.session import open_runs, url; print(open_runs.listing())"
    try:
        listed = typed(tmp_path, "-c", list_all)
    finally:
        path.chmod(0o644)
    assert listed.returncode == 0, listed.stderr
    assert "'good'" in listed.stdout and "Permission denied" in listed.stdout


def test_rows_beyond_the_corpus_are_refused_and_the_other_run_stays(
    runs: Path, tmp_path: Path
) -> None:
    shutil.copytree(runs / "good", runs / "other")
    path = runs / "bad" / folders.ATLAS
    atlas = Atlas.load(path)
    total = open_run(runs / "good").corpus
    assert total is not None
    row = np.append(atlas.row[:-1], np.int32(len(total.sentences)))
    dataclasses.replace(atlas, row=row, total=10**6).save(path)
    folders.write_checksums(runs / "bad")
    with pytest.raises(ExplorerError, match=r"atlas\.parquet is damaged: it refers to row"):
        _ = open_run(runs / "bad").texts
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["runs"] = "bad,good,other"
    at.query_params["run"] = "good"
    at.run()
    at.switch_page(str(url.page_file("compare"))).run()
    assert not at.exception
    assert ["refers to row" in item.value for item in at.error] == [True]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"trustworthiness": "x"},
        {"trustworthiness": {"value": None, "neighbours": 5, "n": 10}},
        {"silhouette": {"map": 10**400, "z": 0.1}},
        {"named": [0.5]},
    ],
)
def test_measures_of_a_map_are_numbers(spoiled: dict, runs: Path) -> None:
    path = runs / "bad" / folders.ATLAS
    atlas = Atlas.load(path)
    dataclasses.replace(atlas, projection=atlas.projection | spoiled).save(path)
    folders.write_checksums(runs / "bad")
    with pytest.raises(ExplorerError, match=r"atlas\.parquet.*its description says that"):
        _ = open_run(runs / "bad").atlas


def test_a_map_that_was_cut_is_refused(runs: Path) -> None:
    path = runs / "bad" / folders.ATLAS
    atlas = Atlas.load(path)
    rows = {
        item.name: value[:2]
        for item in dataclasses.fields(atlas)
        if isinstance(value := getattr(atlas, item.name), np.ndarray)
    }
    texts = {name: getattr(atlas, name)[:2] for name in ("split", "label", "reconstruction")}
    dataclasses.replace(atlas, **rows, **texts).save(path)
    folders.write_checksums(runs / "bad")
    with pytest.raises(ExplorerError, match="a region has no sentence"):
        _ = open_run(runs / "bad").atlas


@pytest.mark.parametrize(
    "path", ["~nobody-of-this-name/x.csv", "x" * 300 + ".csv", "a\\u0000.csv"]
)
def test_a_corpus_of_no_possible_path_is_one_that_is_missing(path: str, runs: Path) -> None:
    config = runs / "bad" / folders.CONFIG
    text = re.sub(r'(?m)^path = ".*"', lambda _: f'path = "{path}"', config.read_text("utf-8"))
    config.write_text(text, encoding="utf-8")
    run = open_run(runs / "bad")
    run.check()
    assert not run.texts_are_real
    with pytest.raises(ExplorerError):
        corpora.load(run.config.corpus, 0)


@pytest.mark.parametrize(
    "name", [folders.CONFIG, folders.SUMS, folders.METRICS, folders.ATLAS, folders.CARD]
)
def test_a_link_out_of_the_folder_is_not_followed(name: str, runs: Path, tmp_path: Path) -> None:
    """To a file of this machine that its owner would then see on the page."""
    private = tmp_path / "private"
    path = runs / "bad" / name
    if path.exists():
        path.rename(private)
    else:
        private.write_text("private", encoding="utf-8")
    path.symlink_to(private)
    with pytest.raises(ExplorerError, match="is a link out of its folder"):
        run = open_run(runs / "bad")
        _ = run.metrics, run.atlas, run.card
    private.rename(runs / "bad" / "inside")
    path.unlink()
    path.symlink_to("inside")
    run = open_run(runs / "bad")
    _ = run.metrics, run.atlas, run.card


def test_sentences_are_those_of_the_same_corpus_alone(runs: Path) -> None:
    run = open_run(runs / "good")
    corpus, atlas = run.corpus, run.needed_atlas
    assert corpus is not None and run.texts == [corpus.sentences[row] for row in atlas.row]
    other = dataclasses.replace(atlas, corpus_checksum="another")
    assert run.sentences_of(other) is None


def test_a_playback_beyond_the_corpus_is_refused(runs: Path) -> None:
    from explorer.explore import playback_story

    run = open_run(runs / "bad")
    playback, corpus = run.playback, run.corpus
    if playback is None or corpus is None:
        pytest.skip("the tiny run keeps no snapshots")
    assert playback_story.text_of(run, 0)[1]
    row = np.append(playback.row[:-1], np.int32(len(corpus.sentences)))
    run.playback = dataclasses.replace(playback, row=row)
    with pytest.raises(ExplorerError, match=r"playback\.parquet is damaged"):
        playback_story.text_of(run, len(playback.row) - 1)


def test_a_history_is_as_wide_as_its_head(runs: Path) -> None:
    path = runs / "bad" / folders.HISTORY
    good = folders.read_history(runs / "good")
    assert good and all(len(column) == len(good["step"]) for column in good.values())
    path.write_text(",".join(f"c{i}" for i in range(9000)) + "\n1\n" * 50, encoding="utf-8")
    with pytest.raises(ExplorerError, match="not a table of numbers"):
        folders.read_history(runs / "bad")


def test_all_runs_that_ship_have_figures_as_they_can_be() -> None:
    found = [folders.read_metrics(path.parent) for path in ROOT.glob("checkpoints/*/metrics.json")]
    assert len(found) > 10 and all(found)
