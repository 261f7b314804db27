"""The page on arithmetic: what it asks, decodes, compares with, and says when nothing happens."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.explore import sentence_groups
from explorer.explore.run import open_run
from explorer.latent_space.dimension_words import dimension_words
from explorer.ui.arithmetic import analogy, dimensions
from explorer.ui.components.escaping import plain
from explorer.ui.session.picks import SentencePick
from tests import tiny
from tests.ui.test_pages import html, said

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def app(app: Open) -> Open:
    """Opens the page on the tiny run: what is picked, parameters of the address."""
    return partial(app, "arithmetic")


def test_it_starts_with_an_example_and_its_control(app: Open) -> None:
    at = app()
    run = open_run(Path(at.session_state["_run"].folder))
    assert {at.text_input(key=key).value for key in "abc"} <= set(run.atlas.reconstruction)
    text = said(at)
    assert "from the nearest sentence" in text
    assert "random direction of the same length" in text
    assert "The next click on the map sets **A**" in text


def test_the_nearest_sentence_is_the_one_whose_distance_is_told(app: Open, tiny_run: Path) -> None:
    run, ends = open_run(tiny_run), {"a": "a dog sings", "b": "two cats sings", "c": "a dog waits"}
    z = run.analogy(*ends.values(), analogy.STRENGTHS)
    away = np.linalg.norm(z[:, None] - run.atlas.mean, axis=2)
    near = [run.texts[row] for row in away.argmin(1)]
    # A k for which the cosine would name another sentence.
    k = next(k for k, point in enumerate(z) if run.neighbours(point, 1)[0].text != near[k])
    at = app(**ends, times=f"{analogy.STRENGTHS[k]:g}")
    assert f"**{away[k].min():.2f}** from the nearest" in said(at)
    assert plain(near[k], quiet=True) in html(at)


def test_every_row_of_all_k_has_its_k(app: Open) -> None:
    shown = next(item.proto.body for item in app().get("html") if "k = −0.5" in item.proto.body)
    rows = re.findall(r'<p class="decoded"[^>]*><span class="count">([^<]*)</span>', shown)
    expected = [f"k = {value:g}".replace("-", "−") for value in analogy.STRENGTHS]
    assert rows == expected and shown.count('<p class="decoded"') == len(expected)


def test_a_link_reopens_the_same_sum(app: Open) -> None:
    at = app(a="a dog sings", b="two cats sings", c="a dog waits", times="2.5")
    assert [at.text_input(key=key).value for key in "abc"] == [
        "a dog sings",
        "two cats sings",
        "a dog waits",
    ]
    assert "k = 2.5 along a random direction" in said(at)
    assert at.query_params["times"] in ("2.5", ["2.5"])


def test_an_emptied_sentence_leaves_the_map_and_the_next_click_fills_it(app: Open) -> None:
    at = app(a="a dog sings", b="two cats sings", c="a dog waits")
    at.text_input(key="b").set_value(" ").run()
    assert "Type three sentences" in at.info[0].value
    assert "click on the map sets **B**" in said(at)
    assert len(at.get("bidi_component")) == 1
    at = app(direction="Between groups", c="")
    assert len(at.get("bidi_component")) == 1


def test_a_direction_between_labels_is_told_with_its_sizes(app: Open) -> None:
    at = app(direction="Between groups", towards="label animal", away="label other")
    assert at.selectbox(key="towards").value == "label animal"
    assert "Mean of" in said(at)
    assert "B − A" not in said(at)
    at.selectbox(key="away").set_value("label animal").run()
    assert "two different groups" in at.info[0].value


def test_words_typed_in_place_of_a_group_are_one(app: Open, tiny_run: Path) -> None:
    at = app(direction="Between groups", towards="robot", away="dog", c="a dog waits")
    run = open_run(tiny_run)
    sizes = [sum(word in text.split() for text in run.texts) for word in ("robot", "dog")]
    assert f"Mean of {sizes[0]} “robot” minus mean of {sizes[1]} “dog”" in said(at)
    assert "--towards=robot --away=dog 'a dog waits'" in said(at)
    start, end = sentence_groups.ends(run, sentence_groups.groups_of(run), "dog", "robot")
    texts = run.decode(run.analogy(start, end, "a dog waits", analogy.STRENGTHS))
    assert all(plain(text) in html(at) or text in html(at) for text in texts[4:6])


def test_the_region_of_another_run_gives_way_to_a_group_of_this_one(app: Open) -> None:
    at = app(direction="Between groups", towards="region of another run", away="dog")
    assert at.selectbox(key="towards").value in ("label animal", "label other")
    assert "Mean of" in said(at)


def test_too_few_sentences_with_some_words_are_said_and_the_map_stays(app: Open) -> None:
    at = app(direction="Between groups", towards="zyx <b>$x^2$</b>", away="dog")
    assert "no sentence of this map" in at.info[0].value
    assert "$x^2$" not in at.info[0].value
    assert len(at.get("bidi_component")) == 1


def test_every_run_has_a_direction_to_try(app: Open) -> None:
    options = app(direction="Between groups").selectbox(key="towards").options
    assert "long sentences" in options and "short sentences" in options


@pytest.mark.parametrize("text", tiny.AWKWARD)
def test_markup_in_a_sentence_is_shown_as_typed(app: Open, text: str) -> None:
    for address in ({"a": text, "b": text, "c": text}, {"part": "Dimensions", "sentence": text}):
        at = app(**address)
        assert "<script>" not in html(at)
        for item in [*at.markdown, *at.caption, *at.info]:
            assert "$x^2$" not in item.value and "](https" not in item.value


@pytest.mark.parametrize(
    "address",
    [
        {"times": "1e9", "direction": "no", "part": "x"},
        {"direction": "Between groups", "towards": "label <b>", "away": "gone"},
        {"part": "Dimensions", "dimension": "99", "value": "nan", "order": "x"},
        {"a": " ", "b": " "},
    ],
)
def test_a_broken_address_is_ignored(app: Open, address: dict[str, str]) -> None:
    at = app(**address)
    assert not at.error


def test_where_a_is_b_no_k_changes_a_word(app: Open) -> None:
    text = said(app(a="a dog sings", b="a dog sings", c="a girl waits"))
    assert "No k changes any word" in text
    assert "Marked" not in text


def test_a_dimension_is_named_by_the_words_of_its_sides(app: Open, tiny_run: Path) -> None:
    run = open_run(tiny_run)
    found = dimension_words(run.texts, run.atlas.mean)
    number = max(range(len(found)), key=lambda k: len(found[k].low) + len(found[k].high))
    assert found[number].low or found[number].high
    text = said(app(part="Dimensions", dimension=str(number)))
    for name, words in (("Lowest", found[number].low), ("Highest", found[number].high)):
        assert (f"{name}: **{', '.join(words)}**" if words else name) in text


def test_the_picked_sentence_is_the_one_that_is_traversed(app: Open) -> None:
    at = app(pick=SentencePick(3), part="Dimensions")
    run = at.session_state["_run"]
    assert at.text_input(key="sentence").value == run.texts[3]
    assert "Extreme sentences" in said(at)
    assert len(at.dataframe[0].value) == run.config.model.latent_dim


def test_a_link_reopens_a_dimension(app: Open) -> None:
    at = app(part="Dimensions", sentence="a dog sings", dimension="2", value="-1.5")
    assert at.selectbox(key="dimension").value == 2
    assert "**Dimension 2**" in said(at)
    assert at.query_params["value"] in ("-1.5", ["-1.5"])


def test_the_table_ticks_the_dimension_that_is_shown(app: Open) -> None:
    at = app(part="Dimensions", order="Number", dimension="2")
    for change in ("order", "dimension"):
        if change == "order":
            at.button_group(key="order").set_value("variance").run()
        else:
            at.selectbox(key="dimension").set_value(1).run()
        assert not at.exception
        (row,) = at.session_state["dimension_table"]["selection"]["rows"]
        (shown,) = [table.value for table in at.dataframe if "dimension" in table.value]
        assert int(shown["dimension"].iloc[row]) == at.selectbox(key="dimension").value


def test_dimensions_are_listed_by_what_matters(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    variance = dimensions.variances(run)
    assert (np.diff(variance[dimensions.ordered(run, "variance")]) <= 0).all()
    assert dimensions.ordered(run, "number") == list(range(len(variance)))
    rates = dimensions.rate_by_dimension(run)
    assert rates is None or (np.diff(rates[dimensions.ordered(run, "rate")]) <= 0).all()


def test_a_traversal_that_changes_no_word_is_said_to_be_still() -> None:
    assert dimensions.Traversal("a", ["a", "a"], 0.0, False).is_still
    assert not dimensions.Traversal("a", ["a", "b"], 0.0, False).is_still
    assert not dimensions.Traversal("a", ["b", "b"], 0.0, False).is_still


def test_the_strengths_hold_c_and_the_analogy_as_it_is_asked() -> None:
    assert {0.0, 1.0} <= set(analogy.STRENGTHS.tolist())
    assert analogy.STRENGTHS[[0, -1]].tolist() == [-1, 3]
