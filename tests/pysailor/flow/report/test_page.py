"""The page of a run in a real Chromium: narrow, wide, dark and printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.draw import draw_svg
from pysailor.flow.report import gather, write_page
from tests.support.chat_page import running_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(18, 23, 29)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser, flow: Any, run: Any, tmp_path: Any) -> Iterator[Page]:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 2}}\n"
        "  b_with_a_long_name_: {run: 'w:work', after: a, fields: {fail: 1, call: true}}\n"
    )
    _, path = run(made)
    about = {"name": "x" * 200, "run": "r", "input": f"/{'y' * 200}"}
    (tmp_path / "page.html").write_text(write_page(gather(path, about), draw_svg(made)))
    opened = browser.new_page()
    opened.goto(f"file://{tmp_path}/page.html")
    yield opened
    opened.close()


@pytest.mark.parametrize("width", [320, 400, 1200])
def test_the_page_never_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("media", "scheme", "ground"), [("screen", "light", LIGHT), ("screen", "dark", DARK), ("print", "dark", LIGHT)]
)
def test_the_page_is_dark_where_the_reader_wants_that_and_light_on_paper(
    page: Page, media: Any, scheme: Any, ground: str
) -> None:
    page.emulate_media(media=media, color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    box = page.evaluate("getComputedStyle(document.querySelector('svg .step:not(.first)')).fill")
    assert (box == LIGHT) is (ground == LIGHT)
