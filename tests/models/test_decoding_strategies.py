"""Laws of decoding strategies."""

import dataclasses
import itertools
import pkgutil

import pytest
import torch

from explorer.errors import ExplorerError
from explorer.models import decoding_strategies
from explorer.models.decoding_settings import RANGES, STRATEGIES, Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.padding import collate
from explorer.models.token_sampling import draw
from explorer.text.tokens import BOS, EOS, PAD, UNK
from tests.models.test_models import tiny


@pytest.fixture(scope="module")
def decoder():
    return tiny().float().decoder


@pytest.fixture(scope="module")
def z():
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_says_words_only_and_no_more_than_asked(strategy, decoder, z) -> None:
    for allow in (False, True):
        decoding = Decoding(strategy=strategy, max_tokens=7, allow_unknown=allow)
        rows = generate(decoder, z, decoding)
        assert len(rows) == len(z)
        said = set(itertools.chain.from_iterable(rows))
        assert not said & {PAD, BOS, EOS, *([] if allow else [UNK])}
        assert max(map(len, rows)) <= 7
    assert generate(decoder, z[:0], Decoding(strategy=strategy)) == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_says_the_same(strategy, decoder, z) -> None:
    decoding = Decoding(strategy=strategy, max_tokens=9, seed=4)
    assert generate(decoder, z, decoding) == generate(decoder, z, decoding)


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
def test_a_sentence_does_not_depend_on_its_neighbours_in_the_batch(strategy, decoder, z) -> None:
    decoding = Decoding(strategy=strategy, max_tokens=9)
    together = generate(decoder, z, decoding)
    assert together == [generate(decoder, row[None], decoding)[0] for row in z]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_many_are_decoded_in_parts_and_the_first_as_if_alone(
    strategy, decoder, z, monkeypatch
) -> None:
    sizes, module = [], STRATEGIES[strategy].decode
    decode = pkgutil.resolve_name(f"explorer.models.{module}")
    width = 2 if strategy == "beam" else 1

    def noted(decoder, z, decoding):
        sizes.append(len(z) * width)
        return decode(decoder, z, decoding)

    decoding = Decoding(strategy=strategy, beam=2, max_tokens=9, seed=4)
    whole = generate(decoder, z, decoding)
    monkeypatch.setattr(f"explorer.models.{module.replace(':', '.')}", noted)
    monkeypatch.setattr("explorer.models.decoding_strategies.PART", 4)
    parts = generate(decoder, z, decoding)
    assert max(sizes) == 4
    assert len(parts) == len(z)
    first = 4 // width
    assert parts[:first] == generate(decoder, z[:first], decoding)
    if strategy in ("greedy", "beam"):
        assert parts == whole
    else:  # the second part has other random numbers than the first
        same = z[:1].expand(8, -1)
        assert generate(decoder, same, decoding)[:4] != generate(decoder, same, decoding)[4:]


def test_sampling_at_temperature_zero_is_greedy(decoder, z) -> None:
    greedy = generate(decoder, z, Decoding(max_tokens=9))
    cold = Decoding(strategy="sample", temperature=0.0, max_tokens=9)
    assert generate(decoder, z, cold) == greedy
    assert generate(decoder, z, Decoding(strategy="top_k", top_k=1, max_tokens=9)) == greedy
    assert generate(decoder, z, Decoding(strategy="nucleus", top_p=0.0, max_tokens=9)) == greedy
    assert generate(decoder, z, Decoding(strategy="beam", beam=1, max_tokens=9)) == greedy


def test_nucleus_and_top_k_without_a_limit_are_plain_sampling(decoder, z) -> None:
    plain = generate(decoder, z, Decoding(strategy="sample", max_tokens=9))
    assert generate(decoder, z, Decoding(strategy="top_k", top_k=999, max_tokens=9)) == plain


def test_draws_follow_the_softmax() -> None:
    logits = torch.tensor([[0.0, 1.0, -torch.inf, 2.0]]).expand(50_000, 4)
    drawn = draw(logits, torch.Generator().manual_seed(0)).bincount(minlength=4) / 50_000
    assert torch.allclose(drawn, logits[0].softmax(0), atol=0.01)
    assert drawn[2] == 0


def test_a_wide_beam_finds_the_likeliest_sentence(decoder, z) -> None:
    words = [word for word in range(9) if word not in (PAD, BOS, EOS, UNK)]
    length = 3
    candidates = [
        list(row) for n in range(length + 1) for row in itertools.product(words, repeat=n)
    ]
    found = generate(decoder, z, Decoding(strategy="beam", beam=64, max_tokens=length))
    for point, sentence in zip(z, found, strict=True):
        state, tokens = point.expand(len(candidates), -1), collate(candidates)
        logits = decoder.logits(state, tokens)
        logits[:, :, [PAD, BOS, UNK]] = -torch.inf
        scores = logits.log_softmax(2).gather(2, tokens[:, 1:, None]).squeeze(2)
        scores = scores.masked_fill(tokens[:, 1:] == PAD, 0)
        # A sentence cut at the limit is not asked for its end, and has one token fewer.
        full = torch.tensor([len(row) == length for row in candidates])
        scores[full, -1] = 0
        counts = torch.tensor([len(row) + (len(row) < length) for row in candidates])
        means = scores.sum(1) / counts
        best = candidates[int(means.argmax())]
        assert means[candidates.index(sentence)] >= means.max() - 1e-4, (sentence, best)


def test_the_penalty_never_rewards_a_repeat(decoder, z) -> None:
    from explorer.models.decoding_strategies import _penalised

    logits = torch.tensor([[-1.0, -1.1, 2.0, 1.9]])
    said = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    cold = Decoding(strategy="penalised", penalty=1.2, temperature=0.0)
    assert _penalised(logits, said, torch.Generator(), cold).item() == 3
    assert _penalised(logits[:, :2], said[:, :2], torch.Generator(), cold).item() == 1


@pytest.mark.parametrize(
    "settings",
    [{"strategy": "gredy"}, {"top_p": 1.5}, {"beam": 0}, {"temperature": -1.0}, {"top_k": 0}],
)
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(ExplorerError):
        Decoding(**settings)


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_a_strategy_is_described_and_its_settings_have_sliders(strategy) -> None:
    assert strategy.title and strategy.help.endswith(".")
    for name in strategy.settings:
        limits, default = RANGES[name], getattr(Decoding(), name)
        low, high, step = limits.slider
        assert limits.title and step > 0
        assert limits.low <= low <= default <= high <= limits.high
        assert {type(value) for value in (low, high, step)} == {type(default)}


@pytest.mark.parametrize("name", RANGES)
def test_a_setting_beyond_its_range_is_named(name) -> None:
    with pytest.raises(ExplorerError, match=f"^{name} "):
        dataclasses.replace(Decoding(), **{name: RANGES[name].low - 1})


def test_a_nucleus_is_the_same_whether_or_not_all_words_are_sorted(monkeypatch) -> None:
    logits = 3 * torch.randn(200, 500, generator=torch.Generator().manual_seed(0))
    for top_p in (0.05, 0.5, 0.9, 0.999, 1.0):
        decoding = Decoding(strategy="nucleus", top_p=top_p)
        drawn = []
        for head in (1, 40, 10**6):
            monkeypatch.setattr(decoding_strategies, "_HEAD", head)
            random = torch.Generator().manual_seed(5)
            token = decoding_strategies._nucleus(logits.clone(), logits, random, decoding)
            drawn.append(token.tolist())
        assert drawn[0] == drawn[1] == drawn[2]
