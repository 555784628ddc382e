"""The page in a real Chromium, and what tests do with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "tools" / "install-chromium"
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = "//127.0.0.1:"


def chromium() -> str:
    """Find the browser; install it in CI, skip the test elsewhere."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI") == "true":
        done = subprocess.run([INSTALL], check=False, capture_output=True, text=True)
        found = shutil.which("chromium")
        if found is None:
            pytest.fail(f"Chromium is not there, and {INSTALL.name} could not install it:\n{done.stderr[-2000:]}")
    if found is None:
        pytest.skip(f"Chromium is not installed; {INSTALL.relative_to(ROOT)} does that")
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Return Chromium, which ends afterwards; skip the test where there is none."""
    program = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


@contextmanager
def watch(page: Page) -> Iterator[Page]:
    """Return the page; fail the test if it says anything on the console or asks another host."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: told.extend(url for url in [request.url] if HERE not in url))
    yield page
    assert [line for line in told if "WebSocket connection to" not in line] == []


def ask(page: Page, question: str) -> None:
    expect(page.locator("#link")).to_have_text("Connected")
    page.get_by_label("Your message").fill(question)
    page.keyboard.press("Enter")


def answers(page: Page) -> Locator:
    return page.get_by_role("article", name="Answer")
