"""The thought experiment: what the arithmetic says, and what a training finds."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from explorer.explore import thought_experiment
from explorer.explore.thought_experiment import DECODERS, ENTROPY, Decoder, Variant, train
from explorer.models.random_streams import generator, sample
from explorer.text import toy

pytestmark = pytest.mark.slow


def test_the_corpus_has_each_kind_equally_often() -> None:
    found = toy.sentences(30)
    assert sorted(set(found)) == ["a a a", "b b b", "c c c"]
    assert all(found.count(kind) == 10 for kind in set(found))


def test_a_decoder_that_reads_gains_nothing_by_any_rate() -> None:
    reads = Decoder(reads=True, latent=True)
    for rate in (0.0, 0.4, ENTROPY):
        assert rate + reads.least_distortion(rate) == pytest.approx(math.log(3))


def test_a_decoder_that_reads_nothing_saves_two_nats_with_each_it_is_told() -> None:
    blind = Decoder(reads=False, latent=True)
    assert blind.least_distortion(0.0) == pytest.approx(3 * math.log(3))
    assert 1.0 + blind.least_distortion(1.0) == pytest.approx(3 * math.log(3) - 2)
    assert blind.least_distortion(2.0) == 0


def test_only_the_decoder_that_reads_nothing_and_has_no_z_needs_more() -> None:
    needed = {(item.reads, item.latent): item.needed for item in DECODERS}
    assert needed.pop((False, False)) == pytest.approx(3 * math.log(3))
    assert list(needed.values()) == pytest.approx([math.log(3)] * 3)


@pytest.mark.parametrize("reads", [True, False])
def test_without_z_each_decoder_learns_its_entropy(reads) -> None:
    found = train(Decoder(reads, latent=False))
    assert found.bound == pytest.approx(found.decoder.needed, abs=0.05)
    assert found.rate == found.gap == 0 and found.word == "no latent"
    kinds = {tuple(sorted(set(said.split()))) for said in found.samples}
    assert all(len(kind) == 1 for kind in kinds) == reads  # or the letters are mixed


def test_the_decoder_that_reads_nothing_learns_to_use_z() -> None:
    shares = []
    found = train(Decoder(reads=False, latent=True), progress=shares.append)
    assert found.rate > 0.9 * ENTROPY and found.gap > 5
    assert found.bound < ENTROPY + 0.7
    assert [said for meant, said in found.reconstructions] == ["a a a", "b b b", "c c c"]
    assert shares == sorted(shares) and shares[-1] == 1


def test_the_same_seed_gives_the_same_outcome() -> None:
    decoder = Decoder(reads=True, latent=True)
    one, again, other = (train(decoder, seed, variant=Variant(epochs=1)) for seed in (3, 3, 4))
    assert one == again
    assert one.trajectory != other.trajectory


@pytest.mark.soak
def test_what_others_draw_meanwhile_changes_no_training() -> None:
    decoder = thought_experiment.DECODERS[1]
    alone = thought_experiment.train(decoder, variant=Variant(epochs=2))
    mixture = MixtureSameFamily(
        Categorical(torch.ones(3)), Independent(Normal(torch.randn(3, 2), torch.ones(3, 2)), 1)
    )

    def draw(share: float) -> None:
        sample(mixture, 5, generator(0, "others"))

    with ThreadPoolExecutor(2) as pool:
        together = [
            pool.submit(
                thought_experiment.train, decoder, progress=draw, variant=Variant(epochs=2)
            )
            for _ in range(2)
        ]
    # Products may be rounded otherwise beside others; other draws would be whole nats away.
    for outcome in together:
        assert np.array(outcome.result().trajectory) == pytest.approx(
            np.array(alone.trajectory), abs=1e-2
        )
