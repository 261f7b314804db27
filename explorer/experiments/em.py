"""Expectation maximisation of a mixture of unigrams: each E step closes the gap to log p."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from explorer.experiments import bags
from explorer.experiments.experiment import (
    Chart,
    Experiment,
    Figure,
    Outcome,
    Series,
    Table,
    Watch,
    setting,
)
from explorer.models import unigram_mixture
from explorer.models.unigram_mixture import Mixture, Step

_TOLERANCE = 1e-6
"""Nats per sentence: rounding."""
_SHOWN = 8
"""Words of a component in the table."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    components: int = setting(20, "components of the mixture", 2, 100)
    iterations: int = setting(40, "EM iterations", 1, 200)
    words: int = setting(1000, "most frequent content words", 50, 3000)
    smoothing: float = setting(0.1, "pseudo-count of every word in every component", 0.001, 10.0)


def fit(
    x: Float[np.ndarray, "n words"], settings: Settings, seed: int, is_hard: bool = False
) -> Iterator[Step]:
    """EM, or hard EM, of bags of words: the state at the start, after each E and each M step."""
    # Never ends before all iterations: the two are compared step by step.
    return unigram_mixture.fit(
        x.astype(np.float64),
        settings.components,
        seed,
        is_hard,
        settings.iterations,
        tolerance=-np.inf,
        smoothing=settings.smoothing,
    )


def perplexity(x: Float[np.ndarray, "n words"], mixture: Mixture) -> float:
    """Exp of −log p per word, over all sentences."""
    return float(np.exp(-unigram_mixture.log_likelihoods(x, mixture).sum() / x.sum()))


@dataclass(frozen=True)
class Curves:
    """How a fit went, in nats per sentence with the log prior; a number for each step."""

    iteration: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    log_prob: list[float] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Takes the state after an E or an M step."""
        count = len(step.responsibilities)
        self.iteration.append(step.iteration - (0.5 if step.name == "E" else 0))
        self.bound.append((step.bound + step.log_prior) / count)
        self.log_prob.append((step.log_likelihood + step.log_prior) / count)


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """EM and hard EM from the same start, and what both say of held-out sentences."""
    data = bags.everyday(settings.words)
    curves = {"EM": Curves(), "hard EM": Curves()}
    ends: dict[str, Mixture] = {}
    for number, (name, curve) in enumerate(curves.items()):
        _, *steps = fit(data.train, settings, seed, is_hard=name == "hard EM")
        for step in steps:
            curve.add(step)
            ends[name] = step.mixture
            done = (number + step.iteration / settings.iterations) / 2
            watch(done, f"{name}, iteration {step.iteration}", _charts(curves))
    soft = curves["EM"]
    gap = max(top - low for top, low in zip(soft.log_prob[::2], soft.bound[::2], strict=True))
    drops = [one - other for one, other in itertools.pairwise(soft.bound)]
    drop = max(0.0, *drops)
    soft_ppl, hard_ppl = (perplexity(data.test, mixture) for mixture in ends.values())
    *_, one = fit(data.train, dataclasses.replace(settings, components=1, iterations=1), seed)
    alone = perplexity(data.test, one.mixture)
    climbs, touches = drop < _TOLERANCE, gap < _TOLERANCE
    falls = sum(item >= _TOLERANCE for item in drops)
    decreases = f"decreased the bound {falls} times, by at most {drop:.2g} nats"
    seen = (
        f"EM {'never decreased the bound' if climbs else decreases}; "
        f"after an E step the gap between log p and the bound is at most {gap:.1g} nats. On "
        f"{len(data.test):,} held-out sentences EM has perplexity {soft_ppl:.1f}, hard EM "
        f"{hard_ppl:.1f}, a single component {alone:.1f}."
    )
    return Outcome(
        seen,
        climbs and touches and hard_ppl >= soft_ppl,
        [
            Figure("perplexity, EM", soft_ppl, "per word"),
            Figure("perplexity, hard EM", hard_ppl, "per word"),
            Figure("perplexity, one component", alone, "per word"),
            Figure("largest gap after an E step", gap, "nats"),
            Figure("largest fall of the bound", drop, "nats"),
        ],
        _charts(curves),
        [_topics(ends["EM"], data.words)],
    )


def _charts(curves: Mapping[str, Curves]) -> list[Chart]:
    soft = curves["EM"]
    bound = Chart(
        "EM: the bound is tight after every E step",
        "iteration",
        "nats per sentence",
        [
            Series("log p", soft.iteration, soft.log_prob),
            Series("bound", soft.iteration, soft.bound),
        ],
    )
    if not curves["hard EM"].bound:
        return [bound]
    both = Chart(
        "log p of EM and of hard EM",
        "iteration",
        "nats per sentence",
        [Series(name, item.iteration, item.log_prob) for name, item in curves.items()],
    )
    return [bound, both]


def _topics(mixture: Mixture, words: tuple[str, ...]) -> Table:
    """The words that each component raises most over the mean of all, frequent ones first."""
    probability = np.exp(mixture.log_words)
    mean = np.exp(mixture.log_weights) @ probability
    score = probability * (mixture.log_words - np.log(mean))
    order = np.argsort(-mixture.log_weights)
    top = np.argsort(-score, axis=1)[:, :_SHOWN]
    return Table(
        "Components, by weight",
        {
            "weight": [f"{np.exp(mixture.log_weights[k]):.1%}" for k in order],
            "words": [", ".join(str(words[word]) for word in top[k]) for k in order],
        },
    )


EXPERIMENT = Experiment(
    title="EM never falls, and touches log p after each E step",
    claim="The E step sets q to the posterior, so the bound equals log p; the M step raises the "
    "bound. Hard EM maximises another objective. A VAE replaces the E step with an encoder.",
    trains="A mixture of 20 unigrams on the sentences of the everyday map as bags of words, by "
    "EM and by hard EM from the same initial weights.",
    seconds=15,
    seed=7,
    expected="The bound never decreases, the gap to log p is 0 after each E step, and hard EM "
    "is no better than EM on held-out sentences.",
    run=run,
    settings=Settings,
    change="More components fit the training sentences better; held-out perplexity shows when "
    "there are too many. With little smoothing, hard EM falls further behind.",
    sketch=(
        (0.1, 0.1, 0.45, 0.45, 0.7, 0.7, 0.82, 0.82, 0.88, 0.88),
        (0.0, 0.1, 0.1, 0.45, 0.45, 0.7, 0.7, 0.82, 0.82, 0.88),
    ),
    code="""\
from explorer.experiments import bags, em

data, settings = bags.everyday(1000), em.Settings(components=20)
for is_hard in (False, True):
    *_, last = em.fit(data.train, settings, seed=7, is_hard=is_hard)
    print("hard EM" if is_hard else "EM", em.perplexity(data.test, last.mixture))

start, after_e, after_m, *_ = em.fit(data.train, settings, seed=7)
for step in (after_e, after_m):
    gap = (step.log_likelihood - step.bound) / len(data.train)
    print(f"gap after the {step.name} step", gap)
""",
)
