"""Variational inference for one sentence at a time, from the encoder's answer on: no amortisation.

An encoder answers for all sentences at once, and no sentence gets the best posterior of its
family. Gradient steps on the mean and scale of one posterior close that gap.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.errors import ExplorerError, within
from explorer.models import elbo
from explorer.models.batch_inference import (
    Progress,
    batches,
    has_gaussian_posterior,
    in_batches,
    of_rows,
    tokens_of,
)
from explorer.models.distributions import diagonal_gaussian
from explorer.models.random_streams import generator
from explorer.models.vae import TextVAE

STEPS = 50
MAX_STEPS = 1000
DRAWS = 6
"""Draws of a posterior that estimate the gradient of a step."""
JUDGED = 32
"""Draws that judge a posterior: the same ones before and after."""
EVERY = 10
"""Steps between two posteriors that are judged."""
_RATE = 0.03
_BATCH = 32
_MAX_LOG_SCALE = 4.0  # as wide as the encoder can make it


@dataclass(frozen=True, slots=True)
class Bound:
    """−ELBO of some sentences in its terms, nats per sentence."""

    distortion: Float[Tensor, " n"]
    rate: Float[Tensor, " n"]

    @property
    def nats(self) -> Float[Tensor, " n"]:
        """Distortion and rate together."""
        return self.distortion + self.rate


@dataclass(frozen=True, slots=True)
class Refined:
    """Posteriors of some sentences before and after refinement."""

    before: Bound
    after: Bound
    mean: Float[Tensor, "n latent"]
    scale: Float[Tensor, "n latent"]
    path: Float[Tensor, "n judged"]
    """−ELBO of the best posterior after each of `judged(steps)`, nats per sentence."""

    @property
    def gain(self) -> Float[Tensor, " n"]:
        """Nats per sentence by which −ELBO fell: never below 0."""
        return self.before.nats - self.after.nats


def judged(steps: int) -> list[int]:
    """The steps after which a posterior is judged: none, every `EVERY`, and all."""
    return [*range(0, steps, EVERY), steps]


def refine(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    steps: int = STEPS,
    seed: int = 0,
    labels: Sequence[int] = (),
    progress: Progress = lambda count: None,
    is_amortised: bool = True,
) -> Refined:
    """Improves the posterior of each sentence by Adam on its mean and log scale.

    The learning rate is 0.03 and falls to 0 along a cosine. Each step draws `DRAWS` points anew;
    every `EVERY` steps the posterior is judged at the same `JUDGED` points of N(0, I), and the
    best one is kept, the encoder's among them. The rate is in closed form where there is one,
    else estimated at the draws.

    Args:
        model: In `eval` mode, with Gaussian posteriors, under any prior.
        ids: Sentences without start and end.
        steps: Of Adam; 0 changes nothing.
        seed: Of the draws. Each sentence has a stream of its own: its result does not depend on
            its batch, up to rounding.
        labels: Of the sentences, for a conditional model.
        progress: Receives the number of sentences in each batch.
        is_amortised: Whether it starts from the encoder's posteriors, else from N(0, I), as
            variational inference without an encoder does.

    Returns:
        In the order of `ids`.

    Raises:
        ExplorerError: If the posteriors are not Gaussian, or for an impossible number of steps.

    Source:
        Kim et al. (2018), Semi-Amortized Variational Autoencoders, arXiv:1802.02550, section 3;
        the gap: Cremer et al. (2018), arXiv:1801.03558, section 3.
    """
    within("steps", steps, 0, MAX_STEPS)
    if not has_gaussian_posterior(model):
        raise ExplorerError("only Gaussian posteriors with a rate can be refined")
    size = model.latent_dim

    def compute(rows: list[int]) -> Tensor:
        sources = [generator(seed, f"refine {row}") for row in rows]
        count = JUDGED + steps * DRAWS
        noise = torch.stack([torch.randn(count, size, generator=s) for s in sources], 1)
        problem = _Problem(model, tokens_of(model, ids, rows), of_rows(labels, rows))
        return problem.solve(noise.to(model.embedding.weight), steps, is_amortised)

    # Evaluation measures in inference mode, in which nothing has a gradient.
    with torch.inference_mode(False), torch.enable_grad():
        sizes = [4, size, size, len(judged(steps))]
        out = torch.zeros(len(ids), sum(sizes), dtype=torch.float64)
        in_batches(out, batches(ids, _BATCH), compute, progress)
    numbers, mean, scale, path = out.split(sizes, 1)
    before, after = (Bound(*part.unbind(1)) for part in numbers.split(2, 1))
    return Refined(before, after, mean.float(), scale.float(), path)


@dataclass(frozen=True, slots=True)
class _Problem:
    """The bound of a batch of sentences as a function of their posteriors."""

    model: TextVAE
    tokens: Tensor
    labels: Sequence[int]

    def solve(
        self, noise: Float[Tensor, "draws batch latent"], steps: int, is_amortised: bool
    ) -> Tensor:
        """Bounds before and after, means, scales and the path: a row a sentence."""
        with torch.no_grad():
            start = self.model.posterior(self.tokens)
        mean = start.mean.clone() if is_amortised else torch.zeros_like(start.mean)
        log_scale = start.stddev.log() if is_amortised else torch.zeros_like(start.mean)
        mean, log_scale = mean.requires_grad_(True), log_scale.requires_grad_(True)
        optimiser = torch.optim.Adam([mean, log_scale], _RATE)
        same, fresh = noise[:JUDGED], noise[JUDGED:].split(DRAWS)
        before = best = self._numbers(mean, log_scale, same)
        path = [before[:, :2].sum(1)]
        for step in range(1, steps + 1):
            optimiser.param_groups[0]["lr"] = _RATE * _cosine((step - 1) / steps)
            # cuDNN gives no gradient through an LSTM that is in `eval` mode.
            with torch.backends.cudnn.flags(enabled=False):
                bound = self._bound(mean, log_scale, fresh[step - 1])
                gradients = torch.autograd.grad(bound.nats.sum(), (mean, log_scale))
            mean.grad, log_scale.grad = gradients
            optimiser.step()
            if step % EVERY == 0 or step == steps:
                now = self._numbers(mean, log_scale, same)
                is_better = now[:, :2].sum(1) < path[-1]
                best = torch.where(is_better.unsqueeze(1), now, best)
                path.append(best[:, :2].sum(1))
        return torch.cat([before[:, :2], best, torch.stack(path, 1)], 1)

    @torch.no_grad()
    def _numbers(self, mean: Tensor, log_scale: Tensor, noise: Tensor) -> Tensor:
        """The terms of the bound, means and scales: a row a sentence."""
        bound = self._bound(mean, log_scale, noise)
        terms = torch.stack([bound.distortion, bound.rate], 1)
        return torch.cat([terms, mean, _scale(log_scale)], 1).double()

    def _bound(self, mean: Tensor, log_scale: Tensor, noise: Tensor) -> Bound:
        """The bound, averaged over draws, whose noise is given."""
        count = len(noise)
        means, scales = mean.repeat(count, 1), _scale(log_scale).repeat(count, 1)
        z = means + scales * noise.flatten(0, 1)
        tokens, labels = self.tokens.repeat(count, 1), [*self.labels] * count
        distortion = elbo.distortion(self.model, z, tokens, labels)
        rate = elbo.rate(self.model, diagonal_gaussian(means, scales), z).sum(1)
        return Bound(*(part.unflatten(0, (count, -1)).mean(0) for part in (distortion, rate)))


def _scale(log_scale: Tensor) -> Tensor:
    return log_scale.clamp(-2 * _MAX_LOG_SCALE, _MAX_LOG_SCALE).exp()


def _cosine(fraction: float) -> float:
    return 0.5 + 0.5 * math.cos(math.pi * fraction)
