"""Laws of encoders and decoders; every entry of the dictionaries is tested."""

import math
from itertools import product

import pytest
import torch

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.models.decoders import DECODERS
from explorer.models.dilated_decoder import DilatedDecoder
from explorer.models.elbo import training_terms
from explorer.models.encoders import ENCODERS, POOLS
from explorer.models.output_softmax import token_log_prob
from explorer.models.padding import collate, lengths, mask
from explorer.models.vae import TextVAE, build
from explorer.text.tokens import BOS, EOS, PAD

WORDS = 9
SENTENCES = [[4, 5, 6], [7], [], [8, 8, 4, 5, 6, 7], [5, 4, 6]]


def tiny(encoder: dict | None = None, decoder: dict | None = None, latent_dim: int = 3) -> TextVAE:
    """A model of a few dozen weights, in double precision."""
    torch.manual_seed(1)
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=latent_dim,
        latent={"name": "gaussian" if latent_dim else "none"},
        encoder={"name": "lstm", "hidden_dim": 5} | (encoder or {}),
        decoder={"name": "lstm", "hidden_dim": 8} | (decoder or {}),
    )
    return build(config, WORDS).double().eval()


ENCODER_SETTINGS = [
    {"name": name, "pool": pool, "bidirectional": both}
    for name, encoder in ENCODERS.items()
    if name != "words"  # tested in test_words.py
    if encoder.reads_text  # another one is tested in test_vector_lookup.py
    for pool in POOLS
    for both in (False, True)
]
DECODER_SETTINGS = [
    *(
        {"name": name, "skip": skip, "tied": tied}
        for name, decoder in DECODERS.items()
        if decoder.has_order  # another one is tested in test_words.py
        for skip in (False, True)
        for tied in (False, True)
    ),
    {"name": "lstm", "project": 4},
    *({"name": "transformer", "inject": inject} for inject in ("memory", "embedding")),
]


def test_tokens_start_end_and_pad() -> None:
    tokens = collate(SENTENCES)
    assert tokens.shape == (5, 8)
    assert lengths(tokens).tolist() == [4, 2, 1, 7, 4]
    assert mask(tokens).sum().item() == sum(len(row) + 2 for row in SENTENCES)
    assert collate([]).shape == (0, 2)


def test_of_a_longer_sentence_the_beginning_is_left_and_no_end() -> None:
    whole = collate([[4, 5, 6, 7], [4, 5, 6]])
    kept = collate([[4, 5, 6, 7], [4, 5, 6], [4]], max_tokens=3)
    assert torch.equal(kept[1], whole[1, :5])
    assert torch.equal(kept[0, :4], whole[0, :4])
    assert kept[0, 4] == PAD
    assert lengths(kept).tolist() == [3, 4, 2]
    assert collate([[4, 5], [6, 7]], max_tokens=1).tolist() == [[BOS, 4], [BOS, 6]]


@pytest.mark.parametrize("encoder", ENCODER_SETTINGS)
def test_a_posterior_depends_on_its_own_row_only(encoder: dict) -> None:
    model = tiny(encoder)
    before = model.posterior(collate(SENTENCES)).mean
    changed = [*SENTENCES[:3], [4], [8, 8]]
    after = model.posterior(collate(changed)).mean
    assert torch.allclose(before[:3], after[:3], atol=1e-12)
    assert not torch.allclose(before[3], after[3])


@pytest.mark.parametrize("encoder", ENCODER_SETTINGS)
def test_permuting_rows_permutes_posteriors(encoder: dict) -> None:
    model = tiny(encoder)
    order = [3, 0, 4, 2, 1]
    straight = model.posterior(collate(SENTENCES)).mean
    permuted = model.posterior(collate([SENTENCES[row] for row in order])).mean
    assert torch.allclose(straight[order], permuted, atol=1e-12)


@pytest.mark.parametrize("encoder", ENCODER_SETTINGS)
def test_padding_changes_nothing(encoder: dict) -> None:
    model = tiny(encoder)
    tokens = collate(SENTENCES)
    padded = torch.cat([tokens, torch.full((len(tokens), 3), PAD)], 1)
    z = torch.randn(len(tokens), 3, dtype=torch.float64)
    for short, long in (
        (model.posterior(tokens).mean, model.posterior(padded).mean),
        (model.posterior(tokens).stddev, model.posterior(padded).stddev),
        (model.decoder.log_prob(z, tokens), model.decoder.log_prob(z, padded)),
    ):
        assert torch.allclose(short, long, atol=1e-12)


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
def test_scores_do_not_depend_on_words_that_come_later(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    z = torch.randn(2, 3, dtype=torch.float64)
    logits = model.decoder.logits(z, collate([[4, 5, 6, 7], [4, 5, 8, 8]]))
    assert torch.allclose(
        model.decoder.logits(z[:1], collate([[4, 5, 6, 7]]))[0, :3],
        model.decoder.logits(z[:1], collate([[4, 5, 8, 8]]))[0, :3],
        atol=1e-12,
    )
    assert logits.shape == (2, 5, WORDS)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_dilated_decoder_sees_as_far_back_as_it_says_and_no_further(layers: int) -> None:
    decoder = tiny(decoder={"name": "dilated", "layers": layers, "hidden_dim": 64}).decoder
    assert isinstance(decoder, DilatedDecoder)
    words = [4] * 12
    z, plain_scores = torch.randn(1, 3).double(), []
    for changed in range(12):
        other = [*words[:changed], 5, *words[changed + 1 :]]
        plain_scores.append(decoder.logits(z, collate([other]))[0, -1])
    unchanged = decoder.logits(z, collate([words]))[0, -1]
    moved = [not torch.allclose(scores, unchanged, atol=1e-12) for scores in plain_scores]
    reach = 1 + sum(block.span for block in decoder.blocks)
    assert moved == [False] * (12 - reach) + [True] * reach


def test_impossible_dilated_decoders_are_refused() -> None:
    for settings in ({"hidden_dim": 7}, {"layers": 0}):
        with pytest.raises(ExplorerError, match="dilated needs"):
            tiny(decoder={"name": "dilated", **settings})


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
def test_stepping_gives_the_scores_of_teacher_forcing(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    tokens = collate(SENTENCES)
    z = torch.randn(len(tokens), 3, dtype=torch.float64)
    logits = model.decoder.logits(z, tokens)
    state = model.decoder.begin(z)
    for time in range(tokens.shape[1] - 1):
        step, state = model.decoder.step(tokens[:, time], state)
        assert torch.allclose(step, logits[:, time], atol=1e-12)


def test_selected_states_go_on_as_their_rows_do() -> None:
    model = tiny()
    z = torch.randn(3, 3, dtype=torch.float64)
    _, state = model.decoder.step(torch.tensor([4, 5, 6]), model.decoder.begin(z))
    chosen = torch.tensor([2, 0, 2])
    word = torch.tensor([7, 7, 7])
    whole, _ = model.decoder.step(word, state)
    part, _ = model.decoder.step(word, state.select(chosen))
    assert torch.allclose(whole[chosen], part)


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
def test_token_log_probabilities_are_those_of_the_logits(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    tokens = collate(SENTENCES)
    z = torch.randn(len(tokens), 3, dtype=torch.float64)
    reference = model.decoder.logits(z, tokens).log_softmax(2)
    reference = reference.gather(2, tokens[:, 1:, None]).squeeze(2) * mask(tokens[:, 1:])
    assert torch.allclose(model.decoder.token_log_prob(z, tokens), reference, atol=1e-12)
    assert torch.allclose(model.decoder.log_prob(z, tokens), reference.sum(1), atol=1e-12)


def test_scoring_samples_is_scoring_them_one_by_one() -> None:
    model = tiny()
    tokens = collate(SENTENCES)
    z = torch.randn(4, len(tokens), 3, dtype=torch.float64)
    together = model.decoder.score_samples(z, tokens)
    apart = torch.stack([model.decoder.log_prob(sample, tokens) for sample in z])
    assert torch.allclose(together, apart, atol=1e-12)


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
@torch.no_grad()
def test_probabilities_of_all_sentences_sum_to_one(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    model.decoder.output.bias[PAD] = -100.0  # as padding is not scored, it must never be said
    z = torch.randn(1, 3, dtype=torch.float64)
    words = [word for word in range(WORDS) if word not in (PAD, EOS)]
    ended = [list(row) for n in range(3) for row in product(words, repeat=n)]
    scores = model.decoder.log_prob(z.expand(len(ended), -1), collate(ended))
    # What is left to longer sentences: everything that says three words, scored step by step.
    said = torch.tensor(list(product(words, repeat=3)))
    left = torch.zeros(len(said), dtype=torch.float64)
    state = model.decoder.begin(z.expand(len(said), -1))
    before = torch.full_like(said[:, 0], BOS)
    for word in said.T:
        logits, state = model.decoder.step(before, state)
        left += logits.log_softmax(1).gather(1, word[:, None])[:, 0]
        before = word
    shares = [scores.exp().sum().item(), left.exp().sum().item()]
    assert min(shares) > 0.05
    assert sum(shares) == pytest.approx(1.0)


def test_the_fused_softmax_is_the_plain_one_with_its_gradients() -> None:
    torch.manual_seed(0)
    hidden, weight, bias = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((700, 5), (800, 5), (800,))
    )
    targets = torch.randint(800, (700,))
    upstream = torch.randn(700, dtype=torch.float64)
    fused = token_log_prob(hidden, weight, bias, targets)
    gradients = torch.autograd.grad((fused * upstream).sum(), (hidden, weight, bias))
    plain_result = (hidden @ weight.T + bias).log_softmax(1)[torch.arange(700), targets]
    reference = torch.autograd.grad((plain_result * upstream).sum(), (hidden, weight, bias))
    assert torch.allclose(fused, plain_result)
    for ours, theirs in zip(gradients, reference, strict=True):
        assert torch.allclose(ours, theirs)


def test_two_forward_passes_before_one_backward_do_not_share_memory() -> None:
    weight = torch.randn(50, 4, requires_grad=True)
    bias, targets = torch.zeros(50), torch.randint(50, (6,))
    a, b = torch.randn(6, 4), torch.randn(6, 4)
    # Leaves a spare buffer behind, which only one of the next two passes may take.
    token_log_prob(a, weight, bias, targets).sum().backward()
    alone = torch.autograd.grad(token_log_prob(a, weight, bias, targets).sum(), weight)[0]
    first = token_log_prob(a, weight, bias, targets).sum()
    second = token_log_prob(b, weight, bias, targets).sum()
    assert torch.allclose(torch.autograd.grad(first, weight)[0], alone)
    assert torch.isfinite(torch.autograd.grad(second, weight)[0]).all()


def test_an_encoder_hides_words_in_training_only() -> None:
    model = tiny({"word_dropout": 1.0})
    tokens = collate([[4, 5, 6], [7, 8, 4]])
    apart = model.posterior(tokens).mean
    assert not torch.allclose(apart[0], apart[1])
    hidden = model.train().posterior(tokens).mean
    assert torch.allclose(hidden[0], hidden[1])


def test_every_weight_receives_a_gradient() -> None:
    model = tiny({"bidirectional": True}).train()
    terms = training_terms(model, collate(SENTENCES))
    (terms.distortion.sum() + terms.rate.sum()).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name


def test_a_model_learns_two_sentences_by_heart() -> None:
    model = tiny(decoder={"dropout": 0.0}).float().train()
    tokens = collate([[4, 5, 6], [7, 8, 7]])
    optimiser = torch.optim.Adam(model.parameters(), 0.03)
    for _ in range(150):
        optimiser.zero_grad()
        terms = training_terms(model, tokens, noise=False)
        terms.distortion.mean().backward()
        optimiser.step()
    assert terms.distortion.max().item() < 0.1


def test_a_language_model_is_the_model_without_a_latent_space() -> None:
    model = tiny(latent_dim=0)
    terms = training_terms(model, collate(SENTENCES))
    assert terms.rate.shape == (5, 0)
    assert model.encoder is None
    assert math.isfinite(terms.distortion.sum().item())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_dim": 0}, "language model"),
        ({"latent": {"name": "none"}}, "latent_dim to 0"),
        ({"latent": {"name": "round"}}, "codes, cube, gaussian, none, point, simplex, sphere"),
        ({"prior": {"name": "nromal"}}, "'nromal' is not one of"),
        ({"encoder": {"name": "lstm", "pool": "mode"}}, "last, max"),
        ({"decoder": {"name": "lstm", "hiden": 3}}, "hidden_dim"),
        ({"decoder": {"name": "lstm", "hidden_dim": 2.5}}, "expected int"),
        ({"encoder": {"name": "lstm", "dropout": 2.0}}, "model.encoder: lstm: dropout"),
        ({"encoder": {"name": "lstm", "hidden_dim": 0}}, "model.encoder: lstm: hidden_size"),
        ({"latent_dim": 10**14}, "model of these sizes"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(ExplorerError, match=message):
        build(ModelConfig(**settings), WORDS)
