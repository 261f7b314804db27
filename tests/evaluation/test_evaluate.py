"""What ends up in metrics.json, for every kind of model, and the verdict on it."""

import json
import math

import numpy as np
import pytest
import torch

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.evaluation.applicability import Reason
from explorer.evaluation.context import HeldOut
from explorer.evaluation.evaluate import evaluate
from explorer.evaluation.latent_use import DRAWS
from explorer.evaluation.metric_text import beside, is_loose
from explorer.evaluation.metrics import METRICS
from explorer.evaluation.verdict import uses_z, verdict
from explorer.models.latents import LATENTS
from explorer.models.padding import collate
from explorer.models.vae import build
from explorer.text.tokens import SPECIALS
from explorer.text.vocabulary import WordVocabulary
from tests.evaluation.test_likelihood import deafen, tiny

WORDS = WordVocabulary([*SPECIALS, "red", "blue", "dogs", "cats", "run"])
RANDOM = torch.Generator().manual_seed(0)
IDS = [
    torch.randint(
        4, 9, (int(torch.randint(1, 8, (), generator=RANDOM)),), generator=RANDOM
    ).tolist()
    for _ in range(24)
]
HELD_OUT = HeldOut(
    tokens=[WORDS.decode(row) for row in IDS],
    ids=IDS,
    groups=[row // 3 for row in range(24)],
    training=[WORDS.decode(row) for row in IDS[:6]],
)


@pytest.fixture(autouse=True)
def short_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """An untrained model rarely ends a sentence."""
    monkeypatch.setattr("explorer.evaluation.context._LEAST_TOKENS", 6)


def measure(latent: str = "gaussian", model=None, **settings) -> dict:
    model = model or tiny(latent, 0 if latent == "none" else 2).float()
    return evaluate(model, WORDS, HELD_OUT, **{"samples": 5, "drawn": 10, **settings})


OF_DOCUMENTS = ("document_ppl", "document_importance_ppl", "npmi", "topic_diversity")


@pytest.mark.parametrize("latent", LATENTS)
def test_every_defined_figure_is_there_with_a_unit_and_a_value_or_a_reason(latent) -> None:
    metrics = measure(latent)
    # This corpus has no labels and this model no learned prior, so nothing is said of any.
    absent = {name for name in METRICS if name.startswith("label_")}
    absent |= {"prior_gain", "amortisation_gap", *OF_DOCUMENTS}
    if latent not in ("codes", "codebook"):
        absent |= {"codes_used", "code_swap_changes"}
    assert list(metrics) == [name for name in METRICS if name not in absent]
    for name, entry in metrics.items():
        assert entry["unit"] == METRICS[name].unit
        if entry["value"] is None:
            assert entry["reason"] and entry["reason_code"] in list(Reason)
        else:
            assert entry["n"] > 0 and entry["samples"] >= 0
    json.dumps(metrics, allow_nan=False)


def test_a_vae_has_all_figures_but_those_that_need_another_model() -> None:
    metrics = measure()
    absent = [name for name, entry in metrics.items() if entry["value"] is None]
    # An untrained model says one sentence everywhere: its paths may have no leap to measure.
    absent = [name for name in absent if not name.endswith("largest_step")]
    judged = ("forward_perplexity", "reverse_perplexity")
    paths = ("interpolation_linear_middle", "interpolation_spherical_middle")
    assert absent == [*judged, *paths]
    value = {name: entry["value"] for name, entry in metrics.items()}
    assert value["elbo"] == pytest.approx(value["distortion"] + value["rate"])
    assert value["marginal_kl"] == pytest.approx(value["rate"] - value["mutual_information"])
    assert metrics["importance_nll"]["samples"] == 5
    assert value["importance_ppl"] < value["elbo_ppl"]
    assert metrics["caption_retrieval_p1"]["baselines"]["random"] == pytest.approx(2 / 23)
    assert metrics["active_units"]["of"] == 2


def test_the_amortisation_gap_is_never_negative_and_measured_where_it_is_asked_for() -> None:
    entry = measure(refine=7)["amortisation_gap"]
    assert entry["n"] == 7 and entry["least"] >= 0
    assert entry["low"] < entry["value"] < entry["high"]
    assert entry["value"] > 0
    assert "amortisation_gap" not in measure()
    assert "amortisation_gap" not in measure("sphere", refine=7)


def test_an_autoencoder_has_no_rate_and_a_language_model_no_latent() -> None:
    autoencoder, language_model = measure("point"), measure("none")
    for name in ("rate", "elbo", "importance_nll", "mutual_information", "prior_z_gap"):
        assert autoencoder[name]["value"] is None
    for name in ("distortion", "shuffled_z_gap", "active_units", "bleu", "caption_retrieval_p1"):
        assert autoencoder[name]["value"] is not None
        assert "no latent space" in language_model[name]["reason"]
    assert language_model["importance_nll"]["exact"]
    assert language_model["importance_nll"]["samples"] == 1
    assert language_model["self_bleu"]["value"] is not None


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    assert measure(seed=3) == measure(seed=3)
    assert measure(seed=3)["distortion"] != measure(seed=4)["distortion"]


def test_batches_do_not_change_the_figures(monkeypatch) -> None:
    whole = measure()
    monkeypatch.setattr("explorer.models.batch_inference.BATCH", 5)
    batched = measure()
    for name in ("distortion", "rate", "mutual_information", "importance_nll", "bleu"):
        assert batched[name]["value"] == pytest.approx(whole[name]["value"], rel=1e-5)


def test_a_posterior_of_one_point_is_drawn_once_and_its_estimate_is_the_bound() -> None:
    metrics = measure("codebook")
    assert metrics["importance_nll"]["samples"] == metrics["importance_ess"]["of"] == 1
    assert metrics["importance_nll"]["value"] == pytest.approx(metrics["elbo"]["value"])
    assert is_loose(metrics["importance_ppl"])


@pytest.mark.parametrize("latent", ["codes", "codebook"])
def test_codes_are_used_as_far_as_sentences_have_them_and_a_deaf_decoder_ignores_a_swap(
    latent: str,
) -> None:
    model = tiny(latent, 4).float()
    metrics = measure(model=model)
    used = metrics["codes_used"]
    # One code of seven categories, or two of two.
    assert used["of"] == {"codebook": 7, "codes": 4}[latent]
    encoded = model.latent.categories(model.posterior(collate(IDS)).mean)  # one row a sentence
    distinct = sum(len(code.unique()) for code in encoded.T)
    assert used["value"] == pytest.approx(distinct / used["of"])
    if (
        metrics["code_swap_changes"]["value"] is None
    ):  # an untrained encoder may give all the same codes
        assert distinct == encoded.shape[1]
        return
    deafen(model)
    assert measure(model=model)["code_swap_changes"]["value"] == 0


def test_a_model_that_ignores_z_has_no_gap() -> None:
    model = tiny(latent_dim=2).float()
    deafen(model)
    metrics = measure(model=model)
    assert metrics["shuffled_z_gap"]["value"] == pytest.approx(0, abs=1e-5)
    assert metrics["prior_z_gap"]["value"] == pytest.approx(0, abs=1e-5)


def test_dropout_is_off_while_measuring_and_back_afterwards() -> None:
    model = tiny(latent_dim=2).float()
    quiet = measure(model=model)
    model.train()
    assert measure(model=model) == quiet
    assert model.training


def test_limited_figures_say_how_few_sentences_and_samples_they_saw() -> None:
    metrics = measure(limit=10, samples=5, drawn=10)
    assert metrics["importance_nll"]["n"] == 10
    assert metrics["importance_nll"]["samples"] == 5
    assert "10 of 24 sentences" in metrics["caption_retrieval_p1"]["reason"]


def test_repetition_is_compared_among_as_many_sentences() -> None:
    """Self-BLEU grows and distinct words fall with their number alone."""
    metrics = measure(drawn=100)
    for name in ("self_bleu", "distinct_1", "distinct_2"):
        assert metrics[name]["n"] == len(IDS)
    assert metrics["novelty"]["n"] == 100


def test_bleu_is_not_measured_where_no_sentence_has_four_words() -> None:
    short = [row[:3] for row in IDS]
    some = HeldOut(tokens=[WORDS.decode(row) for row in short], ids=short)
    entry = evaluate(tiny(latent_dim=2).float(), WORDS, some, samples=2, drawn=2)["bleu"]
    assert entry["value"] is None and "four words" in entry["reason"]


def test_progress_runs_to_the_end_of_the_slow_figure() -> None:
    seen = []
    measure(progress=lambda name, done, total: seen.append((name, done, total)))
    assert ("importance_nll", 0, 24) in seen
    assert ("importance_nll", 24, 24) in seen


def test_a_language_model_judges_drawn_sentences() -> None:
    judge = tiny("none", 0).float()
    metrics = measure(language_model=judge)
    entry = metrics["forward_perplexity"]
    assert entry["value"] > 1 and entry["reference"] > 1
    middle = metrics["interpolation_linear_middle"]
    assert middle["value"] > 1 and middle["reference"] > 1


def test_the_middle_of_a_path_is_read_beside_its_ends() -> None:
    """Where every point decodes to one sentence, the middle is what the ends are."""
    model = tiny(latent_dim=2).float()
    deafen(model)
    metrics = measure(model=model, language_model=tiny("none", 0).float())
    for path in ("linear", "spherical"):
        for key in ("middle", "middle_length", "middle_distinct_2"):
            entry = metrics[f"interpolation_{path}_{key}"]
            assert entry["value"] == pytest.approx(entry["reference"], rel=1e-5)


def test_reconstructions_are_read_beside_copies_of_training_sentences() -> None:
    whole = HeldOut(tokens=HELD_OUT.tokens, ids=IDS, training=[*HELD_OUT.tokens, ["cats"]])
    model = tiny(latent_dim=2).float()
    metrics = evaluate(model, WORDS, whole, samples=2, drawn=4)
    for name, perfect in (("exact_match", 1), ("bleu", 100), ("content_words_kept", 1)):
        assert metrics[name]["baselines"]["copy"] == pytest.approx(perfect, rel=0.3)
    part = evaluate(model, WORDS, whole, samples=2, drawn=4, limit=5)
    assert "baselines" not in part["bleu"]


def test_retrieval_stands_beside_baselines_fitted_on_the_training_text() -> None:
    random = np.random.default_rng(0)
    words = [[f"w{word}" for word in random.integers(0, 200, 6)] for _ in range(400)]
    vectors = random.normal(size=(24, 40)), random.normal(size=(50, 40))
    held_out = HeldOut(
        tokens=words[:24],
        ids=IDS,
        groups=HELD_OUT.groups,
        training=words,
        encoded=vectors,
    )
    metrics = evaluate(tiny(latent_dim=2).float(), WORDS, held_out, samples=2, drawn=4)
    fitted = {"random_projection_32", "sif_32", "sif_32_white", "minilm_32"}
    for name in ("caption_retrieval_p1", "caption_retrieval_r10"):
        assert fitted <= set(metrics[name]["baselines"])
        assert "32 PCs of MiniLM" in beside(name, metrics[name])


def test_a_mean_over_sentences_has_a_standard_error_clustered_by_group() -> None:
    model = tiny("none", 0).float()
    metrics = measure(model=model)
    nats = torch.tensor(
        [
            evaluate(model, WORDS, HeldOut(tokens=[words], ids=[row]))["importance_nll"]["value"]
            for words, row in zip(HELD_OUT.tokens, IDS, strict=True)
        ]
    )
    # Groups are of three sentences in a row.
    images = nats.view(-1, 3).mean(1)
    error = images.std().item() / len(images) ** 0.5
    assert metrics["importance_nll"]["error"] == pytest.approx(error, rel=1e-4)
    assert metrics["importance_nll"]["clusters"] == len(images)
    # A resampling of whole groups says how much a perplexity moves.
    words = torch.tensor([len(row) + 1.0 for row in IDS]).view(-1, 3).sum(1)
    rows = torch.Generator().manual_seed(0)
    chosen = torch.randint(len(images), (4000, len(images)), generator=rows)
    moved = (3 * images[chosen].sum(1) / words[chosen].sum(1)).exp().std().item()
    assert metrics["importance_ppl"]["error"] == pytest.approx(moved, rel=0.15)
    independent = HeldOut(tokens=HELD_OUT.tokens, ids=IDS)
    entry = evaluate(model, WORDS, independent, drawn=10)["importance_nll"]
    assert entry["error"] == pytest.approx(nats.std().item() / len(nats) ** 0.5, rel=1e-4)
    assert "clusters" not in entry


def test_every_standard_error_is_clustered_where_there_are_groups() -> None:
    entries = [entry for entry in measure().values() if "error" in entry]
    names = ("distortion", "rate", "elbo", "importance_nll", "bound_gap", "caption_retrieval_p1")
    metrics = measure()
    assert all("error" in metrics[name] for name in names)
    assert all(entry["clusters"] == 8 for entry in entries)
    part = measure(limit=10)["elbo"]
    assert 1 < part["clusters"] <= 8


def test_a_rate_without_closed_form_is_said_to_be_sampled() -> None:
    learned = build(ModelConfig(latent_dim=2, prior={"name": "mixture"}), len(WORDS)).eval()
    sampled, exact = measure(model=learned)["rate"], measure()["rate"]
    assert sampled["samples"] == DRAWS and sampled["sd"] > 0
    assert exact["samples"] == 0 and "sd" not in exact


def test_the_gap_of_the_bound_is_paired() -> None:
    metrics = measure(samples=50)
    gap = metrics["bound_gap"]
    difference = metrics["elbo"]["value"] - metrics["importance_nll"]["value"]
    assert gap["value"] == pytest.approx(difference)
    assert gap["error"] < metrics["elbo"]["error"]


def test_an_importance_estimate_says_how_many_samples_are_effective() -> None:
    entry = measure(samples=50)["importance_ess"]
    assert 1 <= entry["value"] <= entry["of"] == 50
    # Whatever z is, the weight is the same: all samples count.
    model = tiny(latent_dim=2).float()
    deafen(model)
    with torch.no_grad():  # and q(z|x) is the prior
        for linear in (model.latent.mean, model.latent.log_variance):
            linear.weight.zero_()
            linear.bias.zero_()
    metrics = measure(model=model, samples=50)
    assert metrics["importance_ess"]["value"] == pytest.approx(50, rel=1e-3)
    assert metrics["importance_ess"]["below"] == 0
    assert metrics["importance_nll"]["ess"] == metrics["importance_ppl"]["ess"]


def test_sampled_queries_find_no_more_than_chance_where_z_is_noise() -> None:
    """The means of a collapsed model differ by a hair, which retrieval by means finds."""
    model = tiny(latent_dim=2).float()
    with torch.no_grad():
        model.latent.mean.weight.mul_(1e-4)
        model.latent.log_variance.weight.zero_()
        model.latent.log_variance.bias.zero_()
    tokens = [HELD_OUT.tokens[row // 3] for row in range(24)]  # siblings are the same sentence
    ids = [IDS[row // 3] for row in range(24)]
    held = HeldOut(tokens=tokens, ids=ids, groups=HELD_OUT.groups)
    metrics = evaluate(model, WORDS, held, samples=2, drawn=2)
    sampled = metrics["caption_retrieval_p1_sampled"]
    assert metrics["caption_retrieval_p1"]["value"] == 1
    assert sampled["value"] < 0.35 and sampled["samples"] == DRAWS and sampled["sd"] > 0
    assert sampled["baselines"]["random"] == pytest.approx(2 / 23)


def test_units_are_judged_by_the_unit_of_z_that_the_prior_fixes() -> None:
    """Under a learned prior z may be rescaled; the number of active units may not change."""
    assert measure()["active_units"]["criterion"] == "variance"
    assert measure("point")["active_units"]["criterion"] == "variance"
    learned = build(ModelConfig(latent_dim=2, prior={"name": "mixture"}), len(WORDS)).eval()
    before = measure(model=learned)["active_units"]
    with torch.no_grad():
        for part in (learned.latent.mean.weight, learned.latent.mean.bias):
            part.mul_(1e-3)
        learned.latent.log_variance.bias.add_(2 * math.log(1e-3))
    after = measure(model=learned)["active_units"]
    assert before["criterion"] == after["criterion"] == "variance_ratio"
    assert after["value"] == before["value"]
    assert after["variance_ratios"] == pytest.approx(before["variance_ratios"], rel=1e-3)
    assert max(after["variances"]) < 0.01


def test_sentences_longer_than_any_decoding_are_measured(monkeypatch) -> None:
    monkeypatch.setattr("explorer.evaluation.context.MAX_TOKENS", 3)
    assert max(map(len, IDS)) > 3
    assert measure()["bleu"]["value"] is not None


def test_small_and_empty_splits_are_measured_as_far_as_they_go() -> None:
    model = tiny(latent_dim=2).float()
    empty = evaluate(model, WORDS, HeldOut(tokens=[], ids=[]), samples=2)
    assert {entry["value"] for entry in empty.values()} == {None}
    for ids in ([[4, 5]], [[]], [[], []]):
        some = HeldOut(tokens=[WORDS.decode(row) for row in ids], ids=ids)
        metrics = evaluate(model, WORDS, some, samples=2, drawn=2)
        assert metrics["distortion"]["value"] > 0
    with pytest.raises(ExplorerError, match="samples: 0 is below 1"):
        measure(samples=0)


def entries(rate=10.0, units=32, gap=12.0, information=7.0, n=5000) -> dict:
    values = {"rate": rate, "shuffled_z_gap": gap, "mutual_information": information}
    found = {name: {"value": value, "n": n} for name, value in values.items()}
    return found | {"active_units": {"value": units, "of": 32}}


@pytest.mark.parametrize(
    ("metrics", "word"),
    [
        (entries(), "healthy"),
        (entries(rate=0.05, units=0, gap=0.0, information=0.0), "collapsed"),
        (entries(rate=0.05, units=4, gap=0.2, information=0.05), "collapsed"),
        (entries(rate=3.0, gap=0.05), "latent unused"),
        (entries(units=15), "partly used"),
        (entries(units=16), "healthy"),
        (entries(rate=20.0, information=3.0), "noisy rate"),
        (entries(rate=20.0, information=4.0), "healthy"),
        (entries(rate=6.0, units=0, gap=0.2, information=0.03), "noisy rate"),
        (entries(rate=12.0, units=None, information=0.0), "healthy"),
        (entries(rate=2.0, information=1.1), "healthy"),
        (entries(rate=None, information=None), "healthy"),
        (entries(rate=None, information=None, gap=0.0), "latent unused"),
        ({"importance_nll": {"value": 40.0, "exact": True}}, "no latent"),
        ({}, "not measured"),
    ],
)
def test_the_verdict_follows_the_thresholds(metrics, word) -> None:
    found = uses_z(metrics)
    assert verdict(metrics) == word
    assert (found.value == "yes") == (word == "healthy")
    assert (found.value is None) == (word in ("no latent", "not measured"))
    assert found.sentence
    assert found.thresholds or word in ("no latent", "not measured")
