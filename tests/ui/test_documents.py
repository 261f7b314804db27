"""The pages of a run of documents: ranked words at every location, topics, and no page breaks."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.cli.main import main
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import uses_z
from explorer.runs import folder as folders
from explorer.ui.app import PAGES
from explorer.ui.session.url import page_file
from tests import tiny_documents
from tests.tiny_documents import TOPICS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
Page = Callable[..., AppTest]
COUNTS = re.compile(r"[a-z]+(\s|\\u00a0)(×|\\u00d7)\d, [a-z]+")
"""As text, and as JSON has it."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("documents")
    tiny_documents.build(root, "docs", epochs=8)
    shutil.copytree(root / "docs", root / "more")
    tiny_documents.build(root, "bags", epochs=2, as_bags=True)
    return root


@pytest.fixture
def page(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(runs))

    def start(name: str, **parameters: str) -> AppTest:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=90)
        for key, value in {"run": "docs", **parameters}.items():
            at.query_params[key] = value
        at.run()
        if name != "map":
            at.switch_page(str(page_file(name))).run()
        assert not at.exception, name
        assert not at.error, name
        return at

    return start


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"text", "lecture"}))
def test_every_page_opens(page: Page, name: str) -> None:
    page(name)


@pytest.mark.parametrize("at", ["3", "0.1,0.2"])
def test_a_location_answers_in_words_without_strategies(page: Page, at: str) -> None:
    shown = page("map", at=at)
    assert "Decoded" in " ".join(item.value for item in shown.markdown)
    assert not any(item.key == "strategy" for item in shown.selectbox)
    columns = [set(item.value.columns) for item in shown.dataframe]
    assert {"word", "probability", "lift"} in columns


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("map", {}),
        ("map", {"at": "3"}),
        ("map", {"at": "0.1,0.2"}),
        ("map", {"at": "typed", "text": "goal striker match"}),
        ("map", {"find": "goal"}),
        ("map", {"find": "zzzz"}),
        ("topics", {}),
    ],
)
def test_the_map_and_the_topics_call_a_document_a_document(
    page: Page, name: str, address: dict[str, str]
) -> None:
    shown = page(name, **address)
    said = [
        str(getattr(item, part, None) or "")
        for kind in ("title", "markdown", "caption", "info", "text_input", "button", "expander")
        for item in shown.get(kind)
        for part in ("value", "label", "placeholder", "help")
    ]
    assert any("ocument" in text for text in said)
    wrong = [text for text in said if "sentence" in text.lower() and "<style" not in text]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "address"),
    [("model", {}), ("map", {}), ("map", {"at": "3"}), ("topics", {"topic": "0"}), ("prior", {})],
)
def test_a_bag_is_shown_with_each_word_once(
    page: Page, name: str, address: dict[str, str]
) -> None:
    shown = page(name, run="bags", **address)
    parts = [item.proto.body for item in shown.get("html")]
    parts += [item.proto.json for item in shown.get("bidi_component")]
    twice = [found[0] for part in parts for found in re.finditer(r"\b([a-z]{4,}) \1\b", part)]
    assert not twice
    assert any(map(COUNTS.search, parts)) or name == "prior", "its marks are in a chart"


def test_the_command_line_shows_bags_like_the_page(
    page: Page, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["neighbours", "bags", "goal goal goal"], ["at", "bags", "0", "0"]):
        main(command)
        out = capsys.readouterr().out
        assert COUNTS.search(out) and not re.search(r"(\w{4,}) \1", out)
        main([*command, "--json"])
        assert re.search(r"(\w{4,}) \1", capsys.readouterr().out), "data as they are stored"


def test_figures_verdicts_and_card_are_of_documents(runs: Path) -> None:
    metrics = folders.read_metrics(runs / "docs")
    entries = [entry for entry in metrics.values() if isinstance(entry, dict)]
    units = {entry["unit"] for entry in entries if "unit" in entry}
    assert "nats per document" in units and not [unit for unit in units if "sentence" in unit]
    card = (runs / "docs" / folders.CARD).read_text(encoding="utf-8")
    scores = card.partition("## Scores")[2]
    assert "| documents | samples |" in scores and "sentence" not in scores
    for verdict in (uses_z(metrics), can_be_sampled(metrics)):
        assert "sentence" not in verdict.sentence


def test_all_topics_are_listed_with_their_documents(page: Page) -> None:
    shown = page("topics")
    table = shown.dataframe[0].value
    assert len(table) == 8
    assert table["NPMI"].is_monotonic_decreasing
    known = {word for words in TOPICS.values() for word in words}
    assert set(" ".join(table["words"]).split()) <= known


def test_topics_of_two_runs_stand_beside_each_other(page: Page) -> None:
    shown = page("compare", runs="docs,more", section="Topics")
    table = next(item.value for item in shown.get("html") if "Similarity" in str(item.value))
    bold = set(re.findall(r"<b>(\w+)</b>", table))
    assert bold <= {word for words in TOPICS.values() for word in words}
    assert len(bold) > 5
    assert "explorer topics docs --beside more" in [item.value for item in shown.code]
