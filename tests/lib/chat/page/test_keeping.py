"""Nothing that a person wrote is lost: not by a reload, a lost connection, a restart or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from lib.chat.server.shared import ChatLimits
from lib.conversation import open_store
from lib.errors.api_error import ApiError
from tests.support.chat_page import answers, ask
from tests.support.played import Gate

if TYPE_CHECKING:
    from tests.support.played import Played, Serve


def field(page: Page) -> str:
    return page.get_by_label("Your message").input_value()


def test_a_draft_survives_a_reload_and_a_lost_connection(serve: Serve, page: Page) -> None:
    server = serve(limits=ChatLimits())
    page.goto(server.url("/chat"))
    page.get_by_placeholder("Your message").fill("half a thought")  # the page's own script puts it there
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("half a thought")
    server.close()
    expect(page.locator("#link")).to_contain_text("Connection lost")
    assert field(page) == "half a thought"


def test_an_answer_that_a_reload_interrupts_is_there_afterwards_and_can_be_asked_again(
    serve: Serve, page: Page, played: Played
) -> None:
    played.play = Gate()
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("first")
    page.reload()
    expect(page.get_by_role("article", name="You")).to_contain_text("Hi")
    expect(answers(page)).to_contain_text("first")
    played.play = None
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_have_count(1)
    expect(answers(page)).to_contain_text("Hello")


def test_a_restart_that_forgets_everything_is_told_and_takes_nothing_from_the_page(
    serve: Serve, page: Page, played: Played
) -> None:
    with open_store("memory:") as first:
        server = serve(own_store=first)
        page.goto(server.url("/chat"))
        ask(page, "one")
        expect(answers(page)).to_contain_text("tokens")
        played.play = Gate()
        ask(page, "two")
        expect(answers(page).last).to_contain_text("first")
        port = server.port
        server.close()
    played.play = None
    with open_store("memory:") as second:
        serve(own_store=second, port=port)
        expect(page.get_by_text("does not remember this chat")).to_be_visible()
        expect(answers(page).first).to_contain_text("Hello")
        expect(page.get_by_role("article", name="You").last).to_contain_text("two")
        expect(answers(page).last.locator(".fault")).to_contain_text("connection was lost")
        page.get_by_role("button", name="Try again").click()
        expect(answers(page).last).to_contain_text("Hello")


def test_a_message_that_is_too_long_stays_in_the_field(serve: Serve, page: Page, played: Played) -> None:
    page.goto(serve(limits=ChatLimits(message_bytes=200)).url("/chat"))
    ask(page, "x" * 300)
    expect(page.get_by_role("alert").get_by_text("too long")).to_be_visible()
    assert field(page) == "x" * 300
    assert not played.asked


def test_a_message_that_the_server_does_not_take_comes_back(serve: Serve, page: Page) -> None:
    page.goto(serve(limits=ChatLimits(messages_a_minute=1)).url("/chat"))
    ask(page, "one")
    expect(answers(page)).to_contain_text("tokens")
    ask(page, "two")
    expect(page.locator("#log > .fault")).to_contain_text("Too many messages")
    expect(page.get_by_label("Your message")).to_have_value("two")
    expect(page.get_by_role("article", name="You")).to_have_count(1)


def test_a_question_that_failed_is_there_after_a_reload(serve: Serve, page: Page, played: Played) -> None:
    def play(*_: object) -> None:
        raise ApiError("overloaded", status=503)

    played.play = play
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page).locator(".fault")).to_contain_text("not available just now")
    page.reload()
    expect(page.get_by_role("article", name="You")).to_contain_text("Hi")
    expect(answers(page).locator(".fault")).to_contain_text("not available just now")
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()


def test_a_stopped_half_is_in_the_history_and_marked(serve: Serve, page: Page, played: Played) -> None:
    played.play = Gate()
    page.goto(serve().url("/chat"))
    ask(page, "one")
    expect(answers(page)).to_contain_text("first")
    page.keyboard.press("Escape")
    expect(answers(page)).to_contain_text("Stopped.")
    played.play = None
    ask(page, "two")
    expect(answers(page)).to_have_count(2)
    expect(answers(page).last).to_contain_text("Hello")
    assert played.said() == ["one", "first ", "two"]
    page.reload()
    expect(answers(page).first).to_contain_text("Stopped.")


def test_the_last_question_comes_back_with_the_arrow_and_can_be_changed(
    serve: Serve, page: Page, played: Played
) -> None:
    page.goto(serve().url("/chat"))
    ask(page, "one")
    expect(answers(page)).to_contain_text("tokens")
    page.get_by_label("Your message").press("ArrowUp")
    assert field(page) == "one"
    page.get_by_label("Your message").fill("")
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_text("You change your last question")).to_be_visible()
    page.get_by_label("Your message").fill("another")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="You")).to_have_text("Youanother" + "Edit")
    expect(answers(page)).to_have_count(1)
    assert played.said() == ["another"]


def test_a_token_is_remembered_for_the_tab_if_wanted(serve: Serve, page: Page) -> None:
    from lib.chat.server.access import AccessRules  # noqa: PLC0415 - here only

    page.goto(serve(access=AccessRules(token="word-of-mouth")).url("/chat"))  # noqa: S106 - a test's own
    page.get_by_label("Remember it").check()
    page.get_by_label("Token", exact=True).fill("word-of-mouth")
    page.keyboard.press("Enter")
    expect(page.locator("#link")).to_have_text("Connected")
    page.reload()
    expect(page.locator("#link")).to_have_text("Connected")
