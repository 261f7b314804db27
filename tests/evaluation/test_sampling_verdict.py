"""Whether a run can be sampled from, from whatever metrics it has."""

import json
from typing import Any

import pytest

from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import uses_z
from explorer.runs import metric_entries
from tests.browser.browsing import ROOT


def entries(**values: Any) -> dict[str, Any]:
    """Entries of the metrics with these values; (value, reference) where there are two."""
    found = {}
    for name, value in values.items():
        value, reference = value if isinstance(value, tuple) else (value, None)
        found[name] = {"value": value, "n": 5000, "reference": reference}
    return found


@pytest.mark.parametrize(
    ("metrics", "value", "code"),
    [
        (entries(forward_perplexity=(34.0, 17.0)), "yes", "fluent_samples"),
        (entries(forward_perplexity=(35.0, 17.0)), "partly", "rough_samples"),
        (entries(forward_perplexity=(58.0, 17.0)), "no", "disfluent_samples"),
        (
            entries(forward_perplexity=(12.0, 17.0), self_bleu=(60.0, 34.0)),
            "partly",
            "repetitive_samples",
        ),
        # A language model that judged the samples decides, whatever the gaps.
        (
            entries(forward_perplexity=(20.0, 17.0), prior_z_gap=102.0, shuffled_z_gap=83.0),
            "yes",
            "fluent_samples",
        ),
        (entries(prior_z_gap=102.0, shuffled_z_gap=83.0), "no", "prior_mismatch"),
        (
            entries(prior_z_gap=99.0, shuffled_z_gap=100.0, marginal_kl=26.8),
            "no",
            "prior_mismatch",
        ),
        (entries(prior_z_gap=10.4, shuffled_z_gap=10.5, marginal_kl=0.4), "yes", "prior_matches"),
        (entries(prior_z_gap=0.01, shuffled_z_gap=0.0), "yes", "prior_matches"),
        ({"prior_z_gap": {"value": None, "reason_code": "no_density"}}, "no", "no_prior"),
        ({"importance_nll": {"value": 40.0, "exact": True}}, None, "no_latent"),
        ({}, None, "not_measured"),
    ],
)
def test_the_verdict_follows_the_thresholds(metrics, value, code) -> None:
    found = can_be_sampled(metrics)
    assert (found.value, found.code) == (value, code)
    assert found.sentence and found.word and found.short
    assert bool(found.thresholds) == (value is not None and code != "no_prior")


@pytest.mark.parametrize(
    ("low", "high", "value", "code"),
    [
        (-32.9, 26.8, None, "not_measured"),  # as of 5,000 encodings of a high rate
        (12.0, 26.8, "no", "prior_mismatch"),
        (-0.9, 2.2, "yes", "prior_matches"),
    ],
)
def test_bounds_on_either_side_of_the_threshold_decide_nothing(low, high, value, code) -> None:
    metrics = entries(prior_z_gap=99.0, shuffled_z_gap=100.0, marginal_kl=high)
    metrics["marginal_kl"]["low"] = low
    found = can_be_sampled(metrics)
    assert (found.value, found.code) == (value, code)
    assert found.thresholds and "language-model" in found.sentence


@pytest.mark.parametrize(
    ("run", "use", "sampling"),
    [
        ("captions-smooth", "yes", "yes"),
        ("captions-faithful", "yes", "partly"),
        ("captions-faithful-first", "yes", "no"),
        ("captions-denoising", "yes", "no"),
        ("yelp-sentiment", "yes", None),
        ("captions-collapsed", "no", "partly"),
        ("captions-linear", "yes", "partly"),
        ("captions-language-model", None, None),
    ],
)
def test_runs_that_ship_are_judged_by_the_metrics_they_have(run, use, sampling) -> None:
    path = ROOT / "checkpoints" / run / "metrics.json"
    metrics = json.loads(path.read_text("utf-8"))
    assert uses_z(metrics).value == use
    assert can_be_sampled(metrics).value == sampling


def test_both_verdicts_are_entries_of_metrics_json_and_nothing_else_is() -> None:
    metrics = entries(prior_z_gap=5.0, shuffled_z_gap=5.0)
    judged = {"uses_z": uses_z(metrics).entry(), "can_be_sampled": can_be_sampled(metrics).entry()}
    metric_entries.check(judged)
    for bad in ({"value": "healthy"}, {"value": "yes", "reason": "\x1b[31m"}, "yes", ["yes"]):
        with pytest.raises(ValueError, match="uses_z is not a verdict"):
            metric_entries.check({"uses_z": bad})


def test_a_file_with_only_the_former_verdict_is_taken_at_its_word() -> None:
    for word, value in (("healthy", "yes"), ("partly used", "partly"), ("collapsed", "no")):
        found = uses_z({"verdict": word, "verdict_in_words": "It says so."})
        assert (found.value, found.sentence) == (value, "It says so.")
    assert uses_z({"verdict": "uses z"}).value == "yes"
    assert uses_z({"verdict": "unheard of"}).value is None
