"""One word for what a run learned, from its figures, with the thresholds that led to it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLLAPSED_RATE = 0.1
"""Nats per sentence."""
UNUSED_GAP = 0.1
"""Nats per sentence, of the shuffled-z gap."""
ACTIVE_SHARE = 0.5
"""Of the latent dimensions."""
INFORMATION_SHARE = 0.5
"""Of what the mutual information could be: min(rate, log N - 1)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run learned."""

    word: str
    """healthy, collapsed, latent unused, partly used, noisy rate; or no latent, not measured."""
    sentence: str
    """Why, with the figures."""
    thresholds: str
    """When the word applies."""


def verdict(metrics: Mapping[str, Any]) -> Verdict:
    """Judges the entries of `metrics.json`.

    The first word whose threshold is met is taken. A space without a rate is judged by the
    shuffled-z gap alone.
    """
    rate, units = _value(metrics, "rate"), _value(metrics, "active_units")
    gap, information = _value(metrics, "shuffled_z_gap"), _value(metrics, "mutual_information")
    if gap is None:
        return _without_gap(metrics)
    if rate is not None and rate < COLLAPSED_RATE and units == 0:
        return Verdict(
            "collapsed",
            f"The rate is {rate:.2f} nats and no dimension is active: every sentence has the "
            "same z, and the decoder is a language model.",
            f"rate < {COLLAPSED_RATE} nats and no active unit",
        )
    if gap < UNUSED_GAP:
        return Verdict(
            "latent unused",
            f"With another sentence's z the words are only {gap:.2f} nats less likely: the "
            "decoder does not listen to z.",
            f"shuffled-z gap < {UNUSED_GAP} nats",
        )
    if rate is None:
        return Verdict(
            "healthy",
            f"With another sentence's z the words are {gap:.1f} nats less likely: z is used.",
            f"shuffled-z gap ≥ {UNUSED_GAP} nats; there is no rate to judge",
        )
    return _with_rate(metrics, rate, units, gap, information)


def _with_rate(
    metrics: Mapping[str, Any],
    rate: float,
    units: float | None,
    gap: float,
    information: float | None,
) -> Verdict:
    dimensions = metrics.get("active_units", {}).get("of")
    if units is not None and dimensions and units < ACTIVE_SHARE * dimensions:
        return Verdict(
            "partly used",
            f"{units:.0f} of {dimensions} dimensions are active.",
            f"active units < {ACTIVE_SHARE:.0%} of the dimensions",
        )
    if information is not None:
        most = min(rate, math.log(metrics["mutual_information"]["n"]) - 1)
        if information < INFORMATION_SHARE * most:
            return Verdict(
                "noisy rate",
                f"Of a rate of {rate:.1f} nats only {information:.1f} tell sentences apart.",
                f"mutual information < {INFORMATION_SHARE:.0%} of min(rate, log N − 1)",
            )
    told = "" if information is None else f", {information:.1f} of them tell sentences apart"
    return Verdict(
        "healthy",
        f"{rate:.1f} nats a sentence go through z{told}, and with another sentence's z the words "
        f"are {gap:.1f} nats less likely.",
        f"rate ≥ {COLLAPSED_RATE} or an active unit, shuffled-z gap ≥ {UNUSED_GAP} nats, at least "
        f"{ACTIVE_SHARE:.0%} of the dimensions active, mutual information ≥ "
        f"{INFORMATION_SHARE:.0%} of min(rate, log N − 1)",
    )


def _without_gap(metrics: Mapping[str, Any]) -> Verdict:
    reason = metrics.get("shuffled_z_gap", {}).get("reason", "")
    if metrics.get("importance_nll", {}).get("exact"):
        return Verdict("no latent", "A language model has no latent space.", "")
    return Verdict("not measured", reason or "Run `explorer evaluate`.", "")


def _value(metrics: Mapping[str, Any], name: str) -> float | None:
    return metrics.get(name, {}).get("value")
