"""axe finds nothing on any state of the page."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from lib.chat.server.access import AccessRules
from lib.errors.api_error import ApiError
from tests.support.chat_client import settings
from tests.support.chat_page import answers, ask
from tests.support.played import Gate

if TYPE_CHECKING:
    from tests.support.played import Played, Serve

NEEDED = "axe_playwright_python.sync_playwright"
axe = importlib.import_module(NEEDED) if os.environ.get("CI") == "true" else pytest.importorskip(NEEDED)
TEXT = "# Title\n\ntext [link](https://example.com)\n\n- a\n  - b\n\n|a|b|\n|--|--|\n|1|2|\n\n> q\n\n"
TEXT += "```js\nlet x = 1; // c\n```"


def violations(page: Page) -> list[Any]:
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_the_page_is_free_of_faults(serve: Serve, page: Page, played: Played, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.context.set_default_timeout(120_000)
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_attachments_and_a_narrow_page_are_free_of_faults(serve: Serve, page: Page, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(serve(settings("model: a-model, attachments: true")).url("/chat"))
    expect(page.locator("#link")).to_have_text("Connected")
    paper = FilePayload(name="paper.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7")
    page.locator("#files").set_input_files([paper])
    expect(page.locator("#tray li")).to_have_count(1)
    page.locator("#files").set_input_files([FilePayload(name="a.txt", mimeType="text/plain", buffer=b"text")])
    expect(page.locator("#hint")).to_contain_text("cannot be sent")
    assert violations(page) == []
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("tokens")
    page.get_by_role("button", name="Edit").click()
    assert violations(page) == []
    page.get_by_role("button", name="Chats").click()
    assert violations(page) == []


def test_the_question_for_a_token_is_free_of_faults(serve: Serve, page: Page) -> None:
    page.goto(serve(access=AccessRules(token="word-of-mouth")).url("/chat"))  # noqa: S106 - a test's own
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
