"""How the page is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import BrowserContext, Page, expect

from lib.api.connection import Connection
from lib.chat.conversation import Service
from tests.support.chat_page import answers, ask

if TYPE_CHECKING:
    from tests.support.played import Played, Serve

WIDE = 'kwargs: {key: k, title: "<b>Help</b>"}'


def test_who_answers_is_said_when_it_is_not_the_service(serve: Serve, page: Page) -> None:
    service = Service(Connection("http://127.0.0.1:9/v1", "k"), "tiny", "local", "Answers come from a toy.")
    page.goto(serve(service=service).url("/chat"))
    expect(page.get_by_text("Embedded model", exact=True)).to_be_visible()
    expect(page.get_by_text("Answers come from a toy.")).to_be_visible()


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
