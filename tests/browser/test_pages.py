"""The pages in a real Chromium, on the real server: from a click to a sentence."""

import re
import urllib.parse

import pytest

from tests.browser.browsing import MARKS, PATIENCE, sync_api

pytestmark = MARKS


def open_map(page, address, query=""):
    page.goto(f"{address}/{query}{'&' if query else '?'}run=tiny")
    page.locator("[data-loaded]").first.wait_for()
    return page.get_by_test_id("latent-map")


def click_at(page, canvas, x, y):
    left, top = canvas.evaluate("(map, at) => map.toScreen(...at)", [x, y])
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + left, box["y"] + top)


def test_a_click_on_a_sentence_decodes_it_and_a_link_reopens_it(page, address, chromium):
    canvas = open_map(page, address)
    x, y = page.evaluate(
        "async () => { const url = performance.getEntriesByType('resource')"
        ".map((item) => item.name).find((name) => name.includes('/points?'));"
        "const xy = new Float32Array(await (await fetch(url)).arrayBuffer());"
        "return [xy[0], xy[1]]; }"
    )
    click_at(page, canvas, x, y)
    page.get_by_text("The sentence", exact=True).wait_for()
    page.locator("mark").first.wait_for()
    page.wait_for_url(re.compile(r"at=\d+"))
    other = chromium.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(page.url)
    other.get_by_text("The sentence", exact=True).wait_for()
    other.close()


def test_back_goes_through_what_was_picked(page, address):
    open_map(page, address, "?at=3")
    page.get_by_text("The sentence", exact=True).wait_for()
    for place in ((0.4, 0.4), (0.6, 0.6)):
        box = page.locator("canvas.overlay").bounding_box()
        before = page.url
        page.mouse.click(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])
        page.wait_for_url(lambda url, before=before: url != before)
    page.go_back()
    page.go_back()
    page.wait_for_url(re.compile(r"at=3(&|$)"))
    page.get_by_text("The sentence", exact=True).wait_for()
    page.wait_for_timeout(1500)
    assert re.search(r"at=3(&|$)", page.url), "the address is not written over"


def test_an_empty_place_decodes_too(page, address):
    canvas = open_map(page, address)
    view = canvas.evaluate("(map) => map.toData(4, map.clientHeight / 2)")
    click_at(page, canvas, *view)
    page.get_by_text("Empty location", exact=True).wait_for()
    page.get_by_text("Round trip").wait_for()


def decodings(page):
    """The addresses of what is decoded from now on, as they are asked for."""
    asked = []
    page.on("request", lambda sent: asked.append(sent.url) if "/decode?" in sent.url else None)
    return asked


def test_the_lens_decodes_under_the_pointer_without_a_rerun(page, address):
    canvas = open_map(page, address, "?layout=PCA&view=0,0,0.5&words=false")
    asked, before = decodings(page), page.url
    box = canvas.bounding_box()
    corner = box["x"] + 40, box["y"] + box["height"] / 2
    page.mouse.move(*corner)
    tip = page.get_by_test_id("latent-map-tip")
    sync_api.expect(tip).to_contain_text("decoded here", timeout=PATIENCE)
    (question,) = asked
    page.mouse.move(corner[0] + 1, corner[1])
    page.wait_for_timeout(300)
    assert len(asked) <= 2, "positions within a few pixels share an answer"
    assert "at=" in question and page.url == before
    page.mouse.move(box["x"] + box["width"] + 30, box["y"])
    tip.wait_for(state="hidden")


def test_a_pick_is_answered_beside_it(page, address):
    canvas = open_map(page, address, "?layout=PCA&view=0,0,0.5")
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + box["height"] / 2)
    pin = page.get_by_test_id("latent-map-pin")
    pin.wait_for()
    page.get_by_text("Round trip").wait_for()
    words = page.locator("p.words").first.inner_text().split()
    assert pin.locator(".tip-text").first.inner_text().split()[0].lower() == words[0].lower()
    canvas.press("Escape")
    pin.wait_for(state="hidden")


def test_the_map_goes_to_what_a_list_picks(page, address):
    canvas = open_map(page, address, "?find=a")
    results = page.get_by_role("list", name="Matching sentences").get_by_role("button")
    results.first.wait_for()
    for _ in range(12):
        canvas.press("+")
    for _ in range(8):
        canvas.press("ArrowLeft")
    results.first.click()
    for _ in range(PATIENCE // 100):
        if canvas.evaluate(IS_IN_VIEW):
            break
        page.wait_for_timeout(100)
    assert canvas.evaluate(IS_IN_VIEW)
    assert page.evaluate("document.activeElement !== document.body"), "the focus is lost"


IS_IN_VIEW = """(map) => {
    const { selected } = map.state;
    if (!selected) return false;
    const [left, top] = map.toScreen(selected.x, selected.y);
    return left > 0 && top > 0 && left < map.clientWidth && top < map.clientHeight;
}"""


def said(canvas):
    """The sentences that stand on the map, by their places."""
    items = canvas.evaluate("(map) => (map.state.decoded ?? []).filter((item) => item.box)")
    return {(item["x"], item["y"]): item for item in items}


def wait_for_words(page, canvas, otherwise_than=None):
    for _ in range(PATIENCE // 100):
        found = said(canvas)
        if found and found.keys() != (otherwise_than or {}).keys():
            return found
        page.wait_for_timeout(100)
    return pytest.fail("nothing is said on the map")


def test_the_map_is_read_wherever_one_looks(page, address):
    canvas = open_map(page, address)
    asked = []
    page.on("request", lambda sent: asked.append(sent.url) if "/decode?" in sent.url else None)
    first = wait_for_words(page, canvas)
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 40, steps=4)
    page.mouse.up()
    page.wait_for_timeout(800)
    moved = said(canvas)
    kept = first.keys() & moved.keys()
    assert kept, "the grid is fixed to the map"
    assert all(first[place]["text"] == moved[place]["text"] for place in kept)

    page.mouse.move(*middle)
    page.mouse.wheel(0, -600)
    closer = wait_for_words(page, canvas, moved)
    assert len(closer) > 1
    requests = len(asked)
    page.wait_for_timeout(800)
    assert len(asked) == requests, "what is known is not asked for again"

    page.locator("label", has_text="Read the map").click()
    for _ in range(PATIENCE // 100):
        if not said(canvas):
            break
        page.wait_for_timeout(100)
    assert not said(canvas)


def test_what_is_read_on_the_map_is_there_for_a_screen_reader(page, address):
    canvas = open_map(page, address)
    wait_for_words(page, canvas)
    sentences = [item["text"] for item in canvas.evaluate("map => map.state.decoded")]
    heard = page.get_by_test_id("latent-map-decoded").locator("li")
    sync_api.expect(heard).to_have_text(sentences, timeout=PATIENCE)
    canvas.press("ArrowLeft")
    spoken = page.get_by_test_id("latent-map-live")
    sync_api.expect(spoken).to_contain_text("Decoded nearby: ", timeout=PATIENCE)
    nearest = canvas.evaluate("map => map.state.decoded[0].text")
    assert spoken.inner_text().endswith(nearest)


def test_a_pick_by_keyboard_is_confirmed_and_its_answer_told(page, address):
    canvas = open_map(page, address)
    canvas.evaluate(
        """map => {
            const live = map.parentElement.querySelector("[aria-live]");
            window.told = [];
            const note = () => window.told.push(live.textContent);
            new MutationObserver(note).observe(live, { childList: true });
            const press = (key) => map.dispatchEvent(new KeyboardEvent("keydown", { key }));
            ["ArrowLeft", "+", "Enter"].forEach(press);
        }"""
    )
    page.locator("p.words").first.wait_for()
    page.wait_for_function("window.told.length > 1")
    page.wait_for_timeout(800)
    _, *rest = page.evaluate("window.told")
    (answer,) = rest
    assert answer.startswith("Decoded: "), "nothing talks over the answer"


def test_a_question_about_the_map_that_failed_is_said_to_have_and_asked_again(page, address):
    page.route("**/decode?*", lambda route: route.abort(), times=1)
    canvas = open_map(page, address, "?read=true")
    told = page.get_by_text("could not be decoded here")
    told.wait_for()
    wait_for_words(page, canvas)
    told.wait_for(state="detached")


def test_a_click_on_words_opens_their_place(page, address):
    canvas = open_map(page, address, "?layout=PCA&view=0,0,0.5")
    found = wait_for_words(page, canvas)
    size = canvas.bounding_box()
    # Far from the points, so that the click means the words and not a sentence below them.
    place, item = max(found.items(), key=lambda known: abs(known[0][0]) + abs(known[0][1]))
    words = item["box"]
    page.mouse.click(size["x"] + words["left"] + 6, size["y"] + words["top"] + words["height"] - 4)
    page.get_by_text("Empty location", exact=True).wait_for()
    page.get_by_text("Round trip").wait_for()
    shown = page.locator("p.words").first.inner_text()
    assert "".join(shown.split()).startswith("".join(item["text"].split()))
    chosen = canvas.evaluate("(map) => map.state.selected")
    assert (chosen["x"], chosen["y"]) == pytest.approx(place, rel=1e-3)


def test_rectangles_become_the_ends_of_a_direction(page, address):
    page.goto(f"{address}/arithmetic?run=tiny&direction=Between+groups")
    page.locator("[data-loaded]").first.wait_for()
    canvas = page.get_by_test_id("latent-map")
    for name, (left, right) in {"towards": (0.02, 0.98), "away": (0.02, 0.5)}.items():
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        page.keyboard.down("Shift")
        page.mouse.move(box["x"] + left * box["width"], box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + right * box["width"], box["y"] + box["height"] - 5, steps=4)
        page.mouse.up()
        page.keyboard.up("Shift")
        page.wait_for_url(re.compile(rf"{name}=umap"))
    page.get_by_text(
        re.compile(r"Mean of \d+ rectangle of the UMAP minus mean of \d+ rect")
    ).wait_for()


def test_typed_markup_is_shown_as_typed(page, address):
    open_map(page, address)
    text = "<b>a dog</b> $x^2$ [a](b) :red[c]"
    page.get_by_label("Type a sentence").fill(text)
    page.get_by_label("Type a sentence").press("Enter")
    page.get_by_text("Your sentence", exact=True).wait_for()
    assert page.locator("p.words").first.inner_text() == text
    assert page.locator("p.words b").count() == 0


def test_a_phone_needs_no_sideways_scrolling(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    open_map(page, address)
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390


SLIDERS = {
    "paths": ("", "step", ["2", "3", "4", "5"]),
    "arithmetic": ("", "times", ["1.25", "1.5", "1.75", "2"]),
    "dimensions": ("&part=Dimensions", "value", ["0.25", "0.5", "0.75", "1"]),
}
"""Where a slider is, and what the address says after each of four steps."""


@pytest.mark.parametrize(
    "name", ["paths", *(pytest.param(name, marks=pytest.mark.soak) for name in list(SLIDERS)[1:])]
)
def test_a_path_is_scrubbed_in_the_browser(page, address, name):
    query, parameter, steps = SLIDERS[name]
    place = "arithmetic" if name == "dimensions" else name
    page.goto(f"{address}/{place}?run=tiny{query}")
    slider = page.get_by_test_id("path-slider")
    slider.focus()
    first = int(slider.input_value())
    for moves, step in enumerate(steps, start=1):
        slider.press("ArrowRight")
        page.wait_for_url(re.compile(rf"{parameter}={re.escape(step)}(&|$)"))
        page.wait_for_timeout(700)  # what the server says of the move must not take it back
        assert int(slider.input_value()) == first + moves
    page.go_back()
    page.wait_for_url(re.compile(rf"{parameter}={re.escape(steps[-2])}(&|$)"))
    sync_api.expect(slider).to_have_value(str(first + 3), timeout=PATIENCE)
    slider.press("ArrowRight")
    page.wait_for_url(re.compile(rf"{parameter}={re.escape(steps[-1])}(&|$)"))
    page.wait_for_timeout(700)
    assert int(slider.input_value()) == first + 4


def test_a_long_end_of_a_path_takes_three_lines_and_is_whole_on_hover(page, address):
    text = "a dog sleeps in the park " * 36
    page.goto(f"{address}/paths?run=tiny&from={text.strip().replace(' ', '+')}")
    end = page.locator(".path-slider .end").first
    end.filter(has_text=text[:60]).wait_for()
    assert end.bounding_box()["height"] < 80
    assert end.get_attribute("title") == text.strip()


FARTHEST = """() => {
  const chart = document.querySelector(".js-plotly-plot");
  const { xaxis, yaxis } = chart._fullLayout;
  const { x, y } = chart._fullData[1];
  const far = (k) => x[k] ** 2 + y[k] ** 2;
  const k = Array.from(x.keys()).reduce((a, b) => (far(b) > far(a) ? b : a));
  const box = chart.getBoundingClientRect();
  const left = box.left + xaxis._offset + xaxis.l2p(x[k]);
  return [left, box.top + yaxis._offset + yaxis.l2p(y[k]), k];
}"""
"""Where the sample farthest out is on the screen, and its number."""

MARKED = """() => document.querySelector(".js-plotly-plot").data.flatMap(
  (trace) => Array.from(trace.selectedpoints ?? []).map((k) => trace.customdata[k]))"""


def test_a_mark_of_the_prior_opens_again_and_is_the_one_marked(page, address):
    page.goto(f"{address}/prior?run=tiny&drawn=50")
    plane = page.locator(".js-plotly-plot").first
    plane.wait_for()
    samples = page.get_by_label("Samples of the prior").locator("button:not(.copy)")
    back = page.get_by_role("button", name="Back to the samples")

    def wait_until_marked(*names):
        for _ in range(PATIENCE // 100):
            if page.evaluate(MARKED) == list(names):
                return
            page.wait_for_timeout(100)
        assert page.evaluate(MARKED) == list(names)

    for _ in range(2):
        samples.first.wait_for()
        plane.scroll_into_view_if_needed()
        page.wait_for_timeout(1500)  # for the plane to be drawn
        x, y, number = page.evaluate(FARTHEST)
        page.mouse.move(x - 30, y - 30)
        page.mouse.move(x, y)
        page.wait_for_timeout(500)
        page.mouse.click(x, y, delay=80)
        page.wait_for_url(re.compile(rf"shown=p{number}(&|$)"))
        wait_until_marked(f"p{number}")
        back.click()
        page.wait_for_url(lambda url: "shown=" not in url)
        wait_until_marked()
    samples.nth(2).click()
    page.wait_for_url(re.compile(r"shown=p2(&|$)"))
    wait_until_marked("p2")


def test_the_map_has_a_name_too(page, address):
    page.goto(f"{address}/map?run=tiny")
    page.locator("[data-loaded]").first.wait_for()
    page.wait_for_url(re.compile(r"/\?run=tiny"))
    assert not page.get_by_text("Page not found").is_visible()


@pytest.mark.parametrize(
    "text",
    [
        "go https://evil.example/x now",
        "joe@evil.example www.evil.example WWW.evil.example",
        "a -> b <- c -- d >= e ~= f <-> g <= h",
        ":streamlit: :smile: :material/home: :red[red]",
    ],
)
def test_what_a_link_names_is_shown_as_text(page, address, text):
    """Streamlit makes links, arrows and pictures of words, whatever stands before them."""
    page.goto(f"{address}/?run={urllib.parse.quote(text)}")
    told = page.get_by_test_id("stMain").get_by_text("There is no run")
    told.wait_for()
    assert text in told.inner_text().replace("\u2060", "")
    assert told.locator("a, img, span[role=img]").count() == 0
