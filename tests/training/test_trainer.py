"""Laws of schedules, the loop, its state and the run folder."""

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.config import Config, ModelConfig
from explorer.errors import ExplorerError
from explorer.models.padding import collate
from explorer.models.vae import build
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.system.atomic_files import write, write_text
from explorer.system.file_checksums import sha256
from explorer.text.batching import plan
from explorer.training import checkpoint as states
from explorer.training import snapshots
from explorer.training.aggressive_encoder import train_encoder
from explorer.training.schedules import SCHEDULES, TargetRate, cyclical, linear, logistic
from explorer.training.trainer import Trainer
from tests import tiny

WORDS = 12
NOTHING = {"distortion": 0.0, "rate": 0.0}
LEARNED = {"corpus": "some sentences", "vocabulary": "their words"}  # checksums
TRAIN = [[4 + (row + step) % 8 for step in range(row % 5)] for row in range(60)]


def recipe(refine_steps: int = 0, **training: object) -> Config:
    settings = {"epochs": 3, "pretrain_epochs": 1, "batch_size": 8, "save_seconds": 0.0}
    return configs.from_table(
        {
            "corpus": {"path": "none.txt", "vocabulary_size": WORDS},
            "model": {
                "embedding_dim": 6,
                "latent_dim": 3,
                "encoder": {"name": "lstm", "hidden_dim": 5},
                "decoder": {"name": "lstm", "hidden_dim": 7},
            },
            "objective": {
                "schedule": {"name": "linear", "epochs": 1.0},
                "refine_steps": refine_steps,
            },
            "training": settings | training,
        }
    )


def trainer(config: Config) -> Trainer:
    torch.manual_seed(config.seed)
    model = build(config.model, WORDS)
    watch = {"distortion": 1.0, "rate": 1.0}
    needs_targets = bool(model.auxiliary.sentence_encoder)
    return Trainer(
        model,
        TRAIN,
        config,
        lambda model, noise: watch,
        targets=sentence_vectors if needs_targets else None,
    )


def sentence_vectors(rows: Sequence[int]) -> torch.Tensor:
    """Made-up targets of training sentences, as many numbers as MiniLM's."""
    return torch.stack([torch.arange(384).mul(row + 1).cos() for row in rows])


def same_weights(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    left, right = a.state_dict(), b.state_dict()
    return all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("seed", [None, 3])
def test_a_plan_holds_every_row_once_and_like_lengths_together(seed: int | None) -> None:
    lengths = [row * 7 % 23 for row in range(101)]
    batches = plan(lengths, 10, seed)
    assert sorted(row for batch in batches for row in batch) == list(range(101))
    spread = [max(lengths[r] for r in b) - min(lengths[r] for r in b) for b in batches]
    assert max(spread) <= 3
    assert plan(lengths, 10, seed) == batches


def test_another_seed_is_another_plan() -> None:
    assert plan([5] * 40, 4, 1) != plan([5] * 40, 4, 2)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_stay_between_zero_and_beta_and_end_there(name: str) -> None:
    schedule = SCHEDULES[name](**({} if name == "target" else {"beta": 0.7}))
    values = [schedule(step / 10) for step in range(200)]
    assert all(0 <= value <= 0.7 for value in values)
    if name != "target":
        assert values[-1] == pytest.approx(0.7)
    if name != "cyclical":
        assert values == sorted(values)


def test_a_cyclical_schedule_starts_from_zero_in_every_cycle() -> None:
    schedule = cyclical(period=2.0, cycles=3, ramp=0.5)
    assert [schedule(epoch) for epoch in (0, 0.5, 1, 1.9, 2, 2.5, 4, 6, 7)] == [
        0.0,
        0.5,
        1.0,
        1.0,
        0.0,
        0.5,
        0.0,
        1.0,
        1.0,
    ]


def test_a_logistic_schedule_is_half_way_in_the_middle() -> None:
    schedule = logistic(middle=3.0, width=0.5, beta=0.8)
    assert schedule(3.0) == pytest.approx(0.4)
    assert schedule(0.0) < 0.01 < 0.79 < schedule(6.0)


def test_a_target_raises_beta_above_it_and_lowers_it_below() -> None:
    target = TargetRate(nats=4.0)
    assert target.next(1.0, 6.0) > 1.0 > target.next(1.0, 2.0)
    assert target.next(1.0, 4.0) == 1.0


def test_beta_follows_the_rate_to_its_target_and_resumes(tmp_path: Path) -> None:
    table = {"schedule": {"name": "target", "nats": 1.0, "speed": 0.05}, "rate": {"name": "plain"}}
    config = dataclasses.replace(
        recipe(epochs=60, pretrain_epochs=0, decay=0.0, learning_rate=0.02),
        objective=configs.from_table({"corpus": {"path": "x"}, "objective": table}).objective,
    )
    training = trainer(config)
    reports = list(training.run())
    assert sum(report.rate for report in reports[-100:]) / 100 == pytest.approx(1.0, abs=0.3)
    states.save(tmp_path, training, [], LEARNED)
    again = trainer(config)
    states.restore(tmp_path, again, LEARNED)
    assert again.beta(3.0) == training.beta(3.0) != TargetRate(nats=1.0)(0.0)


def test_looks_are_spread_over_the_epoch() -> None:
    reports = list(trainer(recipe(validations=4)).run())
    looks = [report.epoch for report in reports if report.validation]
    assert len(looks) == 16
    assert [look for look in looks if look.is_integer()] == [1, 2, 3, 4]


def test_linear_starts_where_it_is_told_and_arrives_on_time() -> None:
    schedule = linear(epochs=4.0, start=0.1)
    assert (schedule(0), schedule(2), schedule(4)) == (0.1, pytest.approx(0.55), 1.0)


def test_beta_is_zero_while_pretraining_and_the_rate_is_learned_after() -> None:
    reports = list(trainer(recipe()).run())
    assert {report.beta for report in reports if report.phase == "pretraining"} == {0.0}
    assert reports[-1].beta == 1.0
    assert [report.step for report in reports] == sorted(report.step for report in reports)
    assert reports[-1].epoch == 4
    assert reports[-1].distortion < reports[0].distortion


def test_the_learning_rate_is_flat_then_falls_to_zero() -> None:
    training = trainer(recipe(epochs=10, pretrain_epochs=2, decay=0.5, learning_rate=0.01))
    assert training.learning_rate(1.0) == training.learning_rate(7.0) == 0.01
    assert training.learning_rate(9.5) == pytest.approx(0.005)
    assert training.learning_rate(12.0) == 0.0


SGD = {"name": "sgd", "momentum": 0.9}
SPLIT = {"name": "split", "adam": 0.1}
ADAMW = {"name": "adam", "weight_decay": 0.1}
OPTIMISERS = (SGD, {"name": "sgd"}, SPLIT, ADAMW)


@pytest.mark.parametrize(
    ("stop_at", "optimiser"),
    [*((step, None) for step in (2, 8, 9, 20)), *((9, optimiser) for optimiser in OPTIMISERS)],
)
def test_stopped_and_resumed_equals_uninterrupted(
    tmp_path: Path, stop_at: int, optimiser: dict | None
) -> None:
    config = recipe(**{"optimiser": optimiser} if optimiser else {})
    whole = trainer(config)
    straight = list(whole.run())
    part = trainer(config)
    history = []
    for report in part.run(lambda: part.progress.step >= stop_at):
        history.append({"step": report.step})
    states.save(tmp_path, part, history, LEARNED)
    rest = trainer(config)
    torch.manual_seed(999)
    assert states.restore(tmp_path, rest, LEARNED) == history
    reports = list(rest.run())
    assert same_weights(whole.model, rest.model)
    assert reports[-1].step == straight[-1].step


def test_a_decoder_is_fresh_after_pretraining_only_if_asked() -> None:
    for reset in (False, True):
        training = trainer(recipe(epochs=0, reset_decoder=reset))
        list(training.run())
        before = training.model.decoder
        training.config = recipe(epochs=1, reset_decoder=reset)
        list(training.run())
        assert (training.model.decoder is before) != reset


def test_the_best_epoch_is_kept_and_patience_ends_training() -> None:
    scores = iter([5.0, 3.0, 4.0, 4.0, 4.0, 2.0])
    config = recipe(epochs=6, pretrain_epochs=0, patience=1)
    torch.manual_seed(0)
    training = Trainer(
        build(config.model, WORDS),
        TRAIN,
        config,
        lambda model, noise: {"distortion": next(scores), "rate": 0.0},
    )
    list(training.run())
    assert training.is_finished
    assert training.progress.epoch == 3
    assert training.best.epoch == 2


@pytest.mark.parametrize(("most", "ends"), [(4, True), (3, False)])
def test_where_a_sentence_was_cut_no_end_is_learned(most: int, ends: bool) -> None:
    config = recipe(epochs=40, pretrain_epochs=0, learning_rate=0.02)
    config = dataclasses.replace(
        config, corpus=dataclasses.replace(config.corpus, max_tokens=most)
    )
    torch.manual_seed(0)
    model = build(config.model, WORDS)
    list(Trainer(model, [[4, 5, 6, 7]] * 16, config, lambda model, noise: NOTHING).run())
    at = model.posterior(collate([[4, 5, 6, 7]])).mean
    whole, part = (
        model.eval()
        .decoder.token_log_prob(at.expand(2, -1), collate([[4, 5, 6, 7], [4, 5, 6]]))
        .exp()
    )
    assert (whole[:3] > 0.5).all()
    assert (whole[3:] > 0.5).tolist() == [ends, ends]  # the fourth word and the end after it
    assert part[3] < 0.5, "nor is there an end after the third"


@pytest.mark.parametrize("schedule", ["linear", "target"])
def test_a_training_that_diverged_is_never_sealed(schedule: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    corpus = tiny.write_corpus(tmp_path / "corpus.csv")
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=1)
    text = text.replace("learning_rate = 0.01", "learning_rate = 1e6\nsave_seconds = 0.0")
    text = text.replace("[objective]", f'[objective]\nschedule = {{ name = "{schedule}" }}')
    write_text(folder / folders.CONFIG, text)
    write_text(folder / folders.WEIGHTS, "a former model")
    with pytest.raises(ExplorerError, match=r"step \d+.*training\.learning_rate \(1e\+06\)"):
        list(pipeline.train(folder, "cpu", restart=True))
    assert (folder / folders.WEIGHTS).read_text("utf-8") == "a former model"
    assert states.path(folder).is_file()


def test_weights_beyond_half_precision_are_not_written(tmp_path: Path) -> None:
    model = build(recipe().model, WORDS)
    with torch.no_grad():
        model.decoder.output.bias[3] = -7e4
    with pytest.raises(ExplorerError, match=r"decoder\.output\.bias is -70000.*65,504"):
        weights.save(tmp_path, model)
    assert list(tmp_path.iterdir()) == []
    with torch.no_grad():
        model.decoder.output.bias[3] = -65504.0
    weights.save(tmp_path, model)


def test_a_loss_that_is_no_number_says_what_to_do() -> None:
    training = trainer(recipe())
    with torch.no_grad():
        training.model.decoder.output.bias.fill_(math.nan)
    with pytest.raises(ExplorerError, match=r"learning_rate"):
        list(training.run())


def test_a_state_of_another_recipe_is_refused(tmp_path: Path) -> None:
    training = trainer(recipe())
    states.save(tmp_path, training, [], LEARNED)
    with pytest.raises(ExplorerError, match=r"training"):
        states.restore(tmp_path, trainer(recipe(batch_size=9)), LEARNED)


def test_a_state_saved_before_a_setting_was_added_goes_on(tmp_path: Path) -> None:
    training = trainer(recipe())
    states.save(tmp_path, training, [], LEARNED)
    tensors, text = weights.read_tensors(states.path(tmp_path))
    record = json.loads(text)
    del record["recipe"]["training"]["patience"]
    weights.write_tensors(states.path(tmp_path), tensors, json.dumps(record))
    assert states.is_of(tmp_path, recipe())
    assert states.restore(tmp_path, trainer(recipe()), LEARNED) == []
    assert not states.is_of(tmp_path, recipe(patience=3))


def test_a_state_with_former_names_resumes_to_the_same_end(tmp_path: Path) -> None:
    former = {"previous_epochs": "before", "max_information": "information"}
    whole = trainer(recipe())
    list(whole.run())
    part, again = trainer(recipe()), trainer(recipe())
    list(part.run(lambda: part.progress.step >= 20))
    states.save(tmp_path, part, [], LEARNED)
    tensors, text = weights.read_tensors(states.path(tmp_path))
    record = json.loads(text)
    position = {former.get(key, key): value for key, value in record["position"].items()}
    assert set(former.values()) < position.keys()
    text = json.dumps(record | {"position": position})
    weights.write_tensors(states.path(tmp_path), tensors, text)
    states.restore(tmp_path, again, LEARNED)
    assert again.best.epoch == part.best.epoch > 0
    list(again.run())
    assert same_weights(whole.model, again.model)


def test_the_time_left_is_estimated_at_the_speed_of_this_session(tmp_path: Path) -> None:
    part, again = trainer(recipe(epochs=9)), trainer(recipe(epochs=9))
    list(part.run(lambda: part.progress.step >= 20))
    part.progress.seconds = 8 * 3600.0  # on a slow machine
    states.save(tmp_path, part, [], LEARNED)
    states.restore(tmp_path, again, LEARNED)
    start = 20 / 8  # epochs: 60 sentences are 8 batches
    for report in again.run():
        seconds = report.seconds - 8 * 3600
        assert seconds > 0
        expected = seconds * (report.epochs - report.epoch) / (report.epoch - start)
        assert report.seconds_left == pytest.approx(expected, rel=1e-3, abs=1e-9)
    assert report.seconds_left == 0


def test_a_state_with_parts_of_another_version_says_so(tmp_path: Path) -> None:
    training = trainer(recipe())
    states.save(tmp_path, training, [], LEARNED)
    tensors, text = weights.read_tensors(states.path(tmp_path))
    weights.write_tensors(states.path(tmp_path), tensors | {"adam.0.step": torch.ones(1)}, text)
    with pytest.raises(ExplorerError, match=r"another version .* --restart"):
        states.restore(tmp_path, trainer(recipe()), LEARNED)


def test_without_momentum_sgd_steps_by_the_clipped_gradient_times_the_rate() -> None:
    config = recipe(optimiser={"name": "sgd"}, learning_rate=0.5, clip=0.1, epochs=1, decay=0.0)
    training = trainer(config)
    before = torch.cat([weight.detach().flatten() for weight in training.model.parameters()])
    next(training.run(lambda: training.progress.step >= 1), None)
    after = torch.cat([weight.detach().flatten() for weight in training.model.parameters()])
    assert training.progress.step == 1
    assert float((after - before).norm()) == pytest.approx(0.5 * 0.1, rel=1e-3)


def test_split_takes_gradient_steps_for_words_and_scaled_adam_steps_for_all_else() -> None:
    config = recipe(optimiser=SPLIT, learning_rate=0.02, epochs=1, decay=0.0)
    training = trainer(config)
    before = {name: weight.clone() for name, weight in training.model.named_parameters()}
    next(training.run(lambda: training.progress.step >= 1), None)
    steps = {name: weight - before[name] for name, weight in training.model.named_parameters()}
    assert {name.partition(".")[0] for name in steps} >= {"embedding", "encoder", "decoder"}
    for name, weight in training.model.named_parameters():
        if weight.grad is None or name.startswith("latent"):
            continue
        if name.startswith(("embedding", "decoder")):
            # The first step of gradient descent is the gradient, as it was clipped.
            assert torch.allclose(steps[name], -0.02 * weight.grad, atol=1e-6), name
        else:
            # The first step of Adam is the learning rate, up or down.
            moved = steps[name][weight.grad.abs() > 1e-4].abs()
            assert torch.allclose(moved, torch.tensor(0.02 * 0.1), rtol=1e-2), name


def test_split_of_a_language_model_is_gradient_descent() -> None:
    table = dataclasses.asdict(recipe(learning_rate=0.5, epochs=1, pretrain_epochs=0))
    table["model"] |= {"latent": {"name": "none"}, "latent_dim": 0}
    weights_after = []
    for optimiser in (SPLIT, {"name": "sgd"}):
        table["training"]["optimiser"] = optimiser
        training = trainer(configs.from_table(table))
        list(training.run())
        weights_after.append(training.model)
    assert same_weights(*weights_after)


@pytest.mark.parametrize(
    ("optimiser", "message"),
    [
        ({"name": "sdg"}, "training.optimiser: 'sdg' is not one of adam, sgd, split"),
        ({"name": "sgd", "beta1": 0.5}, "its settings are: momentum, weight_decay"),
        ({"name": "adam", "beta1": 1.5}, "training.optimiser: adam"),
    ],
)
def test_an_optimiser_there_is_not_is_refused_before_training(
    optimiser: dict, message: str
) -> None:
    with pytest.raises(ExplorerError, match=message):
        trainer(recipe(optimiser=optimiser))


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    training = trainer(recipe())
    states.save(tmp_path, training, [], LEARNED)
    path = states.path(tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ExplorerError, match=r"state.safetensors is damaged"):
        states.restore(tmp_path, trainer(recipe()), LEARNED)


@pytest.mark.parametrize("part", ["corpus", "vocabulary"])
def test_a_state_of_other_sentences_or_words_is_refused(tmp_path: Path, part: str) -> None:
    training = trainer(recipe())
    states.save(tmp_path, training, [], LEARNED)
    with pytest.raises(ExplorerError, match=r"changed since .* --restart"):
        states.restore(tmp_path, trainer(recipe()), LEARNED | {part: "another"})


def test_a_state_that_does_not_know_its_sentences_is_of_another_version(tmp_path: Path) -> None:
    states.save(tmp_path, trainer(recipe()), [], LEARNED)
    tensors, text = weights.read_tensors(states.path(tmp_path))
    record = json.loads(text)
    del record["checksums"]
    weights.write_tensors(states.path(tmp_path), tensors, json.dumps(record))
    with pytest.raises(ExplorerError, match=r"another version .* --restart"):
        states.restore(tmp_path, trainer(recipe()), LEARNED)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    animals, verbs = ("cat", "dog", "hen", "cow", "pig"), ("eats", "sees", "likes", "hears")
    lines = [f"a {a} {v} the {b}" for a in animals for v in verbs for b in animals]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def new_run(folder: Path, corpus: Path) -> Path:
    folder.mkdir()
    (folder / "config.toml").write_text(
        f"""
        [corpus]
        path = {json.dumps(str(corpus))}
        [model]
        embedding_dim = 8
        latent_dim = 4
        encoder = {{ name = "lstm", hidden_dim = 8 }}
        decoder = {{ name = "lstm", hidden_dim = 8 }}
        [training]
        epochs = 2
        pretrain_epochs = 1
        batch_size = 8
        save_seconds = 0.0
        """,
        encoding="utf-8",
    )
    return folder


def test_the_folder_alone_reopens_the_run(tmp_path: Path, corpus: Path) -> None:
    folder = new_run(tmp_path / "run", corpus)
    assert list(pipeline.train(folder, "cpu"))
    corpus.unlink()
    moved = folder.rename(tmp_path / "moved")
    config, vocabulary, model = weights.load_model(moved)
    assert config.model.latent_dim == 4
    assert "cat" in vocabulary.entries
    assert not model.training
    assert not (moved / "state").exists()
    assert folders.read_history(moved)["beta"][-1] > 0.9
    # Tied weights are stored once, and shared again after reopening.
    tensors, _ = weights.read_tensors(moved / "model.safetensors")
    assert sum(tensor.shape == (len(vocabulary), 8) for tensor in tensors.values()) == 1
    assert model.decoder.output.weight.data_ptr() == model.embedding.weight.data_ptr()


def test_the_same_recipe_gives_the_same_weights(tmp_path: Path, corpus: Path) -> None:
    marks = []
    for name in ("a", "b"):
        folder = new_run(tmp_path / name, corpus)
        list(pipeline.train(folder, "cpu"))
        marks.append(sha256(folder / "model.safetensors"))
    assert marks[0] == marks[1]


def test_leaving_early_saves_a_state_that_resumes_to_the_same_end(
    tmp_path: Path, corpus: Path
) -> None:
    whole, broken = new_run(tmp_path / "whole", corpus), new_run(tmp_path / "broken", corpus)
    list(pipeline.train(whole, "cpu"))
    session = pipeline.train(broken, "cpu")
    for _ in range(5):
        next(session)
    session.close()
    assert states.path(broken).is_file()
    assert not (broken / "model.safetensors").exists()
    list(pipeline.train(broken, "cpu", resume=True))
    assert sha256(whole / "model.safetensors") == sha256(broken / "model.safetensors")


def test_a_training_does_not_go_on_with_other_words(tmp_path: Path, corpus: Path) -> None:
    folder = new_run(tmp_path / "run", corpus)
    session = pipeline.train(folder, "cpu")
    next(session)
    session.close()
    text = corpus.read_text(encoding="utf-8")
    # As many sentences and words as before, of the same lengths.
    corpus.write_text(text.replace("cat", "fox").replace("hen", "owl"), encoding="utf-8")
    with pytest.raises(ExplorerError, match=r"changed since .* --restart"):
        next(pipeline.train(folder, "cpu"))
    corpus.write_text(text, encoding="utf-8")
    assert next(pipeline.train(folder, "cpu", resume=True)).step > 1
    corpus.write_text(text.replace("cat", "fox").replace("hen", "owl"), encoding="utf-8")
    assert list(pipeline.train(folder, "cpu", restart=True))


def test_snapshots_of_a_resumed_training_are_those_of_an_uninterrupted_one(
    tmp_path: Path, corpus: Path
) -> None:
    whole, broken = new_run(tmp_path / "whole", corpus), new_run(tmp_path / "broken", corpus)
    list(pipeline.train(whole, "cpu"))
    session = pipeline.train(broken, "cpu")
    for _ in range(25):
        next(session)
    session.close()
    list(pipeline.train(broken, "cpu", resume=True))
    tensors, about = snapshots.read(whole / snapshots.FILE)
    same, same_about = snapshots.read(broken / snapshots.FILE)
    assert tensors["epoch"].tolist() == [0, 1, 2, 3]
    assert tensors["mean"].shape == (4, 100, 4)
    assert all(torch.equal(tensors[name], same[name]) for name in tensors)
    assert about == same_about


def test_training_twice_or_resuming_nothing_is_refused(tmp_path: Path, corpus: Path) -> None:
    folder = new_run(tmp_path / "run", corpus)
    with pytest.raises(ExplorerError, match="no unfinished training"):
        list(pipeline.train(folder, "cpu", resume=True))
    list(pipeline.train(folder, "cpu"))
    with pytest.raises(ExplorerError, match="--restart"):
        list(pipeline.train(folder, "cpu"))
    assert list(pipeline.train(folder, "cpu", restart=True))


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.txt"])
def test_a_changed_or_cut_file_is_named(tmp_path: Path, corpus: Path, name: str) -> None:
    folder = new_run(tmp_path / "run", corpus)
    list(pipeline.train(folder, "cpu"))
    path = folder / name
    whole = path.read_bytes()
    for damaged in (whole[:-3], whole[:-1] + b"?", b""):
        path.write_bytes(damaged)
        with pytest.raises(ExplorerError, match=name):
            weights.load_model(folder)
    path.unlink()
    with pytest.raises(ExplorerError):
        weights.load_model(folder)


def test_an_unknown_device_names_those_there_are() -> None:
    with pytest.raises(ExplorerError, match="cpu"):
        pipeline.device("tpu")


def test_writes_are_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "before")

    def fail(file: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ExplorerError, match="No space left"):
        write(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_aggressive_updates_move_the_encoder_alone_and_end_when_information_falls() -> None:
    config = recipe(epochs=3, pretrain_epochs=0, aggressive=True)
    torch.manual_seed(0)
    information = iter([1.0, 0.5, 0.4])
    training = Trainer(
        build(config.model, WORDS),
        TRAIN,
        config,
        lambda model, noise: {
            "distortion": 1.0,
            "rate": 1.0,
            "mutual_information": next(information),
        },
    )
    decoder = {name: w.clone() for name, w in training.model.decoder.named_parameters()}
    encoder = [w.clone() for w in training.model.latent.parameters()]
    losses = training._losses(list(range(8)), 1.0)
    assert train_encoder(training.model, training.optimiser, losses, 5.0) % 10 == 0
    for name, weight in training.model.decoder.named_parameters():
        assert torch.equal(weight, decoder[name])
    after = list(training.model.latent.parameters())
    assert not any(torch.equal(*pair) for pair in zip(after, encoder, strict=True))
    flags = []
    for report in training.run():
        if report.validation:
            flags.append(training.progress.is_aggressive)
    assert flags == [True, False, False]


def test_a_catching_up_encoder_is_judged_by_the_word_not_by_the_sentence() -> None:
    training = trainer(recipe(aggressive=True))
    weight = next(training.model.latent.parameters())
    taken = []

    def losses(nats):
        """Batches whose sentences get longer, at so many nats a word."""
        for step in range(100):
            taken.append(step)
            yield nats(step) * (5 + step) + 0.0 * weight.sum(), 8, 8 * (5 + step)

    assert (
        train_encoder(training.model, training.optimiser, losses(lambda step: 4 - step / 99), 5)
        == 100
    )
    assert (
        train_encoder(training.model, training.optimiser, losses(lambda step: 4 + step / 99), 5)
        == 20
    )
    assert len(taken) == 120


@pytest.mark.parametrize("settings", [{"aggressive": True}, {"refine_steps": 3}])
def test_a_training_with_further_steps_resumes_to_the_same_end(settings, tmp_path: Path) -> None:
    config = recipe(epochs=2, **settings)
    whole = trainer(config)
    list(whole.run())
    part = trainer(config)
    list(part.run(lambda: part.progress.step >= 12))
    states.save(tmp_path, part, [], LEARNED)
    rest = trainer(config)
    states.restore(tmp_path, rest, LEARNED)
    list(rest.run())
    assert same_weights(whole.model, rest.model)


def test_a_moment_kept_just_before_a_kill_comes_once(tmp_path: Path) -> None:
    def fresh() -> snapshots.Snapshots:
        return snapshots.Snapshots([3], [[4, 5]], lambda row: "x", {"name": "c", "checksum": "s"})

    model, kept = build(ModelConfig(embedding_dim=4, latent_dim=2), 9), fresh()
    for step in (0, 10, 20):
        kept.take(model, step, step / 10, 0.0)
    kept.save(tmp_path / "s.safetensors")
    again = fresh()
    again.restore(tmp_path / "s.safetensors", 10)  # the state was saved at step 10
    assert [moment["step"] for moment in again.moments] == [0, 10]
    assert len(again.means) == len(again.texts) == 2
