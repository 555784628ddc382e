"""What the page does when its conversation, its connection or its token changes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from lib.chat.server.access import AccessRules
from lib.chat.server.shared import ChatLimits
from tests.support.chat_page import answers, ask
from tests.support.played import Gate, Played, Serve


def test_a_conversation_survives_a_reload_and_a_new_chat_forgets_it(serve: Serve, page: Page, played: Played) -> None:
    page.goto(serve().url("/chat"))
    ask(page, "one")
    expect(answers(page)).to_contain_text("Hello")
    page.reload()
    expect(page.get_by_role("article", name="You")).to_contain_text("one")
    ask(page, "two")
    expect(answers(page)).to_have_count(2)
    expect(answers(page).last).to_contain_text("Hello")
    assert played.said() == ["one", "Hello", "two"]
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_text("Ask something.")).to_be_visible()
    ask(page, "three")
    expect(answers(page)).to_contain_text("Hello")
    assert played.said() == ["three"]


def test_a_lost_connection_is_told_and_comes_back(serve: Serve, page: Page, played: Played) -> None:
    played.play = Gate()
    server = serve(limits=ChatLimits(grace=0.05))
    page.goto(server.url("/chat"))
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("first")
    port = server.port
    server.close()
    expect(page.locator("#link")).to_contain_text("Connection lost")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    serve(port=port)
    expect(page.locator("#link")).to_have_text("Connected")


def test_a_token_is_asked_for_until_it_is_right(serve: Serve, page: Page) -> None:
    server = serve(access=AccessRules(token="word-of-mouth"))  # noqa: S106 - a test's own
    page.goto(server.url("/chat"))
    dialog = page.get_by_role("dialog", name="This chat asks for a token")
    page.get_by_label("Token", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("not the token")
    page.get_by_label("Token", exact=True).fill("word-of-mouth")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("Hello")


def test_a_token_in_the_address_is_used_and_taken_out_of_sight(serve: Serve, page: Page) -> None:
    page.goto(serve(access=AccessRules(token="word-of-mouth")).url("/chat#token=word-of-mouth"))  # noqa: S106 - a test's own
    expect(page.locator("#link")).to_have_text("Connected")
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("Hello")
    assert "token" not in page.url
