"""What is new in a sentence is marked in the browser, in any script; the text stays as it is."""

from pathlib import Path

import pytest

from explorer import map_component
from tests import tiny
from tests.browser.browsing import QUICK_MARKS

pytestmark = QUICK_MARKS

ASSETS = Path(map_component.__file__).parent / "assets"
SHOW = """async ([before, now]) => {
  const { showChanged } = await import("/words.js");
  const shown = document.createElement("p");
  showChanged(shown, before, now);
  const marks = [...shown.querySelectorAll("mark")].map((mark) => mark.textContent);
  return [shown.textContent, marks, shown.querySelectorAll(":not(mark)").length];
}"""


@pytest.fixture(scope="module")
def page(chromium):
    def serve(route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name:
            route.fulfill(path=ASSETS / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    opened = chromium.new_page()
    opened.route("http://assets.test/*", serve)
    opened.goto("http://assets.test/")
    return opened


@pytest.mark.parametrize("now", [*tiny.AWKWARD, "", "  two  blanks ", "कि 👩‍👩‍👧 ไม่", "一只狗。"])
def test_the_sentence_is_shown_as_it_stands_and_against_itself_without_a_mark(page, now) -> None:
    text, _, elements = page.evaluate(SHOW, ["something else", now])
    assert text == now.rstrip()
    assert elements == 0, "text is text, whatever it holds"
    assert page.evaluate(SHOW, [now, now])[1] == []


@pytest.mark.parametrize(
    ("before", "now", "marks"),
    [
        ("a dog runs", "a cat runs fast", ["cat", "fast"]),
        ("a dog runs.", "a dog runs", []),
        ("a dog runs", "a dog runs!", ["!"]),
        ("", "all new", ["all", "new"]),
    ],
)
def test_only_what_is_new_is_marked(page, before, now, marks) -> None:
    assert page.evaluate(SHOW, [before, now])[1] == marks


def test_in_a_script_without_blanks_words_are_marked_not_sentences(page) -> None:
    _, (mark,), _ = page.evaluate(SHOW, ["一只黑狗在草地上跑。", "一只白狗在草地上跑。"])
    assert mark in ("白", "白狗"), "the browser's dictionary says where a word ends"
