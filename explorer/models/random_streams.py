"""Draws with an explicit source of chance: a seeded stream for each purpose, on any device."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

_GLOBAL = Lock()
"""Of torch's global state, which the threads of a server share."""


class Stream:
    """A course of torch's global chance that other threads neither change nor are changed by.

    For what draws from the global state and cannot be given a generator: a training.

    Args:
        seed: Where it starts.
    """

    def __init__(self, seed: int) -> None:
        with _GLOBAL, torch.random.fork_rng([]):
            torch.manual_seed(seed)
            self._state = torch.get_rng_state()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The global state is this stream's for as long as this lasts; others wait."""
        with _GLOBAL, torch.random.fork_rng([]):
            torch.set_rng_state(self._state)
            yield
            self._state = torch.get_rng_state()


def generator(seed: int, stream: str) -> torch.Generator:
    """A generator of its own for each purpose, so that no figure depends on which others ran."""
    mixed = seed * 1_000_003 + zlib.crc32(stream.encode())
    return torch.Generator().manual_seed(mixed % 2**63)


def sample(
    distribution: Distribution, samples: int, source: torch.Generator
) -> Float[Tensor, " samples *shape"]:
    """Draws from a distribution with an explicit source of chance."""
    normal = _normal(distribution)
    if normal is None:
        return _sample_globally(distribution, samples, source)
    noise = torch.randn(samples, *normal.mean.shape, generator=source, dtype=normal.mean.dtype)
    return normal.mean + normal.stddev * noise.to(normal.mean.device)


def sample_rows(
    distribution: Distribution, samples: int, sources: Sequence[torch.Generator]
) -> Float[Tensor, "samples batch latent"]:
    """Draws for each row of a batch from a source of its own.

    A row's draws then do not depend on the rows it shares a batch with; a distribution that is
    not Gaussian uses the first row's source for all.
    """
    normal = _normal(distribution)
    if normal is None:
        return _sample_globally(distribution, samples, sources[0])
    shape, dtype = (samples, *distribution.event_shape), normal.mean.dtype
    noise = torch.stack([torch.randn(shape, generator=s, dtype=dtype) for s in sources], 1)
    return normal.mean + normal.stddev * noise.to(normal.mean.device)


def draw(
    distribution: Distribution, noise: Float[Tensor, "batch latent"], seed: int
) -> Float[Tensor, "batch latent"]:
    """One draw a row: of this noise where the distribution is Gaussian, else of the seed."""
    normal = _normal(distribution)
    if normal is None:
        return _sample_globally(distribution, 1, torch.Generator().manual_seed(seed))[0]
    return normal.mean + normal.stddev * noise.to(normal.mean.device)


def _normal(distribution: Distribution) -> Normal | None:
    if isinstance(distribution, Independent):
        distribution = distribution.base_dist
    return distribution if isinstance(distribution, Normal) else None


def _sample_globally(
    distribution: Distribution, samples: int, source: torch.Generator
) -> Float[Tensor, " samples *shape"]:
    """For distributions that draw from torch's global state: it is lent a seed and put back."""
    with _GLOBAL, torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**62, (), generator=source)))
        return distribution.sample((samples,))


def others(n: int, source: torch.Generator) -> Tensor:
    """For each of n rows another row, each taken once: a random cycle through all of them.

    Raises:
        ValueError: For fewer than two rows.
    """
    if n < 2:
        raise ValueError(f"{n} rows: there is no other row")
    order = torch.randperm(n, generator=source)
    result = torch.empty_like(order)
    result[order] = order.roll(1)
    return result
