"""Closed-loop decoding: the miss of a decode corrects the next one."""

import pytest
import torch

from explorer.models import candidates
from explorer.models.decoding_settings import Decoding
from explorer.models.latent_base import Latent
from explorer.models.latents import Categorical

GRID = 8


def encode(rows):
    """The point of a sentence of two words: its numbers."""
    return torch.tensor([[float(word) for word in row] for row in rows])


def biased(points, decoding):
    """A decoder that misses: it says words a quarter of the way to the origin."""
    return (0.75 * points).round().clamp(-GRID, GRID).long().tolist()


def decode(points, count, latent=None, generate=biased):
    latent = latent or Latent(points.shape[1])
    return candidates.nearest(points, Decoding(nearest=count), latent, generate, encode)


@pytest.fixture
def points():
    return torch.randint(-6, 7, (40, 2), generator=torch.Generator().manual_seed(0)).float() + 0.1


def near(points, rows):
    return torch.nn.functional.cosine_similarity(points, encode(rows))


def test_the_loop_ends_where_a_single_decode_misses(points):
    once, loop = decode(points, 1), decode(points, 16)
    assert once == biased(points, Decoding())
    miss = [(encode(rows) - points).norm(dim=1).mean() for rows in (once, loop)]
    assert miss[1] < 0.5 * miss[0]


@pytest.mark.parametrize("count", [2, 4, 8])
def test_more_decodes_are_never_farther_by_cosine(points, count):
    assert (near(points, decode(points, 2 * count)) >= near(points, decode(points, count))).all()


def test_a_point_that_is_hit_is_decoded_no_more():
    asked = []

    def exact(points, decoding):
        asked.append(len(points))
        return points.round().long().tolist()

    points = torch.tensor([[1.0, 2.0], [3.0, 4.4]])
    assert decode(points, 8, generate=exact)[0] == [1, 2]
    assert asked == [2] + 7 * [1]


def test_no_points_are_no_sentences():
    assert decode(torch.zeros(0, 2), 8) == []


def test_a_row_does_not_depend_on_those_beside_it(points):
    assert decode(points, 8)[7:9] == decode(points[7:9], 8)


def test_in_a_space_of_codes_further_candidates_are_drawn(points):
    asked = []

    def generate(points, decoding):
        asked.append((decoding.strategy, decoding.temperature, decoding.seed))
        return [[0, 1] for _ in points]

    latent = Categorical(3, 4, num_categories=2)
    z = latent.project(torch.rand(3, 4))
    candidates.nearest(
        z, Decoding(nearest=3, seed=5), latent, generate, lambda rows: torch.zeros(len(rows), 4)
    )
    drawn = candidates.TEMPERATURE
    assert asked == [("greedy", 1.0, 5), ("sample", drawn, 6), ("sample", drawn, 7)]
