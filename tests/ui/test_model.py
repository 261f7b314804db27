"""A card from anywhere loads nothing and hides nothing."""

import html
from pathlib import Path

import pytest

from explorer.explore.run import open_run
from explorer.ui.model import card
from explorer.ui.model.card import safe_card, without_title
from tests.ui.test_pages import Open


@pytest.mark.parametrize("image", ["![x](https://example.org/a.png)", "![x][y]", "[![x](a)](b)"])
@pytest.mark.parametrize("before", ["", "\\", "\\\\", "\\\\\\", "!", "`", "> "])
def test_an_image_becomes_a_link_whatever_stands_before_it(before: str, image: str) -> None:
    shown = safe_card(before + image)
    assert "![" not in shown
    assert shown.replace("\u2060", "") == before + image


def test_the_front_matter_is_left_out() -> None:
    assert safe_card("---\nlicense: mit\n---\n# A run\n") == "# A run\n"
    assert safe_card("# A\n---\nb") == "# A\n---\nb"


def test_a_card_gives_up_its_title_alone_and_only_the_run_s_name():
    assert without_title("# a.b\n\nA VAE. # a.b\n# a.b\n", "a.b") == "\nA VAE. # a.b\n# a.b\n"
    for other in ("# a-b\ntext", "# a.b too\ntext", "## a.b\ntext", "text\n# a.b\n"):
        assert without_title(other, "a.b") == other
    assert without_title("# a.b", "a.b") == ""


def test_examples_are_test_sentences_drawn_by_the_seed(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    split = list(run.needed_atlas.split)
    rows = card.example_rows(run)
    assert rows == card.example_rows(run)
    assert len(set(rows)) == len(rows) == min(10, split.count("test") or len(split))
    assert {split[row] for row in rows} == {"test"} or "test" not in split


def test_the_card_shows_examples_first_and_its_scores_once(app: Open, tiny_run: Path) -> None:
    run = open_run(tiny_run)
    at = app("model")
    assert at.header[0].value == "Ten reconstructions"
    bodies = "\n".join(item.proto.body for item in at.get("html"))
    for row in card.example_rows(run):
        assert html.escape(run.needed_atlas.reconstruction[row]) in bodies
    shown = "\n".join(item.value for item in at.markdown)
    assert "| metric |" not in shown and "## Scores" not in shown
    for title in ("Intended use", "Limits"):
        assert shown.count(f"## {title}") == 1
