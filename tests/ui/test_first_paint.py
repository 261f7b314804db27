"""Laws of what is added to the page before any script runs."""

import html
import io
import re
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.explore.point_colours import Colours, LegendEntry
from explorer.explore.still_map import LONGEST, png
from explorer.ui.components.style import STYLE
from explorer.ui.http import preloads
from explorer.ui.http.first_paint import FirstPaint
from explorer.ui.http.routes import routes

PAGE = "<html><head><title>t</title></head><body><div id='root'></div></body></html>"
HTML = {"Accept": "text/html"}


@pytest.fixture
def client(runs: Path, tiny_run: Path) -> TestClient:
    shutil.copytree(tiny_run, runs / "tiny")
    (runs / "page.html").write_text(PAGE, "utf-8")
    paths = [
        Route("/data", lambda request: JSONResponse({"a": "</head>"})),
        Route("/gone", lambda request: HTMLResponse(PAGE, 404)),
        *routes(),
        Route("/{page:path}", lambda request: FileResponse(runs / "page.html")),
    ]
    return TestClient(Starlette(routes=paths, middleware=[Middleware(FirstPaint)]))


def test_the_page_has_its_style_and_the_picture_of_its_map(client: TestClient) -> None:
    answer = client.get("/", headers=HTML | {"If-None-Match": "*"})
    assert answer.status_code == 200 and "etag" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert STYLE.read_text("utf-8") in answer.text
    (picture,) = re.findall(r'<img [^>]*src="data:image/png;base64,([^"]+)"', answer.text)
    assert max(Image.open(io.BytesIO(b64decode(picture))).size) == LONGEST


def test_the_page_names_what_its_map_will_fetch(client: TestClient) -> None:
    text = client.get("/", headers=HTML).text
    links = re.findall(r'<link rel="(\w+)" (?:as="fetch" )?crossorigin href="([^"]+)">', text)
    urls = [html.unescape(url) for _, url in links if "/static/" not in url]
    assert [url.rsplit("/", 1)[1].split("?")[0] for url in urls] == [
        "bundle.js",
        "points",
        "colours",
    ]
    assert all(client.get(url).status_code == 200 for url in urls)
    assert any("BidiComponent" in name for name in preloads.widget_modules())


@pytest.mark.parametrize("address", ["/?view=1,2,3", "/?layout=PCA", "/?find=cat"])
def test_a_page_with_another_map_has_its_frame_alone(client: TestClient, address: str) -> None:
    text = client.get(address, headers=HTML).text
    assert 'class="still-map"' in text and "<img" not in text


@pytest.mark.parametrize("address", ["/paths", "/?run=%3Cb%3E"])
def test_a_page_without_a_map_has_the_style_alone(client: TestClient, address: str) -> None:
    text = client.get(address, headers=HTML).text
    assert "<style>" in text and 'still-map"' not in text and "<b>" not in text


def test_all_else_is_left_as_it_is(client: TestClient) -> None:
    assert client.get("/data", headers=HTML).json() == {"a": "</head>"}
    assert client.get("/gone", headers=HTML).text == PAGE
    assert client.get("/", headers={"Accept": "*/*"}).text == PAGE


def test_a_picture_has_each_point_at_its_position_in_its_colour() -> None:
    xy = np.array([[0.0, 0.0], [4.0, 2.0], [0.0, 2.0]], np.float32)
    legend = [LegendEntry("a", "#ff0000", 0), LegendEntry("b", "#0000ff", 1)]
    colours = Colours(np.array([0, 1, 255], np.uint8), legend, "categories", "")
    image = np.asarray(Image.open(io.BytesIO(png(xy, colours))).convert("RGBA")).astype(int)
    height, width = image.shape[:2]
    assert width == LONGEST and abs(height - LONGEST / 2) <= 1
    assert (image[..., 3] > 0).sum() == 36, "twelve pixels a point"
    bottom_left, top_right = image[-2, 0], image[1, -1]
    assert bottom_left[0] > 240 > 20 > bottom_left[2] and top_right[2] > 240 > 20 > top_right[0]
