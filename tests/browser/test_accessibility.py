"""axe-core on every page: nothing serious, moderate or critical, in light, dark and on a phone.

Every page is looked at in light; in dark and on a phone those whose parts differ most, and all of
them where `soak` is asked for.
"""

from importlib import resources

import pytest

from explorer.workspace import experiment_results, notes
from explorer.workspace.experiment_results import Question
from tests.browser import strolling
from tests.browser.browsing import MARKS, PATIENCE, served
from tests.experiments.test_registry import OUTCOME

pytestmark = MARKS
AXE = "axe_playwright_python"
"""The package that carries axe-core; only its script is used."""
SCREENS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
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
FEW = ("map", "columns", "compare", "collapse", "prior", "experiment with its result", "lecture")
EXEMPT: tuple[tuple[str, str, str], ...] = ()
"""Rule, part of the selector or of the element, and why it cannot be mended from outside."""
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact !== "minor").flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, html, failureSummary }) =>
      ({ id, impact, target: target.join(" "), html: html.slice(0, 300), failureSummary })));
}"""


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


@pytest.mark.parametrize(
    ("screen", "pages"),
    [
        pytest.param("light", tuple(PAGES), id="light"),
        pytest.param("dark", FEW, id="dark"),
        pytest.param("phone", FEW, id="phone"),
        pytest.param("dark", tuple(PAGES), id="dark, every page", marks=pytest.mark.soak),
        pytest.param("phone", tuple(PAGES), id="phone, every page", marks=pytest.mark.soak),
    ],
)
def test_axe_has_nothing_to_say_of_any_page(chromium, address, script, screen, pages):
    context = chromium.new_context(**SCREENS[screen])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults = []
    for name in pages:
        link = PAGES[name]
        page.goto(f"{address}/{link}{'&' if '?' in link else '?'}run=one")
        strolling.settle(page)
        page.evaluate(script)
        faults += [{"page": name, **fault} for fault in page.evaluate(RUN)]
    context.close()
    assert [fault for fault in faults if not is_exempt(fault)] == []
