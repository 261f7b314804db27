"""Text is data: no way to the page takes a sentence for markup."""

import html
import re

import pytest

from explorer.models.decoding_settings import Decoded
from explorer.ui.components.escaping import (
    code,
    drawn_of,
    listed,
    markdown,
    message,
    minus,
    plain,
    shaded,
)
from tests.tiny import AWKWARD


@pytest.mark.parametrize("text", AWKWARD)
def test_markdown_is_escaped_and_can_be_read_back(text: str) -> None:
    escaped = markdown(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u2060", "") == text
    assert not re.search(r"(?<!\\)[<$\[\]:*_`]", escaped)


@pytest.mark.parametrize("text", [*AWKWARD, "a ` b", "``", "` `", "", "`a`"])
def test_a_message_says_what_it_was_given(text: str) -> None:
    bare = re.sub(r"[\\`\u2060]", "", message(text))
    assert bare.split() == text.replace("`", "").split()


def test_a_command_in_a_message_can_be_copied() -> None:
    told = message("no prior -- yet: `explorer prior my --fit mixture` fits one, `a_b` too")
    assert "`explorer prior my --fit mixture`" in told and "`a_b`" in told
    assert "\\-\u2060\\-" in told


@pytest.mark.parametrize("text", [*AWKWARD, "explorer atlas my-run", "a `b` c", "``", "`"])
def test_code_is_shown_with_nothing_escaped(text: str) -> None:
    fence, body = re.fullmatch(r"(`+)([^`].*[^`])\1", code(text), re.DOTALL).groups()  # type: ignore[union-attr]
    assert fence not in body
    assert body == text or body == f" {text} "


@pytest.mark.parametrize("text", AWKWARD)
def test_html_holds_the_sentence_as_text(text: str) -> None:
    body = plain(text)
    assert html.unescape(re.sub(r"<[^>]*>", "", body)).strip() == text
    assert re.findall(r"<(\w+)", body) == ["p", "button"]


def test_an_empty_sentence_still_has_a_line() -> None:
    assert "&nbsp;" in plain("")


def test_the_shade_grows_with_the_gain_and_stays_within_bounds() -> None:
    decoded = Decoded("a b c d", ["a", "b", "<b>", "<eos>"], [-1.0] * 4, [-3.0, 1.0, 2.0, 99.0])
    body = shaded(decoded)
    shades = [float(value) for value in re.findall(r"--shade: ([\d.]+)", body)]
    assert shades == sorted(shades)
    assert shades[0] == 0
    assert shades[-1] < 1
    assert "&lt;b&gt;" in body
    assert ">end<" in body


def test_a_long_list_of_words_is_cut() -> None:
    assert listed(["x"] * 10, most=2) == "“x”, “x” and 8 more"


def test_numbers_below_zero_have_the_sign_of_subtraction_and_words_keep_their_hyphens() -> None:
    assert minus("between -0.956 and -3 nats") == "between −0.956 and −3 nats"
    assert minus("top-5 of 2-3") == "top-5 of 2-3"


def test_what_is_all_is_not_said_to_be_drawn() -> None:
    assert drawn_of(3000, 3000, "dots") == "all 3,000 dots"
    assert drawn_of(30, 3000, "dots") == "30 of the 3,000 dots (random sample)"
