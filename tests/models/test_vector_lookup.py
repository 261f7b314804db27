"""Laws of the encoder that looks vectors up, and of the latent space they are."""

import numpy as np
import pytest
import torch

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.models.padding import collate
from explorer.models.vae import TextVAE, build
from explorer.text.tokens import PAD
from explorer.text.vector_column import LARGEST, SMALLEST

DIM = 9
SENTENCES = [[4, 5, 6], [5, 4, 6], [7], [], [8, 8, 4, 5, 6, 7], [4, 5, 6, 7]]
VECTORS = np.random.default_rng(0).normal(2, 3, (len(SENTENCES), DIM)).astype(np.float32)


def model(dim: int = DIM, **settings) -> TextVAE:
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=dim,
        latent={"name": "vectors"},
        encoder={"name": "vectors", "dim": dim, **settings},
        decoder={"name": "lstm", "hidden_dim": 8, "project": 4},
    )
    return build(config, 10).eval()


def filled(max_tokens: int = 60) -> TextVAE:
    made = model()
    made.encoder.fill(SENTENCES, VECTORS, max_tokens)
    return made


def test_each_sentence_has_its_vector_whatever_the_order_and_the_padding() -> None:
    made = filled()
    features = made.encode(collate(SENTENCES))
    torch.testing.assert_close(features, torch.from_numpy(VECTORS))
    order = [3, 0, 5, 2, 1, 4]
    tokens = collate([SENTENCES[row] for row in order])
    padded = torch.cat([tokens, torch.full((len(tokens), 3), PAD)], 1)
    torch.testing.assert_close(made.encode(padded), torch.from_numpy(VECTORS[order]))
    torch.testing.assert_close(made.encoder.vectors_of(SENTENCES), torch.from_numpy(VECTORS))


def test_a_sentence_that_training_cuts_has_the_same_vector() -> None:
    made = filled(max_tokens=5)
    cut = made.encode(collate([SENTENCES[4]], max_tokens=5))
    torch.testing.assert_close(cut[0], torch.from_numpy(VECTORS[4]))


def test_equal_sentences_share_the_mean_of_their_vectors() -> None:
    made = model()
    made.encoder.fill([[4, 5], [4, 5], [6]], VECTORS[:3], 60)
    features = made.encode(collate([[4, 5], [6]])).numpy()
    np.testing.assert_allclose(features, [VECTORS[:2].mean(0), VECTORS[2]], rtol=1e-5)


def test_long_sentences_that_differ_in_one_word_differ() -> None:
    made = model()
    long = [[4] * 2000, [4] * 1999 + [5], [5] + [4] * 1999]
    made.encoder.fill(long, VECTORS[:3], 5000)
    torch.testing.assert_close(made.encode(collate(long)), torch.from_numpy(VECTORS[:3]))


def test_another_sentence_and_an_empty_table_have_no_vector() -> None:
    for made, tokens in ((filled(), [[6, 6]]), (model(), SENTENCES)):
        with pytest.raises(ExplorerError, match="of its corpus"):
            made.encode(collate(tokens))


def test_the_space_is_centred_and_of_mean_variance_1_and_gives_the_vectors_back() -> None:
    made = filled()
    made.latent.fit(torch.from_numpy(VECTORS))
    posterior = made.posterior(collate(SENTENCES))
    assert posterior.mean.mean(0).abs().max() < 5e-3  # centre and scale are of half precision
    assert posterior.mean.var(0, correction=0).mean().item() == pytest.approx(1, abs=1e-2)
    assert not posterior.stddev.any()
    torch.testing.assert_close(made.latent.vectors(posterior.mean), torch.from_numpy(VECTORS))
    torch.testing.assert_close(made.latent.spread.half().float(), made.latent.spread)


def test_no_weight_belongs_to_the_encoder_or_the_latent_space() -> None:
    made = filled()
    assert not list(made.encoder.parameters()) and not list(made.latent.parameters())
    assert not any(name.startswith("encoder.") for name in made.state_dict())


@pytest.mark.parametrize("dim", [SMALLEST - 1, LARGEST + 1])
def test_vectors_too_short_or_too_long_are_refused(dim) -> None:
    with pytest.raises(ExplorerError, match="8 to 4,096"):
        model(dim)
    assert model(SMALLEST).latent_dim == SMALLEST


def test_a_recipe_of_two_sizes_is_refused() -> None:
    config = ModelConfig(
        latent_dim=12, latent={"name": "vectors"}, encoder={"name": "vectors", "dim": DIM}
    )
    with pytest.raises(ExplorerError, match="have 9 dimensions, not 12"):
        build(config, 10)
