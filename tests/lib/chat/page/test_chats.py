"""Earlier chats are listed, found, named, saved and deleted; the page speaks the visitor's language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.support.chat_page import answers, ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.played import Played, Serve

PAGE = Path(__file__).parents[4] / "lib" / "chat" / "page"


def two_chats(serve: Serve, page: Page) -> None:
    page.goto(serve().url("/chat"))
    ask(page, "About apples")
    expect(answers(page)).to_contain_text("tokens")
    page.get_by_role("button", name="New chat").click()
    expect(answers(page)).to_have_count(0)
    ask(page, "About pears")
    expect(answers(page)).to_contain_text("tokens")
    page.get_by_role("button", name="Chats").click()


def test_an_earlier_chat_is_found_and_opened(serve: Serve, page: Page) -> None:
    two_chats(serve, page)
    expect(page.locator("#list .go")).to_have_text(["About pears", "About apples"])
    page.get_by_label("Search chats").fill("APPLE")
    expect(page.locator("#list .go")).to_have_text(["About apples"])
    page.get_by_role("button", name="About apples", exact=True).click()
    expect(page.get_by_role("article", name="You")).to_contain_text("About apples")


def test_a_chat_gets_a_name_and_keeps_it(serve: Serve, page: Page) -> None:
    two_chats(serve, page)
    page.once("dialog", lambda dialog: dialog.accept("Fruit"))
    page.get_by_role("button", name="Rename: About apples").click()
    page.get_by_role("button", name="Fruit", exact=True).click()
    ask(page, "And plums?")
    expect(answers(page)).to_have_count(2)
    expect(page.locator("#list .go").first).to_have_text("Fruit")


def test_a_deleted_chat_is_gone_from_the_server_too(serve: Serve, page: Page, played: Played) -> None:
    two_chats(serve, page)
    name = page.evaluate("JSON.parse(sessionStorage.getItem(`conversation of ${location.pathname}`))")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete: About pears").click()
    expect(page.locator("#list .go")).to_have_text(["About apples"])
    expect(answers(page)).to_have_count(0)
    page.evaluate("name => sessionStorage.setItem(`conversation of ${location.pathname}`, JSON.stringify(name))", name)
    expect(page.locator("#link")).to_have_text("Connected")
    page.reload()
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("tokens")
    assert played.said() == ["Hi"]


@pytest.mark.parametrize(("button", "check"), [("Markdown", "## You\n\nAbout pears\n"), ("JSON", '"About pears"')])
def test_a_chat_is_saved(serve: Serve, page: Page, tmp_path: Path, button: str, check: str) -> None:
    two_chats(serve, page)
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {button}").click()
    download.value.save_as(tmp_path / "chat")
    text = (tmp_path / "chat").read_text(encoding="utf-8")
    assert check in text
    if button == "JSON":
        assert [each["role"] for each in json.loads(text)["messages"]] == ["user", "assistant"]


def test_the_page_speaks_german_to_who_reads_german(serve: Serve, browser: Browser) -> None:
    with browser.new_context(locale="de-CH") as context:
        page = context.new_page()
        page.goto(serve().url("/chat"))
        expect(page.locator("#link")).to_have_text("Verbunden")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.get_by_role("button", name="Senden")).to_be_visible()


def test_all_languages_say_the_same_things() -> None:
    names = [
        [line.split(":")[0] for line in file.read_text(encoding="utf-8").splitlines() if re.match(r"  \w", line)]
        for file in sorted(PAGE.glob("texts-*.js"))
    ]
    assert len(names) == 2
    assert names[0] == names[1]
