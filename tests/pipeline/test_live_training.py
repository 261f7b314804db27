"""A training that is watched, timed, and ended early: its result is that of any training."""

import numpy as np
import pytest

from explorer import pipeline
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.pipeline import estimate as timing
from explorer.pipeline.live_map import POINTS, SENTENCES, LiveMap
from explorer.runs import folder as folders
from explorer.training import checkpoint
from explorer.workspace import job_progress
from tests import tiny


@pytest.fixture
def run(tmp_path):
    """A run that is not trained yet."""

    def make(name="mine", epochs=4):
        folder = tmp_path / name
        folder.mkdir()
        corpus = tiny.write_corpus(tmp_path / "corpus.csv")
        text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=epochs)
        (folder / folders.CONFIG).write_text(text, encoding="utf-8")
        return folder

    return make


def test_watching_a_training_changes_nothing_and_shows_every_validation(run):
    alone, watched = run("alone"), run("watched")
    frames = []
    losses = [report.loss for report in pipeline.train(alone, "cpu")]
    assert [r.loss for r in pipeline.train(watched, "cpu", watch=frames.append)] == losses
    assert (alone / folders.WEIGHTS).read_bytes() == (watched / folders.WEIGHTS).read_bytes()
    assert [frame.epoch for frame in frames] == [0, 1, 2, 3, 4, 5, 6]
    for frame in frames:
        assert len(frame.xy) == len(frame.texts) == len(frame.labels) <= POINTS
        assert (
            len(frame.samples) == len(frame.sentences) == len(frame.reconstructions) == SENTENCES
        )
        assert np.isfinite(frame.xy).all()
    assert frames[0].validation == {} and frames[-1].validation["distortion"] > 0
    assert set(frames[0].labels) == {"animal", "other"}


def test_two_frames_are_turned_alike():
    """A cloud whose axes swap places is not turned on the map."""
    chance = np.random.default_rng(0)
    cloud = chance.normal(size=(200, 2)) * [2.0, 1.9]
    live = object.__new__(LiveMap)
    live._chosen, live._before = np.arange(200), None
    positions = []
    for stretch in (1.0, 1.3):  # the second axis becomes the widest
        import torch

        means = torch.from_numpy((cloud * [1.0, stretch]).astype(np.float16))
        live._moments = type("Moments", (), {"means": [*getattr(live, "seen", []), means]})
        live.seen = live._moments.means
        positions.append(live._positions())
    moved = np.abs(positions[1] - positions[0]).mean()
    assert moved < 0.6


def test_an_interrupted_training_is_finished_with_its_best_weights(run, capsys):
    folder = run(epochs=50)
    training = pipeline.train(folder, "cpu")
    for report in training:
        if report.epoch >= 4:  # two of them are pre-training
            break
    training.close()
    assert checkpoint.path(folder).is_file()
    assert list(pipeline.train(folder, "cpu", finish=True)) == []
    assert (folder / folders.WEIGHTS).is_file() and not checkpoint.path(folder).is_file()
    assert max(folders.read_history(folder)["epoch"]) < 5
    with pytest.raises(ExplorerError, match=r"trained already|no unfinished"):
        list(pipeline.train(folder, "cpu", finish=True))
    assert main(["train", str(folder), "--finish"]) in (0, 1)


def test_nothing_is_finished_before_an_epoch_is_complete(run):
    folder = run(epochs=50)
    training = pipeline.train(folder, "cpu")
    next(training)
    training.close()
    with pytest.raises(ExplorerError, match="no complete epoch"):
        list(pipeline.train(folder, "cpu", finish=True))
    assert checkpoint.path(folder).is_file()


def test_an_estimate_trains_nothing_and_grows_with_the_epochs(run, monkeypatch, tmp_path):
    monkeypatch.setattr(timing, "TRIAL_SECONDS", 0.05)
    folder = run(epochs=7)
    measured = timing.estimate(folder, "cpu")
    assert [path.name for path in folder.iterdir()] == [folders.CONFIG]
    assert measured.epochs == 9 and measured.epoch > 0  # pre-training included
    gained = measured.seconds(20) - measured.seconds(10)
    assert gained == pytest.approx(10 * measured.epoch)
    monkeypatch.setenv(job_progress.VARIABLE, str(tmp_path / "1.json"))
    assert main(["train", str(folder), "--estimate"]) == 0
    stored = job_progress.read_json(job_progress.result_path(tmp_path / "1.json"))
    assert stored.keys() == measured.as_json().keys()


def test_a_warm_start_says_how_good_it_is_before_its_first_step(run, tiny_run, tmp_path):
    text = (run() / folders.CONFIG).read_text("utf-8")
    start = f'start = {{ name = "run", run = "{tiny_run.as_posix()}" }}\n'
    folder = tmp_path / "warm"
    folder.mkdir()
    text = text.replace("[training]\n", "[training]\n" + start)
    (folder / folders.CONFIG).write_text(text.replace("pretrain_epochs = 2", ""), "utf-8")
    frames = []
    for _ in pipeline.train(folder, "cpu", watch=frames.append):
        pass
    first, last = frames[0].validation, frames[-1].validation
    assert first["distortion"] > 0
    assert last["distortion"] + last["rate"] < first["distortion"] + first["rate"] + 5
