"""A text becomes a run with the weights of another: whole or not at all, and like any run."""

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from explorer import pipeline
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore import text_fit
from explorer.explore.run import open_run
from explorer.explore.text_fit import fit_of
from explorer.latent_space.projections import pca_layout
from explorer.pipeline import draw_map
from explorer.runs import folder as folders
from explorer.text.preview import Refused
from explorer.text.read_file import Table
from explorer.workspace import open_text, texts
from tests import tiny

SENTENCES = [*tiny.sentences(60, seed=5), "quarks bind gluons tightly"]


@pytest.fixture(autouse=True)
def home(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    # Importing umap takes many seconds; the PCA plane is a map too.
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        yield tmp_path / "home"


def stored(name, labels=None):
    texts.store(name, f"{name}.csv", Table(SENTENCES, labels, 0))
    return name


def test_a_text_is_a_run_that_encodes_decodes_and_knows_its_neighbours(tiny_run):
    stages = []
    labels = ["a", "b"] * (len(SENTENCES) // 2)
    folder = open_text.open_text(stored("mine", labels), "", lambda stage, _: stages.append(stage))
    run = open_run("mine")
    assert run.folder == folder == folders.users() / "mine"
    assert run.texts == SENTENCES and run.texts_are_real
    assert run.atlas.label == labels
    base = open_run(tiny_run)
    np.testing.assert_array_equal(run.encode(SENTENCES), base.encode(SENTENCES))
    assert run.decode(run.atlas.mean[:3]) == base.decode(run.atlas.mean[:3])
    assert run.neighbours(SENTENCES[3], 1)[0].text == SENTENCES[3]
    assert run.at(0.0, 0.0).z.shape == (4,)
    assert set(stages) <= set(open_text.STAGES)
    assert [path.name for path in folders.users().iterdir()] == ["mine"]


def test_every_run_that_may_be_chosen_draws_it(monkeypatch):
    shipped = Path(__file__).resolve().parents[2] / "checkpoints"
    monkeypatch.setattr(folders, "checkpoints", lambda: shipped)
    chosen = [folder for folder in text_fit.candidates() if folder.parent == shipped]
    assert shipped / "everyday" in chosen
    for base in chosen:
        folder = open_text.open_text(stored(f"of-{base.name}"), base.name)
        assert open_run(folder).texts == SENTENCES, base.name


def test_it_says_whose_weights_it_has_and_claims_none_of_its_figures(tiny_run):
    open_text.open_text(stored("mine"))
    run = open_run("mine")
    origin = run.config.model.weights_of
    assert origin["run"] == tiny_run.name
    assert origin["weights"] == folders.checksums(tiny_run)[folders.WEIGHTS]
    assert f"weights of **{tiny_run.name}**" in run.card
    assert run.metrics == {} and run.history == {}


def test_its_domain_is_that_of_the_sentences_the_weights_were_trained_on(tiny_run):
    open_text.open_text(stored("mine"))
    run, base = open_run("mine"), open_run(tiny_run)
    assert run.domain.limit == pytest.approx(base.domain.limit, abs=1e-4)
    fit = fit_of(run)
    assert fit.run == tiny_run.name and 0.5 < fit.known < 1.0
    assert fit_of(base) is None


def test_it_is_not_trained_over_but_measured_of_its_own_sentences():
    folder = open_text.open_text(stored("mine"))
    with pytest.raises(ExplorerError, match=r"weights of tiny.*--start tiny"):
        next(pipeline.train(folder, "cpu", restart=True))
    pipeline.evaluate(folder, 2, 10)
    assert folders.read_metrics(folder)["distortion"]["n"] == len(
        open_run(folder).corpus.rows("test")
    )


def test_a_map_of_a_map_names_the_run_that_was_trained(tiny_run):
    open_text.open_text(stored("mine"))
    folder = open_text.open_text(stored("again"), "mine")
    assert open_run(folder).config.model.weights_of["run"] == tiny_run.name


def test_what_is_interrupted_leaves_no_run(home):
    def interrupt(stage, fraction):
        if stage == "scoring":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_text.open_text(stored("mine"), "", interrupt)
    assert list(folders.users().iterdir()) == []
    assert "mine" not in folders.by_name()


def test_a_map_that_a_killed_job_had_finished_is_not_drawn_again(monkeypatch):
    """The kill came after the run was put there, and before its job was noted as done."""
    folder = open_text.open_text(stored("mine"))
    (folders.users() / ".tmp-abcd1234").mkdir()
    monkeypatch.setattr(draw_map, "make_atlas", None)
    assert open_text.open_text("mine") == folder
    assert list(folders.users().iterdir()) == [folder]


def test_names_are_slugs_and_never_taken():
    assert texts.free_name("My Reviews (final).CSV.gz") == "my-reviews-final"
    assert texts.free_name("../../etc/passwd") == "passwd"
    assert texts.free_name("C:\\texts\\Über uns.txt") == "über-uns"
    assert texts.free_name("con.txt") == texts.free_name("???.csv") == "my-text"
    stored("mine")
    assert texts.free_name("mine.csv") == "mine-2"
    assert texts.free_name("tiny.csv") == "tiny-2"
    with pytest.raises(ExplorerError, match="already a run 'mine'"):
        stored("mine")
    with pytest.raises(ExplorerError, match="already a run 'tiny'"):
        stored("tiny")


def test_too_few_sentences_are_refused():
    texts.store("few", "few.txt", Table(["one two", "three"], None, 0))
    with pytest.raises(ExplorerError, match="at least 10"):
        open_text.open_text("few")


def test_progress_only_grows():
    stages = list(open_text.STAGES)
    done = [open_text.overall(stage, f) for stage in stages for f in (0.0, 0.5, 1.0)]
    assert done == sorted(done) and done[0] == 0.0 and done[-1] == 1.0


def test_refused_rows_are_no_formulas_to_a_spreadsheet():
    rows = [Refused("line 2", "too long", '=cmd("x")'), Refused("line 3", "no text", "plain")]
    assert texts.refused_csv(rows).decode("utf-8-sig").split("\n")[1:3] == [
        'line 2,too long,"\'=cmd(""x"")"',
        "line 3,no text,plain",
    ]


def test_equal_uploads_are_stored_once(home):
    first = texts.upload("a/b.csv", lambda file: file.write(b"x"), "1")
    assert first.name == "b.csv" and first.read_bytes() == b"x"
    assert texts.upload("a/b.csv", lambda file: file.write(b"y"), "1") == first
    assert first.read_bytes() == b"x"
    assert home in first.parents


def test_removing_a_run_removes_its_text():
    open_text.open_text(stored("mine"))
    texts.remove("mine")
    assert not texts.path_of("mine").exists() and "mine" not in folders.by_name()


def test_the_fits_of_a_file_are_listed_and_nothing_is_drawn(tiny_run, tmp_path, capsys):
    path = tmp_path / "mine.txt"
    path.write_text("\n".join(SENTENCES), encoding="utf-8")
    assert main(["open", str(path), "--fits", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["run"] for row in listed] == [tiny_run.name] and listed[0]["known"] > 0.8
    assert main(["open", str(path), "--fits"]) == 0
    assert tiny_run.name in capsys.readouterr().out
    assert not folders.users().exists() or not any(folders.users().iterdir())
