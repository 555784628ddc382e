"""Nothing is hidden or cut off: on a narrow screen, in a script that runs from right to left, below a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.support.chat_client import settings
from tests.support.chat_page import answers, ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.support.played import Played, Serve

ON = settings("model: a-model, attachments: true, title: A rather long title of a chat")
ARABIC = "- واحد\n- اثنان\n\n> اقتباس\n"


def box(found: Locator) -> dict[str, float]:
    found_at = found.bounding_box()
    assert found_at is not None
    return {"y": found_at["y"], "height": found_at["height"]}


def test_bullets_and_bars_stand_where_the_text_begins(serve: Serve, page: Page, played: Played) -> None:
    played.pieces = (ARABIC + "\n- English\n",)
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("tokens")
    direction = "(found) => getComputedStyle(found).direction"
    said = answers(page).locator(".said")
    assert said.locator("ul").first.evaluate(direction) == "rtl"
    assert said.locator("blockquote").evaluate(direction) == "rtl"
    assert said.locator("ul").last.evaluate(direction) == "ltr"


def test_the_end_of_the_last_answer_stays_in_view_when_a_hint_appears(serve: Serve, page: Page, played: Played) -> None:
    played.pieces = ("a line\n\n" * 60,)
    page.goto(serve(ON).url("/chat"))
    ask(page, "Hi")
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_in_viewport(ratio=1)
    program = FilePayload(name="a.exe", mimeType="application/x-msdownload", buffer=b"MZ")
    page.locator("#files").set_input_files([program])
    expect(page.locator("#hint")).to_be_visible()
    expect(retry).to_be_in_viewport(ratio=1)
    assert box(retry)["y"] + box(retry)["height"] <= box(page.locator("#composer"))["y"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_at_360_pixels_everything_fits_and_the_list_of_chats_covers_no_button(
    serve: Serve, browser: Browser, language: str
) -> None:
    with browser.new_context(viewport={"width": 360, "height": 700}, locale=language) as context:
        page = context.new_page()
        page.goto(serve(ON).url("/chat"))
        expect(page.locator("#send")).to_be_enabled()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        fresh, toggle = page.locator("#fresh"), page.locator("#toggle")
        assert box(fresh)["y"] == box(toggle)["y"]
        toggle.click()
        header = box(page.locator("header"))
        assert box(page.locator("#chats"))["y"] >= header["y"] + header["height"] - 1
        fresh.click()
        expect(page.locator("#search")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1000])
def test_the_notice_is_as_wide_as_the_page(serve: Serve, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(serve().url("/chat"))
    shown = "(p) => { const twin = p.cloneNode(); twin.id = 'twin'; twin.hidden = false; p.after(twin); }"
    page.locator("#notice").evaluate(shown)
    found = page.locator("#twin").bounding_box()
    assert found is not None
    assert (round(found["x"]), round(found["width"])) == (0, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
