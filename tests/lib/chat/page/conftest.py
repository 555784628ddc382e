"""Chromium for the page: nothing may go to another host, and the console stays silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.support.chat_page import HERE, QUIET, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


expect.set_options(timeout=60_000)  # of a condition that comes about; five seconds are little on a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1100, "height": 800}, reduced_motion="reduce")
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Return a page; fail the test if it says anything on the console or asks another host."""
    opened = context.new_page()
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda request: told.extend(url for url in [request.url] if HERE not in url))
    yield opened
    assert [line for line in told if "WebSocket connection to" not in line] == []
