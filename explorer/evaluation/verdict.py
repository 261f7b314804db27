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


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to try next."""

    title: str
    sentence: str
    """What it does, and where it is from."""
    options: tuple[str, ...]
    """Of `explorer new`, behind the run's name and its corpus."""


_PRETRAIN = Advice(
    "Train as an autoencoder first, then keep free bits",
    "The encoder learns to tell sentences apart while z costs nothing; then the decoder starts "
    "afresh, and the first nats of every dimension stay free (Li et al. 2019).",
    (
        "--set training.pretrain_epochs=2",
        "--set objective.rate.name=free_bits",
        "--set objective.rate.nats=8",
    ),
)
_RAMP = Advice(
    "Let β grow slowly",
    "While β is small, z is cheap and the decoder gets used to it (Bowman et al. 2016). By itself "
    "it often only delays the collapse.",
    ("--schedule linear", "--set objective.schedule.epochs=5"),
)
_CYCLES = Advice(
    "Let β start from 0 several times",
    "Each cycle starts from an encoder that knows more than before (Fu et al. 2019).",
    ("--schedule cyclical", "--set objective.schedule.cycles=4"),
)
_TARGET = Advice(
    "Ask for a rate",
    "β follows as a Lagrange multiplier: it falls while the rate is below the target, and rises "
    "above it (Alemi et al. 2018).",
    ("--schedule target", "--set objective.schedule.nats=6"),
)
_DROP_WORDS = Advice(
    "Hide words from the decoder",
    "A decoder that sees fewer of the words before has more use for z (Bowman et al. 2016); 1.0 "
    "hides them all.",
    ("--set model.decoder.word_dropout=0.4",),
)
_BATCH_NORM = Advice(
    "Normalise the means over the batch",
    "Every dimension then varies over the data, whatever β is (Zhu et al. 2020). Active units no "
    "longer tell anything: read the mutual information.",
    ("--set model.latent.batch_norm=0.6",),
)
_FEWER = Advice(
    "Take fewer dimensions",
    "Where half of them stay unused, the other half holds as much and is quicker to look at.",
    ("--set model.latent_dim=16",),
)
_LESS_FREE = Advice(
    "Leave fewer nats free",
    "Below the floor a rate costs nothing, so that it need not say anything either.",
    ("--set objective.rate.name=free_bits", "--set objective.rate.nats=3"),
)

ADVICE: dict[str, tuple[Advice, ...]] = {
    "collapsed": (_PRETRAIN, _RAMP, _CYCLES, _TARGET, _DROP_WORDS),
    "latent unused": (_PRETRAIN, _DROP_WORDS, _TARGET),
    "partly used": (_PRETRAIN, _BATCH_NORM, _FEWER),
    "noisy rate": (_LESS_FREE, _TARGET),
}
"""What to try next, by the word of the verdict; nothing where nothing is to be mended."""


def verdict(metrics: Mapping[str, Any]) -> Verdict:
    """Judges the entries of `metrics.json`.

    The first word whose threshold is met is taken. A space without a rate, or whose rate is fixed
    or whose units cannot be counted, is judged by the shuffled-z gap alone.
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
        less = f"only {gap:.2f} nats" if gap >= 0.005 else "no"
        return Verdict(
            "latent unused",
            f"With another sentence's z the words are {less} less likely: the decoder does not "
            "listen to z.",
            f"shuffled-z gap < {UNUSED_GAP} nats",
        )
    if rate is None:
        return Verdict(
            "healthy",
            f"With another sentence's z the words are {gap:.1f} nats less likely: z is used.",
            f"shuffled-z gap ≥ {UNUSED_GAP} nats; there is no rate to judge",
        )
    if units is None:
        return Verdict(
            "healthy",
            f"{rate:.1f} nats a sentence go through z, and with another sentence's z the words "
            f"are {gap:.1f} nats less likely.",
            f"shuffled-z gap ≥ {UNUSED_GAP} nats; there are no active units to judge",
        )
    return _with_rate(metrics, rate, units, gap, information)


def _with_rate(
    metrics: Mapping[str, Any],
    rate: float,
    units: float,
    gap: float,
    information: float | None,
) -> Verdict:
    dimensions = metrics.get("active_units", {}).get("of")
    noisy = _noisy(metrics, rate, information)
    if noisy and not units:  # nothing is used, not even partly
        return noisy
    if dimensions and units < ACTIVE_SHARE * dimensions:
        return Verdict(
            "partly used",
            f"{units:.0f} of {dimensions} dimensions are active."
            if units
            else f"The rate is {rate:.2f} nats, but no dimension is active: z says little.",
            f"active units < {ACTIVE_SHARE:.0%} of the dimensions",
        )
    if noisy:
        return noisy
    told = ""
    if information is not None:
        least = "" if metrics["mutual_information"].get("resolved", True) else "at least "
        told = f", {least}{information:.1f} of them tell sentences apart"
    return Verdict(
        "healthy",
        f"{rate:.1f} nats a sentence go through z{told}, and with another sentence's z the words "
        f"are {gap:.1f} nats less likely.",
        f"rate ≥ {COLLAPSED_RATE} or an active unit, shuffled-z gap ≥ {UNUSED_GAP} nats, at least "
        f"{ACTIVE_SHARE:.0%} of the dimensions active, mutual information ≥ "
        f"{INFORMATION_SHARE:.0%} of min(rate, log N − 1)",
    )


def _noisy(metrics: Mapping[str, Any], rate: float, information: float | None) -> Verdict | None:
    if information is None:
        return None
    most = min(rate, math.log(metrics["mutual_information"]["n"]) - 1)
    if information >= INFORMATION_SHARE * most:
        return None
    return Verdict(
        "noisy rate",
        f"Of a rate of {rate:.1f} nats only {information:.1f} tell sentences apart.",
        f"mutual information < {INFORMATION_SHARE:.0%} of min(rate, log N − 1)",
    )


def _without_gap(metrics: Mapping[str, Any]) -> Verdict:
    reason = metrics.get("shuffled_z_gap", {}).get("reason", "")
    if metrics.get("importance_nll", {}).get("exact"):
        return Verdict("no latent", "A language model has no latent space.", "")
    return Verdict("not measured", reason or "Run `explorer evaluate`.", "")


def _value(metrics: Mapping[str, Any], name: str) -> float | None:
    return metrics.get(name, {}).get("value")


def value_of(metrics: Mapping[str, Any], name: str) -> float | None:
    """The value of a score; None where it was not measured."""
    entry = metrics.get(name)
    value = entry.get("value") if isinstance(entry, Mapping) else None
    return value if isinstance(value, int | float) else None
