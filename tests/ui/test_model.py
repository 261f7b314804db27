"""A card from anywhere loads nothing and hides nothing."""

import pytest

from explorer.ui.model.card import safe_card, without_title


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
