"""Validation of `metrics.json`: the type and range of each entry."""

import math
from collections.abc import Mapping
from typing import Any

_TEXTS = ("verdict", "verdict_in_words", "split", "command", "device")
_VERDICTS = ("uses_z", "can_be_sampled")
_OTHERS = (*_TEXTS, *_VERDICTS, "seed", "versions")
"""Entries that are not metrics."""

_COUNTS = (
    *("n", "samples", "tokens", "words", "of", "clusters"),
    *("unknown", "unknown_sentences"),
)
_NUMBERS = (
    *("value", "error", "sd", "reference", "low", "high", "ess", "below"),
    *("middle", "ends", "ceiling", "accuracy", "judge"),
)
_FLAGS = ("exact", "resolved", "bf16")
_LISTS = ("variances", "variance_ratios", "by_dimension")

_FORMER_RATIOS = ("interpolation_linear_middle", "interpolation_spherical_middle")

_LARGEST = 1e300
"""Larger JSON numbers may not fit a float."""

_PERPLEXITIES = (
    *("importance_ppl", "open_vocabulary_ppl", "elbo_ppl"),
    *("forward_perplexity", "reverse_perplexity"),
)
_LEAST: dict[str, float] = dict.fromkeys(_PERPLEXITIES, 1.0)
"""Minimum values: a perplexity below 1 is impossible, and would rank first."""


def check(metrics: Any) -> None:
    """Checks every entry.

    Args:
        metrics: The parsed file.

    Raises:
        ValueError: For an invalid entry, which the message names.
    """
    if not isinstance(metrics, dict):
        raise ValueError("it holds no table")
    for name in _TEXTS:
        _need(_is_text(metrics.get(name, "")), f"{name} is not text")
    for name in _VERDICTS:
        _need(_is_verdict(metrics.get(name, {"value": None})), f"{name} is not a verdict")
    _need(_is_count(metrics.get("seed", 0)), "seed is not a whole number")
    versions = metrics.get("versions", {})
    is_table = isinstance(versions, dict) and all(map(_is_text, versions.values()))
    _need(is_table, "versions is not a table of texts")
    for name, entry in metrics.items():
        if name not in _OTHERS:
            _check_figure(name, entry)


def current(metrics: dict[str, Any]) -> dict[str, Any]:
    """Checked entries in today's form.

    A figure of the middle of paths was the ratio of its perplexity to the ends'; it is the
    perplexity, and the ends' is its reference.
    """
    return {
        name: {**entry, "value": entry["middle"], "reference": entry["ends"], "unit": "per word"}
        if name in _FORMER_RATIOS and _is_number(entry.get("middle") and entry.get("ends"))
        else entry
        for name, entry in metrics.items()
    }


def _check_figure(name: str, entry: Any) -> None:
    _need(name.isprintable(), f"{name[:40]!r} is not a metric")
    if not isinstance(entry, dict) or "value" not in entry:
        raise ValueError(f"{name[:40]!r} is not a metric")
    for key, value in entry.items():
        if problem := _problem(key, value):
            raise ValueError(f"{name[:40]}.{key[:40]!s} is not a {problem}")
    if entry["value"] is not None:
        _check_value(name, entry)


def _problem(key: str, value: Any) -> str:
    """The type an entry should have; empty if it is valid, or unknown and so never read."""
    if key in _NUMBERS:
        return "" if value is None or _is_number(value) else "finite number"
    if key in _COUNTS:
        return "" if _is_count(value) else "count"
    if key in _FLAGS:
        return "" if isinstance(value, bool) else "truth value"
    if key in ("unit", "reason", "reason_code", "criterion"):
        return "" if _is_text(value) else "text"
    if key in _LISTS:
        is_list = isinstance(value, list) and all(map(_is_number, value))
        return "" if is_list else "list of finite numbers"
    if key == "baselines":
        is_table = isinstance(value, dict) and all(map(_is_text, value))
        is_table = is_table and all(item is None or _is_number(item) for item in value.values())
        return "" if is_table else "table of finite numbers"
    return ""


def _check_value(name: str, entry: Mapping[str, Any]) -> None:
    value, of, least = entry["value"], entry.get("of"), _LEAST.get(name, -math.inf)
    _need(entry.get("n", 0) > 0, f"{name} was measured on no sentences")
    _need((entry.get("error") or 0) >= 0, f"{name}.error is below 0")
    _need(value >= least, f"{name} is {value}, below {least}")
    if name == "active_units":
        _need(of is not None and 0 <= value <= of, f"{name} is {value} of {of} dimensions")


def _need(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)


def _is_verdict(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("value") in ("yes", "partly", "no", None)
        and all(_is_text(entry.get(key, "")) for key in ("reason_code", "reason"))
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < _LARGEST


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
