"""Run folders of earlier formats open forever, and say what they said when they were made."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import Run, open_run
from explorer.cli.main import main
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders

ROOT = Path(__file__).resolve().parents[2]
FIRST = ROOT / "tests" / "fixtures" / "run-format-1"

TEXTS = [
    "a dog sleeps in the park",
    "an old man paints a door under a tree",
    "two cats waits near the river",
    "a nurse eats an apple at home",
]
GREEDY = [
    "a nurse jumps near the river",
    "an old man paints a door on a boat",
    "two cats jumps near the river",
    "a nurse eats an apple at home",
]
MEAN = [0.597212, 0.65804, -0.645725, -0.709292, -0.786439, -0.485243, -0.671699, 0.817977]
SCALE = [0.523294, 0.557214, 0.52716, 0.55997, 0.583015, 0.453704, 0.506605, 0.621715]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A copy of the run, in an empty folder with an empty home: its corpus is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    shutil.copytree(FIRST, tmp_path / "runs" / FIRST.name)
    return open_run(FIRST.name)


def close(actual: object, expected: object) -> None:
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=0, atol=1e-4)


def test_every_file_is_the_one_that_was_sealed() -> None:
    sealed = folders.checksums(FIRST)
    assert {path.name for path in FIRST.iterdir()} - sealed.keys() == {
        "README.md",
        "SHA256SUMS",
        "config.toml",
    }
    for name in sealed:
        assert folders.verify(FIRST, name).is_file()


def test_sentences_are_encoded_and_decoded_as_before(run: Run) -> None:
    mean, scale = run.posterior(TEXTS)
    close(mean[0], MEAN)
    close(scale[0], SCALE)
    assert run.reconstruct(TEXTS, Decoding()) == GREEDY
    assert run.decode(np.zeros((1, 8), np.float32)) == ["a nurse is reading at home"]
    assert run.interpolate(TEXTS[0], TEXTS[1], 3)[1] == "a nurse is reading at home"
    assert run.unknown("a zebra sleeps") == ["zebra"]
    distortion, rate = run.score(TEXTS[:1])
    close(distortion, [3.782329])
    close(rate, [3.962024])
    decoded = run.decode_tokens(mean[:1])[0]
    assert decoded.tokens == [*GREEDY[0].split(), "<eos>"]
    close(decoded.log_probs[1:3], [-0.841045, -1.356753])
    close(decoded.gains[2:4], [2.478808, 4.459514])


def test_the_map_is_as_before(run: Run) -> None:
    assert not run.texts_are_real
    atlas = run.needed_atlas
    assert len(atlas) == 200 and atlas.total == 605
    assert atlas.row[:3].tolist() == [3, 8, 11]
    assert run.texts[7] == "a nurse eats an apple in the park"
    assert [len(level) for level in atlas.levels] == [2, 3, 5]
    assert atlas.levels[0][1].name == "nurse, tree, door"
    close(atlas.xy[:2], [[-12.184135, 1.663722], [-14.485086, -4.448861]])
    close(atlas.rate[:2], [6.158991, 3.738625])
    xy, distance = run.locate(run.encode(TEXTS[:1]))
    close(xy, [[16.753685, -10.981291]])
    close(distance, [0.000442])
    place = run.at(0.0, 0.0)
    assert (place.nearest, place.empty) == (41, False)
    close(place.z[:3], [0.777243, 0.722681, -0.544766])
    assert {item.text for item in run.neighbours(TEXTS[0], 3)} == {GREEDY[0]}


def test_figures_history_and_playback_are_as_before(run: Run) -> None:
    assert run.metrics["verdict"] == "healthy"
    assert (run.uses_z.value, run.uses_z.code) == ("yes", "used")
    assert run.can_be_sampled.value == "yes"
    close(run.metrics["elbo"]["value"], 7.798512)
    close(run.metrics["importance_nll"]["value"], 6.742863)
    assert run.history["step"][-1] == 900
    close(run.history["loss"][-1], 7.504998)
    close(run.history["validation_mutual_information"][-1], 2.057207)
    playback = run.playback
    assert playback is not None and playback.xy.shape == (31, 60, 2)
    close(playback.xy[-1, 0], [0.513672, -0.924805])
    close(playback.explained, [0.365127, 0.322908])
    words = next(iter(playback.reconstruction.values()))
    assert words[-1] == "the robot eats an apple near the river"


def test_the_command_line_lists_and_reads_it(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    row = listed[run.name]
    assert (row["kind"], row["corpus"], row["verdict"]) == ("VAE", "invented.csv", "healthy")
    assert (row["uses_z"]["value"], row["uses_z"]["reason_code"]) == ("yes", "used")
    assert row["can_be_sampled"]["reason_code"] in ("prior_matches", "fluent_samples")
    assert row["error"] is None
    close(row["rate"], 3.925571)
    assert main(["reconstruct", run.name, *TEXTS, "--nearest", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == GREEDY


def test_its_map_page_opens(run: Run) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["run"] = run.name
    at.run()
    for thread in threading.enumerate():
        if thread.name == "warm":  # reads the model: the process may end before it does
            thread.join()
    assert not at.exception and not at.error
    shown = " ".join(str(item.value) for item in (*at.markdown, *at.caption))
    assert "uses z" in shown and "invented" in shown
    assert at.selectbox(key="run").value == run.name
