"""Laws of codebooks: z is made of codes, the codebooks follow the encodings, none stays unused."""

import math

import pytest
import torch

from explorer.errors import ExplorerError
from explorer.models.code_model import CodeModel
from explorer.models.codebook import Codebook
from explorer.models.latent_base import Latent
from explorer.models.latents import Categorical


def spaces() -> list[Latent]:
    torch.manual_seed(0)
    made = [Codebook(6, 12, codes=3, num_categories=5), Categorical(6, 12, num_categories=4)]
    return [space.eval() for space in made]


def trained(steps: int = 1500) -> tuple[Codebook, torch.Tensor]:
    """A codebook that has seen five clusters a part, and more encodings like those."""
    torch.manual_seed(0)
    space = Codebook(8, 8, codes=2, num_categories=5).train()
    space.encoding.weight.data.copy_(torch.eye(8))
    space.encoding.bias.data.zero_()
    centres = 4 * torch.randn(2, 5, 4)

    def encodings(count: int) -> torch.Tensor:
        drawn = torch.randint(5, (count, 2))
        return (centres[torch.arange(2), drawn] + 0.05 * torch.randn(count, 2, 4)).flatten(1)

    for _ in range(steps):
        space.posterior(encodings(64))
    return space.eval(), encodings(4000)


@pytest.mark.parametrize("space", spaces(), ids=lambda space: type(space).__name__)
def test_points_and_their_categories_determine_each_other(space: Latent) -> None:
    codes = 3
    everything = torch.randint(space.num_categories, (40, codes))
    z = space.of_categories(everything)
    assert torch.equal(space.categories(z), everything)
    assert torch.equal(space.project(z), z)
    anywhere = torch.randn(2, 9, 12)
    near = space.project(anywhere)
    assert torch.equal(space.categories(near), space.categories(anywhere))


def test_a_space_without_codes_says_so() -> None:
    space = Latent(3)
    assert space.num_categories == 0
    with pytest.raises(ExplorerError, match="no codes"):
        space.categories(torch.zeros(1, 3))
    with pytest.raises(ExplorerError, match="no codes"):
        space.of_categories(torch.zeros(1, 3, dtype=torch.int64))


def test_a_posterior_is_one_point_whose_gradient_is_its_encodings() -> None:
    space = spaces()[0]
    features = torch.randn(4, 6, requires_grad=True)
    posterior = space.posterior(features)
    z = posterior.rsample()
    assert torch.equal(z, space.project(z))
    z.sum().backward()
    assert torch.allclose(features.grad, space.encoding.weight.sum(0).expand(4, -1))
    assert posterior.log_prob(z).tolist() == [0.0] * 4
    other = space.of_categories((space.categories(z) + 1) % 5)
    assert posterior.log_prob(other).tolist() == [-math.inf] * 4


def test_under_the_uniform_prior_every_code_costs_its_logarithm() -> None:
    space = spaces()[0]
    posterior = space.posterior(torch.randn(4, 6))
    rate = space.rate(posterior, space.uniform(), posterior.mean)
    assert torch.allclose(rate, torch.full((4, 3), math.log(5)))
    assert rate.sum(1)[0].item() == pytest.approx(space.max_rate)


def test_each_vector_is_the_mean_of_the_encodings_nearest_to_it() -> None:
    space, encoded = trained()
    parts, categories = encoded.unflatten(1, (2, 4)), space.categories(encoded)
    for code in range(2):
        for category in range(5):
            own = parts[categories[:, code] == category, code]
            assert torch.allclose(own.mean(0), space.vectors_of[code, category], atol=0.1)
            used = space.usage[code, category].item()
            assert used == pytest.approx(len(own) / len(encoded), abs=0.06)


def test_a_vector_that_is_hardly_used_becomes_an_encoding() -> None:
    space, encoded = trained(50)
    space.train().vectors_of[0, 0] = 1000.0
    space.usage[0, 0] = 0.0
    space.posterior(encoded[:64])
    assert space.vectors_of.abs().max().item() < 100


def test_commitment_is_the_squared_distance_to_the_vectors() -> None:
    space, _ = trained(50)
    at_vectors = space.posterior(space.vectors_of[:, 0].reshape(1, -1))
    assert space.commitment(at_vectors).item() == pytest.approx(0, abs=1e-9)
    moved = space.posterior(space.vectors_of[:, 0].reshape(1, -1) + 0.01)
    assert space.commitment(moved).item() == pytest.approx(0.25 * 8 * 0.01**2, rel=1e-3)


def test_a_codebook_stays_as_it_is_outside_training() -> None:
    space, _ = trained(5)
    before = space.vectors_of.clone()
    space.posterior(torch.randn(9, 8))
    assert torch.equal(space.vectors_of, before)


@pytest.mark.parametrize(
    ("settings", "says"), [({"codes": 5}, "multiple of 5"), ({"num_categories": 1}, "categories")]
)
def test_impossible_sizes_are_refused(settings: dict[str, int], says: str) -> None:
    with pytest.raises(ExplorerError, match=says):
        Codebook(6, 12, **settings)


@torch.no_grad()
def test_the_model_of_codes_sums_to_one_and_is_drawn_from() -> None:
    torch.manual_seed(0)
    model = CodeModel(2, 3, embedding_dim=4, hidden_dim=5)
    model.embedding.mul_(20)
    every = torch.cartesian_prod(torch.arange(3), torch.arange(3))
    chance = model.log_prob(every).exp()
    assert chance.sum().item() == pytest.approx(1, abs=1e-5)
    drawn = model.sample(20_000)
    counts = torch.bincount(3 * drawn[:, 0] + drawn[:, 1], minlength=9) / len(drawn)
    assert torch.allclose(counts, chance, atol=0.015)
