"""Which words the latent carries."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.distributions import Distribution

from explorer.evaluation.sampling import generator, sample
from explorer.models.decoders import LSTMDecoder

_POSITIONS = 2**14


@torch.inference_mode()
def token_gains(
    decoder: LSTMDecoder,
    z: Float[Tensor, "batch latent"],
    tokens: Int[Tensor, "batch time"],
    prior: Distribution,
    samples: int = 16,
    seed: int = 0,
) -> Float[Tensor, "batch predicted"]:
    """Log p(x_t|x_<t, z) - mean over S of log p(x_t|x_<t, z'_s), z'_s from the prior.

    A mean of logarithms, so that a sentence's gains add up to its prior-z gap.

    Args:
        decoder: In `eval` mode.
        z: One point a sentence.
        tokens: The sentences.
        prior: Where z' comes from, event shape (latent,).
        samples: S; every sentence meets the same S draws, so its gains do not depend on the
            batch it is in.
        seed: Of the draws.

    Returns:
        Nats per token, 0 at padding.
    """
    draws = sample(prior, samples, generator(seed, "gain"))  # (samples, latent)
    reference = z.new_zeros(len(tokens), tokens.shape[1] - 1)
    for part in draws.split(max(1, _POSITIONS // max(1, tokens.numel()))):
        points = part.repeat_interleave(len(tokens), 0)
        scores = decoder.token_log_prob(points, tokens.repeat(len(part), 1))
        reference += scores.unflatten(0, (len(part), len(tokens))).sum(0)
    return decoder.token_log_prob(z, tokens) - reference / samples
