"""A card from anywhere loads nothing and hides nothing."""

import pytest

from explorer.ui.cards import safe_card


@pytest.mark.parametrize("image", ["![x](https://example.org/a.png)", "![x][y]", "[![x](a)](b)"])
def test_an_image_becomes_a_link(image: str) -> None:
    assert "\\![" in safe_card(image)
    assert "![" not in safe_card(image).replace("\\![", "")


def test_the_front_matter_is_left_out() -> None:
    assert safe_card("---\nlicense: mit\n---\n# A run\n") == "# A run\n"
    assert safe_card("# A\n---\nb") == "# A\n---\nb"
