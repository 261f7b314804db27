"""The frame of the plane of prior and sentences in a real Chromium."""

import pytest

from tests.browser.browsing import MARKS

pytestmark = MARKS


@pytest.mark.parametrize(("size", "most"), [((390, 844), 480), ((1440, 900), 561)])
def test_the_plane_is_hardly_higher_than_it_is_wide(page, address, size, most):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{address}/prior")
    page.locator(".st-key-prior_plane .plot-container").wait_for()
    page.wait_for_timeout(1000)
    box = page.locator(".st-key-prior_plane .main-svg").first.bounding_box()
    assert 300 < box["height"] <= most
    assert box["height"] <= 1.4 * box["width"]
    axes = page.locator(".st-key-prior_plane .xtitle").bounding_box()
    legend = page.locator(".st-key-prior_plane g.legend").bounding_box()
    assert axes["y"] + axes["height"] <= legend["y"] + 1, "one lies on the other"
    assert legend["y"] + legend["height"] <= box["y"] + box["height"] + 1
