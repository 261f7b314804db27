"""Runs that show something best, chosen by their recipes and recorded metrics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer.config import Config
from explorer.evaluation.sampling_verdict import PRIOR_GAP
from explorer.evaluation.verdict import NO, YES, uses_z, value_of
from explorer.explore import recipe_diff
from explorer.explore.recipe_families import families

_MIN_SWITCHED = 0.5
"""Fraction of sentences whose label a switch has to change, of a run that shows it."""


@dataclass(frozen=True)
class Record:
    """What a run folder says about a run without opening its model.

    Attributes:
        name: As commands name it.
        config: Its recipe.
        metrics: The entries of `metrics.json`.
        has_map: Whether it has an atlas.
        has_playback: Whether it recorded its training.
    """

    name: str
    config: Config
    metrics: Mapping[str, Any] = field(repr=False)
    has_map: bool = True
    has_playback: bool = False

    @property
    def is_of_documents(self) -> bool:
        """Whether it reads bags of words."""
        return self.config.corpus.tokens == "bag"

    @property
    def uses_z(self) -> bool:
        """Whether z is used, and not only partly."""
        return uses_z(self.metrics).value == YES

    @property
    def ignores_z(self) -> bool:
        return uses_z(self.metrics).value == NO

    @property
    def rate(self) -> float:
        """Nats per sentence; infinite where it is not recorded, as of an autoencoder."""
        rate = value_of(self.metrics, "rate")
        return math.inf if rate is None else rate

    def shares_corpus(self, other: "Record") -> bool:
        own, its = self.config.corpus, other.config.corpus
        return (own.name, own.path) == (its.name, its.path)


def collapsed_and_healthy(records: Sequence[Record]) -> tuple[str, str] | None:
    """A run that collapsed and one that uses z, as alike as possible.

    A pair whose recipes differ in one part comes first; else the run of the lowest rate and, of
    the runs on its corpus, the one whose recipe differs least. Runs with a map come before others.

    Returns:
        Their names; None without such a pair.
    """
    known = {record.name: record for record in records}
    alike = [
        (known[one], known[other])
        for family in families({record.name: record.config for record in records})
        for one in family.names
        for other in family.names
        if known[one].ignores_z and known[other].uses_z
    ]
    pairs = alike or [
        (one, other)
        for one in records
        for other in records
        if one.ignores_z and other.uses_z and one.shares_corpus(other)
    ]
    if not pairs:
        return None
    one, other = min(pairs, key=lambda pair: _contrast(*pair))
    return one.name, other.name


def _contrast(one: Record, other: Record) -> tuple[object, ...]:
    """Sort key of a pair: maps, the lowest rate, then the most similar recipes."""
    return (
        not (one.has_map and other.has_map),
        one.rate,
        other.config.model.latent["name"] != one.config.model.latent["name"],
        len(recipe_diff.differing([one.config, other.config])),
    )


def prior_misses_most(records: Sequence[Record]) -> str | None:
    """The run with a map that uses z and whose prior misses the posteriors most.

    By the ratio of the prior-z gap to the shuffled-z gap: how much worse a sentence is explained
    by z from the prior than by another sentence's z. None where no ratio reaches `PRIOR_GAP`.
    """
    ratios = {}
    for record in records:
        prior, shuffled = (
            value_of(record.metrics, name) for name in ("prior_z_gap", "shuffled_z_gap")
        )
        with_rate = math.isfinite(record.rate)
        if record.uses_z and record.has_map and with_rate and prior and shuffled:
            ratios[record.name] = prior / shuffled
    best = max(ratios, key=ratios.__getitem__, default=None)
    return best if best is not None and ratios[best] >= PRIOR_GAP else None


def switches_labels_best(records: Sequence[Record]) -> str | None:
    """The run with a map that a classifier finds to switch labels most often.

    None without a run that is conditioned on labels and switches most of them.
    """
    accuracy = {
        record.name: value
        for record in records
        if record.has_map and record.config.model.labels
        if (value := value_of(record.metrics, "label_switch_accuracy")) is not None
    }
    best = max(accuracy, key=accuracy.__getitem__, default=None)
    return best if best is not None and accuracy[best] >= _MIN_SWITCHED else None


def swaps_codes_best(records: Sequence[Record]) -> str | None:
    """The run with a map whose z is made of codes and that reconstructs best, by BLEU.

    None without one in which a swap of one code changes most sentences.
    """
    return reconstructs_best(
        [
            record
            for record in records
            if (value_of(record.metrics, "code_swap_changes") or 0) >= _MIN_SWITCHED
        ]
    )


def plays_back(records: Sequence[Record]) -> str | None:
    """The run that uses z best, of those that recorded their training."""
    return healthiest([record for record in records if record.has_playback])


def reconstructs_best(records: Sequence[Record]) -> str | None:
    """The run with a map that uses z and reconstructs sentences best, by BLEU."""
    scores = {
        record.name: value
        for record in records
        if record.has_map and record.uses_z and not record.config.model.labels
        if (value := value_of(record.metrics, "bleu")) is not None
    }
    return max(scores, key=scores.__getitem__, default=None)


def paths_of_most_steps(records: Sequence[Record]) -> str | None:
    """The run with a map that uses z and whose paths have the most distinct sentences."""
    distinct = {
        record.name: value
        for record in records
        if record.has_map and record.uses_z
        if (value := value_of(record.metrics, "interpolation_linear_distinct")) is not None
    }
    return max(distinct, key=distinct.__getitem__, default=None)


def annealed(records: Sequence[Record]) -> tuple[str, ...]:
    """Runs with a map that differ only in the KL schedule, one that ignores z first; four at most.

    Of several such families, the one whose rates differ most.
    """
    known = {record.name: record for record in records if record.has_map}
    candidates = [
        sorted(family.names, key=lambda name: known[name].rate)
        for family in families({name: record.config for name, record in known.items()})
        if family.part == "objective.schedule" and known[family.names[0]].rate < math.inf
    ]
    best = max(
        candidates, key=lambda names: known[names[-1]].rate - known[names[0]].rate, default=()
    )
    return tuple(best[:4])


def of_documents(records: Sequence[Record]) -> list[str]:
    """The runs of documents that have a map, those with the most coherent topics first."""

    def coherence(item: Record) -> float:
        npmi = value_of(item.metrics, "npmi")
        return -math.inf if npmi is None else npmi

    known = [item for item in records if item.is_of_documents and item.has_map]
    return [item.name for item in sorted(known, key=coherence, reverse=True)]


def healthiest(records: Sequence[Record]) -> str | None:
    """The run that uses z best: by verdict, then mutual information, which noise lacks."""

    def standing(record: Record) -> tuple[object, ...]:
        verdict = uses_z(record.metrics)
        information = value_of(record.metrics, "mutual_information")
        gap = value_of(record.metrics, "shuffled_z_gap")
        return (
            verdict.value == YES,
            record.has_map,
            verdict.value not in (NO, None),
            -math.inf if information is None else information,
            -math.inf if gap is None else gap,
        )

    return max(records, key=standing).name if records else None
