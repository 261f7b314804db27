"""The law of each experiment: what its claim implies, on tiny settings or on shipped runs."""

import functools
import itertools
import math

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.experiments import em, gaps, prior_samples
from explorer.experiments.bags import counts
from explorer.experiments.experiment import Outcome, unwatched
from explorer.experiments.prior_samples import POSTERIOR, PRIOR
from explorer.experiments.registry import EXPERIMENTS, run_experiment
from explorer.explore import thought_experiment
from explorer.explore.run import open_run
from explorer.explore.thought_experiment import Decoder, Variant
from explorer.ui.app import PAGES


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
    "annealing": [("everyday(5000)", "everyday(150)"), ("(0, 6,", "(0, 2,")],
    "smoothness": [("pairs=60", "pairs=5")],
    "rate-distortion": [("(0.25, 0.5, 1.0, 2.0, 4.0, 8.0)", "(0.25, 8.0)")],
    "gaps": [],
    "arithmetic": [],
}
"""What is made smaller in the lines of a notebook, so that they take seconds here."""


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_lines_of_a_notebook_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = EXPERIMENTS[name].code
    for before, after in CODE[name]:
        assert before in code
        code = code.replace(before, after)
    exec(compile(code, name, "exec"), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.slow
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


@pytest.mark.parametrize("seed", range(3))
def test_em_climbs_and_touches_log_p_after_each_e_step(planted: np.ndarray, seed: int) -> None:
    steps = list(em.fit(planted, SETTINGS, seed))
    assert len(steps) == 2 * SETTINGS.iterations
    assert all(after.bound >= before.bound - 1e-6 for before, after in itertools.pairwise(steps))
    for after_e, after_m in zip(steps[::2], steps[1::2], strict=True):
        assert after_e.bound == pytest.approx(after_e.log_prob, abs=1e-9)
        assert after_m.bound <= after_m.log_prob + 1e-9


def test_hard_em_maximises_its_own_objective_and_ends_no_higher(planted: np.ndarray) -> None:
    hard = list(em.fit(planted, SETTINGS, 0, is_hard=True))
    assert all(after.bound >= before.bound - 1e-9 for before, after in itertools.pairwise(hard))
    assert any(step.bound < step.log_prob - 1e-3 for step in hard[::2]), "it touches nothing"
    soft = list(em.fit(planted, SETTINGS, 0))
    assert hard[-1].log_prob <= soft[-1].log_prob + 1e-6


def test_a_mixture_is_a_distribution_over_words(planted: np.ndarray) -> None:
    *_, last = em.fit(planted, SETTINGS, 0)
    assert np.exp(last.mixture.log_word).sum(1) == pytest.approx(np.ones(3))
    one = np.eye(planted.shape[1])
    assert np.exp(last.mixture.log_prob(one)).sum() == pytest.approx(1), "over all one-word bags"


def test_annealing_and_a_floor_rescue_the_shipped_family() -> None:
    outcome = default_outcome("annealing")
    assert outcome.as_expected
    assert outcome["rate, constant"] < 0.2 < 4 < outcome["rate, floor"]
    assert outcome["rate, constant"] < outcome["rate, linear"] < outcome["rate, floor"]


def test_the_middle_is_least_likely_where_there_was_no_noise_on_z() -> None:
    outcome = default_outcome("smoothness")
    bumps = [figure.value for figure in outcome.figures]
    assert bumps == sorted(bumps, reverse=True)
    assert bumps[0] > 0 > bumps[-1]


@pytest.mark.slow
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
