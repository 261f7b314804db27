"""A stroll over the pages in Chromium: Back, Forward and a new page show what was left."""

import random
import time

import pytest

from tests.browser import strolling
from tests.browser.browsing import MARKS, new_page

pytestmark = MARKS
WIDE = 1600, 1000
SECONDS = 20
"""For the short strolls; a slow machine takes fewer of them."""


@pytest.fixture(scope="module")
def address(pair_address):
    return pair_address


def opened(visitor, address):
    page = new_page(visitor, *WIDE)
    page.goto(address)
    strolling.settle(page)
    return page


def stroll(visitor, address, seed, length):
    """Random actions; after each, the address reopens, and Back and Forward lead there again."""
    chance, done = random.Random(seed), []
    page = opened(visitor, f"{address}/?run=one")
    for _ in range(length):
        done += [strolling.visit(page, chance), strolling.act(page, chance)]
        left = strolling.digest(page)
        other = opened(visitor, page.url)
        assert strolling.digest(other) == left, ("reopened", seed, done)
        other.close()
        done.append(strolling.visit(page, chance))
        there = strolling.digest(page)
        page.go_back()
        assert strolling.digest(page) == left, ("Back", seed, done)
        page.go_forward()
        assert strolling.digest(page) == there, ("Forward", seed, done)
    page.close()


def test_ten_short_strolls_lead_back_to_what_was_left(visitor, address):
    end = time.monotonic() + SECONDS
    for seed in range(10):
        if time.monotonic() < end:
            stroll(visitor, address, seed, 1)


def test_back_from_paths_finds_the_layout_of_the_map(visitor, address):
    page = opened(visitor, f"{address}/?run=one&at=3")
    page.get_by_role("radio", name="PCA", exact=True).click()
    page.wait_for_url(lambda url: "layout=PCA" in url)
    left = strolling.digest(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Paths").click()
    page.wait_for_url(lambda url: "/paths" in url)
    strolling.settle(page)
    page.go_back()
    assert strolling.digest(page) == left
    page.close()


def test_back_within_the_map_returns_to_the_view_that_was_left(visitor, address):
    page = opened(visitor, f"{address}/?run=one&words=false")
    canvas = page.get_by_test_id("latent-map")
    view = "map => Object.values(map.state.view)"
    canvas.click(position={"x": 500, "y": 400})
    page.wait_for_url(lambda url: "at=" in url)
    canvas.focus()
    for key in ("+", "+", "+", "ArrowLeft"):
        page.keyboard.press(key)
    strolling.settle(page)
    left = canvas.evaluate(view)
    canvas.click(position={"x": 300, "y": 500})
    strolling.settle(page)
    canvas.focus()
    page.keyboard.press("0")
    strolling.settle(page)
    assert canvas.evaluate(view)[2] < left[2]
    page.go_back()
    strolling.settle(page)
    assert canvas.evaluate(view) == pytest.approx(left, rel=1e-3)
    page.close()


@pytest.mark.soak
def test_a_link_to_a_path_has_what_was_set_after_its_sentences(visitor, address):
    page = opened(visitor, f"{address}/paths?run=one")
    for name, text in (("A", "a dog sleeps"), ("B", "two cats sing")):
        page.get_by_role("textbox", name=name, exact=True).fill(text)
        page.keyboard.press("Enter")
        strolling.settle(page)
    page.get_by_role("radio", name="Spherical", exact=True).click()
    strolling.settle(page)
    page.get_by_role("slider", name="Steps").press("ArrowLeft")
    strolling.settle(page)
    page.get_by_role("radio", name="PCA", exact=True).click()
    left = strolling.digest(page)
    other = opened(visitor, page.url)
    assert strolling.digest(other) == left
    for set_ in ("from=a", "to=two", "Spherical", "steps=8", "layout=PCA"):
        assert set_ in page.url, set_
    other.close()
    page.close()


def test_back_from_the_prior_finds_the_layout_that_was_left_at_the_first_press(visitor, address):
    page = opened(visitor, f"{address}/?run=one")
    page.get_by_test_id("latent-map").click(position={"x": 500, "y": 400})
    page.wait_for_url(lambda url: "at=" in url)
    page.get_by_role("radio", name="PCA", exact=True).click()
    page.wait_for_url(lambda url: "layout=PCA" in url)
    left = strolling.digest(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Prior").click()
    page.wait_for_url(lambda url: "/prior" in url)
    strolling.settle(page)
    page.go_back()
    assert strolling.digest(page) == left
    page.close()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10, 60))
def test_fifty_strolls_lead_back_to_what_was_left(visitor, address, seed):
    stroll(visitor, address, seed, 3)
