"""The law of each experiment: what its claim implies, on tiny settings or on shipped runs."""

import dataclasses
import functools
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.errors import ExplorerError
from explorer.experiments import (
    documents,
    em,
    estimators,
    gaps,
    prior_samples,
    refine,
    three_learners,
)
from explorer.experiments.bags import counts
from explorer.experiments.codes import swaps
from explorer.experiments.estimators import ESTIMATORS, CategoricalVAE
from explorer.experiments.experiment import Outcome, unwatched
from explorer.experiments.planted_documents import TOPICS
from explorer.experiments.planted_documents import documents as planted_documents
from explorer.experiments.prior_samples import POSTERIOR, PRIOR
from explorer.experiments.registry import EXPERIMENTS, run_experiment
from explorer.experiments.three_learners import LEARNERS
from explorer.explore import thought_experiment
from explorer.explore.run import open_run
from explorer.explore.thought_experiment import Decoder, Variant
from explorer.ui.app import PAGES
from tests import tiny


@functools.cache
def default_outcome(name: str) -> Outcome:
    """The outcome of the default settings and seed, computed once; its links open pages."""
    outcome = run_experiment(name)
    assert {link.page for link in outcome.links} <= PAGES.keys()
    return outcome


CODE = {
    "ignored-latent": [],
    "prior-samples": [("1024", "32"), ("SPECIFIC[:8]", "SPECIFIC[:2]")],
    "em": [],
    "estimators": [("Settings(epochs=20)", "Settings(epochs=1)")],
    "three-learners": [("hidden=4)", "hidden=4, steps=100)")],
    "few-sentences": [("everyday(300)", "everyday(60)"), ("epochs=20", "epochs=1")],
    "annealing": [("everyday(3000)", "everyday(150)"), ("(0, 6,", "(0, 2,")],
    "smoothness": [("pairs=60", "pairs=5")],
    "rate-distortion": [("(0.25, 0.5, 1.0, 2.0, 4.0, 8.0)", "(0.25, 8.0)")],
    "gaps": [],
    "arithmetic": [],
    "documents": [("documents(2000", "documents(200"), ("epochs=20", "epochs=2")],
    "refine": [("[:6]", "[:1]"), ("steps=50", "steps=10")],
    "codes": [("everyday(3000)", "everyday(300)"), ("epochs=8", "epochs=1")],
}
"""What is made smaller in the lines of a notebook, so that they take seconds here."""


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_lines_of_a_notebook_run(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thought_experiment, "_TRAINING", 96)
    code = EXPERIMENTS[name].code
    for before, after in CODE[name]:
        assert before in code
        code = code.replace(before, after)
    exec(compile(code, name, "exec"), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.soak
def test_a_decoder_that_reads_ignores_z_and_confuses_the_sentences() -> None:
    fractions: list[float] = []
    outcome = run_experiment("ignored-latent", watch=lambda done, *_: fractions.append(done))
    assert outcome.as_expected
    assert outcome["rate, reads words"] < 0.05 < 0.9 * math.log(3) < outcome["rate, reads none"]
    assert ("a a a", "c c c") in zip(
        outcome.tables[0].columns["sentence"],
        outcome.tables[0].columns["reads words"],
        strict=True,
    )
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1)


def test_the_posteriors_draws_explain_a_sentence_better_at_every_number() -> None:
    run, texts = open_run("captions-smooth"), prior_samples.SPECIFIC[:2]
    last = {
        source: list(prior_samples.weights(run, texts, 64, 0, source))[-1][1]
        for source in (PRIOR, POSTERIOR)
    }
    for draws in (1, 4, 16, 64):
        assert last[POSTERIOR].nats(draws) < last[PRIOR].nats(draws)
    nats = [last[PRIOR].nats(draws) for draws in (1, 4, 16, 64)]
    assert nats == sorted(nats, reverse=True), "a mean over groups only falls with their size"
    assert 1 <= last[PRIOR].ess < last[POSTERIOR].ess <= 64


def test_a_language_model_has_no_posterior_to_sample() -> None:
    with pytest.raises(ExplorerError, match="run='captions-language-model' has no posterior"):
        run_experiment("prior-samples", run="captions-language-model")


SETTINGS = em.Settings(components=3, iterations=12, smoothing=0.05)


@pytest.fixture(scope="module")
def planted() -> np.ndarray:
    """Sentences of three kinds that share few words."""
    random = np.random.default_rng(1)
    kinds = [["dog", "cat", "pet"], ["car", "road", "bus"], ["tea", "cup", "pot"]]
    words = [word for kind in kinds for word in kind]
    rows = [random.choice(kinds[row % 3], 4).tolist() for row in range(90)]
    mixed = [[*row, "dog"] if number % 7 == 0 else row for number, row in enumerate(rows)]
    return counts(mixed, words)


def curve(planted: np.ndarray, seed: int, is_hard: bool) -> em.Curves:
    result = em.Curves()
    start, *steps = em.fit(planted, SETTINGS, seed, is_hard)
    assert start.name == "start" and len(steps) == 2 * SETTINGS.iterations
    for step in steps:
        result.add(step)
    return result


@pytest.mark.parametrize("seed", range(3))
def test_em_climbs_and_touches_log_p_after_each_e_step(planted: np.ndarray, seed: int) -> None:
    steps = curve(planted, seed, is_hard=False)
    assert all(after >= before - 1e-6 for before, after in itertools.pairwise(steps.bound))
    assert steps.bound[::2] == pytest.approx(steps.log_prob[::2], abs=1e-9)
    assert steps.iteration == [number / 2 for number in range(1, 2 * SETTINGS.iterations + 1)]


def test_hard_em_maximises_its_own_objective_and_ends_no_higher(planted: np.ndarray) -> None:
    hard, soft = (curve(planted, 0, is_hard) for is_hard in (True, False))
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(hard.bound))
    assert hard.log_prob[-1] <= soft.log_prob[-1] + 1e-6


def test_perplexity_is_per_word(planted: np.ndarray) -> None:
    *_, last = em.fit(planted, SETTINGS, 0)
    one = np.eye(planted.shape[1])
    alone = [em.perplexity(row[None], last.mixture) for row in one]
    assert sum(1 / item for item in alone) == pytest.approx(1), "over all one-word bags"
    assert em.perplexity(one, last.mixture) == pytest.approx(np.exp(np.log(alone).mean()))


def test_annealing_and_a_floor_rescue_the_shipped_family() -> None:
    outcome = default_outcome("annealing")
    assert outcome.as_expected
    assert outcome["rate, constant"] < 0.2 < 4 < outcome["rate, floor"]
    assert outcome["rate, constant"] < outcome["rate, cyclical"]
    assert outcome["rate, constant"] < outcome["rate, linear"] < outcome["rate, floor"]


@pytest.mark.slow
def test_the_middle_is_least_likely_where_there_was_no_noise_on_z() -> None:
    outcome = default_outcome("smoothness")
    bumps = [figure.value for figure in outcome.figures]
    assert bumps == sorted(bumps, reverse=True)
    assert bumps[0] > 0.1 and bumps[-1] < 0.1 * bumps[0], "as likely as the ends"


@pytest.mark.soak
def test_the_rate_falls_in_beta_to_nothing_above_what_z_saves() -> None:
    without = thought_experiment.train(Decoder(reads=False, latent=False), 9)
    rates = [
        thought_experiment.train(
            Decoder(reads=False, latent=True), 9, start=without, variant=Variant(beta=beta)
        ).rate
        for beta in (0.25, 2.0, 4.0)
    ]
    assert rates == sorted(rates, reverse=True)
    assert rates[1] > 0.5 and rates[2] < 0.01, "a nat of rate saves three"


@pytest.mark.slow
def test_the_denoising_autoencoder_fills_most_gaps() -> None:
    outcome = default_outcome("gaps")
    guessed = [figure.value for figure in outcome.figures if "guessed" in figure.name]
    assert max(guessed) == guessed[0] > 0.5
    assert outcome.as_expected


def test_a_language_model_does_not_see_what_follows_a_gap() -> None:
    run = open_run("captions-language-model")
    texts = ["a man is riding a horse .", "a man is riding a bike down the street ."]
    both = [(text.split(), 3) for text in texts]
    one, other = gaps.fill(run, both).words
    assert one == other
    assert [index for _, index in gaps.gaps(texts[:1])] == list(range(6)), "all but the stop"


def test_arithmetic_means_and_homotopies_are_as_published() -> None:
    outcome = default_outcome("arithmetic")
    assert outcome.as_expected
    assert outcome["analogies with the words wanted"] > 0.5
    assert outcome["words shared, mean"] >= outcome["words shared, samples"]
    table = outcome.tables[0].columns
    assert table["is to"][table["as C"].index("a man is riding a horse")] == (
        "two men are riding a horse"
    )


def test_a_sentence_of_ones_own_is_filled_and_shown_as_typed() -> None:
    outcome = EXPERIMENTS["gaps"].run(gaps.Settings("A DOG <b>runs</b> ."), 0, unwatched)
    assert outcome.tables[0].columns["was"] == ["a", "dog", "<b>runs</b>"]


TINY = estimators.Settings(codes=4, subset=2, temperature=0.7)


@pytest.fixture(scope="module")
def codes() -> tuple[CategoricalVAE, torch.Tensor]:
    """A model of four codes, with an opinion, and six sentences of five words."""
    model = CategoricalVAE.new(5, 4, seed=0)
    with torch.no_grad():
        model.encoder.mul_(8)
        model.decoder.mul_(8)
    random = torch.Generator().manual_seed(3)
    return model, torch.randint(0, 3, (6, 5), generator=random).float()


@pytest.mark.parametrize("name", ["subset", "REINFORCE", "REINFORCE, baseline"])
def test_estimates_of_the_gradient_are_unbiased(
    codes: tuple[CategoricalVAE, torch.Tensor], name: str
) -> None:
    (exact,) = estimators.gradients(estimators.enumeration, *codes, TINY, 0, 1)
    drawn = estimators.gradients(ESTIMATORS[name], *codes, TINY, 0, 1000)
    error = drawn.std(0) / len(drawn) ** 0.5
    assert ((drawn.mean(0) - exact).abs() < 3.5 * error + 1e-6).all(), "3.5 for twenty weights"


def test_reinforce_has_more_than_five_times_the_variance_of_gumbel_softmax(
    codes: tuple[CategoricalVAE, torch.Tensor],
) -> None:
    noise = estimators.noise(*codes, TINY, 0)
    assert noise["enumeration"] < 1e-5
    assert noise["REINFORCE"] ** 2 > 5 * noise["Gumbel-softmax"] ** 2
    assert noise["subset"] < noise["REINFORCE, baseline"] < noise["REINFORCE"]


def test_a_subset_of_all_codes_is_enumeration(
    codes: tuple[CategoricalVAE, torch.Tensor],
) -> None:
    everything = dataclasses.replace(TINY, subset=4)
    (exact,) = estimators.gradients(estimators.enumeration, *codes, TINY, 0, 1)
    (summed,) = estimators.gradients(estimators.subset, *codes, everything, 0, 1)
    assert torch.allclose(summed, exact, atol=1e-5)


@pytest.mark.slow
def test_enumeration_learns_best() -> None:
    outcome = run_experiment("estimators", codes=5, epochs=2, words=100)
    ends = [figure.value for figure in outcome.figures if figure.name.startswith("perplexity")]
    assert min(ends) == ends[0] and max(ends) in ends[2:4]


SMALL = three_learners.Settings(steps=300)


@pytest.mark.parametrize("name", LEARNERS)
def test_exact_likelihood_rises_past_independent_units(name: str) -> None:
    data, nats = three_learners.data_of(SMALL), []
    learner = three_learners.train(name, data, SMALL, 0, lambda step, value: nats.append(value))
    with torch.inference_mode():
        assert float(learner.log_prob(data.test).mean()) == nats[-1], "the last step is reported"
    assert nats[0] < data.independent < nats[-1] < data.limit + 0.05
    every = three_learners.states(SMALL.visible)
    with torch.inference_mode():
        assert learner.log_prob(every).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_the_elbo_is_a_bound_that_is_close_for_a_trained_encoder() -> None:
    data = three_learners.data_of(SMALL)
    vae = three_learners.train("VAE", data, SMALL, 0)
    assert isinstance(vae, three_learners.Variational)
    with torch.inference_mode():
        gap = vae.log_prob(data.test) - vae.bound(data.test)
    assert gap.min() > -1e-5 and gap.mean() < 1


@pytest.mark.slow
def test_a_training_from_a_trained_run_ends_better_on_few_sentences() -> None:
    outcome = run_experiment("few-sentences", sentences=100, epochs=3)
    assert outcome.as_expected
    assert outcome["best −ELBO, pre-trained"] < outcome["best −ELBO, from nothing"] - 5


PLANTED = [text.split()[:8] for text in TOPICS.values()]


def test_planted_topics_are_found_in_any_order_and_not_where_they_are_mixed() -> None:
    assert (
        documents.recovered(PLANTED[::-1])
        == documents.recovered([*PLANTED, ["x"] * 8])
        == len(TOPICS)
    )
    assert documents.recovered(PLANTED[:3]) == 3
    mixed = [[*one[:4], *other[:4]] for one, other in itertools.pairwise(PLANTED)]
    assert documents.recovered(mixed) == 0


def test_more_documents_have_the_same_test_documents_and_none_costs_less_than_its_topics() -> None:
    few, many = planted_documents(20, 30), planted_documents(500, 30)
    assert few.test == many.test and few.limit == many.limit and len(many.train) == 500
    tests, trains = (counts(rows, many.words).sum(0) for rows in (many.test, many.train))
    unigrams = np.exp(-tests @ np.log((trains + 0.5) / (trains + 0.5).sum()) / tests.sum())
    assert 1 < many.limit < 0.6 * unigrams


@pytest.mark.soak
def test_a_neural_document_model_learns_and_its_simplex_finds_the_topics() -> None:
    outcome = run_experiment("documents")
    assert outcome["perplexity, topics known"] < outcome["perplexity, NVDM"]
    assert outcome["perplexity, NVDM"] < 0.8 * outcome["perplexity, unigrams"]
    assert outcome["planted topics found, topic model"] == len(TOPICS)


def test_refinement_makes_no_sentence_worse_and_begins_behind_without_an_encoder() -> None:
    run, texts = open_run("captions-smooth"), prior_samples.SPECIFIC[:2]
    from_encoder = refine.improve(run, texts, 15, 0, refine.ENCODER)
    from_nothing = refine.improve(run, texts, 15, 0, refine.NOTHING)
    assert from_encoder.steps == [0, 10, 15]
    for improved in (from_encoder, from_nothing):
        assert (np.diff(improved.path) <= 0).all() and improved.gain.max() > 0
    assert (from_nothing.path[:, -1] > from_encoder.path[:, 0]).all()
    both = from_encoder.and_then(from_nothing)
    assert both.gain.tolist() == [*from_encoder.gain, *from_nothing.gain]


def test_swaps_set_one_code_to_that_of_another_sentence(code_run: Path) -> None:
    run, texts = open_run(code_run), tiny.sentences()[:12]
    done = swaps(run, texts, 0)
    for code, (own, becomes) in enumerate(zip(done.codes.T, done.becomes.T, strict=True)):
        assert set(becomes.tolist()) <= set(own.tolist())
        assert (own != becomes).all() or len(set(own.tolist())) == 1
        assert done.after[3][code] == run.decode(run.swap(texts[3], code, int(becomes[3])))[0]
    assert done.before == run.reconstruct(texts)
    outcome = run_experiment("codes", run=str(code_run))
    assert outcome.links and not any(chart.kind == "lines" for chart in outcome.charts)


def test_a_run_without_codes_has_none_to_edit() -> None:
    with pytest.raises(ExplorerError, match="captions-smooth is not discrete"):
        run_experiment("codes", run="captions-smooth")


@pytest.mark.slow
def test_one_code_changes_a_sentence_in_part() -> None:
    outcome = run_experiment("codes", sentences=1500, epochs=5)
    assert outcome["sentences changed by one code"] >= 0.6
    assert outcome["words kept, one code swapped"] > outcome["words shared by two sentences"]
    assert outcome["categories in use"] > 0.5
