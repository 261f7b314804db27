"""Whether samples of the prior decode to sentences, from a run's metrics, with the thresholds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from explorer.evaluation.applicability import Reason
from explorer.evaluation.metric_definition import worded
from explorer.evaluation.verdict import (
    NO,
    NO_LATENT,
    NOT_MEASURED,
    PARTLY,
    UNUSED_GAP,
    YES,
    Verdict,
    value_of,
)

FLUENT, ROUGH = 2.0, 3.0
"""Forward perplexity of samples over that of real sentences: at most, to be called so."""
REPETITIVE = 10.0
"""Self-BLEU of samples above that of real sentences, in points."""
PRIOR_GAP = 1.1
"""Prior-z gap over shuffled-z gap from which the prior is taken to miss the posteriors."""
MARGINAL_KL = 10.0
"""Nats from which the prior is taken to miss the posteriors; all of the interval must be."""

_ANSWERS = {
    "fluent_samples": (YES, "can be sampled from", "yes"),
    "prior_matches": (YES, "prior matches", "likely"),
    "rough_samples": (PARTLY, "rough samples", "rough samples"),
    "repetitive_samples": (PARTLY, "repetitive samples", "repetitive samples"),
    "disfluent_samples": (NO, "cannot be sampled from", "no"),
    "prior_mismatch": (NO, "cannot be sampled from", "no"),
    "no_prior": (NO, "cannot be sampled from", "no prior"),
    NO_LATENT: (None, "no latent", "no latent"),
    NOT_MEASURED: (None, "sampling not measured", "not measured"),
}


def can_be_sampled(metrics: Mapping[str, Any]) -> Verdict:
    """Whether samples of the prior decode to sentences, from the entries of `metrics.json`.

    The perplexity that a language model of real text gives the samples decides. Where no language
    model judged them, a prior that misses the posteriors speaks against it: another sentence's z
    explains a sentence better than a z from the prior, or the marginal KL is large. Bounds of the
    marginal KL that lie on either side of the threshold decide nothing.
    """
    answer = _answered(metrics)
    return replace(answer, sentence=worded(answer.sentence, metrics))


def _answered(metrics: Mapping[str, Any]) -> Verdict:
    if metrics.get("importance_nll", {}).get("exact"):
        return _answer(NO_LATENT, "A language model has no latent space.")
    perplexity = value_of(metrics, "forward_perplexity")
    real = _number(metrics, "forward_perplexity", "reference")
    if perplexity is not None and real:
        return _by_perplexity(metrics, perplexity, real)
    gap = metrics.get("prior_z_gap", {})
    if gap.get("reason_code") == Reason.NO_DENSITY:
        return _answer("no_prior", "An autoencoder has no prior, and none was fitted afterwards.")
    return _by_prior(metrics)


def _by_perplexity(metrics: Mapping[str, Any], perplexity: float, real: float) -> Verdict:
    ratio = perplexity / real
    sentence = (
        "Under a language model of real text, samples of the prior have a perplexity of "
        f"{perplexity:.1f} and real sentences {real:.1f}: {ratio:.1f} times as high."
    )
    if ratio > ROUGH:
        return _answer("disfluent_samples", sentence, f"forward perplexity > {ROUGH:g} × real")
    repetition = value_of(metrics, "self_bleu")
    reference = _number(metrics, "self_bleu", "reference")
    if repetition is not None and reference is not None and repetition > reference + REPETITIVE:
        return _answer(
            "repetitive_samples",
            f"Samples of the prior are repetitive: their self-BLEU is {repetition:.1f}, that of "
            f"real sentences {reference:.1f}.",
            f"self-BLEU > real + {REPETITIVE:g}",
        )
    if ratio > FLUENT:
        return _answer("rough_samples", sentence, f"forward perplexity > {FLUENT:g} × real")
    return _answer("fluent_samples", sentence, f"forward perplexity ≤ {FLUENT:g} × real")


def _by_prior(metrics: Mapping[str, Any]) -> Verdict:
    prior, shuffled = (value_of(metrics, name) for name in ("prior_z_gap", "shuffled_z_gap"))
    if prior is None or shuffled is None:
        return _answer(NOT_MEASURED, "Run `explorer evaluate`.")
    judge = "No language model has scored its samples: `explorer evaluate --language-model` does."
    thresholds = (
        f"without forward perplexity: prior-z gap ≥ {PRIOR_GAP:g} × shuffled-z gap, or marginal "
        f"KL ≥ {MARGINAL_KL:g} nats"
    )
    if prior >= max(PRIOR_GAP * shuffled, UNUSED_GAP):
        return _answer(
            "prior_mismatch",
            "A z from the prior explains a sentence worse than the z of another sentence: the "
            f"gaps are {prior:.1f} and {shuffled:.1f} nats. {judge}",
            thresholds,
        )
    high = value_of(metrics, "marginal_kl")
    low = _number(metrics, "marginal_kl", "low")
    if high is not None and high >= MARGINAL_KL:
        if low is not None and low < MARGINAL_KL:
            return _answer(
                NOT_MEASURED,
                "The distance of the prior from the encodings is not resolved (marginal KL "
                f"{max(low, 0):.1f} to {high:.1f} nats). {judge}",
                f"{thresholds}: the first does not hold, the second is not resolved",
            )
        return _answer(
            "prior_mismatch",
            f"The rate exceeds the measured mutual information by {high:.1f} nats: most of "
            f"the prior may lie where no sentence is encoded. {judge}",
            thresholds,
        )
    return _answer(
        "prior_matches",
        "A z from the prior explains a sentence as well as the z of another sentence: the gaps "
        f"are {prior:.1f} and {shuffled:.1f} nats. {judge}",
        f"{thresholds}: neither holds",
    )


def _number(metrics: Mapping[str, Any], name: str, key: str) -> float | None:
    return value_of({name: {"value": metrics.get(name, {}).get(key)}}, name)


def _answer(code: str, sentence: str, thresholds: str = "") -> Verdict:
    value, word, short = _ANSWERS[code]
    return Verdict(value, code, word, short, sentence, thresholds)
