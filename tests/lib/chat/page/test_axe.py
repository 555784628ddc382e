"""axe finds nothing on any state of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from lib.chat.server.access import AccessRules
from lib.errors.api_error import ApiError
from tests.support.chat_page import answers, ask
from tests.support.played import Gate

if TYPE_CHECKING:
    from tests.support.played import Played, Serve

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
TEXT = "# Title\n\ntext [link](https://example.com)\n\n- a\n  - b\n\n|a|b|\n|--|--|\n|1|2|\n\n> q\n\n"
TEXT += "```js\nlet x = 1; // c\n```"


def violations(page: Page) -> list[Any]:
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_the_page_is_free_of_faults(serve: Serve, page: Page, played: Played, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.context.set_default_timeout(20_000)
    page.goto(serve().url("/chat"))
    expect(page.locator("#link")).to_have_text("Connected")
    assert violations(page) == []
    played.play = gate = Gate()
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("first")
    assert violations(page) == []
    gate.opened.set()
    expect(answers(page)).to_contain_text("tokens")
    played.play, played.pieces = None, (TEXT,)
    ask(page, "Again")
    expect(answers(page).last).to_contain_text("tokens")
    page.get_by_role("button", name="Chats").click()
    assert violations(page) == []

    def fail(*_: object) -> None:
        raise ApiError("overloaded", status=503)

    played.play = fail
    ask(page, "Once more")
    expect(page.locator(".fault:visible")).to_have_count(1)
    assert violations(page) == []


def test_the_question_for_a_token_is_free_of_faults(serve: Serve, page: Page) -> None:
    page.goto(serve(access=AccessRules(token="word-of-mouth")).url("/chat"))  # noqa: S106 - a test's own
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
