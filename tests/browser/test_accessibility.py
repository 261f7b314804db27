"""axe-core on every page: nothing serious, moderate or critical, in light, dark and on a phone.

The pages whose parts differ most are checked, and all of them where `soak` is asked for. On a
phone, none is wider than the window.
"""

from contextlib import contextmanager
from importlib import resources

import pytest

from explorer.workspace import experiment_results, notes
from explorer.workspace.experiment_results import Question
from tests.browser import strolling
from tests.browser.browsing import MARKS, new_page, served
from tests.experiments.test_registry import OUTCOME

pytestmark = MARKS
AXE = "axe_playwright_python"
"""The package that carries axe-core; only its script is used."""
SCREENS = {
    "light": (1440, 900, "light"),
    "dark": (1440, 900, "dark"),
    "phone": (390, 844, "light"),
}
PAGES = {
    "map": "?at=3",
    "columns": "?columns=true&select=label:animal+and+length:5..9",
    "comparison": "?comparing=true&held=label:animal&select=words:robot",
    "paths": "paths",
    "arithmetic": "arithmetic",
    "dimensions": "arithmetic?part=Dimensions",
    "label switch": "arithmetic?part=Label+switch",
    "compare": "compare?runs=one,two",
    "compared maps": "compare?runs=one,two&section=Maps",
    "collapse": "collapse",
    "playback": "playback",
    "prior": "prior",
    "model": "model",
    "text": "text",
    "notes": "notes",
    "experiments": "experiments",
    "experiment": "experiments?experiment=em",
    "experiment with its result": "experiments?experiment=gaps",
    "lecture": "lecture",
    "scene": "paths?scene=3",
}
FEW = ("map", "columns", "paths", "compare", "collapse", "text")
EXEMPT: tuple[tuple[str, str, str], ...] = ()
"""Rule, part of the selector or of the element, and why it cannot be mended from outside."""
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact !== "minor").flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, html, failureSummary }) =>
      ({ id, impact, target: target.join(" "), html: html.slice(0, 300), failureSummary })));
}"""
IS_DARK = """() => {
  const colour = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor;
  return colour.match(/\\d+/g).slice(0, 3).every((part) => part < 60);
}"""
BEYOND = """() => [...document.querySelectorAll("[data-testid=stMain], [data-testid=stMain] *")]
  .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.scrollWidth > innerWidth
    && ["auto", "scroll"].includes(getComputedStyle(node).overflowX)
    && !node.closest("[data-testid=stDataFrame], [role=tablist]"))
  .map((node) => `${node.dataset.testid ?? node.className}: ${node.scrollWidth}`)"""
"""What could be scrolled sideways: wider than the window."""


@pytest.fixture(scope="module")
def script():
    pytest.importorskip(AXE, reason="needs axe-core: pip install -e '.[test]'")
    return (resources.files(AXE) / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def address(tiny_run, tmp_path_factory):
    from tests import tiny_pair

    pair, home = tmp_path_factory.mktemp("pair"), tmp_path_factory.mktemp("home")
    tiny_pair.build(pair, tiny_run)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("EXPLORER_HOME", str(home))
        experiment_results.store(Question.of("gaps", {}), OUTCOME, 3.0)
        notes.add("selection", "one", "map", {"select": "words:dog"}, "dogs", "a note", ["pets"])
    with served(pair, home) as address:
        yield address


def is_exempt(fault):
    return any(
        fault["id"] == rule and (part in fault["target"] or part in fault["html"])
        for rule, part, _ in EXEMPT
    )


@contextmanager
def screen_of(visitor, name):
    """A page on a screen of `SCREENS`."""
    width, height, color_scheme = SCREENS[name]
    page = new_page(visitor, width, height)
    page.emulate_media(color_scheme=color_scheme)
    yield page
    page.close()


def visits(page, address, names):
    """Opens these pages in turn; gives the name of each."""
    for name in names:
        link = PAGES[name]
        page.goto(f"{address}/{link}{'&' if '?' in link else '?'}run=one")
        strolling.settle(page)
        yield name


def axe(page, script) -> list[dict]:
    page.evaluate(script)
    return [fault for fault in page.evaluate(RUN) if not is_exempt(fault)]


@pytest.mark.parametrize("names", [FEW, pytest.param([*PAGES], marks=pytest.mark.soak)])
def test_axe_has_nothing_to_say_of_a_page(visitor, address, script, names):
    faults = []
    with screen_of(visitor, "light") as page:
        for name in visits(page, address, names):
            faults += [{"page": name, **fault} for fault in axe(page, script)]
            # The same page, changed: loading it again takes several times as long.
            page.emulate_media(color_scheme="dark")
            strolling.settle(page)
            assert page.evaluate(IS_DARK), name
            faults += [{"page": f"{name}, dark", **fault} for fault in axe(page, script)]
            page.emulate_media(color_scheme="light")
            page.set_viewport_size({"width": 390, "height": 844})
            strolling.settle(page)
            faults += [{"page": f"{name}, phone", **fault} for fault in axe(page, script)]
            faults += [{"page": f"{name}, phone", "wide": wide} for wide in page.evaluate(BEYOND)]
            page.set_viewport_size({"width": 1440, "height": 900})
    assert faults == []


@pytest.mark.soak
@pytest.mark.parametrize("screen", ["dark", "phone"])
def test_axe_has_nothing_to_say_of_a_page_that_opens_so(visitor, address, script, screen):
    with screen_of(visitor, screen) as page:
        faults = [
            {"page": name, **fault}
            for name in visits(page, address, PAGES)
            for fault in axe(page, script)
        ]
    assert faults == []
