"""The page Your text: a file is previewed, its map queued, its jobs and maps listed."""

import dataclasses
import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.models.encoder_catalog import SENTENCE_ENCODERS
from explorer.pipeline.refit_map import LayoutSettings, refit
from explorer.runs import folder as folders
from explorer.text.read_file import Table, read
from explorer.text.vector_column import VectorSource
from explorer.training.time_estimate import Estimate
from explorer.ui.session.url import page_file
from explorer.workspace import added, job_progress, jobs, layouts, open_text, texts
from tests import given, tiny

ROOT = Path(__file__).resolve().parents[2]
PASTED = "\n".join([*tiny.sentences(30, seed=3), "<b>x</b> [a](b) $y$"])


@pytest.fixture
def page(monkeypatch, tmp_path, tiny_run):
    """Opens the page; jobs that it starts get no process."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    monkeypatch.setattr(jobs, "_start", lambda number: None)

    def start() -> AppTest:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        at.run()
        at.switch_page(str(page_file("text"))).run()
        assert not at.exception
        return at

    return start


def button(at, label):
    return next(item for item in at.button if item.label == label)


def shown(at):
    return " ".join(item.value for item in (*at.markdown, *at.caption, *at.error))


def paste(at, text):
    at.session_state["text_source"] = "Pasted lines"
    at.run()
    return at.text_area[0].set_value(text).run()


def test_pasted_lines_are_previewed_and_queued_as_a_map(page):
    at = paste(page(), PASTED)
    assert not at.exception and not at.error
    assert f"{len(PASTED.splitlines())} sentences" in shown(at)
    assert PASTED.splitlines()[-1] in list(at.dataframe[0].value["text"])
    button(at, "Draw the map").click().run()
    assert not at.exception and not at.error
    (job,) = jobs.jobs()
    assert (job.kind, job.name, job.state) == (jobs.OPEN, "pasted", jobs.RUNNING)
    assert job.steps[0][0] == "open" and "--stored" in job.steps[0]
    assert texts.path_of("pasted").is_file()
    assert "Draw the map" not in [item.label for item in at.button]
    button(at, "Cancel")


def test_how_well_each_model_knows_a_text_is_measured_when_asked(page, tiny_run):
    at = paste(page(), PASTED)
    assert not any("Nats per word" in frame.value.columns for frame in at.dataframe)
    button(at, "How well does each model fit it?").click().run()
    assert not at.exception and not at.error
    table = next(frame.value for frame in at.dataframe if "Nats per word" in frame.value.columns)
    assert table["Model"].tolist() == [tiny_run.name]
    assert table["Known words"][0] > 0.8 and table["Nats per word"][0] > 0
    at.run()
    assert any("Nats per word" in frame.value.columns for frame in at.dataframe), "it stays"
    assert jobs.jobs() == [], "nothing is drawn"


def test_few_lines_and_a_taken_name_are_answered(page):
    at = paste(page(), "one\ntwo\nthree")
    button(at, "Draw the map").click().run()
    assert "at least 10 different ones are needed" in shown(at) and jobs.jobs() == []
    at = paste(page(), PASTED)
    at.text_input(key=next(i.key for i in at.text_input if i.label.startswith("Name"))).set_value(
        "tiny"
    )
    button(at, "Draw the map").click().run()
    assert "already" in shown(at) and jobs.jobs() == []


def test_a_file_that_cannot_be_read_is_one_sentence(page, tmp_path):
    at = page()
    bad = tmp_path / "bad.json"
    bad.write_text('{"a": 1}', encoding="utf-8")
    at.session_state["_text_file"] = str(bad)
    at.run()
    assert not at.exception and "array of objects" in at.error[0].value


def with_teacher(monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    """MiniLM is at hand, or is not, whatever is installed."""
    module = "json" if is_there else "no_such_module"
    encoder = dataclasses.replace(SENTENCE_ENCODERS["minilm"], modules=(module,))
    monkeypatch.setitem(SENTENCE_ENCODERS, "minilm", encoder)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_training_includes_meaning_where_minilm_is_at_hand(
    page, tiny_run, monkeypatch, is_there
):
    with_teacher(monkeypatch, is_there)
    texts.store("mine", "mine.csv", Table(tiny.sentences(60, seed=5), None, 0))
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        open_text.open_text("mine")
    at = page()
    button(at, "Train on it").click().run()
    toggle = at.toggle(key="train_meaning")
    assert toggle.value == is_there and toggle.disabled != is_there
    assert ("not installed" in toggle.help) != is_there
    assert ("--meaning" in jobs.jobs()[0].steps[0]) == is_there
    if is_there:
        toggle.set_value(False).run()
        assert not at.exception and "--meaning" not in jobs.jobs()[0].steps[0]


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"at": "3"},
        {"find": "dog"},
        {"at": "typed", "text": "a dog"},
        {"select": "length:1..9"},
    ],
)
def test_how_far_the_weights_know_a_text_is_said_once_on_its_map(page, tiny_run, address):
    texts.store("mine", "mine.csv", Table(tiny.sentences(60, seed=5), None, 0))
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        open_text.open_text("mine")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    for name, value in {"run": "mine", **address}.items():
        at.query_params[name] = value
    at.run()
    at.run()  # the model was opened for what is picked
    assert not at.exception
    said = " ".join([shown(at), *(item.value for item in at.warning)])
    assert said.count("of your words") == 1


def test_a_map_of_a_text_is_listed_with_its_fit_and_trained_by_a_button(
    page, tiny_run, monkeypatch
):
    with_teacher(monkeypatch, False)
    texts.store("mine", "my <b>file</b>.csv", Table(tiny.sentences(60, seed=5), None, 0))
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        open_text.open_text("mine")
    at = page()
    assert "mine" in shown(at) and r"\<b\>file\<\/b\>" in shown(at)
    assert "of your words" in shown(at)
    button(at, "Train on it").click().run()
    assert not at.exception and "The training starts from" in shown(at)
    (trial,) = jobs.jobs()
    assert trial.kind == jobs.ESTIMATE and trial.steps[1][-1] == "--estimate"
    measured = Estimate(8, 60.0, 5.0, 1000, 60, 900.0)
    result = job_progress.result_path(jobs.progress_path(trial.id))
    result.write_text(json.dumps(measured.as_json()), encoding="utf-8")
    jobs.note_ended(trial.id, jobs.DONE)
    at.run()
    assert "8 min for 8 epochs of 60 sentences" in shown(at)
    at.number_input(key="train_epochs").set_value(2).run()
    assert "2 min for 2 epochs" in shown(at)
    button(at, "Train").click().run()
    job = jobs.jobs()[0]
    assert (job.kind, job.name) == (jobs.TRAIN, "mine-trained")
    new, train = job.steps
    assert new[:2] == ["new", str(folders.users() / "mine-trained")] and "--start" in new
    assert new[new.index("--start") + 1] == tiny_run.name and "training.epochs=2" in new
    assert train == ["train", str(folders.users() / "mine-trained")]
    button(at, "Delete").click().run()
    assert "mine" not in folders.by_name()


def test_a_training_shows_its_progress_and_curves_and_its_error_as_typed(page):
    number = jobs.submit(jobs.TRAIN, "mine", [["train", "mine"]])
    file = job_progress.ProgressFile(jobs.progress_path(number))
    for step in range(1, 4):
        report = {"step": step, "epoch": step / 2, "epochs": 4, "seconds_left": 61.0}
        report |= {"distortion": 9.0 - step, "rate": 1.0, "validation": {"distortion": 8.0}}
        file.report(json.loads(json.dumps(report)))
    at = page()
    assert not at.exception
    assert at.get("progress")[0].proto.text == "Epoch 1.5 of 4 · 1 min 01 s left"
    button(at, "Stop")
    jobs.note_ended(number, jobs.FAILED, "no <b>room</b>")
    at = page()
    assert r"no \<b\>room\<\/b\>" in shown(at)
    button(at, "Resume")
    button(at, "Remove from the list").click().run()
    assert jobs.jobs() == []


@pytest.fixture
def mine(page):
    """A map of a person's text."""
    texts.store("mine", "mine.csv", Table(tiny.sentences(60, seed=5), None, 0))
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        return open_text.open_text("mine")


def test_another_layout_is_queued_compared_and_taken(page, mine):
    at = page()
    button(at, "Compute it").click().run()
    assert not at.exception
    (job,) = jobs.jobs()
    assert job.kind == jobs.REFIT and job.steps[0][:4] == ["refit", "mine", "--method", "umap"]
    jobs.note_ended(job.id, jobs.DONE)
    target = layouts.path_of(mine)
    layouts.note(mine, refit(mine, target, LayoutSettings("pca")))
    at = page()
    assert "Another layout is ready:" in shown(at)
    assert {item.label for item in at.metric} >= {"Trustworthiness", "Neighbour recall"}
    button(at, "Use it").click().run()
    assert not at.exception and not target.is_file() and jobs.jobs() == []
    assert "Another layout is ready:" not in shown(at)


def test_a_run_that_ships_stays_and_a_copy_takes_the_layout(page, tiny_run):
    before = {path.name: path.read_bytes() for path in tiny_run.iterdir() if path.is_file()}
    layouts.note(tiny_run, refit(tiny_run, layouts.path_of(tiny_run), LayoutSettings("pca")))
    at = page()
    at.query_params["run"] = "tiny"
    at.switch_page(str(page_file("model"))).run()
    assert not at.exception and "Another layout is ready:" in shown(at)
    button(at, "Use it").click().run()
    assert not at.exception and r"The new layout is in **tiny\-layout**" in shown(at)
    copy = folders.users() / "tiny-layout"
    assert not (copy / ".lock").exists()
    assert all(folders.is_intact(copy, name) for name in (folders.ATLAS, folders.WEIGHTS))
    taken = open_run(copy).needed_atlas
    assert taken.projection["method"] == "pca" and len(open_run(copy).texts) == len(taken)
    now = {path.name: path.read_bytes() for path in tiny_run.iterdir() if path.is_file()}
    assert now == before
    assert not at.exception and not layouts.path_of(tiny_run).is_file()


def test_pasted_lines_are_added_to_a_map_and_shown_on_it(page, tiny_run):
    at = paste(page(), PASTED)
    at.selectbox(key="text_onto").set_value("tiny")
    button(at, "Add").click().run()
    assert not at.exception and not at.error
    (job,) = jobs.jobs()
    assert (job.kind, job.name) == (jobs.ADD, "pasted") and job.steps[0][1] == "tiny"
    added.add(open_run(tiny_run), "pasted")
    jobs.note_ended(job.id, jobs.DONE)
    at = page()
    at.query_params["run"], at.query_params["with"] = "tiny", "pasted"
    at.switch_page(str(page_file("map"))).run()
    assert not at.exception
    said = " ".join(item.proto.body for item in at.get("html"))
    assert "31 added sentences" not in shown(at) and "36 added sentences" in said
    button(at, "Remove from the map").click().run()
    assert "with" not in at.query_params


def test_a_training_can_be_finished_with_what_it_has(page):
    number = jobs.submit(jobs.TRAIN, "mine", [["train", "mine"]])
    jobs.note_ended(number, jobs.STOPPED)
    at = page()
    button(at, "Finish now").click().run()
    assert not at.exception and jobs.job(number).steps == [["train", "mine", "--finish"]]


def test_a_training_shows_its_map_and_words_as_typed(page):
    number = jobs.submit(jobs.TRAIN, "mine", [["train", "mine"]])
    file = job_progress.ProgressFile(jobs.progress_path(number))
    frame = {"step": 2, "epoch": 1.0, "validation": {}, "xy": [[0.0, 1.0], [1.0, 0.0]]}
    frame |= {"texts": ["<b>x</b>", "y"], "labels": [], "sentences": ["<b>x</b>"]}
    file.live(frame | {"reconstructions": ["y"], "samples": ["<i>z</i>"]})
    for step, loss in ((0, 9.0), (1, 5.0)):
        validation = {"distortion": loss, "rate": 1.0}
        file.report({"step": step, "epoch": float(step), "epochs": 4, "validation": validation})
    at = page()
    assert not at.exception and "10.0 → 6.0 nats" in shown(at)
    assert "better than the model it started from" in shown(at)
    assert "2 of your sentences in latent space after epoch 1.0" in shown(at)
    html = " ".join(item.proto.body for item in at.get("html"))
    assert "&lt;i&gt;z&lt;/i&gt;" in html and "<i>" not in html


def vectors_file(page, tmp_path, name="papers.parquet"):
    """The page with a previewed file of sentences and vectors."""
    at, path = page(), given.write(tmp_path / name, 60)
    at.session_state["_text_file"] = str(path)
    at.run()
    assert not at.exception and not at.error
    return at


def box(at, label):
    return next(item for item in at.selectbox if item.label == label)


def test_vectors_in_a_file_are_recognised_shown_and_become_the_latent_space(page, tmp_path):
    at = vectors_file(page, tmp_path)
    assert box(at, "Vectors in").value == "embedding"
    assert f"vectors of {given.DIM} numbers" in shown(at)
    assert "become the latent space" in shown(at)
    assert f"({given.DIM} values)" in at.dataframe[0].value["embedding"][0]
    assert "Model" not in [item.label for item in at.selectbox]
    button(at, "Train on the vectors").click().run()
    assert not at.exception and not at.error
    (job,) = jobs.jobs()
    assert (job.kind, job.name) == (jobs.TRAIN, "papers")
    new, train = job.steps
    assert new[new.index("--vector-column") + 1] == texts.VECTOR
    assert new[new.index("--label-column") + 1] == texts.LABEL
    assert train == ["train", str(folders.users() / "papers")]
    stored = read(texts.path_of("papers"), texts.TEXT, vectors=VectorSource(column=texts.VECTOR))
    np.testing.assert_allclose(stored.vectors, 3 * given.embed(stored.texts).numpy(), rtol=1e-5)


def test_without_its_vectors_a_file_is_a_text_like_any_other(page, tmp_path):
    at = vectors_file(page, tmp_path)
    box(at, "Vectors in").set_value("").run()
    assert "become the latent space" not in shown(at)
    button(at, "Draw the map").click().run()
    (job,) = jobs.jobs()
    assert job.kind == jobs.OPEN


def test_further_columns_are_named_with_what_they_hold_as_typed(page, tmp_path):
    rows = [f"2026-01-{day:02},{day}.5,a cat number {day} sits" for day in range(1, 29)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["*when*,price,text", *rows]), encoding="utf-8")
    at = page()
    at.session_state["_text_file"] = str(path)
    at.run()
    assert not at.exception and not at.error
    assert r"\*when\* (dates), price (numbers)" in shown(at)
