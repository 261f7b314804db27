"""The pages on collapse and on the prior: what they say of a run, and what they ask to try."""

import dataclasses
import json
import shlex
import shutil
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.cli.main import main
from explorer.config import Config, CorpusConfig, ModelConfig, TrainingConfig
from explorer.evaluation import collapse_onset
from explorer.evaluation.metrics import METRICS, written
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import ADVICE, uses_z
from explorer.explore.run import open_run
from explorer.explore.thought_experiment import DEFAULT_SEED, SECONDS
from explorer.models.priors import fitted_priors
from explorer.runs import folder as folders
from explorer.ui.collapse import charts, dimensions, thought_experiment
from explorer.ui.collapse import verdict as collapse
from explorer.ui.collapse.verdict import Judged
from explorer.ui.components import download_buttons, scores
from explorer.ui.components.escaping import minus
from explorer.ui.session.url import page_file
from tests import tiny
from tests.ui.test_pages import Open, html, said


@pytest.fixture(scope="module")
def measured(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run, measured."""
    from explorer import pipeline

    folder = tmp_path_factory.mktemp("measured") / "tiny"
    shutil.copytree(tiny_run, folder)
    pipeline.evaluate(folder, samples=2)
    return folder


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, runs: Path, measured: Path) -> Open:
    """Opens a page on the measured run."""
    monkeypatch.setenv("EXPLORER_RUNS", str(measured))

    def start(name: str, **address: str) -> AppTest:
        at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90).run()
        at.switch_page(str(page_file(name)))
        for key, value in address.items():
            at.query_params[key] = value
        at.run()
        assert not at.exception and not at.error
        return at

    return start


def test_a_run_of_another_kind_of_latent_space_is_never_the_most_alike() -> None:
    model = ModelConfig(latent={"name": "point"}, prior={"name": "none"})
    corpus, training = CorpusConfig(name="captions"), TrainingConfig(epochs=7, batch_size=5)
    own = Config(corpus=corpus)
    autoencoder, vae = (
        Config(corpus=corpus, model=model),
        Config(seed=3, corpus=corpus, training=training),
    )
    like = sorted([autoencoder, vae], key=lambda other: collapse.unlikeness(own, other))
    assert like == [vae, autoencoder]


def test_nothing_is_trained_before_it_is_asked_for(page: Open, monkeypatch) -> None:
    monkeypatch.setattr(thought_experiment, "train", lambda *_: pytest.fail("trained unasked"))
    at = page("collapse")
    label = f"Train the four toy models (about {SECONDS} s)"
    assert at.button(key="thought_train").label == label
    assert at.number_input(key="thought_seed").value == DEFAULT_SEED


def test_the_thought_experiment_is_told_in_a_sentence(page: Open, monkeypatch) -> None:
    def outcome(decoder, seed, progress, trajectory, start):
        progress(1.0)
        assert decoder.latent == (start is not None), "z is added to the decoder without z"
        return thought_experiment.Outcome(
            decoder,
            decoder.needed,
            decoder.needed,
            0.0,
            0.0,
            "",
            [(0.0, 3.0)],
            [("a", "a")],
            ["a"],
        )

    monkeypatch.setattr(thought_experiment, "train", outcome)
    at = page("collapse")
    at.button(key="thought_train").click().run()
    while at.session_state["_thought_job"] is not None:
        at.session_state["_thought_job"].job.wait(30)
        at.run()
    assert not at.exception
    text = said(at)
    assert "Autoregressive: z saves 0.0 nats" in text
    assert "Non-autoregressive: z saves 2.2 nats" in text


def test_a_training_that_is_cancelled_leaves_the_page_as_it_was(page: Open, monkeypatch) -> None:
    go = Event()

    def endless(decoder, seed, progress, trajectory, start):
        trajectory.append((0.5, 2.0))
        for _ in range(10_000):
            go.wait(0.001)
            progress(0.1)

    monkeypatch.setattr(thought_experiment, "train", endless)
    at = page("collapse")
    at.button(key="thought_train").click().run()
    assert at.button(key="thought_train").disabled
    job = at.session_state["_thought_job"].job
    at.button(key="thought_stop").click().run()
    assert job.wait(30) and job.result is None
    at.run()
    assert not at.exception and not at.button(key="thought_train").disabled
    assert "z saves" not in said(at)


@pytest.fixture
def pair(monkeypatch, runs: Path, measured: Path) -> tuple[str, str]:
    """A run that uses z and one of the same corpus that is recorded as collapsed."""
    keys = ("rate", "mutual_information", "active_units", "shuffled_z_gap")
    records = {"alpha": (6.0, 5.0, 4, 9.0), "omega": (0.01, 0.0, 0, 0.0)}
    for name, values in records.items():
        folder = runs / name
        shutil.copytree(measured, folder)
        metrics = json.loads((folder / folders.METRICS).read_text("utf-8"))
        for key, value in zip(keys, values, strict=True):
            metrics[key]["value"] = value
        metrics.pop("verdict", None)
        (folder / folders.METRICS).write_text(json.dumps(metrics), "utf-8")
        folders.write_checksums(folder)
    monkeypatch.setenv("EXPLORER_RUNS", str(runs))
    return "omega", "alpha"


def test_the_page_opens_on_the_collapsed_run_beside_the_one_that_uses_z(
    page: Open, pair: tuple[str, str], monkeypatch, runs: Path
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(runs))
    at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90).run()
    first = at.session_state["run"]
    at.switch_page(str(page_file("collapse"))).run()
    assert not at.exception and not at.error
    assert at.session_state["run"] == "omega"
    assert "omega: collapsed" in [item.value for item in at.header]
    words = [item.value for item in at.markdown if item.value.startswith(("**omega**", "**alpha"))]
    assert words[0].startswith("**omega** collapsed") and "**alpha** uses z" in words[0]
    at.switch_page(str(page_file("map"))).run()
    assert at.session_state["run"] == first, "only the page opened on it"


def test_without_the_corpus_no_reconstruction_stands_for_its_sentence(
    measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Open
) -> None:
    alone = tmp_path / "tiny"
    shutil.copytree(measured, alone)
    config = (alone / folders.CONFIG).read_text("utf-8")
    path = open_run(measured).config.corpus.path
    (alone / folders.CONFIG).write_text(config.replace(path, "/nowhere.csv"), encoding="utf-8")
    folders.write_checksums(alone)
    with_corpus = said(page("collapse"))
    assert "Grey: the sentence" in with_corpus
    monkeypatch.setenv("EXPLORER_RUNS", str(alone))
    without = said(page("collapse"))
    assert "Grey: the sentence" not in without
    assert "The sentences themselves are not installed" in without


def test_a_run_that_was_chosen_stays_on_every_page(pair: tuple[str, str]) -> None:
    at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90).run()
    at.selectbox(key="run").set_value("omega").run()
    at.selectbox(key="run").set_value("alpha").run()
    at.switch_page(str(page_file("collapse"))).run()
    assert at.session_state["run"] == "alpha"
    linked = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90)
    linked.query_params["run"] = "alpha"
    linked.run()
    linked.switch_page(str(page_file("collapse"))).run()
    assert linked.session_state["run"] == "alpha"


@pytest.mark.parametrize("name", fitted_priors("gaussian"))
def test_a_rate_that_is_no_sum_says_which_prior_makes_it_so(name: str, measured: Path) -> None:
    run = open_run(measured)
    model = dataclasses.replace(run.config.model, prior={"name": name})
    run.config = dataclasses.replace(run.config, model=model)
    told = dimensions._why_no_rates(run)
    assert told.startswith("Its prior is a ") and "not a sum" in told


def test_the_figures_are_those_of_the_metrics(page: Open, measured: Path) -> None:
    metrics = folders.read_metrics(measured)
    at = page("collapse")
    shown = {item.label: item.value for item in at.metric}
    for name in collapse.FIGURES:
        assert shown[METRICS[name].title] == scores.tile(name, metrics[name], METRICS[name])
    text = said(at)
    entry = metrics["mutual_information"]
    assert minus(f"**{written(entry['low'])} and {written(entry['high'])} nats**") in text
    assert shown[METRICS["rate"].title].endswith(" nats")
    use, sampling = uses_z(metrics), can_be_sampled(metrics)
    assert f"tiny: {use.word}" in [item.value for item in at.header]
    assert use.word in text and sampling.word in text  # the badges beside every page
    assert "healthy" not in text


def test_rates_and_variances_are_those_of_the_metrics(measured: Path) -> None:
    metrics = folders.read_metrics(measured)
    rates, variances, note = dimensions.by_dimension(open_run(measured))
    assert rates == metrics["rate"]["by_dimension"]
    assert variances == metrics["active_units"]["variances"]
    assert note == ""


def test_a_dimension_has_one_number_on_every_page(page: Open, monkeypatch) -> None:
    tables = {}
    monkeypatch.setattr(
        download_buttons,
        "table_files",
        lambda columns, name, key, *_: tables.update({key: columns}),
    )
    page("collapse")
    columns = tables["dimension_table"]
    numbers = page("arithmetic", part="Dimensions").selectbox(key="dimension").options
    assert sorted(map(str, columns["dimension"])) == sorted(numbers)
    number = columns["dimension"][int(np.argmax(columns["variance_of_mean"]))]
    (bars,) = charts.variances(columns["variance_of_mean"]).data
    assert bars.customdata[0] == f"dimension {number}"
    (bars,) = charts.rates([0.1, 0.3, 0.2]).data
    assert list(bars.customdata) == ["dimension 1", "dimension 2", "dimension 0"]


def test_an_older_run_is_read_off_its_map_and_that_is_said(measured: Path, tmp_path) -> None:
    folder = tmp_path / "older"
    shutil.copytree(measured, folder)
    metrics = json.loads((folder / folders.METRICS).read_text("utf-8"))
    del metrics["rate"]["by_dimension"], metrics["active_units"]["variances"]
    (folder / folders.METRICS).write_text(json.dumps(metrics), "utf-8")
    folders.write_checksums(folder)
    run = open_run(folder)
    rates, variances, note = dimensions.by_dimension(run)
    assert run.atlas is not None and folders.command("evaluate", folder) in note
    assert sum(rates) == pytest.approx(float(run.atlas.rate.mean()), rel=0.02)
    assert len(variances) == run.atlas.latent_dim


@pytest.mark.parametrize("word", ADVICE)
def test_what_is_advised_is_a_recipe_that_new_accepts(word, tmp_path, monkeypatch, capsys) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv")
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path)
    for number, advice in enumerate(ADVICE[word]):
        options = shlex.split(" ".join(advice.options))
        columns = ["--text-column", "text"]
        main(["new", f"next-{number}", "--corpus", str(corpus), *columns, *options])
    capsys.readouterr()


def test_a_command_names_the_corpus_and_its_columns(measured: Path) -> None:
    command = collapse.command(open_run(measured), ADVICE["collapsed"][0])
    assert command.startswith("explorer new tiny-next --corpus ")
    assert "--text-column text --label-column label" in command


def test_a_failed_run_is_compared_with_one_that_uses_z_and_the_other_way_round() -> None:
    use, no_use = (uses_z({"verdict": word}) for word in ("healthy", "collapsed"))
    good = Judged("good", use, can_be_sampled({}), 9.0)
    bad = Judged("bad", no_use, can_be_sampled({}), 0.0)
    assert collapse.partner(bad, [bad, good]) == good
    assert collapse.partner(good, [bad, good]) == bad
    assert collapse.partner(good, [good]) is None


def test_sample_sentences_are_held_out_and_others_come() -> None:
    split = ["train"] * 50 + ["test"] * 20
    first, second = collapse.sample_rows(split, 0), collapse.sample_rows(split, 4)
    assert min(first + second) >= 50 and len(set(first)) == 4
    assert not set(first) & set(second)


@pytest.mark.parametrize("count", [8, 11, 28, 56, 112, 500])
def test_other_sentences_are_others_however_many_there_are(count: int) -> None:
    rows = [set(collapse.sample_rows(["test"] * count, 4 * clicks)) for clicks in range(3)]
    assert all(len(item) == 4 for item in rows) and rows[0] != rows[1] != rows[2]


def test_other_sentences_reopen_from_their_address(page: Open) -> None:
    at = page("collapse")
    at.button(key="other_gains").click().run()
    shown = html(at)
    address = {key: at.query_params[key][0] for key in at.query_params}
    assert address["others"] == "4" and shown != html(page("collapse"))
    assert html(page("collapse", **address)) == shown


# When it collapsed.


def history(rates: list[float | None]) -> dict[str, list[float | None]]:
    count = len(rates)
    return {
        "epoch": [float(place) for place in range(1, count + 1)],
        "beta": [place / count for place in range(1, count + 1)],
        "validation_rate": rates,
    }


def test_the_moment_is_the_first_validation_from_which_on_the_rate_stays_low() -> None:
    found = collapse_onset.collapse_moment(history([5.0, None, 0.05, 0.3, None, 0.09, 0.01]))
    assert found is not None and (found.epoch, found.rate) == (6.0, 0.09)
    assert found.beta == pytest.approx(6 / 7)
    assert "epoch 6" in collapse_onset.describe(history([5.0, None, 0.05, 0.3, None, 0.09, 0.01]))


def test_a_rate_that_comes_back_did_not_collapse() -> None:
    assert collapse_onset.collapse_moment(history([5.0, 0.01, 2.0])) is None
    told = collapse_onset.describe(history([5.0, 0.01, 2.0]))
    assert told.startswith("It recovered: at epoch 2 the rate was 0.01 nats")
    assert "never collapsed" in collapse_onset.describe(history([5.0, 0.2, 2.0]))


def test_a_history_without_rates_tells_nothing() -> None:
    for empty in ({}, {"epoch": [1.0], "beta": [0.0]}, history([None]), history([float("nan")])):
        assert collapse_onset.collapse_moment(empty) is None
        assert collapse_onset.describe(empty) == ""


# The prior.


def test_the_prior_page_decodes_samples_and_a_link_shows_one(page: Open) -> None:
    at = page("prior")
    assert "Samples of the prior" in said(at)
    assert "Marginal KL" in said(at)
    at = page("prior", shown="p3")
    assert "A sample of the prior" in said(at)
    assert "Nearest sentences" in said(at)
    assert "latent gain" in html(at)


def plane(at: AppTest) -> tuple[list[str], int]:
    """The marks that stand out on the plane of the prior, and the plane's number."""
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    marked = [
        trace["customdata"][place]
        for trace in spec["data"]
        for place in trace.get("selectedpoints") or ()
    ]
    return marked, spec["layout"]["meta"]


def test_the_plane_marks_what_the_text_is_about(page: Open) -> None:
    at = page("prior", shown="p7")
    marked, number = plane(at)
    assert marked == ["p7"]
    at.run()
    assert plane(at) == (["p7"], number), "the plane stays, with what somebody has zoomed to"
    at.query_params["shown"] = "s2"
    at.run()
    assert plane(at) == (["s2"], number + 1)
    at.button(key="prior_back").click().run()
    assert plane(at) == ([], number + 2)
    at.slider(key="drawn").set_value(50).run()
    assert plane(at)[0] == []


def test_marks_are_called_in_the_hover_what_the_text_calls_them(page: Open) -> None:
    at = page("prior", shown="p7")
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    told = {trace["name"]: trace.get("hovertext") for trace in spec["data"]}
    assert set(told["samples of the prior"]) == {"A sample of the prior"}
    assert all("customdata" not in trace.get("hovertemplate", "") for trace in spec["data"])
    assert "**A sample of the prior**" in said(at)


@pytest.mark.parametrize("shown", ["p99999", "x1", "h0", "c0", "s-1", "<b>"])
def test_a_broken_mark_is_ignored(page: Open, shown: str) -> None:
    assert "Samples of the prior" in said(page("prior", shown=shown))


def test_holes_are_looked_for_on_a_button_only(page: Open) -> None:
    at = page("prior")
    assert "samples of the prior compared with" not in said(at)
    at.button(key="find_holes").click().run()
    assert not at.exception
    assert at.query_params["holes"] == "1"
    assert "samples of the prior compared with" in said(at)


def test_the_components_of_a_mixture_are_listed_with_their_weights(
    monkeypatch: pytest.MonkeyPatch, runs: Path
) -> None:
    recipe = tiny.RECIPE.replace('name = "free_bits"', 'name = "floor"').replace(
        "latent_dim = 4", 'latent_dim = 4\nprior = {{ name = "mixture", components = 3 }}'
    )
    tiny.build(runs, "mixed", epochs=1, recipe=recipe)
    at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90).run()
    at.switch_page(str(page_file("prior")))
    at.query_params["shown"] = "c2"
    at.run()
    assert not at.exception and not at.error
    assert "3 components" in said(at)
    assert "A component of the prior 3" in said(at)
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    (trace,) = [trace for trace in spec["data"] if trace["name"] == "components"]
    assert trace["hovertext"] == [f"A component of the prior {number}" for number in (1, 2, 3)]
    assert "of the prior's mass" in said(at).replace("\\", "")


def test_a_verdict_without_metrics_says_how_to_get_them() -> None:
    assert uses_z({}).word == "not measured"
    assert "not measured" not in ADVICE
