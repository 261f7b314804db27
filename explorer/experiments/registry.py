"""The experiments by name, in the order of a lecture, and how one is run."""

from typing import Any

from explorer.errors import ExplorerError
from explorer.experiments import (
    annealing,
    arithmetic,
    codes,
    documents,
    em,
    estimators,
    few_sentences,
    gaps,
    ignored_latent,
    prior_samples,
    rate_distortion,
    refine,
    smoothness,
    three_learners,
)
from explorer.experiments.experiment import Experiment, Outcome, Watch, settings_of, unwatched

EXPERIMENTS: dict[str, Experiment] = {
    "ignored-latent": ignored_latent.EXPERIMENT,
    "prior-samples": prior_samples.EXPERIMENT,
    "em": em.EXPERIMENT,
    "estimators": estimators.EXPERIMENT,
    "documents": documents.EXPERIMENT,
    "three-learners": three_learners.EXPERIMENT,
    "annealing": annealing.EXPERIMENT,
    "smoothness": smoothness.EXPERIMENT,
    "refine": refine.EXPERIMENT,
    "rate-distortion": rate_distortion.EXPERIMENT,
    "gaps": gaps.EXPERIMENT,
    "arithmetic": arithmetic.EXPERIMENT,
    "few-sentences": few_sentences.EXPERIMENT,
    "codes": codes.EXPERIMENT,
}
"""A new experiment is a module with an `Experiment`, and an entry here."""


def experiment(name: str) -> Experiment:
    """The experiment of a name.

    Raises:
        ExplorerError: If there is none.
    """
    if name not in EXPERIMENTS:
        known = ", ".join(EXPERIMENTS)
        raise ExplorerError(f"there is no experiment {name!r}: choose {known}")
    return EXPERIMENTS[name]


def run_experiment(
    name: str, seed: int | None = None, watch: Watch = unwatched, **settings: Any
) -> Outcome:
    """Runs an experiment to its end.

    Args:
        name: A key of `EXPERIMENTS`.
        seed: Of all random choices; by default one with a typical outcome.
        watch: Called while it runs.
        **settings: Those that differ from the defaults.

    Raises:
        ExplorerError: For an unknown name or setting, a value out of range, or a shipped run that
            is missing.
    """
    chosen = experiment(name)
    return chosen.run(settings_of(chosen, settings), chosen.seed if seed is None else seed, watch)
