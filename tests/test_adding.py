"""CONTRIBUTING's table of adding one thing, row by row: a test registers an entry, and finds it.

Each is then on the command line, in the page and in the documentation, where that has a place for
it, without another edit.
"""

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import pipeline
from explorer.cli.main import COMMANDS, main
from explorer.cli.output import say
from explorer.evaluation import measures
from explorer.evaluation.metric_definition import Metric
from explorer.evaluation.metric_text import beside
from explorer.evaluation.metrics import METRICS
from explorer.experiments.experiment import Experiment, Figure, Outcome
from explorer.experiments.registry import EXPERIMENTS
from explorer.explore import catalogue
from explorer.explore.colourings import COLOURINGS, Colouring
from explorer.explore.columns import COLUMNS, AtlasNumber
from explorer.explore.criteria import CRITERIA, Range
from explorer.explore.criterion import TextCriterion
from explorer.explore.map_views import VIEWS, PcaView
from explorer.explore.point_colours import categories
from explorer.explore.run import open_run
from explorer.latent_space.linear_baselines import BASELINES, LinearAutoencoder
from explorer.latent_space.map_quality import MAP_MEASURES, MapMeasure
from explorer.latent_space.projections import pca_layout
from explorer.models import decoding_strategies
from explorer.models.auxiliary_losses import BagOfWords
from explorer.models.decoders import LSTMDecoder
from explorer.models.decoding_settings import STRATEGIES, Strategy
from explorer.models.encoder_catalog import SENTENCE_ENCODERS
from explorer.models.encoders import LSTMEncoder
from explorer.models.latents import Gaussian
from explorer.models.priors import StandardNormal
from explorer.models.rate_penalties import plain
from explorer.runs import folder as folders
from explorer.text.corpus_catalog import NAMED
from explorer.text.language_models import LANGUAGE_MODELS, PackagedModel
from explorer.training.fine_tuning import joint
from explorer.training.optimisers import adam
from explorer.training.schedules import constant
from explorer.training.warm_start import run as warm_start
from explorer.ui.app import PAGES
from explorer.ui.session import url
from tests import given, tiny
from tests.test_readme import CONTRIBUTING, rows
from tests.ui.conftest import app, runs

__all__ = ["app", "runs"]  # fixtures

Open = Callable[..., AppTest]
ABOUT = "Made up by a test."
LLAMA = Path(__file__).parent / "fixtures" / "language_models" / "llama"


class MadeUpLatent(Gaussian):
    __doc__ = ABOUT


class MadeUpPrior(StandardNormal):
    __doc__ = ABOUT
    joint = (Gaussian,)


class MadeUpEncoder(LSTMEncoder):
    __doc__ = ABOUT


class MadeUpDecoder(LSTMDecoder):
    __doc__ = ABOUT


class MadeUpLoss(BagOfWords):
    __doc__ = ABOUT


def made_up(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function by another name, with the same settings."""
    copy = partial(function)
    copy.__doc__ = ABOUT
    return copy


PARTS: dict[str, Callable[..., Any]] = {
    "model.latent": MadeUpLatent,
    "model.prior": MadeUpPrior,
    "model.encoder": MadeUpEncoder,
    "model.decoder": MadeUpDecoder,
    "model.auxiliary": MadeUpLoss,
    "objective.rate": made_up(plain),
    "objective.schedule": made_up(constant),
    "training.optimiser": made_up(adam),
}
LATER = {"training.start": made_up(warm_start), "training.fine_tuning": made_up(joint)}
"""Parts that need another run, or a fitted prior: found in the documentation alone."""


def documented(capsys: pytest.CaptureFixture[str]) -> str:
    """What `explorer help choices` prints."""
    capsys.readouterr()
    assert main(["help", "choices"]) == 0
    return capsys.readouterr().out


def options(at: AppTest, kind: str, key: str) -> list[str]:
    """What a widget offers."""
    return next(getattr(item, "options", []) for item in at.get(kind) if item.key == key)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for address, part in (PARTS | LATER).items():
        monkeypatch.setitem(catalogue.recipe_parts()[address], "made_up", part)  # type: ignore[index]


def test_the_parts_of_a_recipe_are_documented_checked_trained_and_shown(
    parts: None,
    app: Open,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Any,
) -> None:
    sections = {part.partition("`")[0]: part for part in documented(capsys).split("\n## `")}
    assert all(f"- `made_up`: {ABOUT}" in sections[address] for address in PARTS | LATER)
    assert "Settings: beta = 1.0." in sections["objective.schedule"].partition("made_up")[2]

    corpus = tiny.write_corpus(tmp_path / "made.csv", 60)
    flags = ["--text-column", "text", "--size", "small", "--latent", "made_up"]
    flags += ["--prior", "made_up", "--schedule", "made_up"]
    chosen = [f"--set={address}.name=made_up" for address in PARTS]
    assert main(["new", str(runs / "new"), "--corpus", str(corpus), *flags, *chosen]) == 0
    recipe = (runs / "new" / folders.CONFIG).read_text("utf-8")
    assert recipe.count('"made_up"') == len(PARTS)
    assert main(["new", str(runs / "x"), "--corpus", str(corpus), *flags, "--prior", "mad"]) == 1
    assert "made_up" in capsys.readouterr().err, "the choices are named"

    changed = tiny.RECIPE.replace('"lstm"', '"made_up"').replace(
        '"free_bits", nats = 4.0', '"made_up"'
    )
    for table, lines in {
        "[model]": 'latent = {{ name = "made_up" }}\nprior = {{ name = "made_up" }}\n'
        'auxiliary = {{ name = "made_up" }}',
        "[objective]": 'schedule = {{ name = "made_up" }}',
        "[training]": 'optimiser = {{ name = "made_up" }}',
    }.items():
        changed = changed.replace(table, f"{table}\n{lines}")
    tiny.build(tmp_path / "built", "made", epochs=1, recipe=changed)
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "built"))
    assert len(open_run(tmp_path / "built" / "made").sample(3)) == 3
    at = app("model", run="made", tab="Recipe")
    assert any(item.value.count('"made_up"') == len(PARTS) for item in at.code)


def test_a_decoding_strategy_is_a_flag_a_choice_of_the_page_and_documented(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(decoding_strategies, "made_up", decoding_strategies.greedy, raising=False)
    entry = Strategy("Made up", ABOUT, "decoding_strategies:made_up", ("temperature",))
    monkeypatch.setitem(STRATEGIES, "made_up", entry)
    assert f"- `made_up`: {ABOUT} Settings: temperature." in documented(capsys)
    texts = []
    for name in ("greedy", "made_up"):
        assert main(["sample", str(tiny_run), "-n", "3", "--strategy", name]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    at = app(strategy="Made up", at="3")
    assert "Made up" in options(at, "selectbox", "strategy")
    assert ABOUT in [item.value for item in at.caption]
    assert at.slider(key="temperature").label == "Temperature"


class MadeUpView(PcaView):
    name = "made_up"
    title = "Made up"
    help = ABOUT


def test_a_view_is_a_flag_a_layout_of_the_page_and_documented(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(VIEWS, "made_up", MadeUpView)
    assert f"- `made_up`: {ABOUT}" in documented(capsys)
    answers = []
    for name in ("pca", "made_up"):
        assert main(["at", str(tiny_run), "0.5", "0.5", "--view", name, "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]
    at = app(layout="Made up")
    assert at.session_state["layout"] == "made_up"
    assert any("Made up" in getattr(item, "options", []) for item in at.get("button_group"))
    at = app("compare")
    assert not at.exception


def test_a_colouring_is_a_choice_of_the_page_and_documented(
    app: Open, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    draw = lambda run: categories(["odd", "even"] * (len(run.atlas) // 2), "Made up")  # noqa: E731
    monkeypatch.setitem(COLOURINGS, "made up", Colouring("made up", "Made up", ABOUT, draw))
    assert f"- `made up`: {ABOUT}" in documented(capsys)
    at = app(colour="Made up")
    assert at.session_state["colour"] == "made up"
    assert "Made up" in options(at, "selectbox", "colour")


class MadeUpCondition(TextCriterion):
    name = "initial"
    help = ABOUT
    input = "Initial"

    @classmethod
    def options(cls, run: Any) -> Counter[str]:
        return Counter(text[0] for text in run.texts)

    def mask(self, run: Any) -> np.ndarray:
        return np.array([text[0] == self.text for text in run.texts])


def test_a_condition_is_an_input_of_the_page_selects_and_is_documented(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(CRITERIA, "initial", MadeUpCondition)
    assert f"- `initial`: {ABOUT}" in documented(capsys)
    run = open_run(tiny_run)
    selected = run.select("initial:a")
    assert 0 < len(selected) < len(run.texts)
    at = app(select="initial:a")
    assert f"{len(selected):,} of" in " ".join(item.value for item in at.markdown)
    assert "Initial" in options(at, "selectbox", "condition")


def test_a_number_of_the_sentences_is_selected_by_and_documented(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    entry = AtlasNumber("made-up number", "units", lambda atlas: np.arange(len(atlas.row)), ABOUT)
    monkeypatch.setitem(COLUMNS, "order", entry)
    monkeypatch.setitem(CRITERIA, "order", Range)  # as for every number, at import
    assert f"- `order`: {ABOUT}" in documented(capsys)
    assert len(open_run(tiny_run).select("order:3..7")) == 5
    at = app(select="order:3..7")
    assert "Order" in options(at, "selectbox", "condition")


@pytest.fixture
def few_metrics() -> Iterator[None]:
    """Three metrics, for speed; all come back in their order."""
    before = dict(METRICS)
    METRICS.clear()
    METRICS.update({name: before[name] for name in ("distortion", "rate", "elbo")})
    yield
    METRICS.clear()
    METRICS.update(before)


def test_a_metric_is_measured_on_the_page_and_documented(
    few_metrics: None,
    app: Open,
    tiny_run: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Any,
) -> None:
    made = {"value": 0.25, "n": 7, "samples": 1, "baselines": {"made_up_baseline": 0.5}}
    monkeypatch.setattr(measures, "made_up", lambda context: dict(made), raising=False)
    entry = Metric("Made-up metric", "units", "higher", ABOUT, "measures:made_up")
    monkeypatch.setitem(METRICS, "made_up", entry)
    assert f"- `made_up`: Made-up metric. {ABOUT}" in documented(capsys)
    folder = tmp_path / "runs" / "measured"
    shutil.copytree(tiny_run, folder)
    pipeline.evaluate(folder, samples=1, device_name="cpu")
    metrics = folders.read_metrics(folder)
    assert metrics["made_up"]["value"] == 0.25
    assert "made_up_baseline 0.5" in beside("made_up", metrics["made_up"]), (
        "its own name is enough"
    )
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    at = app("model", run="measured", tab="Scores")
    shown = [
        str(item.value) for kind in ("dataframe", "table", "markdown") for item in at.get(kind)
    ]
    assert any("Made-up metric" in text for text in [*shown, *map(str, at.get("html"))])


def test_a_measure_of_a_map_is_taken_noted_and_documented(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    entry = MapMeasure("Made up", "made up **{value:.2f}**", ABOUT, lambda *_: (0.125, 9))
    monkeypatch.setitem(MAP_MEASURES, "made_up", entry)
    assert "- `made_up`: Made up" in documented(capsys)
    run = open_run(tiny_run)
    assert pca_layout(run.needed_atlas.mean).meta["made_up"]["value"] == 0.125
    assert main(["refit", str(tiny_run), "--method", "pca"]) == 0
    assert "0.125" in capsys.readouterr().out
    assert main(["refit", str(tiny_run), "--discard"]) == 0
    entry = MapMeasure("Made up", "made up **{value:.2f}**", ABOUT)
    monkeypatch.setitem(MAP_MEASURES, "trustworthiness", entry)
    at = app()
    assert any("made up **" in item.value and item.help for item in at.caption if item.value)


class MadeUpBaseline(LinearAutoencoder):
    title = "Made up"
    summary = ABOUT


def test_a_linear_baseline_is_scored_and_documented(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(BASELINES, "made_up", MadeUpBaseline)
    assert f"- `made_up`: {ABOUT}" in documented(capsys)
    assert main(["ancestors", str(tiny_run), "--components", "3", "--json"]) == 0
    assert "made_up" in capsys.readouterr().out


def test_a_sentence_encoder_is_a_choice_of_new_and_documented(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    given.register(monkeypatch)
    assert f"- `{given.NAME}`: Vectors of {given.DIM} numbers." in documented(capsys)
    corpus = given.write(tmp_path / "corpus.parquet")
    columns = ["--text-column", "text", "--vector-column", "embedding"]
    new = ["new", str(tmp_path / "run"), "--corpus", str(corpus), *columns]
    assert main([*new, "--encoder", given.NAME]) == 0
    assert given.NAME in capsys.readouterr().out
    assert set(SENTENCE_ENCODERS) == {"minilm", given.NAME}


def test_a_language_model_is_a_start_listed_and_documented(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    made_up = PackagedModel("made_up", "model.gguf", "", "A made-up language model.", "MIT")
    monkeypatch.setitem(LANGUAGE_MODELS, "made_up", made_up)
    assert "- `made_up`: A made-up language model." in documented(capsys)
    assert main(["weights"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"made_up +new --start +MIT +no", listed)
    assert "made_up: its packages are not installed" in listed
    # As if its package were installed.
    monkeypatch.setattr("explorer.text.language_models.locate", lambda source: LLAMA)
    new = ["new", str(tmp_path / "run"), "--corpus", str(tiny.write_corpus(tmp_path / "a.csv"))]
    assert main([*new, "--text-column", "text", "--start", "made_up"]) == 0
    assert "weights are those of made_up" in capsys.readouterr().out


def test_a_named_corpus_is_listed_offered_and_documented(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(NAMED, "made_up", NAMED["ptb"])
    assert "- `made_up`: Penn Treebank" in documented(capsys)
    assert main(["corpus", "list"]) == 0
    assert "made_up" in capsys.readouterr().out
    assert main(["new", "--help"]) == 0
    assert "made_up" in capsys.readouterr().out


def test_a_command_is_listed_explained_and_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    module = ModuleType("explorer.cli.greet")
    module.greet_arguments = lambda parser: parser.add_argument("name")  # type: ignore[attr-defined]
    module.greet = lambda args: say(f"hello {args.name}")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "explorer.cli.greet", module)
    monkeypatch.setitem(COMMANDS, "greet", "greet somebody")
    assert main(["--help"]) == 0
    assert "greet somebody" in capsys.readouterr().out
    assert main(["greet", "--help"]) == 0
    assert "Greet somebody." in capsys.readouterr().out
    assert main(["greet", "you"]) == 0
    assert capsys.readouterr().out == "hello you\n"


def test_a_page_is_in_the_navigation_and_opens(
    app: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "made_up.py"
    script.write_text("import streamlit as st\nst.title('A made-up page')\n", encoding="utf-8")
    file_of = url.page_file
    monkeypatch.setattr(
        url, "page_file", lambda name: script if name == "made_up" else file_of(name)
    )
    monkeypatch.setitem(PAGES, "made_up", ("Made up", ":material/home:"))
    at = app()
    at.switch_page(str(script)).run()
    assert [item.value for item in at.title] == ["A made-up page"]


def test_an_experiment_is_listed_run_by_the_command_and_a_card(
    app: Open, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    entry = Experiment(
        *("A claim of nobody", ABOUT, "Nothing.", 1, "Nothing, too."),
        run=lambda settings, seed, watch: Outcome("It was so.", True, [Figure("one", seed)]),
        code="print(1)",
        seed=7,
    )
    monkeypatch.setitem(EXPERIMENTS, "made-up", entry)
    assert main(["experiment"]) == 0
    assert "A claim of nobody" in capsys.readouterr().out
    assert main(["experiment", "made-up"]) == 0
    assert "Seen, as expected: It was so." in capsys.readouterr().out
    assert any("A claim of nobody" in item.value for item in app("experiments").markdown)
    at = app("experiments", experiment="made-up")
    assert any("It was so" in item.value for item in at.success), "stored by the command"


TESTED = {
    **dict.fromkeys(
        (
            *("a latent space", "a prior", "an encoder", "a decoder", "an auxiliary loss on z"),
            *("a rate penalty", "a schedule", "an optimiser", "a start", "a fine-tuning"),
        ),
        test_the_parts_of_a_recipe_are_documented_checked_trained_and_shown,
    ),
    "a pre-trained language model": test_a_language_model_is_a_start_listed_and_documented,
    "a sentence encoder": test_a_sentence_encoder_is_a_choice_of_new_and_documented,
    "a decoding strategy": test_a_decoding_strategy_is_a_flag_a_choice_of_the_page_and_documented,
    "a metric": test_a_metric_is_measured_on_the_page_and_documented,
    "a baseline of a metric": test_a_metric_is_measured_on_the_page_and_documented,
    "a linear baseline": test_a_linear_baseline_is_scored_and_documented,
    "a view of the map": test_a_view_is_a_flag_a_layout_of_the_page_and_documented,
    "a colouring": test_a_colouring_is_a_choice_of_the_page_and_documented,
    "a measure of a map": test_a_measure_of_a_map_is_taken_noted_and_documented,
    "a condition of selections": (
        test_a_condition_is_an_input_of_the_page_selects_and_is_documented
    ),
    "a number of each sentence": test_a_number_of_the_sentences_is_selected_by_and_documented,
    "a corpus": test_a_named_corpus_is_listed_offered_and_documented,
    "an experiment": test_an_experiment_is_listed_run_by_the_command_and_a_card,
    "a command": test_a_command_is_listed_explained_and_run,
    "a page": test_a_page_is_in_the_navigation_and_opens,
}
"""The test of each row of CONTRIBUTING's table."""


def test_every_row_of_the_table_has_a_test() -> None:
    assert [row["to add"] for row in rows(CONTRIBUTING, "to add")] == list(TESTED)
