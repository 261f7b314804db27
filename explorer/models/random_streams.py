"""Explicit randomness: a seeded generator for each purpose, for any device."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

_GLOBAL = RLock()
"""Of torch's global random state, which the threads of a server share. A training to which it is
lent draws with seeds of its own in between."""


class Stream:
    """A private state of torch's global generator, independent of other threads.

    For code that draws from the global generator and accepts no other: a training.

    Args:
        seed: Of the initial state.
    """

    def __init__(self, seed: int) -> None:
        with _GLOBAL, torch.random.fork_rng([]):
            torch.manual_seed(seed)
            self._state = torch.get_rng_state()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """A context in which the global state is this stream's; other threads wait."""
        with _GLOBAL, torch.random.fork_rng([]):
            torch.set_rng_state(self._state)
            yield
            self._state = torch.get_rng_state()


def generator(seed: int, stream: str) -> torch.Generator:
    """A separate generator for each purpose, so that no metric depends on which others ran."""
    mixed = seed * 1_000_003 + zlib.crc32(stream.encode())
    return torch.Generator().manual_seed(mixed % 2**63)


def sample(
    distribution: Distribution, samples: int, source: torch.Generator
) -> Float[Tensor, " samples *shape"]:
    """Draws from a distribution with an explicit generator."""
    normal = _normal(distribution)
    if normal is None:
        return _sample_globally(distribution, samples, source)
    noise = torch.randn(samples, *normal.mean.shape, generator=source, dtype=normal.mean.dtype)
    return normal.mean + normal.stddev * noise.to(normal.mean.device)


def sample_rows(
    distribution: Distribution, samples: int, sources: Sequence[torch.Generator]
) -> Float[Tensor, "samples batch latent"]:
    """Draws for each row of a batch with a generator per row.

    The draws of a row then do not depend on its batch; a distribution that is not Gaussian uses
    the generator of the first row for all.
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
    """One draw per row: with this noise for a Gaussian, else with the seed."""
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
    """For distributions that draw from torch's global state, which is seeded and restored."""
    with _GLOBAL, torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**62, (), generator=source)))
        return distribution.sample((samples,))


def others(n: int, source: torch.Generator) -> Tensor:
    """For each of n rows a different row: a random cyclic permutation.

    Raises:
        ValueError: For fewer than two rows.
    """
    if n < 2:
        raise ValueError(f"{n} rows have no cyclic permutation without fixed points")
    order = torch.randperm(n, generator=source)
    result = torch.empty_like(order)
    result[order] = order.roll(1)
    return result
