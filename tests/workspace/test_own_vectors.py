"""`explorer open` on a file with vectors: a run whose latent space they are."""

import json
from unittest import mock

import pytest

from explorer.cli.main import main
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.runs import folder as folders
from tests import given


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    # Importing umap takes many seconds; the PCA plane is a map too.
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        yield


def test_a_file_with_vectors_becomes_a_run_of_them(tmp_path, monkeypatch, capsys):
    given.register(monkeypatch)
    path = given.write(tmp_path / "papers.parquet", 40)
    assert main(["open", str(path), "--no-page"]) == 0
    said = capsys.readouterr()
    assert "vectors of 24 numbers in 'embedding'" in said.out
    assert "become the latent space" in said.out
    run = open_run("papers")
    assert run.folder == folders.users() / "papers" and run.kind == "decoder of vectors"
    assert run.config.model.encoder["source"] == given.NAME and run.atlas.label is not None
    assert run.texts_are_real and len(run.decode(run.atlas.mean[:2])) == 2
    path.unlink()  # its sentences and vectors are in the user's folder
    assert open_run("papers").texts == run.texts


def test_vectors_that_do_not_fit_are_one_sentence_and_leave_nothing(tmp_path, capsys):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(f"line number {number}" for number in range(20)), encoding="utf-8")
    (tmp_path / "a.npy").write_text("no array", encoding="utf-8")
    assert main(["open", str(path), "--vectors", str(tmp_path / "a.npy"), "--no-page"]) == 1
    assert "is not a .npy file of numbers" in capsys.readouterr().err
    assert main(["open", str(path), "--vector-column", "e", "--no-page"]) == 1
    assert "has no column 'e'" in capsys.readouterr().err
    assert json.dumps(sorted(folders.by_name())) == "[]"
