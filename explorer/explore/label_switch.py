"""A sentence decoded from its own z with each label of a conditional run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from explorer.explore.example_sentences import example_rows
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.system.cache import Cache

STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
_SWITCHED = 0.8
"""Fraction of sentences whose label has to change at the default strength."""
_CANDIDATES = 40
_MIN_SHARED, _MAX_SHARED = 0.5, 0.95
_examples: Cache[list[str]] = Cache(8)


@dataclass(frozen=True)
class Measured:
    """How often a switch of this strength works, as recorded by `explorer evaluate`."""

    strength: float
    accuracy: float
    bleu: float
    n: int


def measured(metrics: Mapping[str, Any]) -> list[Measured]:
    """The recorded strengths, in order; empty where none was measured."""
    entry = metrics.get("label_switch_accuracy", {})
    return [
        Measured(item["strength"], item["accuracy"], item["bleu"], entry.get("n", 0))
        for item in entry.get("curve") or ()
    ]


def default_strength(metrics: Mapping[str, Any]) -> float:
    """The least recorded strength that switches most sentences; 1, as trained, without one."""
    enough = [item.strength for item in measured(metrics) if item.accuracy >= _SWITCHED]
    return min(enough, default=1.0)


def switch(
    run: Run, texts: Sequence[str], strength: float, decoding: Decoding | None = None
) -> dict[str, list[str]]:
    """Each sentence decoded from its posterior mean with each label.

    Args:
        run: A run that is conditioned on labels.
        texts: The sentences.
        strength: Weight of the label: 1 is as trained.
        decoding: Strategy and seed, greedy by default; its label is replaced.

    Returns:
        A list of sentences by label, in the run's order of labels.
    """
    z, chosen = run.encode(texts), decoding or Decoding()
    return {
        label: run.decode(z, replace(chosen, label=label, strength=strength))
        for label in run.config.model.labels
    }


def examples(run: Run, count: int = 5) -> list[str]:
    """Sentences of the map that the model reconstructs and whose switch changes some words.

    Of sentences with known words from different regions, those of which every two labels'
    versions share most but not all words; the best reconstructed come first.
    """
    key = (run, run.texts_are_real, count)
    return _examples.get(key, lambda: _choose(run, count))


def _choose(run: Run, count: int) -> list[str]:
    rows = example_rows(run, _CANDIDATES)
    texts = [run.texts[row] for row in rows]
    versions = switch(run, texts, default_strength(run.metrics))
    overlap = {
        text: _shared(decoded)
        for text, *decoded in zip(texts, *versions.values(), strict=True)
        if not run.unknown(text)
    }
    good = [text for text, shared in overlap.items() if _MIN_SHARED <= shared <= _MAX_SHARED]
    others = sorted(overlap, key=lambda text: abs(overlap[text] - _MAX_SHARED))
    return list(dict.fromkeys([*good, *others]))[:count]


def _shared(versions: Sequence[str]) -> float:
    """Fraction of the words of all versions that each of them has."""
    words = [set(text.split()) for text in versions]
    return len(set.intersection(*words)) / max(len(set.union(*words)), 1)
