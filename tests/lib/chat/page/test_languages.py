"""The page says everything in the visitor's language, the server's errors too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from lib.chat.turn import REMARKS
from lib.errors.api_error import ApiError
from lib.errors.catalog import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.support.played import Played, Serve

NAMES = """async (language) => {
  const texts = (await import(`./-/chat/texts-${language}.js`)).default;
  const of = (part) => Object.fromEntries(Object.entries(part).map(([name, text]) => [name, String(text)]));
  return { all: Object.keys(texts), errors: of(texts.errors), outcomes: of(texts.outcomes) };
}"""


@pytest.fixture
def german(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="de-CH") as context:
        yield context.new_page()


def texts(page: Page, language: str) -> Any:
    return page.evaluate(NAMES.replace("${language}", language), language)


def test_every_code_and_every_outcome_has_a_german_text(serve: Serve, german: Page) -> None:
    german.goto(serve().url("/chat"))
    found = texts(german, "de")
    assert set(found["errors"]) == set(CATALOG)
    assert set(found["outcomes"]) == {str(outcome) for outcome in REMARKS}
    assert all(re.search("[a-z]{3}", text) for text in found["errors"].values())


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("overloaded", 503, "gerade nicht erreichbar"),
        ("context_length", 400, "zu lang"),
        ("new_code", 400, "try again"),
    ],
)
def test_a_failure_is_told_in_german_and_an_unknown_one_in_the_servers_words(
    serve: Serve, german: Page, played: Played, code: str, status: int, words: str
) -> None:
    def fail(*_: object) -> None:
        error = ApiError(code, status=status) if code in CATALOG else ApiError("overloaded")
        error.code = code
        raise error

    played.play = fail
    german.goto(serve().url("/chat"))
    expect(german.locator("#link")).to_have_text("Verbunden")
    german.get_by_label("Ihre Nachricht").fill("Hallo")
    german.keyboard.press("Enter")
    expect(german.locator(".turn .fault")).to_contain_text(words)
