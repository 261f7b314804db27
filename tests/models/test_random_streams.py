"""Laws of private random streams."""

import torch

from explorer.models.random_streams import Stream, generator, sample


def test_what_is_drawn_with_a_seed_within_a_lent_stream_leaves_it_as_it_was() -> None:
    coins = torch.distributions.Bernoulli(torch.full((4,), 0.5))  # draws from the global state
    drawn = []
    for is_interrupted in (False, True):
        stream = Stream(3)
        with stream.lent():
            first = torch.rand(3)
            if is_interrupted:
                assert sample(coins, 5, generator(0, "x")).shape == (5, 4)
            drawn.append(torch.cat([first, torch.rand(3)]))
    assert torch.equal(*drawn)
