"""Laws of what is added to the page before any script runs."""

import io
import shutil
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
from explorer.ui.http.first_paint import FirstPaint
from explorer.ui.http.routes import routes
from tests.ui.test_pages import runs

__all__ = ["runs"]  # a fixture

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
    (image,) = [part.split('"')[0] for part in answer.text.split('img src="')[1:]]
    picture = client.get(image.replace("&amp;", "&"))
    assert picture.headers["content-type"] == "image/png"
    assert max(Image.open(io.BytesIO(picture.content)).size) == LONGEST


@pytest.mark.parametrize(
    "address", ["/paths", "/?view=1,2,3", "/?layout=PCA", "/?find=cat", "/?run=%3Cb%3E"]
)
def test_a_page_with_another_map_or_none_has_the_style_alone(
    client: TestClient, address: str
) -> None:
    text = client.get(address, headers=HTML).text
    assert "<style>" in text and "<img" not in text and "<b>" not in text


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
    assert (np.argwhere(image[..., 3] > 0).shape[0]) == 12, "two by two pixels a point"
    bottom_left, top_right = image[-1, 0], image[0, -1]
    assert bottom_left[0] > 240 > 20 > bottom_left[2] and top_right[2] > 240 > 20 > top_right[0]
