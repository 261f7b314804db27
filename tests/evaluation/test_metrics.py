"""What a figure means, and what it is read beside."""

import json
from typing import Any

import pytest

from explorer.evaluation.metric_text import beside, errors_note, shown
from explorer.evaluation.metrics import METRICS
from explorer.explore.run import open_run
from explorer.runs.metric_entries import current
from tests.browser.browsing import ROOT


@pytest.mark.parametrize(
    ("name", "entry", "told"),
    [
        ("bleu", {"value": 19.5, "n": 5000}, ""),
        ("self_bleu", {"reference": 34.4}, "held-out 34.4"),
        ("cycle_distance", {"reference": 6.552}, "two samples 6.552"),
        ("reverse_perplexity", {"reference": 21.3}, "real text 21.3"),
        ("active_units", {"of": 32}, "of 32"),
        ("active_units", {"of": 32, "criterion": "variance"}, "of 32, Var(mean) > 0.01"),
        ("rate", {"sd": 0.0412, "samples": 10}, "sd 0.041 over 10 draws"),
        (
            "importance_ess",
            {"of": 500, "below": 0.125},
            "of 500, below 10 in 12% of the sentences",
        ),
        (
            "importance_ppl",
            {"ess": 3.21, "samples": 500},
            "effective sample size 3.2 of 500: a loose upper bound",
        ),
        ("importance_ppl", {"ess": 30.0, "samples": 500}, ""),
        (
            "mutual_information",
            {"low": 7.764, "high": 10.96, "resolved": False},
            "7.764 to 11.0",
        ),
        ("mutual_information", {"low": 3.0, "high": 3.25, "resolved": True}, "3.000 to 3.250"),
        (
            "caption_retrieval_p1",
            {"baselines": {"random": 0.001, "tfidf": 0.435}},
            "random 0.001, TF-IDF 0.435",
        ),
        (
            "bleu",
            {"baselines": {"copy": 18.12}},
            "nearest training sentence 18.1",
        ),
        (
            "importance_ppl",
            {"n": 10, "words": 110, "unknown": 2, "unknown_sentences": 1},
            "<unk> 2.00% of the words, in 10% of the sentences",
        ),
        ("importance_ppl", {"n": 10, "words": 110, "unknown": 0, "unknown_sentences": 0}, ""),
        (
            "content_words_kept",
            {"by_quarter": [0.62, 0.35, None, 0.18]},
            "by quarter 0.620 0.350 – 0.180",
        ),
        ("label_information", {"ceiling": 0.674}, "at most 0.674"),
        ("label_switch_bleu", {"judge": 0.965}, "the classifier is right on 0.965"),
        # A file from anywhere: what is no number is not shown.
        ("self_bleu", {"reference": "<b>", "of": None, "baselines": [1], "judge": True}, ""),
        ("importance_ppl", {"n": 10, "words": "<b>", "unknown": 2, "unknown_sentences": 1}, ""),
    ],
)
def test_what_belongs_beside_a_figure_is_told(name: str, entry: dict[str, Any], told: str) -> None:
    assert beside(name, entry) == told


def test_the_middle_of_paths_was_a_ratio_and_is_read_as_a_perplexity() -> None:
    folder = ROOT / "checkpoints" / "captions-smooth"
    stored = json.loads((folder / "metrics.json").read_text("utf-8"))
    for name in ("interpolation_linear_middle", "interpolation_spherical_middle"):
        entry = open_run(folder).metrics[name]
        middle, ends = stored[name].get("middle", entry["value"]), entry["reference"]
        assert (entry["value"], entry["unit"]) == (middle, METRICS[name].unit)
        assert beside(name, entry) == f"the ends {ends:.3f}"
        assert METRICS[name].better == "reference"
    ratio = {"value": 0.5, "middle": 2.0, "ends": 4.0, "unit": "ratio", "n": 1}
    read = current({"interpolation_linear_middle": ratio, "rate": {"value": 1.0, "middle": 2.0}})
    assert read["interpolation_linear_middle"]["value"] == 2.0
    assert read["rate"] == {"value": 1.0, "middle": 2.0}
    assert current(read) == read
    missing = {"interpolation_linear_middle": {"value": None, "reason": "no judge"}}
    assert current(missing) == missing


def test_every_figure_of_a_run_that_says_so_has_something_beside_it() -> None:
    metrics = open_run(ROOT / "checkpoints" / "captions-smooth").metrics
    for name, definition in METRICS.items():
        is_compared = definition.better == "reference" or "beside" in definition.sentence
        if is_compared and metrics.get(name, {}).get("value") is not None:
            assert beside(name, metrics[name]), name


@pytest.mark.parametrize(
    ("name", "entry", "text"),
    [
        ("mutual_information", {"value": 7.76, "resolved": False}, "not resolved (> 7.7 nats)"),
        ("mutual_information", {"value": 3.04, "resolved": True}, "3.040"),
        ("marginal_kl", {"value": 18.71, "resolved": False}, "not resolved (< 18.8 nats)"),
        ("importance_ppl", {"value": 23.61, "ess": 3.2}, "≤ 23.6"),
        ("importance_ppl", {"value": 23.61, "ess": 30.0}, "23.6"),
        ("importance_ppl", {"value": 23.61}, "23.6"),
    ],
)
def test_a_bound_is_printed_as_a_bound(name: str, entry: dict[str, Any], text: str) -> None:
    assert shown(name, entry) == text


def test_standard_errors_say_what_they_assume() -> None:
    plain = {"value": 1.0, "error": 0.1}
    assert errors_note({"rate": {"value": 1.0}, "seed": 0}) == ""
    assert "independent" in errors_note({"rate": plain})
    assert "1,000 groups" in errors_note({"rate": plain | {"clusters": 1000}, "elbo": plain})
