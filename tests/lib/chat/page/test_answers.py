"""How answers appear on the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from lib.errors.api_error import ApiError
from tests.support.chat_page import answers, ask
from tests.support.played import Gate, Played, Serve

CODE = "Use **this**:\n\n```python\nprint('<img src=x onerror=alert(1)>')\n```\nor `that`."


def test_a_question_is_answered_and_shows_what_it_cost(serve: Serve, page: Page) -> None:
    page.goto(serve().url("/chat"))
    ask(page, "What <b>rhymes</b> with silk?")
    expect(page.get_by_role("article", name="You")).to_contain_text("What <b>rhymes</b> with silk?")
    expect(answers(page)).to_contain_text("Hello")
    expect(answers(page)).to_contain_text("7 tokens · about $0.25")
    expect(page.locator("#totals")).to_have_text("In all 7 tokens · about $0.25")
    expect(page.get_by_role("status")).to_contain_text("Answer: Hello")
    expect(page.get_by_label("Your message")).to_be_focused()


def test_words_appear_while_the_answer_is_made(serve: Serve, page: Page, played: Played) -> None:
    played.play = gate = Gate()
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("first")
    expect(answers(page)).to_have_attribute("aria-busy", "true")
    expect(answers(page)).not_to_contain_text("second")
    gate.opened.set()
    expect(answers(page)).to_contain_text("first second")
    expect(answers(page)).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_an_answer_is_stopped_and_asked_for_again(serve: Serve, page: Page, played: Played, way: str) -> None:
    played.play = gate = Gate()
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("first")
    if way == "button":
        page.get_by_role("button", name="Stop").click()
    else:
        page.keyboard.press("Escape")
    expect(answers(page)).to_contain_text("Stopped.")
    assert gate.cancelled.wait(60)
    played.play = None
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_have_count(1)
    expect(answers(page)).to_contain_text("Hello")
    assert played.said() == ["Hi"]


def test_a_failure_is_a_sentence_with_a_way_on(serve: Serve, page: Page, played: Played) -> None:
    def play(*_: object) -> None:
        raise ApiError("overloaded", status=503)

    played.play = play
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page).locator(".fault")).to_contain_text("not available just now")
    expect(page.get_by_role("status")).to_contain_text("not available just now")
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()


def test_code_is_shown_as_code_and_markup_as_text(serve: Serve, page: Page, played: Played) -> None:
    played.pieces = (CODE[:30], CODE[30:])
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(answers(page).locator("pre code")).to_have_text("print('<img src=x onerror=alert(1)>')")
    expect(answers(page).locator("strong")).to_have_text("this")
    expect(answers(page).locator("p code")).to_have_text("that")
    expect(page.locator("#log img")).to_have_count(0)


def test_shift_enter_begins_a_new_line(serve: Serve, page: Page, played: Played) -> None:
    page.goto(serve().url("/chat"))
    expect(page.locator("#link")).to_have_text("Connected")
    page.get_by_label("Your message").fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(answers(page)).to_contain_text("Hello")
    assert played.said() == ["one\ntwo"]
