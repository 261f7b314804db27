"""Laws of the figures about labels, on corpora where the answer is known."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from explorer.config import ModelConfig
from explorer.evaluation.applicability import NotApplicable
from explorer.evaluation.context import EvaluationContext, HeldOut
from explorer.evaluation.evaluate import evaluate
from explorer.evaluation.labels import Labelled
from explorer.models.vae import build
from explorer.text.vocabulary import WordVocabulary

GOOD, BAD = ["good", "nice"], ["bad", "poor"]
THINGS = ["food", "staff", "place", "music"]
NAMES = (
    "label_information",
    "label_switch_accuracy",
    "label_switch_bleu",
    "label_arithmetic_accuracy",
    "label_arithmetic_bleu",
)


def corpus(count: int, seed: int) -> tuple[list[list[str]], list[str]]:
    chance = random.Random(seed)
    kinds = [chance.choice(["bad", "good"]) for _ in range(count)]
    words = {"good": GOOD, "bad": BAD}
    made = [["the", chance.choice(THINGS), "is", "so", chance.choice(words[x])] for x in kinds]
    return made, kinds


TRAIN, TRAIN_KINDS = corpus(400, 0)
TEST, TEST_KINDS = corpus(300, 1)
WORDS = WordVocabulary.build(TRAIN, 100)


def known(is_leaking: bool) -> Distribution:
    """Posteriors that know which thing a sentence is about, and its label if they are let."""
    z = torch.zeros(len(TEST), 3)
    z[:, 0] = torch.tensor([float(THINGS.index(words[1])) for words in TEST])
    if is_leaking:
        z[:, 1] = torch.tensor([1.0 if kind == "good" else -1.0 for kind in TEST_KINDS])
    return Independent(Normal(z, torch.full_like(z, 0.1)), 1)


def measurement(
    labels: tuple[str, ...],
    is_leaking: bool,
    test_kinds: Sequence[str] = TEST_KINDS,
    train_kinds: Sequence[str] = TRAIN_KINDS,
) -> EvaluationContext:
    torch.manual_seed(0)
    model = build(ModelConfig(embedding_dim=4, latent_dim=3, labels=labels), len(WORDS)).eval()
    held_out = HeldOut(
        tokens=TEST,
        ids=[WORDS.encode(row) for row in TEST],
        labels=test_kinds,
        training=TRAIN,
        training_labels=train_kinds,
    )
    run = EvaluationContext(
        model=model, vocabulary=WORDS, held_out=held_out, samples=2, drawn=2, seed=0
    )
    run.__dict__["posterior"] = known(is_leaking)
    return run


def perfect(run: EvaluationContext, is_obeying: bool) -> EvaluationContext:
    """Lets the decoder say the thing in z, and the label it is told, or the one in z."""

    def decode_inputs(places: Tensor, strategy: str = "greedy") -> list[list[str]]:
        said = []
        for place in places:
            is_good = place[4] > place[3] if is_obeying else place[1] > 0
            thing = THINGS[int(place[0].round())]
            said.append(["the", thing, "is", "so", "good" if is_good else "bad"])
        return said

    run.__dict__["decode_inputs"] = decode_inputs
    return run


def test_z_that_knows_nothing_of_the_label_holds_no_nat_of_it() -> None:
    found = Labelled.of(measurement((), is_leaking=False)).information
    assert found["value"] < 0.03
    assert found["ceiling"] == pytest.approx(math.log(2), abs=0.02)


def test_z_that_knows_the_label_holds_its_entropy() -> None:
    found = Labelled.of(measurement((), is_leaking=True)).information
    assert found["value"] > 0.9 * found["ceiling"]
    assert found["accuracy"] > 0.99


def test_a_decoder_that_obeys_switches_every_label_and_keeps_the_rest() -> None:
    run = perfect(measurement(("bad", "good"), is_leaking=False), is_obeying=True)
    labelled = Labelled.of(run)
    assert labelled.accuracy(labelled.tokens, labelled.labels) == 1.0
    for switch in labelled.switches:
        assert switch.accuracy == 1.0
        assert 0 < switch.bleu < 100


def test_a_decoder_that_does_not_listen_switches_nothing() -> None:
    run = perfect(measurement(("bad", "good"), is_leaking=True), is_obeying=False)
    assert [switch.accuracy for switch in Labelled.of(run).switches] == [0.0] * 5


def test_arithmetic_switches_what_z_holds_once_it_goes_beyond_the_middle() -> None:
    run = perfect(measurement((), is_leaking=True), is_obeying=False)
    found = {switch.strength: switch.accuracy for switch in Labelled.of(run).moves}
    assert found[1.0] == found[3.0] == 1.0
    nothing = perfect(measurement((), is_leaking=False), is_obeying=False)
    assert all(switch.accuracy < 0.7 for switch in Labelled.of(nothing).moves)


def test_what_does_not_apply_says_why() -> None:
    run = measurement((), is_leaking=False)
    with pytest.raises(NotApplicable, match="not conditioned on the label"):
        _ = Labelled.of(run).switches
    bare = HeldOut(tokens=TEST, ids=run.held_out.ids, training=TRAIN)
    torch.manual_seed(0)
    model = build(ModelConfig(embedding_dim=4, latent_dim=3), len(WORDS))
    found = evaluate(model, WORDS, bare, samples=2, drawn=2, limit=20)
    assert not found.keys() & set(NAMES)
    assert found["rate"]["value"] is not None


def test_labels_that_the_model_is_not_told_or_no_sentence_has_are_left_out() -> None:
    odd, training = [*TEST_KINDS[:-3], *["ugly"] * 3], [*TRAIN_KINDS[:-2], "ugly", "gone"]
    told = perfect(measurement(("bad", "good"), True, odd, training), is_obeying=True)
    labelled = Labelled.of(told)
    assert labelled.kinds == ["bad", "good"], "the model is told no more"
    assert {switch.strength: switch.accuracy for switch in labelled.switches}[1.0] == 1.0

    free = perfect(measurement((), True, TEST_KINDS, training), is_obeying=False)
    labelled = Labelled.of(free)
    assert labelled.kinds == ["bad", "good"], "no held-out sentence is ugly"
    assert all(math.isfinite(switch.accuracy) for switch in labelled.moves)


def test_sentences_are_read_where_the_latent_space_has_points() -> None:
    torch.manual_seed(0)
    sphere = {"name": "sphere"}
    config = ModelConfig(embedding_dim=4, latent_dim=3, latent=sphere, prior={"name": "uniform"})
    model = build(config, len(WORDS)).eval()
    held_out = HeldOut(tokens=TEST, ids=[WORDS.encode(row) for row in TEST])
    run = EvaluationContext(
        model=model, vocabulary=WORDS, held_out=held_out, samples=2, drawn=2, seed=0
    )
    z = torch.randn(4, 3)
    z /= z.norm(dim=1, keepdim=True)
    assert run.decode(z) == run.decode(0.2 * z), "a path's middle is inside the sphere"


@pytest.mark.parametrize("kinds", [sorted(TEST_KINDS), ["bad", "good"] * 150])
def test_labels_are_drawn_as_often_as_they_are_held_out_however_they_are_sorted(kinds) -> None:
    run = replace(measurement(("bad", "good"), False, kinds), drawn=150)
    given: list[int] = []
    steer = run.model.condition

    def note(z: Tensor, labels: Sequence[int] = ()) -> Tensor:
        given.extend(labels)
        return steer(z, labels)

    run.model.condition = note  # type: ignore[method-assign]
    assert len(run.sampled) == run.drawn
    share = sum(kind == "good" for kind in kinds) / len(kinds)
    assert sum(given) / len(given) == pytest.approx(share, abs=0.1)


def test_labels_that_alternate_are_all_seen(monkeypatch) -> None:
    monkeypatch.setattr("explorer.evaluation.labels.SENTENCES", 150)
    labelled = Labelled.of(measurement((), True, ["bad", "good"] * 150))
    assert len(labelled.rows) == 150
    assert 0.4 < labelled.labels.mean() < 0.6
    assert math.isfinite(labelled.information["value"])


def test_a_judge_learns_from_labels_that_alternate(monkeypatch) -> None:
    monkeypatch.setattr("explorer.evaluation.labels.MAX_FITTED", 100)
    run = measurement((), True, train_kinds=["bad", "good"] * (len(TRAIN) // 2))
    judged = Labelled.of(run)
    assert 0 <= judged.accuracy(judged.tokens, judged.labels) <= 1


def test_a_judge_learns_where_no_word_stands_twice() -> None:
    words = [[f"word{number}"] for number in range(len(TRAIN))]
    run = measurement((), True)
    held_out = replace(run.held_out, training=words)
    judged = Labelled.of(replace(run, held_out=held_out))
    assert 0 <= judged.accuracy(judged.tokens, judged.labels) <= 1
