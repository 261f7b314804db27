"""Aggressive encoder updates: the encoder is trained before each step of the whole model."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from explorer.models.batch_shard import all_reduce_gradients
from explorer.models.vae import TextVAE

MAX_STEPS = 100
"""Encoder steps before a step of the model."""
BLOCK = 10
"""Encoder steps whose mean loss is compared with that of the previous block."""


def train_encoder(
    model: TextVAE,
    optimiser: torch.optim.Optimizer,
    losses: Iterator[tuple[Tensor, int, int]],
    clip: float,
) -> int:
    """Steps encoder and posterior until the loss per token of a block no longer falls.

    Batches hold sentences of similar length, so the loss per sentence depends more on the batch
    than on the encoder.

    Args:
        model: Its decoder and prior do not change.
        optimiser: Of the whole model; weights without a gradient are not stepped.
        losses: Of at least `MAX_STEPS` batches: mean loss, number of sentences and number of
            predicted tokens. The losses of several processes are summed.
        clip: Maximum gradient norm.

    Returns:
        The number of steps.

    Source:
        He et al. (2019), Lagging Inference Networks, arXiv:1901.05534, algorithm 1; per token as
        in their code.
    """
    previous, block, block_tokens = torch.inf, torch.zeros(1, device=model.device), 0
    for step in range(1, MAX_STEPS + 1):
        optimiser.zero_grad(set_to_none=True)
        loss, sentences, tokens = next(losses)
        loss.backward()
        keep_gradients(model, of_encoder=True)
        block = block + sentences * all_reduce_gradients(model.parameters(), loss.detach().view(1))
        block_tokens += tokens
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        if step % BLOCK == 0:
            mean = float(block) / block_tokens
            if mean >= previous:
                return step
            previous, block, block_tokens = mean, torch.zeros_like(block), 0
    return MAX_STEPS


def keep_gradients(model: TextVAE, of_encoder: bool) -> None:
    """Keeps the gradients of encoder and posterior only, or all others only.

    An embedding shared with the decoder counts as the decoder's.
    """
    assert model.encoder is not None
    weights = [*model.encoder.parameters(), *model.latent.parameters()]
    shared = model.embedding.weight
    encoder = {id(weight) for weight in weights if weight is not shared}
    for weight in model.parameters():
        if (id(weight) in encoder) != of_encoder:
            weight.grad = None
