"""Aggressive encoder updates: the encoder catches up before each step of the decoder."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from explorer.models.batch_shard import all_reduce_gradients
from explorer.models.vae import TextVAE

MOST = 100
"""Encoder steps before a decoder step."""
BLOCK = 10
"""Encoder steps whose loss a word is compared with that of the block before."""


def catch_up(
    model: TextVAE,
    optimiser: torch.optim.Optimizer,
    losses: Iterator[tuple[Tensor, int, int]],
    clip: float,
) -> int:
    """Steps encoder and posterior until the loss of a block no longer falls.

    It is compared by the word: a batch holds sentences of like length, and a block of longer ones
    costs more nats a sentence than any encoder saves.

    Args:
        model: Its decoder and prior stay as they are.
        optimiser: Of the whole model; weights without a gradient are not stepped.
        losses: The mean loss of a batch, its sentences and its words, ends counted; at least
            `MOST` of them, each computed when asked for. Of several processes' losses the sum
            counts.
        clip: Largest gradient norm.

    Returns:
        Steps taken.

    Source:
        He et al. (2019), Lagging Inference Networks, arXiv:1901.05534, algorithm 1; by the word
        as in the code they released.
    """
    before, block, spoken = torch.inf, torch.zeros(1, device=model.device), 0
    for step in range(1, MOST + 1):
        optimiser.zero_grad(set_to_none=True)
        loss, sentences, words = next(losses)
        loss.backward()
        keep_gradients(model, of_encoder=True)
        block = block + sentences * all_reduce_gradients(model.parameters(), loss.detach().view(1))
        spoken += words
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        if step % BLOCK == 0:
            found = float(block) / spoken
            if found >= before:
                return step
            before, block, spoken = found, torch.zeros_like(block), 0
    return MOST


def keep_gradients(model: TextVAE, of_encoder: bool) -> None:
    """Drops the gradients of one half: encoder and posterior, or all the rest.

    A word embedding that both halves share belongs to the decoder, whose output it is.
    """
    assert model.encoder is not None
    half = [*model.encoder.parameters(), *model.latent.parameters()]
    shared = model.embedding.weight
    encoder = {id(weight) for weight in half if weight is not shared}
    for weight in model.parameters():
        if (id(weight) in encoder) != of_encoder:
            weight.grad = None
