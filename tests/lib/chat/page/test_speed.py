"""The page is painted soon and draws long answers smoothly. bench/page.py has the figures; these bounds are wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.page import MOST_FRAME, PIECES, SHAPES, Script, draw, paint, serve_script, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("shape", ["of everything", "one table"])
def test_5000_pieces_are_drawn_with_little_work_in_each_frame(browser: Browser, shape: str) -> None:
    assert shape in SHAPES
    script = Script(text_of(shape, PIECES), a_second=5000)
    with serve_script(script) as url:
        assert any(draw(browser, url, script.text).work < 4 * MOST_FRAME for _ in range(3))


def test_the_page_is_painted_soon(browser: Browser) -> None:
    with serve_script(Script()) as url:
        assert any(paint(browser, url) < 2000 for _ in range(3))
