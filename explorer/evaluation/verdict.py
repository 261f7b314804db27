"""Whether a run uses z, from its metrics, with the thresholds that decide."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from explorer.evaluation.metric_definition import worded

COLLAPSED_RATE = 0.1
"""Nats per sentence."""
UNUSED_GAP = 0.1
"""Nats per sentence, of the shuffled-z gap."""
ACTIVE_SHARE = 0.5
"""Of the latent dimensions."""
INFORMATION_SHARE = 0.5
"""Of what the mutual information could be: min(rate, log N - 1)."""

FEW_SENTENCES = 100
"""Fewer of the test split are stated in the verdict."""

NO_LATENT, NOT_MEASURED = "no_latent", "not_measured"
YES, PARTLY, NO = "yes", "partly", "no"

_ANSWERS = {
    "used": (YES, "uses z"),
    "partly_used": (PARTLY, "partly used"),
    "noisy_rate": (PARTLY, "noisy rate"),
    "latent_unused": (NO, "latent unused"),
    "collapsed": (NO, "collapsed"),
    NO_LATENT: (None, "no latent"),
    NOT_MEASURED: (None, "not measured"),
}
_HEALTHY = "healthy"
"""What `verdict` calls a run that uses z."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer to one question about a run."""

    value: str | None
    """`yes`, `partly` or `no`; None if it does not apply or is not measured."""
    code: str
    """The reason, as a code."""
    word: str
    """The answer on a badge."""
    short: str
    """The answer where the question stands above it, as in a table."""
    sentence: str
    """Why, with the metrics."""
    thresholds: str
    """When the answer applies."""

    def entry(self) -> dict[str, str | None]:
        """As `metrics.json` holds it."""
        return {"value": self.value, "reason_code": self.code, "reason": self.sentence}


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
    "The encoder learns to distinguish sentences while z costs nothing; then the decoder is "
    "reset, and the first nats of every dimension stay free (Li et al. 2019).",
    (
        "--set training.pretrain_epochs=2",
        "--set objective.rate.name=free_bits",
        "--set objective.rate.nats=8",
    ),
)
_RAMP = Advice(
    "Anneal β slowly",
    "While β is small, z is cheap and the decoder learns to use it (Bowman et al. 2016). On its "
    "own this often only delays the collapse.",
    ("--schedule linear", "--set objective.schedule.epochs=5"),
)
_CYCLES = Advice(
    "Anneal β cyclically",
    "Each cycle starts from a better encoder than the one before (Fu et al. 2019).",
    ("--schedule cyclical", "--set objective.schedule.cycles=4"),
)
_TARGET = Advice(
    "Set a target rate",
    "β acts as a Lagrange multiplier: it falls while the rate is below the target, and rises "
    "above it (Alemi et al. 2018).",
    ("--schedule target", "--set objective.schedule.nats=6"),
)
_DROP_WORDS = Advice(
    "Use word dropout in the decoder",
    "A decoder that sees fewer of the previous words has more use for z (Bowman et al. 2016); "
    "1.0 drops all of them.",
    ("--set model.decoder.word_dropout=0.4",),
)
_BATCH_NORM = Advice(
    "Batch-normalise the posterior means",
    "Every dimension then varies over the data, whatever β is (Zhu et al. 2020). Active units "
    "then no longer tell anything: use the mutual information instead.",
    ("--set model.latent.batch_norm=0.6",),
)
_FEWER = Advice(
    "Use fewer dimensions",
    "If half of them are unused, the other half carries as much and is easier to explore.",
    ("--set model.latent_dim=16",),
)
_LESS_FREE = Advice(
    "Leave fewer nats free",
    "Below the floor, rate costs nothing, so it may carry no information either.",
    ("--set objective.rate.name=free_bits", "--set objective.rate.nats=3"),
)

ADVICE: dict[str, tuple[Advice, ...]] = {
    "collapsed": (_PRETRAIN, _RAMP, _CYCLES, _TARGET, _DROP_WORDS),
    "latent_unused": (_PRETRAIN, _DROP_WORDS, _TARGET),
    "partly_used": (_PRETRAIN, _BATCH_NORM, _FEWER),
    "noisy_rate": (_LESS_FREE, _TARGET),
}
"""What to try next, by the code of the verdict; nothing where nothing is to be mended."""


def verdict(metrics: Mapping[str, Any]) -> str:
    """The word of `uses_z`, and `healthy` where z is used: `verdict` of `metrics.json`."""
    use = uses_z(metrics)
    return _HEALTHY if use.value == YES else use.word


def uses_z(metrics: Mapping[str, Any]) -> Verdict:
    """Whether the decoder uses z, from the entries of `metrics.json`.

    The first answer whose threshold is met is taken. A space without a rate, or whose rate is
    fixed or whose units cannot be counted, is judged by the shuffled-z gap alone. Without that
    gap, the `verdict` that the file states is taken. An answer from few sentences says so.
    """
    answer = _by_thresholds(metrics)
    answer = replace(answer, sentence=worded(answer.sentence, metrics))
    number = metrics.get("shuffled_z_gap", {}).get("n")
    if answer.value is None or number is None or number >= FEW_SENTENCES:
        return answer
    plural = "s" if number != 1 else ""
    rests = worded(f"This is based on only {number} test sentence{plural}.", metrics)
    return replace(answer, sentence=f"{answer.sentence} {rests}")


def _by_thresholds(metrics: Mapping[str, Any]) -> Verdict:
    rate, units = _value(metrics, "rate"), _value(metrics, "active_units")
    gap, information = _value(metrics, "shuffled_z_gap"), _value(metrics, "mutual_information")
    if gap is None:
        return _without_gap(metrics)
    if rate is not None and rate < COLLAPSED_RATE:
        what = (
            "no dimension is active: every sentence has the same z"
            if units == 0
            else "hardly anything passes through z"
        )
        return _answer(
            "collapsed",
            f"The rate is {rate:.2f} nats and {what}, so the decoder is a language model.",
            f"rate < {COLLAPSED_RATE} nats, which bounds the mutual information",
        )
    if gap < UNUSED_GAP:
        less = f"only {gap:.2f} nats" if gap >= 0.005 else "no"
        return _answer(
            "latent_unused",
            f"With the z of another sentence, the words are {less} less likely: the decoder "
            "ignores z.",
            f"shuffled-z gap < {UNUSED_GAP} nats",
        )
    if rate is None:
        return _answer(
            "used",
            f"With the z of another sentence, the words are {gap:.1f} nats less likely: z is "
            "used.",
            f"shuffled-z gap ≥ {UNUSED_GAP} nats; there is no rate to judge",
        )
    if units is None:
        return _answer(
            "used",
            f"z carries {rate:.1f} nats per sentence; with the z of another sentence, the words "
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
        return _answer(
            "partly_used",
            f"{units:.0f} of {dimensions} dimensions are active."
            if units
            else f"The rate is {rate:.2f} nats, but no dimension is active: z carries little "
            "information.",
            f"active units < {ACTIVE_SHARE:.0%} of the dimensions",
        )
    if noisy:
        return noisy
    part = ""
    if information is not None:
        least = "" if metrics["mutual_information"].get("resolved", True) else "at least "
        part = f", of which {least}{information:.1f} distinguish sentences"
    return _answer(
        "used",
        f"z carries {rate:.1f} nats per sentence{part}; with the z of another sentence, the "
        f"words are {gap:.1f} nats less likely.",
        f"rate ≥ {COLLAPSED_RATE} nats, shuffled-z gap ≥ {UNUSED_GAP} nats, at least "
        f"{ACTIVE_SHARE:.0%} of the dimensions active, mutual information ≥ "
        f"{INFORMATION_SHARE:.0%} of min(rate, log N − 1)",
    )


def _noisy(metrics: Mapping[str, Any], rate: float, information: float | None) -> Verdict | None:
    if information is None:
        return None
    most = min(rate, math.log(metrics["mutual_information"]["n"]) - 1)
    if information >= INFORMATION_SHARE * most:
        return None
    return _answer(
        "noisy_rate",
        f"Of a rate of {rate:.1f} nats only {information:.1f} distinguish sentences.",
        f"mutual information < {INFORMATION_SHARE:.0%} of min(rate, log N − 1)",
    )


def _without_gap(metrics: Mapping[str, Any]) -> Verdict:
    if metrics.get("importance_nll", {}).get("exact"):
        return _answer(NO_LATENT, "A language model has no latent space.", "")
    stored = metrics.get("verdict")
    for code, (value, word) in _ANSWERS.items():
        if value is not None and stored in (word, _HEALTHY if value == YES else word):
            return _answer(code, str(metrics.get("verdict_in_words", "")), "")
    reason = metrics.get("shuffled_z_gap", {}).get("reason", "")
    return _answer(NOT_MEASURED, reason or "Run `explorer evaluate`.", "")


def _answer(code: str, sentence: str, thresholds: str) -> Verdict:
    value, word = _ANSWERS[code]
    short = YES if value == YES else word
    return Verdict(value, code, word, short, sentence, thresholds)


def _value(metrics: Mapping[str, Any], name: str) -> float | None:
    return metrics.get(name, {}).get("value")


def value_of(metrics: Mapping[str, Any], name: str) -> float | None:
    """The value of a score; None where it was not measured."""
    entry = metrics.get(name)
    value = entry.get("value") if isinstance(entry, Mapping) else None
    return value if isinstance(value, int | float) else None


def reconstruction_bleu(metrics: Mapping[str, Any]) -> float | None:
    """BLEU of reconstructions as pages show them: in a closed loop where that was measured."""
    nearest = value_of(metrics, "bleu_nearest")
    return value_of(metrics, "bleu") if nearest is None else nearest
