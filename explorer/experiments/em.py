"""Expectation maximisation of a mixture of unigrams: each E step closes the gap to log p."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Mixture:
    """log π_k and log θ_kw: a component is drawn, then every word of the sentence from it.

    Source:
        Nigam, McCallum, Thrun, Mitchell (2000), Text Classification from Labeled and Unlabeled
        Documents using EM, Machine Learning 39.
    """

    log_weight: Float[np.ndarray, " components"]
    log_word: Float[np.ndarray, "components words"]

    def joint(self, x: Float[np.ndarray, "n words"]) -> Float[np.ndarray, "n components"]:
        """Log p(x, k), without the multinomial coefficient, which no parameter changes."""
        return x @ self.log_word.T + self.log_weight

    def log_prob(self, x: Float[np.ndarray, "n words"]) -> Float[np.ndarray, " n"]:
        """Log p(x), nats per sentence."""
        return np.logaddexp.reduce(self.joint(x), axis=1)

    def perplexity(self, x: Float[np.ndarray, "n words"]) -> float:
        """Exp of −log p per word, over all sentences."""
        return float(np.exp(-self.log_prob(x).sum() / x.sum()))


@dataclass(frozen=True)
class Step:
    """The state after half an iteration."""

    mixture: Mixture
    bound: float
    """The ELBO of the present q and parameters, with the log prior; nats per sentence."""
    log_prob: float
    """log p(x) with the log prior; nats per sentence."""


def fit(
    x: Float[np.ndarray, "n words"], settings: Settings, seed: int, is_hard: bool = False
) -> Iterator[Step]:
    """EM from random assignments: a state after each E step and after each M step.

    Args:
        x: Bags of words.
        settings: Components, iterations and smoothing, a Dirichlet prior on words.
        seed: Of the first assignments.
        is_hard: Whether the E step puts all mass on the likeliest component.
    """
    x = x.astype(np.float64)
    q = np.random.default_rng(seed).dirichlet(np.ones(settings.components), len(x))
    mixture = _m_step(x, q, settings.smoothing)
    for _ in range(settings.iterations):
        joint = mixture.joint(x)
        if is_hard:
            q = np.eye(settings.components)[joint.argmax(axis=1)]
        else:
            q = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
        yield _step(mixture, x, q, settings.smoothing)
        mixture = _m_step(x, q, settings.smoothing)
        yield _step(mixture, x, q, settings.smoothing)


def _m_step(x: np.ndarray, q: np.ndarray, smoothing: float) -> Mixture:
    weight = q.sum(axis=0) + smoothing
    word = q.T @ x + smoothing
    return Mixture(np.log(weight / weight.sum()), np.log(word / word.sum(axis=1, keepdims=True)))


def _step(mixture: Mixture, x: np.ndarray, q: np.ndarray, smoothing: float) -> Step:
    """Bound and log p of a state; q log q is 0 where q is."""
    joint = mixture.joint(x)
    prior = smoothing * (mixture.log_word.sum() + mixture.log_weight.sum())
    entropy = -np.sum(q * np.log(q, out=np.zeros_like(q), where=q > 0))
    bound = (np.sum(q * joint) + entropy + prior) / len(x)
    log_prob = (np.logaddexp.reduce(joint, axis=1).sum() + prior) / len(x)
    return Step(mixture, float(bound), float(log_prob))


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """EM and hard EM from the same start, and what both say of held-out sentences."""
    data = bags.everyday(settings.words)
    steps: dict[str, list[Step]] = {"EM": [], "hard EM": []}
    half = 2 * settings.iterations
    for number, name in enumerate(steps):
        for step in fit(data.train, settings, seed, is_hard=name == "hard EM"):
            steps[name].append(step)
            done = (number + len(steps[name]) / half) / 2
            watch(done, f"{name}, iteration {len(steps[name]) // 2}", _charts(steps))
    soft, hard = steps.values()
    gap = max(step.log_prob - step.bound for step in soft[::2])
    drops = [one.bound - other.bound for one, other in itertools.pairwise(soft)]
    drop = max(0.0, *drops)
    soft_ppl, hard_ppl = (run[-1].mixture.perplexity(data.test) for run in (soft, hard))
    climbs, touches = drop < _TOLERANCE, gap < _TOLERANCE
    unigram = _m_step(data.train, np.ones((len(data.train), 1)), settings.smoothing)
    seen = (
        f"EM {'never fell' if climbs else f'fell {sum(item >= _TOLERANCE for item in drops)} times, by at most {drop:.2g} nats'}; after an E step the "
        f"gap between log p and the bound is at most {gap:.1g} nats. On {len(data.test):,} "
        f"held-out sentences EM has perplexity {soft_ppl:.1f}, hard EM {hard_ppl:.1f}, one "
        f"component {unigram.perplexity(data.test):.1f}."
    )
    return Outcome(
        seen,
        climbs and touches and hard_ppl >= soft_ppl,
        [
            Figure("perplexity, EM", soft_ppl, "per word"),
            Figure("perplexity, hard EM", hard_ppl, "per word"),
            Figure("perplexity, one component", unigram.perplexity(data.test), "per word"),
            Figure("largest gap after an E step", gap, "nats"),
            Figure("largest fall of the bound", drop, "nats"),
        ],
        _charts(steps),
        [_topics(soft[-1].mixture, data.words)],
    )


def _charts(steps: dict[str, list[Step]]) -> list[Chart]:
    soft = steps["EM"]
    x = [(number + 1) / 2 for number in range(len(soft))]
    bound = Chart(
        "EM: the bound touches log p after every E step",
        "iteration",
        "nats per sentence",
        [
            Series("log p", x, [step.log_prob for step in soft]),
            Series("bound", x, [step.bound for step in soft]),
        ],
    )
    if not steps["hard EM"]:
        return [bound]
    both = Chart(
        "log p of EM and of hard EM",
        "iteration",
        "nats per sentence",
        [
            Series(
                name,
                [(number + 1) / 2 for number in range(len(run))],
                [step.log_prob for step in run],
            )
            for name, run in steps.items()
        ],
    )
    return [bound, both]


def _topics(mixture: Mixture, words: tuple[str, ...]) -> Table:
    """The words that each component raises most over the mean of all, frequent ones first."""
    probability = np.exp(mixture.log_word)
    mean = np.exp(mixture.log_weight) @ probability
    score = probability * (mixture.log_word - np.log(mean))
    order = np.argsort(-mixture.log_weight)
    top = np.argsort(-score, axis=1)[:, :_SHOWN]
    return Table(
        "Components, by weight",
        {
            "weight": [f"{np.exp(mixture.log_weight[k]):.1%}" for k in order],
            "words": [", ".join(str(words[word]) for word in top[k]) for k in order],
        },
    )


EXPERIMENT = Experiment(
    title="EM climbs, and touches log p after each E step",
    claim="The E step sets q to the posterior, so the bound equals log p; the M step raises the "
    "bound. Hard EM maximises something else. A VAE replaces the E step by an encoder.",
    trains="A mixture of 20 unigrams on the sentences of the everyday map as bags of words, by EM "
    "and by hard EM from one start.",
    seconds=15,
    seed=7,
    expected="The bound never falls, the gap to log p is 0 after each E step, and hard EM ends no "
    "better than EM on held-out sentences.",
    run=run,
    settings=Settings,
    change="More components fit the training sentences better; held-out perplexity says when it "
    "is too many. With little smoothing hard EM falls behind further.",
    sketch=(
        (0.1, 0.1, 0.45, 0.45, 0.7, 0.7, 0.82, 0.82, 0.88, 0.88),
        (0.0, 0.1, 0.1, 0.45, 0.45, 0.7, 0.7, 0.82, 0.82, 0.88),
    ),
    code="""\
from explorer.experiments import bags, em

data, settings = bags.everyday(1000), em.Settings(components=20)
for is_hard in (False, True):
    *_, last = em.fit(data.train, settings, seed=7, is_hard=is_hard)
    print("hard EM" if is_hard else "EM", last.mixture.perplexity(data.test))

after_e, after_m, *_ = em.fit(data.train, settings, seed=7)
print("gap after the E step", after_e.log_prob - after_e.bound)
print("gap after the M step", after_m.log_prob - after_m.bound)
""",
)
