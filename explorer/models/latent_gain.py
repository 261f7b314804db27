"""Latent gain: how much z raises the probability of each token."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.distributions import Distribution

from explorer.models.decoder_base import Decoder
from explorer.models.random_streams import generator, sample

SAMPLES = 16
"""Draws of the prior that a word's probability is compared with."""
_POSITIONS = 2**14
"""Token positions scored at once."""


@torch.inference_mode()
def references(prior: Distribution, samples: int = SAMPLES, seed: int = 0) -> Tensor:
    """Draws of a prior for `token_scores`: the same for all sentences, so worth keeping.

    Returns:
        Latent points, (samples, latent).
    """
    return sample(prior, samples, generator(seed, "gain"))


@torch.inference_mode()
def token_scores(
    decoder: Decoder,
    z: Float[Tensor, "batch latent"],
    tokens: Int[Tensor, "batch time"],
    references: Float[Tensor, "samples latent"],
    condition: Callable[[Tensor], Tensor] = lambda points: points,
) -> tuple[Float[Tensor, "batch predicted"], Float[Tensor, "batch predicted"]]:
    """Log p(x_t|x_<t, z), and the latent gain: that minus its mean over S draws of the prior.

    The mean is of logarithms, so that the gains of a sentence sum to its prior-z gap.

    Args:
        decoder: In `eval` mode.
        z: One point per sentence.
        tokens: The sentences.
        references: The S draws; all sentences share them, so gains do not depend on the batch.
        condition: Of a conditional model: from latent points to the decoder's input.

    Returns:
        Nats per token, 0 at padding.
    """
    # One pass for the point and the draws: a click waits for this.
    points = torch.cat([z.unsqueeze(0), references.unsqueeze(1).expand(-1, len(z), -1)])
    size = max(1, _POSITIONS // max(1, tokens.numel()))
    scores = torch.cat(
        [decoder.token_scores(condition(part), tokens) for part in points.split(size)]
    )
    return scores[0], scores[0] - scores[1:].mean(0)
