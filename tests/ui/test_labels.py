"""On the page of a conditional run the label can be switched while z stays."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.errors import ExplorerError
from explorer.explore import label_switch
from explorer.explore.run import open_run
from explorer.models.batch_inference import scores
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.click import answer
from explorer.ui.components import reproduce
from explorer.ui.map import urls
from explorer.ui.session.picks import MapPick, Pick, SentencePick, TextPick
from explorer.ui.session.url import page_file
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("animal", "other")


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labelled = tiny.RECIPE.replace("[objective]", f"labels = {json.dumps(KINDS)}\n\n[objective]")
    return tiny.build(tmp_path_factory.mktemp("conditional"), "led", 12, labelled)


def opened(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    run: Path,
    pick: Pick | None = None,
    **address: str,
) -> AppTest:
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "none")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(run))
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    for key, value in address.items():
        at.query_params[key] = value
    at.session_state["_pick"] = pick or SentencePick(7)
    at.run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    return "\n".join(item.proto.body for item in at.get("html"))


def test_a_label_in_the_address_is_what_the_decoder_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    run = open_run(conditional)
    assert run.atlas is not None
    for label in KINDS:
        decoding = Decoding(label=label, strength=2.0, nearest=run.candidates)
        expected = run.decode_tokens(run.atlas.mean[7:8], decoding)[0]
        at = opened(monkeypatch, tmp_path, conditional, label=label, strength="2.0")
        assert at.selectbox(key="label").value == label
        for word in expected.tokens[:-1]:
            assert f">{word}<" in said(at)


def test_a_sentence_is_decoded_with_its_own_label_until_another_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    run = open_run(conditional)
    assert run.atlas is not None and run.atlas.label is not None
    own = run.atlas.label[7]
    assert own in KINDS
    plain = Decoding()
    assert answer.of_pick(run, SentencePick(7), plain).label == own
    assert answer.of_pick(run, MapPick(0.0, 0.0), plain) == plain
    assert answer.of_pick(run, TextPick("a dog sleeps"), plain) == plain
    for label in KINDS:
        chosen = Decoding(label=label)
        assert answer.of_pick(run, SentencePick(7), chosen) == chosen
    at = opened(monkeypatch, tmp_path, conditional)
    assert any(f"given label {own}" in item.value for item in at.markdown)
    decoding = Decoding(label=own, nearest=run.candidates)
    expected = run.decode_tokens(run.atlas.mean[7:8], decoding)[0]
    for word in expected.tokens[:-1]:
        assert f">{word}<" in said(at)


def test_a_map_is_read_with_the_chosen_label_whatever_sentence_is_picked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    asked: list[str] = []
    real = urls.decode_url
    monkeypatch.setattr(urls, "decode_url", lambda *args: asked.append(real(*args)) or asked[-1])
    for row in (3, 7):
        opened(monkeypatch, tmp_path, conditional, SentencePick(row), read="true")
    assert asked and not any("label=" in url for url in asked)
    asked.clear()
    opened(monkeypatch, tmp_path, conditional, read="true", label=KINDS[0])
    assert f"label={KINDS[0]}" in asked[-1]


def test_the_figures_of_a_typed_sentence_are_those_of_the_chosen_label(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    run, text = open_run(conditional), "a dog sleeps at home"
    told = {label: run.score([text], label)[0].item() for label in ("", *KINDS)}
    for place, label in enumerate(KINDS):
        assert told[label] == scores(run.model, run.ids([text]), labels=[place])[0].item()
    assert len(set(told.values())) == 3
    assert told[""] == scores(run.model, run.ids([text]))[0].item()
    for label in ("", *KINDS):
        address = {"label": label} if label else {}
        at = opened(monkeypatch, tmp_path, conditional, TextPick(text), **address)
        (line,) = [item.value for item in at.caption if "distortion" in item.value]
        assert f"distortion **{told[label]:.1f}** nats" in line
        assert line.endswith(f"given label {label}" if label else "nats")


def test_the_figures_of_a_sentence_of_the_map_are_those_of_its_own_label(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    run = open_run(conditional)
    assert run.atlas is not None and run.atlas.label is not None
    for label in KINDS:
        at = opened(monkeypatch, tmp_path, conditional, label=label)
        (line,) = [item.value for item in at.caption if "distortion" in item.value]
        assert line.endswith(f"given label {run.atlas.label[7]}")


def test_a_label_a_run_does_not_know_is_refused(conditional: Path, tiny_run: Path) -> None:
    with pytest.raises(ExplorerError, match="not one of animal, other"):
        open_run(conditional).score(["a dog"], "plant")
    with pytest.raises(ExplorerError, match="needs a conditional run"):
        open_run(tiny_run).score(["a dog"], "animal")


def test_a_run_without_labels_offers_none_and_is_told_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_run: Path
) -> None:
    at = opened(monkeypatch, tmp_path, tiny_run, label="animal")
    assert not at.error
    assert "label" not in [box.key for box in at.selectbox]


def test_commands_that_reproduce_a_page_name_the_label() -> None:
    told = reproduce.flags(Decoding(label="two words", strength=1.5))
    assert "--label 'two words'" in told and "--strength 1.5" in told


# The label switch, a tab of Arithmetic.


def switched(monkeypatch, tmp_path: Path, folder: Path, **address: str) -> AppTest:
    at = opened(monkeypatch, tmp_path, folder)
    at.switch_page(str(page_file("arithmetic")))
    for key, value in {"part": "Label switch", **address}.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception and not at.error
    return at


def test_the_label_switch_shows_one_sentence_in_the_version_of_every_label(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    run = open_run(conditional)
    text = run.texts[3]
    at = switched(monkeypatch, tmp_path, conditional, relabelled=text, label_strength="2.0")
    assert at.text_input(key="relabelled").value == text
    assert at.slider(key="label_strength").value == 2.0
    for label, (decoded,) in label_switch.switch(run, [text], 2.0).items():
        assert f"**{label}**" in [item.value for item in at.markdown]
        body = said(at).replace("<ins>", "").replace("</ins>", "")
        assert decoded in body


def test_it_opens_on_an_example_whose_words_the_model_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path
) -> None:
    run = open_run(conditional)
    at = switched(monkeypatch, tmp_path, conditional)
    shown = at.text_input(key="relabelled").value
    assert shown and not run.unknown(shown)
    assert shown == label_switch.examples(run)[0]


def test_a_run_without_labels_offers_the_one_that_switches_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conditional: Path, tiny_run: Path
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    shutil.copytree(tiny_run, runs / "plain")
    assert "label-column" in "".join(
        item.value for item in switched(monkeypatch, tmp_path, runs).code
    )
    shutil.copytree(conditional, runs / "labelled")
    metrics = {"label_switch_accuracy": {"value": 0.8, "n": 9, "curve": []}}
    (runs / "labelled" / folders.METRICS).write_text(json.dumps(metrics), "utf-8")
    folders.write_checksums(runs / "labelled")
    at = switched(monkeypatch, tmp_path, runs)
    at.selectbox(key="run").set_value("plain").run()
    assert any("This is **labelled**" in item.value for item in at.caption)
    assert at.text_input(key="relabelled").value
    assert at.session_state["run"] == "plain", "the page shows another run, and keeps this one"


def test_the_default_strength_is_the_least_that_switches_most_sentences() -> None:
    curve = [
        {"strength": strength, "accuracy": accuracy, "bleu": 20.0}
        for strength, accuracy in ((1.0, 0.6), (1.5, 0.85), (2.0, 0.95))
    ]
    metrics = {"label_switch_accuracy": {"value": 0.6, "n": 10, "curve": curve}}
    assert label_switch.default_strength(metrics) == 1.5
    assert label_switch.default_strength({}) == 1.0
