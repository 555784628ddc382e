"""Markdown on the page: what answers use is drawn, what is not safe is text, and nothing takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.chat_page import answers, ask, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from lib.chat.server.listener import Listener
    from tests.support.played import Played, Serve

PARSE = """async (text) => {
    const script = document.querySelector("script").src;
    return (await import(script.replace("chat.js", "markdown.js"))).blocks(text);
}"""
TIMED = """async (text) => {
    const script = document.querySelector("script").src;
    const { blocks } = await import(script.replace("chat.js", "markdown.js"));
    const start = performance.now();
    blocks(text);
    return performance.now() - start;
}"""
RICH = """# Report

A *first* line with **bold**, ~~gone~~, `code` and [a link](https://example.com/a_(b)).
The second line, and https://example.com/x?y=1.

1. one
   - inner
     - innermost
2. two

   more of two

> quoted
> > deeper

| name | amount |
|:-----|-------:|
| a\\|b | 1 |
| c | 2 |

---

```python
def add(a, b):  # sum
    return a + "x"
```
"""


@pytest.fixture(scope="module")
def opened(lasting: tuple[Played, Listener], browser: Browser) -> Iterator[Page]:
    """Return the page, to ask its functions and not to change it: opening it takes a while."""
    with browser.new_context() as context, watch(context.new_page()) as page:
        page.goto(lasting[1].url("/chat"))
        yield page


def plain(block: Any) -> Any:
    """Return a block without the text it was made of."""
    if isinstance(block, list):
        return [plain(each) for each in block]
    if isinstance(block, dict):
        return {name: plain(each) for name, each in block.items() if name != "source"}
    return block


def test_an_answer_is_drawn_as_it_was_meant(serve: Serve, page: Page, played: Played) -> None:
    played.pieces = tuple(RICH[at : at + 7] for at in range(0, len(RICH), 7))
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    said = answers(page).locator(".said")
    expect(said.locator("h3")).to_have_text("Report")
    expect(said.locator("p strong")).to_have_text("bold")
    expect(said.locator("p em")).to_have_text("first")
    expect(said.locator("p del")).to_have_text("gone")
    expect(said.locator("a").first).to_have_attribute("href", "https://example.com/a_(b)")
    expect(said.locator("a").nth(1)).to_have_attribute("href", "https://example.com/x?y=1")
    expect(said.locator("a").first).to_have_attribute("rel", "noopener noreferrer")
    expect(said.locator("ol > li")).to_have_count(2)
    expect(said.locator("ol > li > ul > li > ul > li")).to_have_text("innermost")
    expect(said.locator("blockquote blockquote")).to_have_text("deeper")
    expect(said.locator("td").first).to_have_text("a|b")
    expect(said.locator("td").nth(1)).to_have_css("text-align", "right")
    expect(said.locator("hr")).to_have_count(1)
    expect(said.locator("pre .word")).to_have_text(["def", "return"])
    expect(said.locator("figcaption")).to_contain_text("python")


def test_code_is_copied_as_it_was_written(serve: Serve, page: Page, played: Played) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    played.pieces = ("```sh\n  ls -l | wc\n\nexit\n```",)
    page.goto(serve().url("/chat"))
    ask(page, "Hi")
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "  ls -l | wc\n\nexit"


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](  JavaScript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        "[x](//example.com)",
        "<b onclick=alert(1)>x</b>",
        "[x](vbscript:x)",
    ],
)
def test_what_is_not_safe_to_follow_is_text(opened: Page, text: str) -> None:
    assert '"kind": "link"' not in str(opened.evaluate(PARSE, text)).replace("'", '"')


def test_a_picture_is_a_link_and_nothing_is_fetched(opened: Page) -> None:
    (paragraph,) = opened.evaluate(PARSE, "![a cat](https://example.com/cat.png)")
    assert paragraph["spans"] == [
        {"kind": "link", "to": "https://example.com/cat.png", "spans": [{"kind": "text", "text": "a cat"}]}
    ]


@pytest.mark.parametrize(
    "text",
    ["2 * 3 * 4", "snake_case_name", "a ** b", "**", "* ", "`", "[x]", "[x](", "5 < 6 & 7", "\\*no\\*", "http", "#tag"],
)
def test_marks_that_mean_nothing_stay_as_they_are(opened: Page, text: str) -> None:
    told = opened.evaluate(PARSE, text)
    assert not any(word in str(told) for word in ("'em'", "'strong'", "'link'", "'heading'", "'code'"))


def test_a_fence_that_is_still_open_is_code(opened: Page) -> None:
    (block,) = opened.evaluate(PARSE, "```js\nlet a = 1;")
    assert (block["kind"], block["text"], block["isOpen"]) == ("code", "let a = 1;", True)


@pytest.mark.parametrize(
    "text",
    [
        "*" * 100_000,
        "[" * 100_000,
        "_a " * 50_000,
        "> " * 5_000,
        "`" * 50_000,
        "- " * 20_000,
        "|" * 50_000,
        "#" * 50_000,
        "![](" * 30_000,
        "<http://" * 20_000,
        "**a " * 40_000,
        "- a\n " * 20_000,
        "x" * 1_000_000,
        "|-|\n" * 20_000,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_takes_long(opened: Page, text: str) -> None:
    assert opened.evaluate(TIMED, text) < 1500


def test_what_has_not_changed_is_not_drawn_again(serve: Serve, page: Page, played: Played) -> None:
    played.pieces = ("First.\n\n", "Second", " and", " more.")
    page.goto(serve().url("/chat"))
    page.evaluate(
        """() => {
            window.removed = [];
            new MutationObserver((changes) => {
                const nodes = changes.flatMap((change) => [...change.removedNodes]);
                window.removed.push(...nodes.map((node) => node.textContent));
            }).observe(document.getElementById("log"), { childList: true, subtree: true });
        }"""
    )
    ask(page, "Hi")
    expect(answers(page)).to_contain_text("Second and more.")
    assert not any(text.startswith("First") for text in page.evaluate("window.removed"))
