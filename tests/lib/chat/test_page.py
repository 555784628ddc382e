"""The page, in a real Chromium: nothing may go to another host, and the console stays silent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from lib.api.connection import Connection
from lib.chat.conversation import Service
from lib.chat.server.access import AccessRules
from lib.chat.server.shared import ChatLimits
from lib.errors.api_error import ApiError
from tests.support.played import Gate, Played, Serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[3]
INSTALL = ROOT / "tools" / "install-chromium"
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = "//127.0.0.1:"
WIDE = 'kwargs: {key: k, title: "<b>Help</b>"}'
CODE = "Use **this**:\n\n```python\nprint('<img src=x onerror=alert(1)>')\n```\nor `that`."


def chromium() -> str:
    """Find the browser; install it in CI, skip the test at a context."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI") == "true":
        done = subprocess.run([INSTALL], check=False, capture_output=True, text=True)
        found = shutil.which("chromium")
        if found is None:
            pytest.fail(f"Chromium is not there, and {INSTALL.name} could not install it:\n{done.stderr[-2000:]}")
    if found is None:
        pytest.skip(f"Chromium is not installed; {INSTALL.relative_to(ROOT)} does that")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1100, "height": 800}, reduced_motion="reduce")
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Give a page; fail the test if it says anything on the console or asks another host."""
    opened = context.new_page()
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda request: told.extend(url for url in [request.url] if HERE not in url))
    yield opened
    assert [line for line in told if "WebSocket connection to" not in line] == []


def ask(page: Page, question: str) -> None:
    expect(page.locator("#link")).to_have_text("Connected")
    page.get_by_label("Your message").fill(question)
    page.keyboard.press("Enter")


def answers(page: Page) -> Any:
    return page.get_by_role("article", name="Answer")


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
    assert gate.cancelled.wait(10)
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
    page.get_by_label("Your message").fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(answers(page)).to_contain_text("Hello")
    assert played.said() == ["one\ntwo"]


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


def test_who_answers_is_said_when_it_is_not_the_service(serve: Serve, page: Page) -> None:
    service = Service(Connection("http://127.0.0.1:9/v1", "k"), "tiny", "local", "Answers come from a toy.")
    page.goto(serve(service=service).url("/chat"))
    expect(page.get_by_text("Embedded model", exact=True)).to_be_visible()
    expect(page.get_by_text("Answers come from a toy.")).to_be_visible()


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


def test_the_page_works_with_the_keyboard_alone_and_everything_has_a_name(serve: Serve, page: Page) -> None:
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    tree = page.locator("body").aria_snapshot()
    for line in ('heading "Chat" [level=1]', 'log "Conversation"', 'textbox "Your message"', 'button "Send"'):
        assert line in tree, tree
    assert not re.search(r"- (button|textbox|article|log)\s*:?$", tree, re.MULTILINE), tree
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Try again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(1)
    expect(page.get_by_label("Your message")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_text_is_readable_and_nothing_is_wider_than_the_window(
    serve: Serve, page: Page, played: Played, scheme: Any, width: int
) -> None:
    played.pieces = ("word " * 40, "\n```\n", "x" * 300, "\n```\n", "y" * 300)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(serve().url("/chat"))
    ask(page, "z" * 300)
    expect(answers(page)).to_contain_text("tokens")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('#log').scrollWidth <= document.querySelector('#log').clientWidth")
    assert page.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const channels = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (text) => channels(text).slice(0, 3)
    .map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0.99) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = [];
  for (const element of document.querySelectorAll("h1, h2, p, span, button, textarea, code, .said")) {
    if (!element.checkVisibility() || !element.textContent.trim() || element.disabled) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) poor.push(`${element.tagName} ${element.className} ${contrast.toFixed(2)}`);
  }
  return poor;
}"""


def test_the_page_runs_under_a_policy_without_inline_scripts(serve: Serve, page: Page) -> None:
    response = page.goto(serve().url("/chat"))
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.locator("script:not([src])").count() == 0
    assert page.locator("[style], [onclick]").count() == 0


def test_a_page_below_a_path_finds_its_files_and_a_title_is_text(serve: Serve, page: Page) -> None:
    text = f"url: {{a: {{pattern: '/a/b/(.*)', handler: ChatGPTHandler, {WIDE}}}}}"
    page.goto(serve(text).url("/a/b/c/d"))
    expect(page.locator("#link")).to_have_text("Connected")
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Help</b>")


def test_the_root_leads_to_the_chat_and_other_addresses_say_where_it_is(serve: Serve, context: BrowserContext) -> None:
    server = serve()
    request = context.request
    assert request.get(server.url("/")).url == server.url("/chat")
    other = request.get(server.url("/other"))
    assert (other.status, "at /chat" in other.text()) == (404, True)
    assert request.get(server.url("/-/health")).text() == "ok\n"
    assert request.get(server.url("/-/chat/none.js")).status == 404
    assert request.get(server.url("/-/chat/..%2fapp.py")).status == 404
    assert request.get(server.url("/chat"), headers={"Host": "evil.example"}).status == 403


def test_the_cookie_of_the_page_tells_visitors_apart(serve: Serve, page: Page, played: Played) -> None:
    user = "user: {function: \"handler.session['id']\"}"
    text = f"url: {{a: {{pattern: /chat, handler: ChatGPTHandler, kwargs: {{key: k, {user}}}}}}}"
    page.goto(serve(text).url("/chat"))
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("Hello")
    page.reload()
    ask(page, "Hi")
    expect(answers(page)).to_have_count(2)
    expect(answers(page).last).to_contain_text("Hello")
    users = {body["user"] for body in played.asked}
    assert len(users) == 1
    assert len(users.pop()) > 16
