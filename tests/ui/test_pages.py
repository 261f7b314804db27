"""Every page runs on a tiny run, answers what is asked of it, and shows text as typed."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from explorer.explore.decoded_path import decoded_path
from explorer.explore.example_sentences import example_texts
from explorer.explore.map_views import view_of
from explorer.explore.run import open_run
from explorer.map_component.map_event import MapEvent
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.app import PAGES
from explorer.ui.arithmetic import dimensions
from explorer.ui.compare import maps
from explorer.ui.components.escaping import markdown
from explorer.ui.map import view
from explorer.ui.map.view import text_at
from explorer.ui.session import open_runs
from explorer.ui.session.picks import MapPick, SentencePick, TextPick, shortened
from explorer.ui.session.url import page_file
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def copies(
    app: Open, runs: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Puts the tiny run under other names, which are all the app then finds."""

    def put(*names: str) -> None:
        for name in names:
            shutil.copytree(tiny_run, runs / name)
        monkeypatch.setenv("EXPLORER_RUNS", str(runs))

    return put


def said(at: AppTest) -> str:
    """All that the page says, HTML and Markdown source included."""
    kinds = ("markdown", "caption", "html", "info", "warning", "error", "title", "text", "code")
    return "\n".join(str(item.value) for kind in kinds for item in at.get(kind) if _has(item))


def _has(item: object) -> bool:
    return hasattr(item, "value")


def html(at: AppTest) -> str:
    """The HTML of the page."""
    bodies = [item.proto for item in at.get("html")]
    # The page's own script is no text.
    return "\n".join(item.body for item in bodies if not item.unsafe_allow_javascript)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_without_error(app: Open, page: str) -> None:
    at = app(page)
    assert not at.error
    assert at.title


def test_a_link_opens_a_part_of_the_card(app: Open) -> None:
    at = app("model", tab="Recipe")
    assert at.session_state["tab"] == "Recipe"


def test_every_page_file_is_in_the_list_of_pages() -> None:
    assert {path.stem for path in (ROOT / "explorer/ui/pages").glob("*.py")} == set(PAGES)


def test_before_a_pick_the_page_says_what_to_do(app: Open) -> None:
    at = app()
    assert "Start with a sentence" in said(at)


def test_a_picked_sentence_is_shown_decoded_and_among_its_neighbours(app: Open) -> None:
    at = app(pick=SentencePick(3))
    assert "**The sentence**" in said(at)
    assert "latent gain" in html(at)
    assert at.slider(key="k").value == 4
    assert at.query_params["at"] == "3"


def test_an_empty_place_is_decoded_and_measured(app: Open) -> None:
    text = said(app(pick=MapPick(0.1, 0.1)))
    assert "Empty location" in text
    assert "Nearest sentence" in text
    assert "Round trip" in text


def test_a_typed_sentence_is_encoded_and_its_unknown_words_named(app: Open) -> None:
    at = app(pick=TextPick("a dog quibbles in the park"))
    assert "quibbles" in at.warning[0].value
    assert "**Your sentence**" in said(at)
    assert not any("domain" in warning.value for warning in at.warning)


def test_a_typed_sentence_out_of_the_domain_is_said_to_be(app: Open, tiny_run: Path) -> None:
    run = open_run(tiny_run)
    strange = " ".join(run.vocabulary.entries[-20:][::-1])
    assert run.domain is not None
    (nats,) = run.nats_per_word([strange]).tolist()
    warnings = [warning.value for warning in app(pick=TextPick(strange)).warning]
    assert any(run.domain.sentence(nats) in warning for warning in warnings)


def test_the_layout_is_shown_with_what_was_measured_of_it(app: Open, tiny_run: Path) -> None:
    atlas = open_run(tiny_run).atlas
    assert atlas is not None
    text, measured = said(app()), atlas.projection
    assert f"neighbours preserved **{measured['neighbour_recall']['value']:.0%}**" in text
    assert f"names fit **{measured['named']['value']:.0%}**" in text
    assert "silhouette of the regions" in text


@pytest.mark.parametrize(
    ("page", "address", "told"),
    [
        ("paths", {"from": "a dog quibbles", "to": "a dog"}, "“quibbles” in A"),
        ("paths", {"from": "a xq", "to": "qx *"}, "“xq” in A; “qx”, “*” in B"),
        ("arithmetic", {"a": "a", "b": "a", "c": "a dog quibbles"}, "“quibbles” in C"),
        ("arithmetic", {"direction": "Between groups", "c": "a quibble"}, "“quibble” in C"),
        ("arithmetic", {"part": "Dimensions", "sentence": "a quibble"}, "“quibble”"),
    ],
)
def test_unknown_words_are_named_wherever_a_sentence_is_typed(
    app: Open, page: str, address: dict[str, str], told: str
) -> None:
    notes = [item.value for item in app(page, **address).caption if "read as" in item.value]
    assert len(notes) == 1
    assert notes[0].endswith(markdown(told))


def test_comparing_says_once_what_all_do_not_know(app: Open, copies: Callable[..., None]) -> None:
    copies("a", "b")
    at = app("compare", runs="a,b", section="Sentences", asked="a dog quibbles")
    notes = [item.value for item in at.caption if "read as" in item.value]
    assert len(notes) == 1
    assert "“quibbles”" in notes[0]


def test_a_link_reopens_the_same_view(app: Open) -> None:
    at = app(at="typed", text="a dog sings", layout="PCA", colour="Length", strategy="Top-k")
    assert at.session_state["_pick"] == TextPick("a dog sings")
    assert at.session_state["layout"] == "pca"
    assert at.selectbox(key="colour").value == "length"
    assert at.selectbox(key="strategy").value == "top_k"
    assert at.text_input(key="text").value == "a dog sings"


@pytest.mark.parametrize(
    "address",
    [
        {"at": "-1"},
        {"at": "99999999999999999999"},
        {"at": "1e999,nan"},
        {"at": "<script>"},
        {"at": "typed"},
        {"run": "../../etc/passwd"},
        {"layout": "../x", "colour": "no", "strategy": "__class__"},
        {"k": "1000000", "temperature": "nan", "seed": "-5", "steps": "x", "top_k": "1e99"},
        {"view": "x,y,z", "step": "²"},
    ],
)
@pytest.mark.parametrize("page", ["map", "paths"])
def test_a_broken_address_is_ignored(app: Open, page: str, address: dict[str, str]) -> None:
    at = app(page, **address)
    assert not at.error
    assert at.title


@pytest.mark.parametrize("index", range(len(tiny.AWKWARD)))
def test_markup_in_a_sentence_is_shown_as_typed(app: Open, index: int) -> None:
    at = app(pick=TextPick(tiny.AWKWARD[index]))
    assert "<script>" not in html(at)
    assert "<b>" not in html(at)
    for item in [*at.markdown, *at.caption, *at.warning]:
        assert "$x^2$" not in item.value
        assert "](https" not in item.value
        assert ":red[" not in item.value


def test_a_search_lists_what_it_found(app: Open) -> None:
    at = app(find="robot")
    assert any("matching sentence" in item.label for item in at.expander)
    at = app(find="zebra")
    assert "No sentence" in at.info[0].value


def test_a_sentence_is_refined_when_that_is_asked_for_and_another_one_is_not(app: Open) -> None:
    at = app(at="typed", text="a dog sings", layout="PCA")
    assert "nats gained" not in said(at)
    at.button(key="refine").click().run()
    assert not at.exception
    assert "nats gained" in said(at)
    at.text_input(key="text").set_value("two cats").run()
    assert "nats gained" not in said(at)
    assert at.button(key="refine")


def test_a_search_finds_all_there_are_and_says_how_it_looks(app: Open) -> None:
    at = app(find="a")
    run = at.session_state["_run"]
    count = len(run.search("a", len(run.atlas)))
    assert count > 30
    assert f"{count} matching sentences" in [item.label for item in at.expander]
    assert "longer words that begin with it" in said(at)


def test_what_is_typed_leaves_its_box_when_something_else_is_picked(app: Open) -> None:
    at = app(at="typed", text="a dog sings")
    at.query_params["at"] = "3"  # as Back does
    at.run()
    assert at.session_state["_pick"] == SentencePick(3)
    assert not at.text_input(key="text").value
    at = app(pick=MapPick(0.1, 0.1))
    at.session_state["text"] = "a dog sings"
    at.button(key="pick_nearest").click().run()
    assert isinstance(at.session_state["_pick"], SentencePick)
    assert not at.text_input(key="text").value


def test_back_to_another_typed_sentence_reads_that_one(app: Open) -> None:
    at = app(at="typed", text="a dog sings")
    at.text_input(key="text").set_value("two cats").run()
    assert at.query_params["text"] in ("two cats", ["two cats"])
    at.query_params["text"] = "a dog sings"
    at.run()
    assert at.session_state["_pick"] == TextPick("a dog sings")
    assert at.text_input(key="text").value == "a dog sings"


def test_back_to_an_address_without_a_pick_picks_nothing_but_another_page_keeps_it(
    app: Open,
) -> None:
    at = app(at="3")
    at.switch_page(str(page_file("paths")))
    del at.query_params["at"]
    at.run()
    at.switch_page(str(page_file("map"))).run()
    assert at.session_state["_pick"] == SentencePick(3)
    del at.query_params["at"]
    at.run()
    assert at.session_state["_pick"] is None


def test_a_long_text_is_cut_at_a_word_and_said_to_be(app: Open) -> None:
    at = app(at="typed", text="dogs " * 300)
    assert at.session_state["_pick"] == TextPick(("dogs " * 200).strip())
    assert "1,000 characters" in said(at)
    at.text_input(key="text").set_value("dogs " * 300).run()
    assert "1,000 characters" in said(at)
    at.text_input(key="text").set_value("dogs").run()
    assert at.session_state["_pick"] == TextPick("dogs")
    assert "1,000 characters" not in said(at)


def test_an_autoencoder_has_no_rate_and_no_posterior(
    app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(ROOT / "checkpoints" / "captions-denoising"))
    for pick in (SentencePick(3), TextPick("a dog runs in the park")):
        text = said(app(pick=pick))
        assert "distortion" in text and "its encoding" in text
        assert "rate **" not in text and "posterior" not in text


def test_a_path_is_decoded_both_ways(app: Open) -> None:
    at = app("paths")
    at.text_input(key="from").set_value("a dog sings at home")
    at.text_input(key="to").set_value("two cats sleeps outside").run()
    assert not at.exception
    for name in ("Linear", "Spherical"):
        assert re.search(rf"\*\*{name}\*\* · .* 9 steps", said(at))


def test_a_long_sentence_of_the_map_is_taken_as_far_as_it_is_read(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(tiny_run)
    texts = ["dogs " * 338] * len(run.texts)
    monkeypatch.setattr(type(run), "texts", property(lambda _: texts))
    short = ("dogs " * 200).strip()
    assert text_at(run, view_of(run, "pca"), SentencePick(3)) == short
    assert tuple(map(shortened, example_texts(run, 2))) == (short, short)
    monkeypatch.setattr(st, "session_state", {"_pick": SentencePick(3)})
    assert dimensions._picked(run) == short
    dimensions._use(texts[0])
    assert st.session_state["sentence"] == short


def test_an_emptied_end_leaves_the_map_and_the_next_click_fills_it(app: Open) -> None:
    at = app("paths", **{"from": "a dog sings at home", "to": "two cats sleeps outside"})
    at.text_input(key="to").set_value("").run()
    assert "Type two sentences" in at.info[0].value
    assert "click on the map sets **B**" in said(at)
    assert len(at.get("bidi_component")) == 1


BOXES = (("paths", {}, ("from", "to")), ("arithmetic", {}, ("a", "b", "c")))
BOXES += (("arithmetic", {"part": "Dimensions"}, ("sentence",)),)


@pytest.mark.parametrize(("page", "address", "keys"), BOXES)
def test_examples_are_of_the_run_that_is_shown_and_what_is_typed_stays(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, page: str, address: dict, keys
) -> None:
    other = ROOT / "checkpoints" / "captions-floor"
    monkeypatch.setenv("EXPLORER_RUNS", os.pathsep.join([str(tiny_run), str(other)]))
    fresh = app(page, run=other.name, **address)
    examples = [fresh.text_input(key=key).value for key in keys]
    at = app(page, run=tiny_run.name, **address)
    assert [at.text_input(key=key).value for key in keys] != examples
    at.selectbox(key="run").set_value(other.name).run()
    assert [at.text_input(key=key).value for key in keys] == examples
    at.text_input(key=keys[0]).set_value("a dog sings").run()
    at.selectbox(key="run").set_value(tiny_run.name).run()
    assert at.text_input(key=keys[0]).value == "a dog sings"
    assert all(at.text_input(key=key).value not in examples for key in keys)
    assert not at.exception


def test_settings_survive_a_visit_to_another_page(app: Open) -> None:
    at = app(layout="PCA", colour="Split")
    at.switch_page(str(page_file("paths"))).run()
    at.switch_page(str(page_file("map"))).run()
    assert at.session_state["layout"] == "pca"
    assert at.selectbox(key="colour").value == "split"


def test_without_the_corpus_the_models_own_words_are_shown_and_said_to_be(
    monkeypatch: pytest.MonkeyPatch, runs: Path, tiny_run: Path
) -> None:
    folder = runs / "elsewhere"
    shutil.copytree(tiny_run, folder)
    recipe = folder / folders.CONFIG
    recipe.write_text(recipe.read_text("utf-8").replace("corpus.csv", "gone.csv"), "utf-8")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.session_state["_pick"] = SentencePick(3)
    at.run()
    assert not at.exception
    assert "reconstruction" in said(at)
    assert "A sentence, as reconstructed by the model" in said(at)
    assert re.search(r"The original has \d+ tokens: distortion", said(at))
    assert html(at).count('<p class="words"') == 1, "the model's words stand there once"


def test_without_a_run_the_page_says_how_to_make_one(runs: Path) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    assert not at.exception
    assert "explorer train" in at.code[0].value


def test_a_damaged_run_is_listed_with_what_is_wrong(runs: Path, tiny_run: Path) -> None:
    shutil.copytree(tiny_run, runs / "good")
    shutil.copytree(tiny_run, runs / "bad")
    (runs / "bad" / folders.SUMS).unlink()
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    assert not at.exception
    assert at.selectbox(key="run").options == ["good"]
    assert "1 run not shown" in [item.proto.popover.label for item in at.get("popover")]


def test_figures_without_weights_are_no_run_to_explore(runs: Path, tiny_run: Path) -> None:
    shutil.copytree(tiny_run, runs / "good")
    shutil.copytree(tiny_run, runs / "figures")
    (runs / "figures" / folders.METRICS).write_text('{"verdict": "healthy"}', encoding="utf-8")
    for name in (folders.WEIGHTS, folders.ATLAS):
        (runs / "figures" / name).unlink()
    folders.write_checksums(runs / "figures")
    found = open_runs.listing()
    assert (found.names, found.damaged) == (["good"], {})
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    assert not at.exception
    assert at.selectbox(key="run").options == ["good"]


def test_a_link_to_a_run_that_is_not_here_says_so_until_one_is_chosen(
    app: Open, runs: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = ROOT / "checkpoints" / "ptb-short"
    shutil.copytree(tiny_run, runs / "good")
    roots = [str(tiny_run), str(runs), str(report)]
    monkeypatch.setenv("EXPLORER_RUNS", os.pathsep.join(roots))
    at = app(run="no*such")
    assert "no run 'no\\*such' here" in at.warning[0].value.replace("\\'", "'")
    at.run()
    assert at.warning, "another answer on the page is no choice of a run"
    at.selectbox(key="run").set_value("good").run()
    assert not at.warning
    at = app("compare", run=report.name)
    assert "has no weights" in at.warning[0].value
    assert "explorer benchmark ptb" in at.warning[0].value
    at = app("compare", runs=f"gone,{tiny_run.name},good")
    assert at.multiselect(key="compared").value == [tiny_run.name, "good"]
    assert [("gone" in item.value) for item in at.warning] == [True]
    assert not app("compare", run="good", runs=f"good,{tiny_run.name}").warning


def test_a_link_to_more_runs_than_stand_side_by_side_shows_the_first_four(
    app: Open, copies: Callable[..., None]
) -> None:
    copies("a", "b,2", "c", "d", "e")
    at = app("compare", runs="e,b%2C2,c,d,a")
    assert not at.exception and not at.error
    assert at.multiselect(key="compared").value == ["e", "b,2", "c", "d"]
    assert at.query_params["runs"] in ("e,b%2C2,c,d", ["e,b%2C2,c,d"])


def test_a_damaged_map_is_an_error_and_another_run_can_be_picked(
    runs: Path, tiny_run: Path
) -> None:
    shutil.copytree(tiny_run, runs / "bad")
    shutil.copytree(tiny_run, runs / "good")
    with (runs / "bad" / folders.ATLAS).open("r+b") as file:
        file.truncate(1000)
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["run"] = "bad"
    at.run()
    assert not at.exception
    assert "checksum" in at.error[0].value
    at.selectbox(key="run").set_value("good").run()
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("page", ["map", "paths", "arithmetic", "prior", "playback"])
def test_a_language_model_is_told_to_be_a_control_and_leads_on(
    app: Open, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    model = ROOT / "checkpoints" / "captions-language-model"
    monkeypatch.setenv("EXPLORER_RUNS", os.pathsep.join([str(tiny_run), str(model)]))
    at = app(page, run=model.name)
    assert not at.exception
    assert not at.error, "nothing is wrong with it"
    assert "is a language model, used as a control" in at.info[0].value
    links = [item.proto for item in at.get("page_link")]
    assert {f"The map of {tiny_run.name}", "Compare this run", "Open its model card"} <= {
        link.label for link in links
    }


def test_collapse_of_a_language_model_leads_on(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ROOT / "checkpoints" / "captions-language-model"
    monkeypatch.setenv("EXPLORER_RUNS", str(model))
    links = [item.proto.label for item in app("collapse", run=model.name).get("page_link")]
    assert {"Compare this run", "Open its model card"} <= set(links)


def test_a_run_without_a_map_says_which_command_draws_it(
    app: Open, runs: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_run, runs / "bare")
    (runs / "bare" / folders.ATLAS).unlink()
    folders.write_checksums(runs / "bare")
    monkeypatch.setenv("EXPLORER_RUNS", str(runs))
    at = app("paths")
    assert not at.error
    assert [item.value for item in at.code] == ["explorer atlas bare"]


@pytest.fixture
def without_webgl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every map hears that the browser cannot draw it."""
    for module in (view, maps):
        monkeypatch.setattr(module, "latent_map", lambda *_: MapEvent("no_webgl"))


@pytest.mark.parametrize(
    ("page", "key", "parameter", "sets"),
    [
        ("paths", "path_map", "from", "B"),
        ("arithmetic", "arithmetic_map", "a", "B"),
        ("map", "map", "at", ""),
    ],
)
@pytest.mark.usefixtures("without_webgl")
def test_a_click_on_a_plain_map_does_what_its_page_says(
    app: Open, page: str, key: str, parameter: str, sets: str
) -> None:
    at = app(page)
    assert "plain map of all" in said(at)
    at.session_state[view.PLAIN + key] = MapEvent("point", 5)
    at.run()
    assert at.query_params.get(parameter)
    assert not sets or f"The next click on the map sets **{sets}**" in said(at)
    assert page == "map" or "at" not in at.query_params, "another page's pick is left alone"


@pytest.mark.usefixtures("without_webgl")
def test_plain_maps_stand_on_compare_too_and_a_click_asks_every_run(
    app: Open, runs: Path, copies: Callable[..., None]
) -> None:
    copies("one", "two")
    at = app("compare", run="one", runs="one,two", section="Maps")
    assert len(at.get("plotly_chart")) >= 2
    assert "Rectangles need WebGL2" in said(at)
    key = f"compare_map_1_{folders.stamp(runs / 'two')}"
    at.session_state[view.PLAIN + key] = MapEvent("point", 5)
    at.run()
    assert html(at).count("data-run") == 2


@pytest.mark.usefixtures("without_webgl")
def test_a_plain_map_is_described_in_plain_text_and_promises_no_keys(app: Open) -> None:
    (chart, *_) = app().get("plotly_chart")
    assert re.match(r"Map of \d+ sentences of the run tiny, a UMAP", chart.proto.alt)
    assert "\\" not in chart.proto.alt
    assert "Enter" not in chart.proto.alt


@pytest.mark.parametrize(
    ("points", "event"),
    [
        ([{"customdata": -1, "x": 1, "y": 2}, {"customdata": [3], "x": 0, "y": 0}], ("point", 3)),
        ([{"customdata": -1, "x": 1, "y": 2}], ("place", -1, 1.0, 2.0)),
        ([{"x": "1", "y": None}], None),
        ([], None),
    ],
)
def test_a_selection_on_a_plain_map_is_an_event(
    tiny_run: Path, points: list[dict], event: tuple | None
) -> None:
    found = view.event_from_svg(points, open_runs.run_of(str(tiny_run)))
    assert found == (None if event is None else MapEvent(*event))


def test_paths_show_every_step_and_what_changes(app: Open) -> None:
    at = app("paths", **{"from": "a dog sings at home", "to": "two cats sleeps outside"})
    run = at.session_state["_run"]
    path = decoded_path(
        run, "a dog sings at home", "two cats sleeps outside", 9, Decoding(), "linear"
    )
    shown = html(at)
    for number, text in enumerate(path.texts, 1):
        assert f'<span class="count">{number}</span>' in shown
        assert all(word in shown for word in text.split())
    if path.distinct > 1:
        assert "<ins>" in shown and "largest change" in said(at)
