"""Reverse perplexity: what a judge that learned from drawn sentences makes of real ones."""

import pytest
import torch

from explorer.evaluation.reverse_perplexity import learned, some
from explorer.models import batch_inference
from tests.evaluation.test_evaluate import HELD_OUT, IDS, WORDS, measure

ODD = [[4, 5, 6] for _ in range(600)]
EVEN = [[6, 5, 7] for _ in range(600)]


def judged(judge, ids) -> float:
    return batch_inference.distortions(judge, torch.zeros(len(ids), 0), ids).mean().item()


def test_a_judge_knows_what_it_learned_from() -> None:
    one, other = (
        learned(ids, 9, 0, torch.device("cpu"), lambda share: None) for ids in (ODD, EVEN)
    )
    assert judged(one, ODD[:2]) < judged(one, EVEN[:2]) - 1
    assert judged(other, EVEN[:2]) < judged(other, ODD[:2]) - 1


def test_the_same_seed_gives_the_same_judge_and_others_draw_undisturbed() -> None:
    told: list[float] = []
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = learned(ODD, 9, 3, torch.device("cpu"), told.append)
    assert torch.equal(before, torch.get_rng_state())
    second = learned(ODD, 9, 3, torch.device("cpu"), told.append)
    assert judged(first, EVEN[:1]) == judged(second, EVEN[:1])
    assert told[-1] == 1.0 and all(0 < share <= 1 for share in told)


def test_it_is_measured_where_it_is_asked_for_beside_as_many_real_sentences() -> None:
    entry = measure(reverse=30)["reverse_perplexity"]
    assert entry["learned_from"] == len(HELD_OUT.training)  # there are no more real ones
    assert entry["reference"] > 1 and entry["value"] > 1
    assert entry == measure(reverse=30)["reverse_perplexity"]
    assert entry["n"] == len(IDS)
    assert "it requires training" in measure()["reverse_perplexity"]["reason"]


def test_a_model_that_says_what_is_real_scores_like_the_real() -> None:
    # Judged by what learned from other drawings of the same sentences, not from one word alone.
    real = IDS * 6
    device = torch.device("cpu")
    same, alike, poor = (
        learned(ids, len(WORDS), 0, device, lambda share: None)
        for ids in (real, some(real, len(real), 1), [[4]] * len(real))
    )
    assert judged(alike, IDS) == pytest.approx(judged(same, IDS), rel=0.05)
    assert judged(poor, IDS) > 2 * judged(same, IDS)


def test_what_cannot_be_drawn_from_has_none() -> None:
    assert "no prior to sample from" in measure("point", reverse=9)["reverse_perplexity"]["reason"]
    assert measure("none", reverse=9)["reverse_perplexity"]["value"] > 1
