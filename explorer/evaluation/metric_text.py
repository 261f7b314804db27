"""Metrics in words: a value as it is printed, and what it is to be read beside."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from explorer.evaluation.metric_definition import worded
from explorer.evaluation.metrics import METRICS, written

FEWEST_EFFECTIVE = 10
"""Median effective sample size below which an importance estimate is printed as an upper bound: to
first order its bias is 1 / (2 ESS), then 0.05 nats (Nowozin 2018, Debiasing Evidence
Approximations)."""

_BASELINES = {
    "tfidf": "TF-IDF",
    "lsa_32": "LSA (32 dimensions)",
    "random_projection_32": "random projection (32 dimensions)",
    "sif_32": "32 PCs of SIF-weighted word vectors",
    "sif_32_white": "the same, whitened",
    "minilm_32": "32 PCs of MiniLM",
    "copy": "nearest training sentence",
    "single": "a single decode",
    "sample": "from one sample of z",
}
_CRITERIA = {
    "variance": "Var(mean) > 0.01",
    "variance_ratio": "Var(mean) / (Var(mean) + E[σ²]) > 0.01",
}


def shown(name: str, entry: Mapping[str, Any], number: Callable[[float], str] = written) -> str:
    """A metric's value as it is printed.

    Mutual information near log N is not resolved, and the bound stands in place of a number; so
    does the marginal KL, which depends on it. An importance estimate of a small effective sample
    size is printed as the upper bound it is.

    Args:
        name: Of the metric.
        entry: What `metrics.json` says of it; its value is a number.
        number: Formats a value.
    """
    if limit := unresolved(name, entry):
        return f"not resolved ({limit} nats)"
    return f"{'≤ ' if is_loose(entry) else ''}{number(entry['value'])}"


def unresolved(name: str, entry: Mapping[str, Any]) -> str:
    """The bound on a metric that N sentences do not resolve, such as `> 7.7`; else empty."""
    if entry.get("resolved") is not False:
        return ""
    if name == "mutual_information":
        return f"> {math.floor(10 * entry['value']) / 10:.1f}"
    if name == "marginal_kl":
        return f"< {math.ceil(10 * entry['value']) / 10:.1f}"
    return ""


def is_loose(entry: Mapping[str, Any]) -> bool:
    """Whether an importance estimate rests on few effective samples."""
    ess = entry.get("ess")
    return _is_number(ess) and ess < FEWEST_EFFECTIVE


def errors_note(metrics: Mapping[str, Any]) -> str:
    """What the standard errors of a run assume; empty if it has none."""
    known = {name: metrics[name] for name in METRICS if isinstance(metrics.get(name), Mapping)}
    counts = {
        name: entry.get("clusters") or 0 for name, entry in known.items() if entry.get("error")
    }
    if not counts:
        return ""
    clusters = max(counts.values())
    if clusters and not min(counts.values()):  # of an older evaluation, that was added to
        clustered = ", ".join(METRICS[name].title.lower() for name in counts if counts[name])
        return (
            f"Standard errors of {clustered} are clustered by group ({clusters:,} groups); the "
            "others treat the sentences as independent."
        )
    if clusters:
        return (
            f"Standard errors are clustered by group: {clusters:,} groups of sentences about the "
            "same thing."
        )
    return worded("Standard errors treat the sentences as independent.", metrics)


def beside(name: str, entry: Mapping[str, Any]) -> str:
    """What a figure is to be read beside, in words; empty where nothing was measured.

    Args:
        name: Of the figure.
        entry: What `metrics.json` says of it.
    """
    parts_shown = []
    if _is_number(real := entry.get("reference")):
        parts_shown.append(f"{METRICS[name].reference} {written(float(real))}")
    if isinstance(baselines := entry.get("baselines"), Mapping):
        parts_shown += [
            f"{_BASELINES.get(kind, kind)} {written(float(value))}"
            for kind, value in baselines.items()
            if _is_number(value)
        ]
    low, high = entry.get("low"), entry.get("high")
    if _is_number(low) and _is_number(high):
        parts_shown.append(interval(float(low), float(high)))
    if _is_number(spread := entry.get("sd")):
        parts_shown.append(f"sd {spread:.2g} over {entry.get('samples', '?')} draws")
    if isinstance(quarters := entry.get("by_quarter"), list):
        parts = [written(value) if _is_number(value) else "–" for value in quarters]
        parts_shown.append(f"by quarter {' '.join(parts)}")
    if unknown := _unknown(entry):
        parts_shown.append(unknown)
    if _is_number(whole := entry.get("of")):
        parts_shown.append(f"of {whole}")
    if criterion := _CRITERIA.get(str(entry.get("criterion"))):
        parts_shown.append(criterion)
    if _is_number(below := entry.get("below")):
        parts_shown.append(f"below {FEWEST_EFFECTIVE} in {below:.0%} of the sentences")
    if is_loose(entry):
        parts_shown.append(
            f"effective sample size {entry['ess']:.1f} of {entry.get('samples', '?')}: a loose "
            "upper bound"
        )
    if entry.get("bf16"):
        parts_shown.append("products in bfloat16")
    if _is_number(most := entry.get("ceiling")):
        parts_shown.append(f"at most {written(float(most))}")
    if _is_number(right := entry.get("judge")):
        parts_shown.append(f"the classifier is right on {written(float(right))}")
    return ", ".join(parts_shown)


def interval(low: float, high: float, number: Callable[[float], str] = written) -> str:
    """An interval in words, its lower end first, with minus signs."""
    ends = [number(end) for end in sorted((low, high))]
    is_zero = [not float(end.replace(",", "")) for end in ends]
    signs = ["" if zero else "−" for zero in is_zero]
    return " to ".join(end.replace("-", sign) for end, sign in zip(ends, signs, strict=True))


def _unknown(entry: Mapping[str, Any]) -> str:
    """How many of the words a figure is over are `<unk>`; empty where none is."""
    names = ("unknown", "unknown_sentences", "words", "n")
    counts = [entry.get(name) for name in names]
    if not all(isinstance(count, int) and count > 0 for count in counts):
        return ""
    unknown, touched, words, sentences = (entry[name] for name in names)
    # Predicted words include the end of every sentence.
    share = unknown / max(words - sentences, unknown)
    return f"<unk> {share:.2%} of the words, in {touched / sentences:.0%} of the sentences"


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
