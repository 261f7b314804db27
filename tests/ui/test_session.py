"""The address of a view: what is picked survives a link, and nothing else gets in."""

import json
import shutil
from pathlib import Path

import pytest

from explorer.runs import folder as folders
from explorer.ui.session import open_runs, picks
from explorer.ui.session.picks import MapPick, Pick, SentencePick, TextPick, read_pick, write_pick


@pytest.mark.parametrize(
    "pick",
    [SentencePick(0), SentencePick(41), MapPick(1.5, -2.25), MapPick(0, 1e5), TextPick("a b")],
)
def test_a_pick_survives_its_address(pick: Pick) -> None:
    assert read_pick(write_pick(pick), "a b", points=42) == pick


def test_nothing_picked_has_no_address() -> None:
    assert write_pick(None) == ""
    assert read_pick("", "", points=5) is None


@pytest.mark.parametrize(
    "address",
    [
        "5",
        "-1",
        "1e3",
        "٣",
        "nan,nan",
        "inf,0",
        "1,2,3",
        "9999999,0",
        "1,",
        "<b>",
        "1" * 400,
        "../x",
    ],
)
def test_what_is_no_pick_is_ignored(address: str) -> None:
    assert read_pick(address, "text", points=5) is None


def test_a_typed_sentence_is_cut_to_a_readable_length() -> None:
    pick = read_pick("typed", "word " * 10_000, points=5)
    assert isinstance(pick, TextPick)
    assert len(pick.text) <= 1000


@pytest.mark.parametrize("text", ["a b", "x" * 3000, "word " * 300, "ab " * 333 + "cde fgh"])
def test_a_shortened_text_is_a_beginning_that_ends_with_a_word(text: str) -> None:
    read = picks.shortened(text)
    assert text.startswith(read)
    assert len(read) <= 1000
    assert read == text or " " not in text or text[len(read)] == " "


def test_a_newcomer_sees_a_healthy_run_with_a_map_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    known = {
        "a-collapsed": ("collapsed", 10.0, True),
        "b-worse": ("healthy", 30.0, True),
        "c-better": ("healthy", 20.0, True),
        "d-without-a-map": ("healthy", 5.0, False),
    }
    for name, (word, perplexity, has_map) in known.items():
        folder = tmp_path / "checkpoints" / name
        folder.mkdir(parents=True)
        (folder / "config.toml").touch()
        (folder / "model.safetensors").touch()
        metrics = {"verdict": word, "importance_ppl": {"value": perplexity, "n": 9}}
        (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        if has_map:
            (folder / "atlas.parquet").touch()
        folders.write_checksums(folder)
    assert open_runs.default_run(sorted(known)) == "c-better"
    (tmp_path / "checkpoints" / "c-better" / "metrics.json").write_text("{}", encoding="utf-8")
    assert open_runs.default_run(sorted(known)) == "b-worse"
    recipe = tmp_path / "checkpoints" / "b-worse" / "config.toml"
    metrics = {"verdict": "healthy", "importance_ppl": {"value": 10.0, "n": 9}}
    (tmp_path / "checkpoints" / "c-better" / "metrics.json").write_text(json.dumps(metrics))
    folders.write_checksums(tmp_path / "checkpoints" / "c-better")
    assert open_runs.default_run(sorted(known)) == "c-better"
    recipe.write_text('[corpus]\nname = "everyday"\n[atlas]\ntext = true\n', encoding="utf-8")
    assert open_runs.default_run(sorted(known)) == "b-worse", "its map shows sentences anywhere"


def test_a_listing_reads_a_run_again_only_when_its_files_change(
    tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    for name in ("one", "two"):
        shutil.copytree(tiny_run, tmp_path / name)
    read, reads = folders.read_metrics, []
    monkeypatch.setattr(
        folders, "read_metrics", lambda folder: reads.append(folder.name) or read(folder)
    )

    def look() -> list[str]:
        """The runs read by what every rerun of a page asks."""
        reads.clear()
        known = open_runs.listing()
        assert open_runs.first_run("map", known.names) in known.names
        assert {"one", "two"} <= {item.name for item in open_runs.records()} | set(known.damaged)
        return sorted(set(reads))

    assert {"one", "two"} <= set(look())
    assert look() == []
    (tmp_path / "two" / folders.METRICS).write_text("{", encoding="utf-8")
    assert "two" in look()
    assert "two" in open_runs.listing().damaged
    shutil.rmtree(tmp_path / "one")
    assert "one" not in open_runs.listing().names


def test_a_listing_sees_a_run_whose_files_arrive_one_by_one(
    tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    source = tmp_path.with_name("source")
    shutil.copytree(tiny_run, source)
    (source / folders.METRICS).write_text("{}", encoding="utf-8")
    folders.write_checksums(source)
    (tmp_path / "copied").mkdir()
    for path in sorted(source.iterdir()):
        open_runs.listing()
        shutil.copy2(path, tmp_path / "copied" / path.name)
    assert "copied" in open_runs.listing().names
    weights = tmp_path / "copied" / folders.WEIGHTS
    weights.unlink()
    assert "copied" not in open_runs.listing().names


def test_what_was_wrong_with_a_run_may_pass(
    tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    shutil.copytree(tiny_run, tmp_path / "shaky")

    def fails(folder: Path) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as broken:
        broken.setattr(folders, "read_metrics", fails)
        assert "Too many open files" in open_runs.listing().damaged["shaky"]
    assert "shaky" in open_runs.listing().names


def test_a_run_that_reconstructs_more_exactly_is_of_the_same_corpus() -> None:
    found = {}
    for name in open_runs.listing().names:
        run = open_runs.run_of(name)
        better = open_runs.more_exact(run)
        if better is None:
            continue
        other, bleu, own = better
        found[name] = other
        metrics = folders.read_metrics(folders.find(other))
        assert metrics["bleu"]["value"] == bleu >= own + 5
        assert open_runs.run_of(other).config.corpus.name == run.config.corpus.name
    assert found, "some run that ships reconstructs less exactly than another"
    assert not found.keys() & set(found.values()), "the best one points to none"


def test_runs_in_memory_are_bounded_and_a_closed_one_is_opened_again(
    tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(open_runs, "_MOST_OPEN", 2)
    for name in "abc":
        shutil.copytree(tiny_run, tmp_path / name)
    first = open_runs.run_of("a")
    open_runs.run_of("b"), open_runs.run_of("c")
    assert len(open_runs._runs) <= 2 and first.stamp not in open_runs._runs
    again = open_runs.opened(first.stamp)
    assert again is not None and again is not first and again.folder == first.folder
    assert open_runs.run_of("a") is again
    shutil.rmtree(tmp_path / "b")
    assert open_runs.opened("no such stamp") is None
