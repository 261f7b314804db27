"""A discrete latent: gradients through it by enumeration, a subset, REINFORCE, Gumbel-softmax."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from explorer.experiments import bags
from explorer.experiments.experiment import (
    BARS,
    Chart,
    Experiment,
    Figure,
    Outcome,
    Series,
    Watch,
    setting,
)

_BATCH = 200
_REPORTS = 20
"""Per training."""
_DRAWS = 200
"""Gradients of one batch whose noise is measured."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    codes: int = setting(20, "values of the latent", 2, 100)
    epochs: int = setting(20, "epochs of each training", 1, 200)
    words: int = setting(500, "most frequent content words", 50, 3000)
    temperature: float = setting(0.7, "temperature of Gumbel-softmax", 0.05, 5.0)
    subset: int = setting(3, "most likely codes that the subset sums over", 1, 50)


@dataclass(frozen=True)
class CategoricalVAE:
    """One code a sentence: q(k|x) is linear in log counts, p(x|k) a distribution over words."""

    encoder: Float[Tensor, "words codes"]
    decoder: Float[Tensor, "codes words"]

    @classmethod
    def new(cls, words: int, codes: int, seed: int) -> "CategoricalVAE":
        """Small random weights."""
        random = torch.Generator().manual_seed(seed)
        shapes = ((words, codes), (codes, words))
        encoder, decoder = (0.1 * torch.randn(shape, generator=random) for shape in shapes)
        return cls(encoder.requires_grad_(), decoder.requires_grad_())

    def log_q(self, x: Float[Tensor, "batch words"]) -> Float[Tensor, "batch codes"]:
        """Log q(k|x)."""
        return functional.log_softmax(x.log1p() @ self.encoder, 1)

    def log_likelihood(self, x: Float[Tensor, "batch words"]) -> Float[Tensor, "batch codes"]:
        """Log p(x|k) for every k, without the multinomial coefficient."""
        return x @ functional.log_softmax(self.decoder, 1).T

    def perplexity(self, x: Float[Tensor, "n words"]) -> float:
        """Exp of the exact −log p(x) per word: all codes are summed, of the uniform prior."""
        with torch.inference_mode():
            joint = self.log_likelihood(x) - np.log(len(self.decoder))
            return float((-joint.logsumexp(1).sum() / x.sum()).exp())


Estimator = Callable[[CategoricalVAE, Tensor, Settings, torch.Generator], Tensor]
"""From model and batch to log-likelihoods, nats per sentence (batch,), whose gradient estimates
that of their expectation under q. The rate is exact in all."""


def enumeration(
    model: CategoricalVAE, x: Tensor, settings: Settings, random: torch.Generator
) -> Tensor:
    """Sums over all codes: exact, at the cost of decoding each."""
    return (model.log_q(x).exp() * model.log_likelihood(x)).sum(1)


def subset(
    model: CategoricalVAE, x: Tensor, settings: Settings, random: torch.Generator
) -> Tensor:
    """Sums over the likeliest codes, and draws one of the others.

    Source:
        Liu et al. (2019), Rao-Blackwellized Stochastic Gradients for Discrete Distributions,
        equation 5. arXiv:1810.04777
    """
    log_q = model.log_q(x)
    reward = model.log_likelihood(x) - _baseline(model, x)[:, None]
    count = min(settings.subset, log_q.shape[1])
    is_top = torch.zeros_like(log_q).scatter(1, log_q.topk(count, 1).indices, 1.0).bool()
    summed = (log_q.exp() * reward).masked_fill(~is_top, 0.0).sum(1)
    if count == log_q.shape[1]:
        return summed
    rest = log_q.masked_fill(is_top, -torch.inf)
    mass, log_rest = rest.logsumexp(1).exp(), functional.log_softmax(rest, 1)
    code = torch.multinomial(log_rest.detach().exp(), 1, generator=random)
    value = mass * reward.gather(1, code)[:, 0]
    return summed + value + value.detach() * log_rest.gather(1, code)[:, 0]


def reinforce(
    model: CategoricalVAE, x: Tensor, settings: Settings, random: torch.Generator
) -> Tensor:
    """One drawn code: its log-likelihood weights the gradient of log q (Williams 1992)."""
    return _score_function(model, x, random, torch.zeros(len(x)))


def reinforce_with_baseline(
    model: CategoricalVAE, x: Tensor, settings: Settings, random: torch.Generator
) -> Tensor:
    """REINFORCE whose reward is relative to what the mean code gives (Mnih and Gregor 2014)."""
    return _score_function(model, x, random, _baseline(model, x))


def _score_function(
    model: CategoricalVAE, x: Tensor, random: torch.Generator, baseline: Tensor
) -> Tensor:
    log_q = model.log_q(x)
    code = torch.multinomial(log_q.detach().exp(), 1, generator=random)
    value = model.log_likelihood(x).gather(1, code)[:, 0]
    return value + (value.detach() - baseline) * log_q.gather(1, code)[:, 0]


def _baseline(model: CategoricalVAE, x: Tensor) -> Tensor:
    """Log-likelihood under the mean of the codes: of the sentence, and of no code."""
    return (x @ functional.log_softmax(model.decoder.mean(0), 0)).detach()


def gumbel_softmax(
    model: CategoricalVAE, x: Tensor, settings: Settings, random: torch.Generator
) -> Tensor:
    """A soft sample of the codes: a gradient of little noise, with a bias.

    Source:
        Jang, Gu, Poole (2017), Categorical Reparameterization with Gumbel-Softmax.
        arXiv:1611.01144
    """
    log_q = model.log_q(x)
    uniform = torch.rand(log_q.shape, generator=random).clamp(1e-10, 1 - 1e-7)
    soft = functional.softmax((log_q - (-uniform.log()).log()) / settings.temperature, 1)
    return (x * functional.log_softmax(soft @ model.decoder, 1)).sum(1)


ESTIMATORS: Mapping[str, Estimator] = {
    "enumeration": enumeration,
    "subset": subset,
    "REINFORCE": reinforce,
    "REINFORCE, baseline": reinforce_with_baseline,
    "Gumbel-softmax": gumbel_softmax,
}


def loss(
    estimator: Estimator,
    model: CategoricalVAE,
    x: Float[Tensor, "batch words"],
    settings: Settings,
    random: torch.Generator,
) -> Float[Tensor, ""]:
    """A loss whose gradient is the estimate of that of −ELBO, nats per sentence."""
    log_q = model.log_q(x)
    rate = (log_q.exp() * (log_q + np.log(log_q.shape[1]))).sum(1)
    return (rate - estimator(model, x, settings, random)).mean()


def gradients(
    estimator: Estimator,
    model: CategoricalVAE,
    x: Tensor,
    settings: Settings,
    seed: int,
    draws: int,
) -> Float[Tensor, "draws weights"]:
    """Estimates of the encoder's gradient on one batch, each with other draws."""
    random = torch.Generator().manual_seed(seed)
    rows = []
    for _ in range(draws):
        value = loss(estimator, model, x, settings, random)
        rows.append(torch.autograd.grad(value, model.encoder)[0].flatten())
    return torch.stack(rows)


def noise(model: CategoricalVAE, x: Tensor, settings: Settings, seed: int) -> dict[str, float]:
    """Noise over signal of each estimator: root of the summed variance over the exact norm."""
    exact = gradients(enumeration, model, x, settings, seed, 1)[0].norm()
    return {
        name: float(
            gradients(estimator, model, x, settings, seed, _DRAWS).var(0).sum().sqrt() / exact
        )
        for name, estimator in ESTIMATORS.items()
    }


def train(
    name: str,
    data: bags.Bags,
    settings: Settings,
    seed: int,
    report: Callable[[float, float], object] = lambda epoch, perplexity: None,
) -> CategoricalVAE:
    """Trains with one estimator by Adam; reports epochs and exact held-out perplexity."""
    train, test = torch.from_numpy(data.train), torch.from_numpy(data.test)
    model = CategoricalVAE.new(train.shape[1], settings.codes, seed)
    optimiser = torch.optim.Adam([model.encoder, model.decoder], 0.02)
    random = torch.Generator().manual_seed(seed)
    steps = settings.epochs * (len(train) // _BATCH)
    for step in range(steps):
        if step % max(1, steps // _REPORTS) == 0:
            report(step * _BATCH / len(train), model.perplexity(test))
        x = train[torch.randint(len(train), (_BATCH,), generator=random)]
        value = loss(ESTIMATORS[name], model, x, settings, random)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    report(float(settings.epochs), model.perplexity(test))
    return model


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Trains one model five times, and measures the noise of each gradient on one batch."""
    data = bags.everyday(settings.words)
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in ESTIMATORS}
    models = {}
    for number, name in enumerate(ESTIMATORS):

        def report(
            epoch: float, perplexity: float, number: int = number, name: str = name
        ) -> None:
            curves[name].append((epoch, perplexity))
            done = (number + epoch / settings.epochs) / (len(ESTIMATORS) + 1)
            watch(done, f"training: {name}", [_chart(curves)])

        models[name] = train(name, data, settings, seed, report)
    watch(len(ESTIMATORS) / (len(ESTIMATORS) + 1), "measuring the gradients", [_chart(curves)])
    # With weights halfway between start and end: at the start there is no signal yet.
    half = CategoricalVAE.new(data.train.shape[1], settings.codes, seed)
    with torch.no_grad():
        for weight, trained in zip(
            (half.encoder, half.decoder),
            (models["enumeration"].encoder, models["enumeration"].decoder),
            strict=True,
        ):
            weight.add_(trained).div_(2)
    noises = noise(half, torch.from_numpy(data.train[:_BATCH]), settings, seed)
    return _outcome(curves, noises)


def _outcome(
    curves: Mapping[str, Sequence[tuple[float, float]]], noises: Mapping[str, float]
) -> Outcome:
    ends = {name: curve[-1][1] for name, curve in curves.items()}
    best = min(ends, key=ends.__getitem__)
    worst = max(ends, key=ends.__getitem__)
    ratio = noises["REINFORCE"] / noises["Gumbel-softmax"]
    is_expected = worst.startswith("REINFORCE") and ends["enumeration"] < ends["REINFORCE"]
    is_expected = is_expected and ratio**2 > 5
    parts = ", ".join(f"{name} {value:.1f}" for name, value in ends.items())
    seen = (
        f"Held-out perplexity after training: {parts}. The best is {best}. On one batch the "
        f"gradient noise of REINFORCE is {noises['REINFORCE']:.1f} times the gradient, with a "
        f"baseline {noises['REINFORCE, baseline']:.1f}, of the subset {noises['subset']:.1f} and "
        f"of Gumbel-softmax {noises['Gumbel-softmax']:.1f}."
    )
    figures = [Figure(f"perplexity, {name}", value, "per word") for name, value in ends.items()]
    figures += [Figure(f"noise over signal, {name}", value) for name, value in noises.items()]
    bars = Chart(
        "Noise of the encoder's gradient on one batch",
        "",
        "noise over signal",
        [Series("noise", list(noises), list(noises.values()))],
        BARS,
    )
    return Outcome(seen, is_expected, figures, [_chart(curves), bars])


def _chart(curves: Mapping[str, Sequence[tuple[float, float]]]) -> Chart:
    series = [Series.of(name, curve) for name, curve in curves.items() if curve]
    return Chart(
        "Held-out sentences, summed over all codes", "epoch", "perplexity per word", series
    )


EXPERIMENT = Experiment(
    title="Gradients through a discrete latent",
    claim="No gradient passes through a sampled code. A few codes can be enumerated, or summed "
    "in part; REINFORCE is unbiased but noisy, and a baseline helps; Gumbel-softmax trades noise "
    "for bias.",
    trains="A VAE with 20 codes on the everyday sentences as bags of words, with five estimators "
    "of one gradient, from the same initial weights.",
    seconds=30,
    seed=5,
    expected="Enumeration is best or close to it, REINFORCE is worst; the variance of its "
    "gradient is more than five times that of Gumbel-softmax.",
    run=run,
    settings=Settings,
    change="A lower temperature means less bias and more noise. A subset of all codes is full "
    "enumeration.",
    sketch=(
        (1.0, 0.6, 0.35, 0.25, 0.2, 0.18),
        (1.0, 0.65, 0.4, 0.28, 0.22, 0.2),
        (1.0, 0.9, 0.8, 0.72, 0.66, 0.62),
        (1.0, 0.8, 0.65, 0.52, 0.44, 0.4),
        (1.0, 0.64, 0.4, 0.3, 0.25, 0.23),
    ),
    code="""\
import torch
from explorer.experiments import bags, estimators

data, settings = bags.everyday(500), estimators.Settings(epochs=20)
x = torch.from_numpy(data.train[:200])
for name, estimator in estimators.ESTIMATORS.items():
    model = estimators.train(name, data, settings, seed=0)
    drawn = estimators.gradients(estimator, model, x, settings, 0, draws=50)
    print(name, round(model.perplexity(torch.from_numpy(data.test)), 1),
          "noise", round(float(drawn.var(0).sum().sqrt()), 3))
""",
)
