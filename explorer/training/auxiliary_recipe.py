"""Auxiliary losses of a suggested recipe: those of a start that remain, and one for meaning."""

from collections.abc import Collection, Mapping
from typing import Any

from explorer.errors import ExplorerError
from explorer.models.encoder_catalog import lacking

TEACHER = "minilm"
"""The sentence encoder that `--meaning` learns from."""
_MEANING = {"name": "neighbours", "encoder": TEACHER}
_NONE = {"name": "none"}


def without(auxiliary: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """An auxiliary loss, possibly a sum of several, without those of some names."""
    left = [term for term in _terms(auxiliary) if term["name"] not in names]
    return _of(left) if len(left) < len(_terms(auxiliary)) else dict(auxiliary)


def with_meaning(auxiliary: Mapping[str, Any]) -> dict[str, Any]:
    """An auxiliary loss, and beside it one that makes neighbours in z alike in meaning.

    Raises:
        ExplorerError: If the packages of the teacher are not installed.
    """
    if reason := lacking(TEACHER):
        raise ExplorerError(f"--meaning needs the sentence encoder {TEACHER}; {reason}")
    return _of([*_terms(auxiliary), dict(_MEANING)])


def _terms(auxiliary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The losses that a sum is made of, nested ones included."""
    if auxiliary["name"] == "sum":
        return [part for term in auxiliary["terms"] for part in _terms(term)]
    return [] if auxiliary["name"] == _NONE["name"] else [auxiliary]


def _of(terms: list[Mapping[str, Any]]) -> dict[str, Any]:
    if len(terms) > 1:
        return {"name": "sum", "terms": [dict(term) for term in terms]}
    return dict(terms[0]) if terms else dict(_NONE)
