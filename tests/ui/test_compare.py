"""Side by side: what differs is marked, named and drawn; what does not compare is said."""

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import config as configs
from explorer.evaluation.published import rows_with_rate
from explorer.explore import recipe_diff, run_difference
from explorer.explore.aligned_maps import aligned
from explorer.explore.run import Run, open_run
from explorer.explore.run_choice import Record
from explorer.runs import folder as folders
from explorer.system import table_writers
from explorer.ui.compare import charts, scores, selection
from explorer.ui.compare import runs as compared
from explorer.ui.compare.runs import Column, first_choice, read_names, write_names
from explorer.ui.components import download_buttons
from explorer.ui.components.history_charts import series
from explorer.ui.components.token_diff import marked, sentence
from explorer.ui.session import open_runs
from explorer.ui.session.picks import SentencePick, TextPick
from explorer.ui.session.selected_rows import Box, read_box
from explorer.ui.session.url import page_file
from tests import tiny, tiny_pair
from tests.explore import test_run_choice as recorded

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ("In words", "Sentences", "Maps", "Figures")
KINDS = ("Reconstruction", "Prior samples", "Path", "Posterior draws")


def run(name: str = "a", corpus: str = "captions", history: Any = None, **values: Any) -> Run:
    """Stands in for a run: a name, a recipe, and figures."""
    found = {key: {"value": value, "n": 1000} for key, value in values.items()}
    if "active_units" in found:
        found["active_units"]["of"] = 32
    made = Run.__new__(Run)  # no folder
    made.name, made.metrics, made.history = name, found, history or {}
    made.config = configs.Config(corpus=configs.CorpusConfig(name=corpus))
    return made


HEALTHY = {"rate": 11.0, "distortion": 33.0, "shuffled_z_gap": 26.5, "active_units": 32}
COLLAPSED = {"rate": 0.01, "distortion": 42.0, "shuffled_z_gap": 0.0, "active_units": 0}


# Choosing.


def test_an_address_names_each_run_once() -> None:
    assert read_names("b,a,b,zebra,") == ["b", "a", "zebra"]
    assert read_names("../../etc/passwd") == ["../../etc/passwd"]
    assert read_names(",,") == []


def test_names_of_runs_come_back_from_an_address() -> None:
    names = ["a", "beta 0,5", "50%", "%2C", "/home/me/runs, old/a", "ünïcode", "a+b"]
    assert read_names(write_names(names)) == names
    assert write_names(["a", "b-c"]) == "a,b-c"  # as a person would write it


def test_a_run_is_first_compared_with_one_that_has_a_map() -> None:
    assert first_choice("a", ["a", "b", "c"], ["c"]) == ["a", "c"]
    assert first_choice("a", ["a", "b"], []) == ["a", "b"]
    assert first_choice("a", ["a", "b", "c", "d"], ["c"], ["a", "d"]) == ["a", "d"]


# Words.


@pytest.mark.parametrize(
    "text", [*tiny.AWKWARD, "", "  two  blanks ", "it's well-known.", "कि 👩‍👩‍👧 ไม่"]
)
def test_the_tokens_of_a_sentence_are_the_sentence(text: str) -> None:
    (tokens,) = marked([text])
    assert "".join(token.text for token in tokens) == text.rstrip()
    assert not any(token.differs for token in tokens)


def test_equal_sentences_have_no_marks_whatever_their_case() -> None:
    assert not any(token.differs for line in marked(["A dog.", "a dog."]) for token in line)


def test_a_word_another_sentence_lacks_is_marked_in_both() -> None:
    first, second = marked(["a dog runs", "a cat runs fast"])
    assert [token.text.strip() for token in first if token.differs] == ["dog"]
    assert [token.text.strip() for token in second if token.differs] == ["cat", "fast"]


def test_a_word_missing_in_one_of_three_is_marked_in_the_others() -> None:
    lines = marked(["a dog", "a dog", "a"])
    assert [[token.differs for token in line] for line in lines] == [
        [False, True], [False, True], [False]
    ]  # fmt: skip


def test_a_script_without_blanks_is_marked_by_its_characters() -> None:
    first, second = marked(["一只黑狗在草地上跑。", "一只白狗在草地上跑。"])
    assert [token.text for token in first if token.differs] == ["黑"]
    assert "一只<ins>白</ins>狗" in sentence(second)


def test_neighbours_that_differ_share_a_mark_where_no_blank_parts_them() -> None:
    first, _ = marked(["一只小黑狗 and more", "一只狗 nor less"])
    assert "一只<ins>小黑</ins>狗 <ins>and</ins> <ins>more</ins>" in sentence(first)


def test_a_marked_sentence_holds_no_markup_of_its_own() -> None:
    (tokens,) = marked([tiny.AWKWARD[0]])
    assert "<script>" not in sentence(tokens)
    assert "<b>" not in sentence(tokens)


def test_the_sentence_on_top_says_which_run_collapsed_and_why() -> None:
    told = run_difference.difference([run("left", **COLLAPSED), run("right", **HEALTHY)])
    assert "left collapsed (rate 0.010 nats, shuffled-z gap 0.000 nats)" in told
    assert "right uses z (rate 11.0 nats, shuffled-z gap 26.5 nats)" in told


def test_of_two_runs_that_use_z_it_says_which_sends_more_and_what_that_costs() -> None:
    more = run("more", **{**HEALTHY, "rate": 22.0}, bleu=40.0, importance_ppl=23.0)
    less = run("less", **HEALTHY, bleu=20.0, importance_ppl=18.0)
    told = run_difference.difference([less, more])
    assert told.startswith("Both use z; more sends 2.0 times as many nats")
    assert "more closely (BLEU 40.0 against 20.0)" in told
    assert "worse (perplexity 23.0 against 18.0)" in told


def test_runs_of_different_text_are_not_compared() -> None:
    columns = [
        Column(run(name, corpus, **HEALTHY, bleu=bleu, importance_ppl=bleu), number)
        for number, (name, corpus, bleu) in enumerate([("a", "captions", 9.0), ("b", "yelp", 8.0)])
    ]
    told = run_difference.difference([column.run for column in columns])
    assert "a (rate 11.0 nats" in told and "b (rate 11.0 nats" in told
    assert "metrics are not compared" in told
    assert not any(word in told for word in ("times", "worse", "better", "closely", "against"))
    assert "★" not in scores.table(columns, ["bleu", "importance_ppl"])
    columns[1].run.config = columns[0].run.config
    assert scores.table(columns, ["bleu", "importance_ppl"]).count("★") == 2


def test_what_was_not_measured_is_said_not_zero() -> None:
    told = run_difference.difference([run("left"), run("right", **HEALTHY)])
    assert "left has not been evaluated yet;" in told


# Recipes.


def recipe(**objective: Any) -> configs.Config:
    return configs.Config(
        corpus=configs.CorpusConfig(name="captions"),
        objective=configs.ObjectiveConfig(**objective),
    )


def test_equal_recipes_differ_in_nothing() -> None:
    assert recipe_diff.differing([recipe(), recipe()]) == []


def test_a_setting_left_to_its_default_is_no_difference_when_the_default_is_written_out() -> None:
    short, long = {"name": "linear", "epochs": 2.0}, {"name": "linear", "epochs": 2.0, "beta": 1.0}
    assert recipe_diff.differing([recipe(schedule=short), recipe(schedule=long)]) == []


def test_another_choice_shows_its_name_and_the_settings_only_it_has() -> None:
    found = recipe_diff.differing([recipe(), recipe(schedule={"name": "constant", "beta": 2.0})])
    lines = {item.address: item.values for item in found}
    assert lines["objective.schedule"] == ("linear", "constant")
    assert lines["objective.schedule.beta"] == ("1 (default)", "2")
    assert lines["objective.schedule.epochs"] == ("2", "–")


def test_every_line_says_what_the_setting_is() -> None:
    other = dataclasses.replace(recipe(), seed=3, training=configs.TrainingConfig(epochs=99))
    found = recipe_diff.differing([recipe(), other])
    assert [item.address for item in found] == ["seed", "training.epochs"]
    assert all(item.about for item in found)


# Figures.


def test_the_best_value_follows_the_definition() -> None:
    def best(name: str, *values: float | None, real: float | None = None) -> set[int]:
        entries = [{"value": value, "reference": real} for value in values]
        return scores.best(entries, name)

    assert best("bleu", 1.0, 2.0, None) == {1}
    assert best("importance_ppl", 1.0, 2.0, 1.0) == {0, 2}
    assert best("rate", 1.0, 2.0) == set()
    assert best("marginal_kl", 1.0, 2.0) == set()
    assert best("bleu", None, 2.0) == set()
    assert best("bleu", 2.0, 2.0) == set()
    # Less self-BLEU than real sentences have is no merit: the samples may be noise.
    assert best("self_bleu", 21.0, 33.0, 60.0, real=34.0) == {1}
    assert best("distinct_1", 0.3, 0.12, real=0.14) == {1}
    assert best("self_bleu", 21.0, 33.0) == set()


def columns(*runs: Run) -> list[Column]:
    return [Column(item, number) for number, item in enumerate(runs)]


def test_every_run_stands_at_its_rate_and_distortion() -> None:
    chart = charts.plane(columns(run("a", **HEALTHY)), [run("b", **COLLAPSED)])
    places = {
        trace["text"][0]: (trace["x"][0], trace["y"][0]) for trace in chart.to_dict()["data"]
    }
    assert places == {"a": (11.0, 33.0), "b": (0.01, 42.0)}


def test_names_of_points_that_nearly_coincide_stand_on_different_sides() -> None:
    near = [run(name, **{**HEALTHY, "distortion": 33.0 + place / 100}) for place, name in
            enumerate(("a", "b", "c", "d"))]  # fmt: skip
    chart = charts.plane(columns(run("far", rate=30.0, distortion=20.0)), near).to_dict()
    sides = {trace["textposition"] for trace in chart["data"] if trace["name"] != "far"}
    assert len(sides) == len(near)


def test_lines_of_equal_elbo_are_lines_of_equal_sum_within_the_frame() -> None:
    language_model = run("lm")
    language_model.metrics["importance_nll"] = {"value": 41.63, "exact": True}
    chart = charts.plane(columns(run("a", **HEALTHY), language_model), []).to_dict()
    sums = [
        (line["x0"] + line["y0"], line["x1"] + line["y1"]) for line in chart["layout"]["shapes"]
    ]
    assert len(sums) > 3
    for start, end in sums:
        assert start == pytest.approx(end)
    assert any(start == pytest.approx(41.63) for start, _ in sums)
    assert all(line["x0"] >= 0 for line in chart["layout"]["shapes"])


def test_published_points_stand_only_beside_runs_on_their_text() -> None:
    assert len(charts.plane(columns(run(**HEALTHY)), []).to_dict()["data"]) == 1
    drawn = charts.plane(columns(run(corpus="ptb", **HEALTHY)), []).to_dict()["data"]
    assert len(drawn) == 1 + len(rows_with_rate("ptb"))


def test_runs_on_other_text_do_not_compare() -> None:
    assert run_difference.comparable(run("a"), run("b"))
    assert not run_difference.comparable(run("a"), run("b", corpus="ptb"))


def test_a_run_that_kept_less_leaves_its_curve_out() -> None:
    old = run("old", history={"epoch": [1.0, 2.0], "beta": [0.0, 1.0], "rate": [5.0, None]})
    new = run(
        "new",
        history={
            "epoch": [1.0, 2.0], "validation_mutual_information": [None, 3.0],
            "validation_rate": [4.0, 4.5], "rate": [9.0, 9.0],
        },
    )  # fmt: skip
    assert series(old.history, "validation_rate", "rate") == ([1.0], [5.0])
    assert series(new.history, "validation_rate", "rate") == ([1.0, 2.0], [4.0, 4.5])
    assert series(old.history, "validation_mutual_information") == ([], [])
    charts.curves(columns(old, new))


def test_a_table_as_a_file_keeps_every_digit_and_runs_no_formula() -> None:
    table = {"name": ["=1+1", "a, b"], "value": [1 / 3, None]}
    assert table_writers.as_csv(table).splitlines()[1] == f"'=1+1,{1 / 3!r}"
    assert json.loads(download_buttons.as_json(table))[0] == {"name": "=1+1", "value": 1 / 3}


# On two real runs.


@pytest.fixture(scope="module")
def pair(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tiny_pair.build(tmp_path_factory.mktemp("pair"), tiny_run)


def test_a_map_laid_onto_its_own_copy_is_that_map(tiny_run: Path) -> None:
    one, two = open_run(tiny_run), open_run(tiny_run)
    there = aligned(two, one, "umap")
    assert there.alignment is not None
    assert there.alignment.explained == pytest.approx(1.0)
    assert one.atlas is not None
    assert there.xy == pytest.approx(one.atlas.xy, abs=1e-3)
    assert not there.moved.any()


def test_maps_of_other_sentences_are_not_laid_onto_each_other(pair: tuple[Path, Path]) -> None:
    one, two = (open_run(folder) for folder in pair)
    assert two.atlas is not None
    two.atlas = dataclasses.replace(two.atlas, corpus_checksum="another")
    there = aligned(two, one, "umap")
    assert there.alignment is None
    assert np.array_equal(there.xy, two.atlas.xy)
    assert set(there.regions.tolist()) == {255}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pair: tuple[Path, Path]) -> Callable:
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(pair[0].parent))

    def start(
        section: str = SECTIONS[0], pick: object = None, box: str = "", **known: Any
    ) -> AppTest:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        at.session_state["section"] = section
        for key, value in {"_pick": pick, **known}.items():
            if value is not None:
                at.session_state[key] = value
        at.run()
        at.switch_page(str(page_file("compare")))
        if box:
            at.query_params["box"] = box
        at.run()
        assert not at.exception
        assert not at.error
        return at

    return start


def html(at: AppTest) -> str:
    return "\n".join(item.proto.body for item in at.get("html"))


def text(at: AppTest) -> str:
    return "\n".join(item.value for item in [*at.markdown, *at.caption, *at.info, *at.warning])


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_runs_and_names_both_runs(app: Callable, section: str) -> None:
    at = app(section)
    assert at.query_params["runs"] == "one,two"
    assert ">● " in html(at) or "●</span> one" in html(at)
    assert "■</span> two" in html(at)


def test_a_rectangle_is_in_the_address_and_reopens_in_its_view(
    tiny_run: Path, app: Callable
) -> None:
    run = open_run(tiny_run)
    there = aligned(run, run, "pca")
    left, bottom, right, top = np.quantile(there.xy, [0.1, 0.8], axis=0).ravel().tolist()
    box = Box("a,b %", "pca", (left, right, bottom, top))
    rounded = read_box(str(box))
    assert rounded is not None and str(rounded) == str(box) and rounded.run == box.run
    drawn = selection.of_link([there], dataclasses.replace(rounded, run=run.name))
    assert isinstance(drawn, Box) and drawn.rows
    assert 0.3 * len(there.xy) < len(drawn.rows) < 0.9 * len(there.xy)
    assert selection.of_link([], rounded) is None
    for bad in ("", "one", "one,pca,1,2,3", "one,pca,1,2,3,nan", "one,pca,1,2,3,x", "a,b,c,d,e,f"):
        assert read_box(bad) is None

    at = app("Maps", box="one,umap,-1000,1000,-1000,1000")
    assert "sentences** in the rectangle" in text(at)
    assert "one,umap,-1000,1000,-1000,1000" in at.query_params["box"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sentences_is_told_by_both(app: Callable, kind: str) -> None:
    at = app("Sentences", told=kind)
    assert html(at).count('class="decoded"') >= 2


def test_the_recipes_are_compared_line_by_line(app: Callable) -> None:
    assert "model.latent_dim" in html(app()).replace("<wbr>", "")


def test_the_scores_are_those_of_metrics_json(app: Callable, pair: tuple[Path, Path]) -> None:
    shown = html(app("Figures"))
    cells = re.findall(r'data-run="(\w+)" data-figure="(\w+)" data-value="([^"]+)"', shown)
    found = {(name, figure): float(value) for name, figure, value in cells}
    for folder in pair:
        for name, entry in tiny_pair.metrics(folder).items():
            assert found.pop((folder.name, name)) == entry["value"]
    assert not found


def test_a_sentence_picked_on_the_map_page_is_told_by_both_runs(app: Callable) -> None:
    at = app("Maps", pick=SentencePick(5))
    assert "The sentence" in text(at)
    assert html(at).count("data-run") == 2


def test_before_a_pick_the_maps_say_what_to_do(app: Callable) -> None:
    assert "Click a sentence on one map" in text(app("Maps"))


def test_maps_of_two_corpora_stand_side_by_side_and_say_that_they_do_not_compare(
    monkeypatch: pytest.MonkeyPatch, app: Callable, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tmp_path / "runs" / "two"
    shutil.copytree(pair[0], other.parent / "one")
    shutil.copytree(pair[1], other)
    atlas = open_run(other).atlas
    assert atlas is not None
    dataclasses.replace(atlas, corpus_checksum="another").save(other / folders.ATLAS)
    folders.write_checksums(other)
    monkeypatch.setenv("EXPLORER_RUNS", str(other.parent))
    at = app("Maps", pick=SentencePick(5))
    assert "positions are not comparable" in text(at)
    assert "Trained on another corpus" in text(at)


def test_with_one_run_the_page_says_how_to_get_another(
    monkeypatch: pytest.MonkeyPatch, app: Callable, pair: tuple[Path, Path]
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(pair[0]))
    at = app()
    assert "only one run" in text(at)
    assert "explorer train" in at.code[0].value


@pytest.mark.parametrize("runs", ["", "one", "zebra,../x", "two,one,two", "<script>"])
def test_what_an_address_lacks_is_filled_in_and_what_is_wrong_is_ignored(
    app: Callable, runs: str
) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    at.switch_page(str(page_file("compare")))
    at.query_params["runs"] = runs
    at.query_params["row"] = "99999999999999999999"
    at.run()
    assert not at.exception
    assert not at.error
    assert sorted(at.multiselect(key="compared").value) == ["one", "two"]


@pytest.mark.parametrize("runs", ["two,two", "two,zebra,two"])
def test_a_run_asked_for_twice_is_compared_with_another_and_the_page_says_why(
    app: Callable, runs: str
) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    at.switch_page(str(page_file("compare")))
    at.query_params["runs"] = runs
    at.run()
    assert at.multiselect(key="compared").value == ["two", "one"]
    assert "cannot be compared with itself, so beside **two** is **one**" in text(at)
    assert ("zebra" in text(at)) == ("zebra" in runs)
    assert "itself" in text(at.run())
    at.multiselect(key="compared").set_value(["one", "two"]).run()
    assert "itself" not in text(at)


def test_two_runs_of_which_a_link_names_one_twice_are_compared_without_a_word(
    app: Callable,
) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    at.switch_page(str(page_file("compare")))
    at.query_params["runs"] = "two,one,two"
    at.run()
    assert at.multiselect(key="compared").value == ["two", "one"]
    assert "itself" not in text(at)


def test_a_link_reopens_the_same_runs_in_the_same_order(app: Callable) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    at.switch_page(str(page_file("compare")))
    at.query_params["runs"] = "two,one"
    at.run()
    assert at.multiselect(key="compared").value == ["two", "one"]


def test_maps_and_what_moved_can_be_taken_along(app: Callable) -> None:
    at = app("Maps", pictures=True)
    assert len(at.get("plotly_chart")) == 2
    assert [item.label for item in at.get("download_button")] == ["CSV", "JSON"]


@pytest.mark.parametrize("pick", [TextPick("a dog sings"), SentencePick(3)])
def test_what_compare_is_asked_is_its_own(app: Callable, pick: object) -> None:
    """The map's pick and box stay as they were, and so does what Compare was asked."""
    at = app("Sentences", pick=pick)
    box = at.text_input(key="asked")
    if isinstance(pick, TextPick):
        assert box.placeholder == pick.text  # asked about as long as nothing else is
    box.set_value("two cats").run()
    at.run()  # as a click on a tab does
    assert at.text_input(key="asked").value == "two cats"
    at.switch_page(str(page_file("map"))).run()
    assert at.session_state["_pick"] == pick
    assert at.text_input(key="text").value != "two cats"
    assert not at.exception


def test_the_map_of_the_healthiest_run_is_the_reference_and_never_noise(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[Path, Path]
) -> None:
    columns = [Column(open_run(folder), number) for number, folder in enumerate(pair)]
    recipe = columns[0].run.config
    for noise in (0, 1):
        names = [column.typed for column in columns]
        records = [
            Record(name, recipe, recorded.COLLAPSED if number == noise else recorded.USES)
            for number, name in enumerate(names)
        ]
        monkeypatch.setattr(open_runs, "records", lambda records=records: records)
        assert compared.reference(columns) is columns[1 - noise]


def test_the_run_above_a_comparison_is_one_of_those_compared(
    app: Callable, pair: tuple[Path, Path]
) -> None:
    third = pair[0].parent / "zed"
    shutil.copytree(pair[0], third)
    try:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
        first = at.session_state["run"]
        others = [name for name in ("one", "two", "zed") if name != first]
        at.switch_page(str(page_file("compare")))
        at.query_params["runs"] = ",".join(others)
        at.run()
        assert at.session_state["compared"] == others
        assert at.session_state["run"] in others
        at.multiselect(key="compared").set_value([first, others[1]]).run()
        at.multiselect(key="compared").set_value([first, others[0]]).run()
        assert at.session_state["run"] in (first, others[0])
    finally:
        shutil.rmtree(third)


def test_a_link_to_a_comparison_keeps_the_run_a_page_opened_on(
    app: Callable, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else *Compare* would open on a run of its own, and a sentence picked there be lost."""
    third = pair[0].parent / "zed"
    shutil.copytree(pair[0], third)
    monkeypatch.setattr(
        open_runs, "first_run", lambda page, names: "zed" if page == "compare" else "one"
    )
    try:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
        assert at.session_state["run"] == "one"
        at.switch_page(str(page_file("compare")))
        at.query_params["runs"] = "one,two"
        at.run()
        assert at.session_state["run"] == "one"
    finally:
        shutil.rmtree(third)
