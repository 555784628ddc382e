"""Chromium for the page: nothing may go to another host, and the console stays silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.chat_page import running_browser, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


expect.set_options(timeout=60_000)  # of a condition that comes about; five seconds are little on a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1100, "height": 800}, reduced_motion="reduce")
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Return a page; fail the test if it says anything on the console or asks another host."""
    with watch(context.new_page()) as opened:
        yield opened
