"""Laws of the stage after a training, in which the fitted prior and the model learn together."""

from pathlib import Path
from statistics import fmean

import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.training import fine_tuning, prior_fitting
from tests import tiny

pytestmark = pytest.mark.slow

JOINT = 'fine_tuning = { name = "joint", epochs = 2, nats = 0.0, learning_rate = 0.005 }'
MIXTURE = 'fit_prior = { name = "mixture", components = 3 }'


def write_run(folder: Path, *training: str, model: str = "") -> Path:
    """A recipe of one epoch of pre-training and two of training, with these lines besides."""
    corpus = tiny.write_corpus(folder.parent / "corpus.csv", 80)
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=2)
    lines = "\n".join(("[training]", "save_seconds = 0.0", *training))
    text = text.replace("[training]", lines).replace("[model]", f"[model]\n{model}")
    folder.mkdir()
    (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    return folder


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    return weights.load_model(folder)[2].state_dict()


def test_prior_encoder_and_decoder_move_together_and_the_history_goes_on(tmp_path: Path) -> None:
    before = write_run(tmp_path / "before", MIXTURE)
    after = write_run(tmp_path / "after", MIXTURE, JOINT)
    short, long = (list(pipeline.train(folder, "cpu")) for folder in (before, after))
    assert [report.loss for report in long[: len(short)]] == [report.loss for report in short]
    epochs = configs.read(after / folders.CONFIG).training
    assert long[-1].epoch == long[-1].epochs == epochs.pretrain_epochs + epochs.epochs + 2
    assert [report.step for report in long] == sorted({report.step for report in long})
    one, two = tensors(before), tensors(after)
    for part in ("prior.", "encoder.", "decoder."):
        moved = [not torch.equal(one[name], two[name]) for name in one if name.startswith(part)]
        assert any(moved), part
    kinds = {name.partition(".")[0] for name in two}
    assert kinds == {name.partition(".")[0] for name in one}


def test_it_minimises_the_bound_and_the_floor_holds_the_rate(tmp_path: Path) -> None:
    low = JOINT.replace("epochs = 2", "epochs = 30")
    high = low.replace("nats = 0.0", "nats = 4.0")
    rates, gains = {}, {}
    for name, line in (("high", high), ("low", low)):
        reports = list(pipeline.train(write_run(tmp_path / name, MIXTURE, line), "cpu"))
        before = [report for report in reports if 3 < report.epoch <= 4]
        after = [report for report in reports if report.epoch > report.epochs - 1]
        bounds = [fmean(r.distortion + r.rate for r in epoch) for epoch in (before, after)]
        rates[name], gains[name] = fmean(r.rate for r in after), bounds[0] - bounds[1]
    assert rates["low"] < 1.5 < 2.0 < rates["high"] < 5.0
    assert gains["low"] > gains["high"]
    assert gains["low"] > 1.0


@pytest.mark.parametrize("reports", [2, 19, 20, 21, 25, 29])
def test_stopped_in_any_stage_and_resumed_equals_uninterrupted(
    tmp_path: Path, reports: int
) -> None:
    whole, part = (write_run(tmp_path / name, MIXTURE, JOINT) for name in ("whole", "part"))
    tiny.check_resumed(whole, part, reports)


def test_a_changed_recipe_does_not_resume_the_second_stage(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "my", MIXTURE, JOINT)
    running = pipeline.train(folder, "cpu")
    for report in running:
        if report.epoch > 4.5:
            break
    running.close()
    path = folder / folders.CONFIG
    path.write_text(path.read_text("utf-8").replace("nats = 0.0", "nats = 2.0"), "utf-8")
    with pytest.raises(ExplorerError, match="recipe has changed"):
        list(pipeline.train(folder, "cpu", resume=True))


def test_a_language_model_is_tuned_by_its_likelihood(tmp_path: Path) -> None:
    lines = 'latent = { name = "none" }\nlatent_dim = 0'
    folder = write_run(tmp_path / "lm", JOINT, model=lines)
    text = (folder / folders.CONFIG).read_text("utf-8").replace("latent_dim = 4\n", "")
    (folder / folders.CONFIG).write_text(text, "utf-8")
    running = pipeline.train(folder, "cpu")
    for report in running:
        if report.epoch > 3:  # in the second stage: it has no pre-training
            break
    running.close()
    last = list(pipeline.train(folder, "cpu", resume=True))[-1]
    assert last.epoch == 4
    assert last.rate == 0 and last.loss == pytest.approx(last.distortion)


def test_what_the_fitted_prior_saved_is_not_claimed_afterwards(tmp_path: Path) -> None:
    config = configs.read(write_run(tmp_path / "a", MIXTURE) / folders.CONFIG)
    tuned = configs.read(write_run(tmp_path / "b", MIXTURE, JOINT) / folders.CONFIG)
    assert prior_fitting.trained_under(config, torch.device("cpu")) is not None
    assert prior_fitting.trained_under(tuned, torch.device("cpu")) is None
    assert fine_tuning.passes(config) + " + 2" == fine_tuning.passes(tuned)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{name="apart"}', "'apart' is not one of joint"),
        ('{name="joint",epochs=0}', "is below 1"),
        ('{name="joint",nats=-1.0}', "is below 0"),
        ('{name="joint",speed=2}', "speed"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_trained(
    line: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)
    command = ["new", str(tmp_path / "my"), "--corpus", str(corpus), "--text-column", "text"]
    assert main([*command, "--set", f"training.fine_tuning={line}"]) == 1
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "my").exists()


def test_a_prior_that_learns_by_a_fit_only_is_not_tuned(tmp_path: Path) -> None:
    line = 'fit_prior = { name = "flow_matching" }'
    folder = write_run(tmp_path / "flow", line, JOINT)
    with pytest.raises(ExplorerError, match=r"'flow_matching'.*mixture or vamp or flow"):
        list(pipeline.train(folder, "cpu"))


def test_an_autoencoder_has_nothing_to_tune(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "ae", JOINT, model='latent = { name = "point" }')
    with pytest.raises(ExplorerError, match="autoencoder"):
        next(pipeline.train(folder, "cpu"))
