"""Contrastive divergence, wake–sleep and the ELBO on models so small that log p(x) is exact."""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus

from explorer.experiments import bags
from explorer.experiments.experiment import (
    Chart,
    Experiment,
    Figure,
    Outcome,
    Series,
    Watch,
    setting,
)

PLANTED, EVERYDAY = "planted", "everyday words"
_BATCH = 100
_REPORTS = 25
_RATE = 0.02
_FLIP = 0.08
"""Probability that a planted unit is not what its pattern says."""
_TRAIN, _TEST = 2000, 1000
_LEARNED = 0.5
"""Fraction of what dependence between units saves that a model must learn."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    data: str = setting(PLANTED, "data", choices=(PLANTED, EVERYDAY))
    visible: int = setting(8, "visible units", 4, 16)
    hidden: int = setting(4, "hidden units", 1, 8)
    steps: int = setting(1500, "steps of each training", 50, 20000)
    gibbs: int = setting(1, "Gibbs steps of contrastive divergence", 1, 20)


class Learner(ABC):
    """A model of binary vectors, and what trains it."""

    @property
    @abstractmethod
    def weights(self) -> list[Tensor]:
        """What the optimiser changes."""

    @abstractmethod
    def loss(self, x: Float[Tensor, "batch visible"], random: torch.Generator) -> Tensor:
        """A loss whose gradient trains the model on a batch."""

    @abstractmethod
    def log_prob(self, x: Float[Tensor, "n visible"]) -> Float[Tensor, " n"]:
        """Log p(x), exact, by summing over all hidden states; nats."""


def states(units: int) -> Float[Tensor, "states units"]:
    """All binary vectors."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=units)))


def bernoulli(logits: Tensor, values: Tensor) -> Tensor:
    """Log-probability of binary values, summed over the last dimension."""
    return (values * logits - softplus(logits)).sum(-1)


def draw(logits: Tensor, random: torch.Generator) -> Tensor:
    """Binary values with these log-odds."""
    return (torch.rand(logits.shape, generator=random) < logits.sigmoid()).float()


def _new(random: torch.Generator, *shape: int) -> Tensor:
    return (0.1 * torch.randn(shape, generator=random)).requires_grad_()


class Boltzmann(Learner):
    """A restricted Boltzmann machine by contrastive divergence.

    Source:
        Hinton (2002), Training Products of Experts by Minimizing Contrastive Divergence.
    """

    def __init__(self, settings: Settings, random: torch.Generator) -> None:
        self.weight = _new(random, settings.visible, settings.hidden)
        self.visible, self.hidden = _new(random, settings.visible), _new(random, settings.hidden)
        self._gibbs = settings.gibbs

    @property
    def weights(self) -> list[Tensor]:
        return [self.weight, self.visible, self.hidden]

    def free_energy(self, x: Float[Tensor, "n visible"]) -> Float[Tensor, " n"]:
        """−log Σ_h exp(−E(x, h))."""
        return -(x @ self.visible) - softplus(self.hidden + x @ self.weight).sum(1)

    def loss(self, x: Tensor, random: torch.Generator) -> Tensor:
        """Free energy of the data over that of a few Gibbs steps away."""
        with torch.no_grad():
            away = x
            for _ in range(self._gibbs):
                hidden = draw(self.hidden + away @ self.weight, random)
                away = draw(self.visible + hidden @ self.weight.T, random)
        return (self.free_energy(x) - self.free_energy(away)).mean()

    def log_prob(self, x: Float[Tensor, "n visible"]) -> Float[Tensor, " n"]:
        """Exact: the partition function sums over all hidden states."""
        hidden = states(len(self.hidden))
        terms = hidden @ self.hidden + softplus(self.visible + hidden @ self.weight.T).sum(1)
        return -self.free_energy(x) - terms.logsumexp(0)


class BeliefNet(Learner):
    """A sigmoid belief net p(h) p(x|h) with an encoder q(h|x) of independent units."""

    def __init__(self, settings: Settings, random: torch.Generator) -> None:
        self.prior = _new(random, settings.hidden)
        self.decoder = _new(random, settings.hidden, settings.visible)
        self.bias = _new(random, settings.visible)
        self.encoder = _new(random, settings.visible, settings.hidden)
        self.encoder_bias = _new(random, settings.hidden)

    @property
    def weights(self) -> list[Tensor]:
        return [self.prior, self.decoder, self.bias, self.encoder, self.encoder_bias]

    def posterior(self, x: Float[Tensor, "n visible"]) -> Float[Tensor, "n hidden"]:
        """Log-odds of q(h|x)."""
        return x @ self.encoder + self.encoder_bias

    def joint(self, x: Float[Tensor, "... visible"], h: Float[Tensor, "... hidden"]) -> Tensor:
        """Log p(x, h) of each vector and code, nats; both broadcast."""
        return bernoulli(self.prior, h) + bernoulli(self.bias + h @ self.decoder, x)

    def log_prob(self, x: Float[Tensor, "n visible"]) -> Float[Tensor, " n"]:
        """Exact: summed over all hidden states."""
        return self.joint(x[:, None], states(len(self.prior))[None]).logsumexp(1)


class WakeSleep(BeliefNet):
    """A Helmholtz machine: the decoder learns awake, the encoder asleep.

    Source:
        Hinton, Dayan, Frey, Neal (1995), The wake-sleep algorithm for unsupervised neural
        networks, Science 268.
    """

    def loss(self, x: Tensor, random: torch.Generator) -> Tensor:
        """Awake, the decoder learns from codes of data; asleep, the encoder from dreams."""
        with torch.no_grad():
            code = draw(self.posterior(x), random)
            dreamt_code = draw(self.prior.expand(len(x), -1), random)
            dream = draw(self.bias + dreamt_code @ self.decoder, random)
        awake = self.joint(x, code)
        asleep = bernoulli(self.posterior(dream), dreamt_code)
        return -(awake + asleep).mean()


class Variational(BeliefNet):
    """A VAE of binary latents, whose ELBO is summed over all codes and so has no noise."""

    def loss(self, x: Tensor, random: torch.Generator) -> Tensor:
        """−ELBO: encoder and decoder have one objective."""
        return -self.bound(x).mean()

    def bound(self, x: Float[Tensor, "n visible"]) -> Float[Tensor, " n"]:
        """The ELBO, nats."""
        codes = states(len(self.prior))
        log_q = bernoulli(self.posterior(x)[:, None], codes[None])
        return (log_q.exp() * (self.joint(x[:, None], codes[None]) - log_q)).sum(1)


LEARNERS: Mapping[str, Callable[[Settings, torch.Generator], Learner]] = {
    "contrastive divergence": Boltzmann,
    "wake–sleep": WakeSleep,
    "VAE": Variational,
}


@dataclass(frozen=True)
class Data:
    """Binary vectors to train and to test on."""

    train: Float[Tensor, "train visible"]
    test: Float[Tensor, "test visible"]
    limit: float
    """Mean log p of the test vectors under what made them; NaN where nobody knows."""

    @property
    def independent(self) -> float:
        """Mean log p of the test vectors where every unit is by itself, nats."""
        mean = self.train.mean(0).clamp(1e-4, 1 - 1e-4)
        return float(bernoulli(mean.logit(), self.test).mean())


def data_of(settings: Settings) -> Data:
    """Planted patterns, or which frequent words a sentence has; the same for all seeds.

    The planted units are two halves, each all on or all off by a coin, with some units flipped.
    """
    if settings.data == EVERYDAY:
        known = bags.everyday(settings.visible)
        train, test = (torch.from_numpy(rows).clamp(max=1) for rows in (known.train, known.test))
        return Data(train, test, math.nan)
    random = torch.Generator().manual_seed(0)
    first = settings.visible // 2
    halves = states(2).repeat_interleave(torch.tensor([first, settings.visible - first]), 1)
    chosen = torch.randint(len(halves), (_TRAIN + _TEST,), generator=random)
    flips = (torch.rand(len(chosen), settings.visible, generator=random) < _FLIP).float()
    rows = (halves[chosen] - flips).abs()
    test = rows[_TRAIN:]
    flipped = (test[:, None] - halves[None]).abs().sum(2)
    log_prob = flipped * math.log(_FLIP) + (settings.visible - flipped) * math.log(1 - _FLIP)
    limit = (log_prob.logsumexp(1) - math.log(len(halves))).mean()
    return Data(rows[:_TRAIN], test, float(limit))


def train(
    name: str,
    data: Data,
    settings: Settings,
    seed: int,
    report: Callable[[int, float], object] = lambda step, nats: None,
) -> Learner:
    """Trains a learner by Adam; reports steps and the exact mean log p of the test vectors."""
    random = torch.Generator().manual_seed(seed)
    learner = LEARNERS[name](settings, random)
    optimiser = torch.optim.Adam(learner.weights, _RATE)
    every = max(1, settings.steps // _REPORTS)

    def judge(step: int) -> None:
        with torch.inference_mode():
            report(step, float(learner.log_prob(data.test).mean()))

    for step in range(settings.steps):
        if step % every == 0:
            judge(step)
        rows = torch.randint(len(data.train), (_BATCH,), generator=random)
        optimiser.zero_grad()
        learner.loss(data.train[rows], random).backward()
        optimiser.step()
    judge(settings.steps)
    return learner


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Trains all three on the same vectors and measures them by exact log p."""
    data = data_of(settings)
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in LEARNERS}
    for number, name in enumerate(LEARNERS):

        def report(step: int, nats: float, number: int = number, name: str = name) -> None:
            curves[name].append((step, nats))
            done = (number + step / settings.steps) / len(LEARNERS)
            watch(done, f"training: {name}", [_chart(curves, data)])

        train(name, data, settings, seed, report)
    ends = {name: curve[-1][1] for name, curve in curves.items()}
    rises = all(curve[-1][1] > curve[0][1] for curve in curves.values())
    known = math.isfinite(data.limit)
    needed = data.independent + _LEARNED * (data.limit - data.independent) if known else -math.inf
    parts = ", ".join(f"{name} {value:.2f}" for name, value in ends.items())
    seen = (
        f"Exact log p of held-out vectors after training, in nats: {parts}. Independent units "
        f"reach {data.independent:.2f}"
        + (f", the true distribution {data.limit:.2f}" if known else "")
        + f". {'All three have learned from the data' if rises else 'Not all have learned'}; "
        f"the best is {max(ends, key=ends.__getitem__)}."
    )
    figures = [Figure(f"log p, {name}", value, "nats") for name, value in ends.items()]
    figures.append(Figure("log p, independent units", data.independent, "nats"))
    if known:
        figures.append(Figure("log p, what made the vectors", data.limit, "nats"))
    is_expected = rises and min(ends.values()) > needed
    return Outcome(seen, is_expected, figures, [_chart(curves, data)])


def _chart(curves: Mapping[str, Sequence[tuple[float, float]]], data: Data) -> Chart:
    series = [Series.of(name, curve) for name, curve in curves.items() if curve]
    last = max(x for line in series for x in line.x)
    bounds = {"independent units": data.independent, "true distribution": data.limit}
    series += [
        Series(name, [0, last], [value, value])
        for name, value in bounds.items()
        if math.isfinite(value)
    ]
    return Chart("Exact log p of held-out vectors", "step", "nats", series)


EXPERIMENT = Experiment(
    title="Contrastive divergence, wake–sleep and the VAE",
    claim="A Boltzmann machine, a Helmholtz machine and a VAE learn hidden units without "
    "labels; they differ in what replaces the gradient of log p(x).",
    trains="A restricted Boltzmann machine trained by contrastive divergence, and a belief net "
    "trained once by wake–sleep and once by the ELBO: 8 visible and 4 hidden units, so "
    "that log p(x) is exact.",
    seconds=15,
    seed=7,
    expected="Log p rises in all three, above that of independent units, to near that of the "
    "true distribution.",
    run=run,
    settings=Settings,
    change="With 1 hidden unit no model can distinguish both halves. The everyday words are so "
    "sparse that independent units are hard to beat.",
    sketch=(
        (0.0, 0.6, 0.8, 0.88, 0.9, 0.91),
        (0.0, 0.3, 0.55, 0.75, 0.85, 0.88),
        (0.0, 0.5, 0.8, 0.9, 0.92, 0.93),
    ),
    code="""\
from explorer.experiments import three_learners as three

settings = three.Settings(visible=8, hidden=4)
data = three.data_of(settings)
print("independent units", round(data.independent, 2))
for name in three.LEARNERS:
    learner = three.train(name, data, settings, seed=7)
    print(name, round(learner.log_prob(data.test).mean().item(), 2))
print("what made the vectors", round(data.limit, 2))
""",
)
