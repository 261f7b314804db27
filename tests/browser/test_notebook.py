"""The notebook's widget in Chromium, with a host that speaks the protocol of anywidget's."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer import LatentMap, open_run
from explorer.notebook.module import module
from tests.browser.browsing import QUICK_MARKS, a_page

pytestmark = QUICK_MARKS
ORIGIN = "http://notebook.test"
HOST = """
<!doctype html><body style="margin: 0"><div id="cell" style="width: 900px"></div>
<script type="module">
import widget from "/widget.js";
const heard = {};
const model = {
  get: (name) => window.traits[name],
  on: (name, act) => (heard[name] ??= new Set()).add(act),
  off: (name, act) => heard[name]?.delete(act),
  send: (content) => window.toPython(content),
};
window.set = (name, value) => {
  window.traits[name] = value;
  heard["change:" + name]?.forEach((act) => act());
};
window.fromPython = (content, buffers) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  heard["msg:custom"]?.forEach((act) => act(content, buffers.map(bytes)));
};
window.traits = await window.traitsOf();
await widget.render({ model, el: document.getElementById("cell") });
</script>
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with a_page() as page:
        yield page


def test_the_map_is_drawn_read_and_selected_from(page: Any, tiny_run: Path) -> None:
    widget = open_run(tiny_run).map(height=400)
    host(page, widget)
    state = (
        "document.querySelector('#cell > div').shadowRoot.querySelector('canvas.overlay').state"
    )
    count = len(widget.run.atlas)
    page.wait_for_function(f"{state}.points === {count}")

    page.locator("canvas.overlay").click(position={"x": 40, "y": 40})
    page.wait_for_function(f"{state}.selected !== null")
    assert widget.pick is not None

    page.get_by_label("Select with a rectangle").click()
    page.mouse.move(20, 20)
    page.mouse.down()
    page.mouse.move(840, 380, steps=5)
    page.mouse.up()
    page.wait_for_function(f"{state}.standing > 0 && {state}.standing <= {count}")
    page.wait_for_timeout(100)
    assert widget.query.startswith("area:")
    assert len(widget.selection) == page.evaluate(f"{state}.standing") > 1

    widget.selection = [0, 1]
    page.wait_for_function(f"{state}.standing === 2")
    page.locator("canvas.overlay").hover(position={"x": 300, "y": 60})
    page.get_by_test_id("latent-map-tip").wait_for(state="visible")


def host(page: Any, widget: LatentMap) -> None:
    """Shows a widget as a notebook does: what its host is told, it tells the browser."""

    def to_browser(content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        encoded = [base64.b64encode(buffer).decode() for buffer in buffers or []]
        page.evaluate("([content, buffers]) => fromPython(content, buffers)", [content, encoded])

    widget.send = to_browser  # type: ignore[method-assign]
    widget.observe(lambda change: page.evaluate("(v) => set('_spec', v)", change["new"]), "_spec")
    page.expose_function("toPython", lambda content: widget._receive(widget, content, []))
    page.expose_function("traitsOf", lambda: {"_spec": widget._spec, "_name": widget._name})
    files = {"/widget.js": (module(), "text/javascript"), "/": (HOST, "text/html")}

    def serve(route: Any) -> None:
        body, kind = files.get(route.request.url.removeprefix(ORIGIN), ("", "text/plain"))
        route.fulfill(body=body, content_type=kind)

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")
