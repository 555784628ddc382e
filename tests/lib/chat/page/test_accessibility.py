"""The page can be read and used by everybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.chat_page import answers, ask

if TYPE_CHECKING:
    from tests.support.played import Played, Serve


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
