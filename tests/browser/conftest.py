"""Fixtures of the tests in Chromium: a server of tiny runs, the browser, and a watched page."""

import re

import pytest

from tests import tiny_pair


@pytest.fixture(scope="module")
def address(tiny_run, tmp_path_factory):
    """A server of the tiny run."""
    from tests.browser.browsing import served  # skips where playwright is missing

    with served(tiny_run, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="module")
def pair_address(tiny_run, tmp_path_factory):
    """A server of two tiny runs."""
    from tests.browser.browsing import served

    pair = tmp_path_factory.mktemp("pair")
    tiny_pair.build(pair, tiny_run)
    with served(pair, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="module")
def playwright():
    from tests.browser.browsing import sync_api

    with sync_api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright):
    """A fresh browser, of which each page is another visitor."""
    from tests.browser.browsing import launched

    with launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def visitor(playwright):
    """A browser of one visitor, who has been here before: pages load in half the time."""
    from tests.browser.browsing import remembering

    with remembering(playwright) as context:
        yield context


@pytest.fixture
def page(visitor):
    """A page whose scripts may not fail, and which may ask this machine alone."""
    from tests.browser.browsing import forget, new_page

    page = new_page(visitor, 1280, 900)
    failures, strangers = [], []

    def note_stranger(url):
        if not re.match(r"(http|ws)://127\.0\.0\.1[:/]|data:|blob:", url):
            strangers.append(url)

    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda sent: note_stranger(sent.url))
    yield page
    assert not failures
    assert not strangers
    forget(page)
    page.close()
