"""The chat's page in a real Chromium: how soon it is painted, and how smoothly a long answer is drawn.

    python bench/page.py [--rounds N] [--pieces N] [--check]

The server runs in this process, and its answers come from a script: so many pieces of a few characters, as a quick
model sends them. Paint is what the browser reports (first contentful paint, since the navigation began), with nothing
in its cache. A frame is what lies between two calls of requestAnimationFrame; what else runs on the machine makes it
longer. Own work is the processor time of the longest task of the page's thread, from the browser's trace: a frame has
to hold it.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.timing import Target, parser, print_targets, table
from lib.api.connection import Connection
from lib.chat.backend import ChatAnswer
from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import parse
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from lib.completions.answer.outcome import Outcome
from lib.conversation import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lib.api.cancel import Cancel
    from lib.chat.answer_settings import AnswerSettings

SETTINGS = "url: {chat: {pattern: /chat, handler: ChatGPTHandler, kwargs: {key: sk-bench, model: m}}}"
PIECES, A_SECOND, LENGTH = 5000, 1000, 4
MOST_PAINT, MOST_FRAME = 300, 50
MARKDOWN = (
    "## A heading\n\nSome words with **strong** ones, `code` and a [link](https://example.com/a).\n\n"
    "- one thing\n- another *thing*\n  - and one below it\n\n"
    "```python\ndef double(x):  # twice\n    return 2 * x\n```\n\n"
    "| name | size |\n|---|---:|\n| a | 1 |\n| b | 22 |\n\n> A quotation.\n\n"
)
SHAPES = {
    "of everything": MARKDOWN,
    "one paragraph": "Some words with **strong** ones, `code` and more of them. ",
    "one list": "- a thing with *some* words and `code`\n",
    "one code block": "total = 0  # the sum\n",
    "one table": "| a name | 12 | more words |\n",
}
OPENINGS = {"one code block": "```python\n", "one table": "| a | b | c |\n|---|---|---|\n"}
WATCH = """() => {
  window.seen = [];
  let last = performance.now();
  const tick = (now) => { seen.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(slots=True)
class Script:
    """An API that sends pieces of a text at a steady rate."""

    text: str = ""
    a_second: float = A_SECOND

    def ask(
        self,
        connection: Connection,
        body: Mapping[str, Any],
        timeout: float,
        show: Callable[[str], None],
        cancel: Cancel,
        answers: AnswerSettings | None = None,  # noqa: ARG002 - what this says, it says at once
    ) -> ChatAnswer:
        """Send them; the arguments are those of a Backend."""
        assert connection.api_key
        assert body["messages"]
        assert timeout
        began = time.monotonic()
        for number, at in enumerate(range(0, len(self.text), LENGTH)):
            if cancel.wait(max(0.0, began + number / self.a_second - time.monotonic())):
                break
            show(self.text[at : at + LENGTH])
        return ChatAnswer(self.text, Outcome.COMPLETE, {})

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How one answer was drawn: the longest frame, and the most own work of a task, in milliseconds."""

    frame: float
    work: float
    frames: int


def text_of(shape: str, pieces: int) -> str:
    """Return an answer of this shape in so many pieces."""
    part, opening = SHAPES[shape], OPENINGS.get(shape, "")
    return (opening + part * (pieces * LENGTH // len(part) + 1))[: pieces * LENGTH]


@contextmanager
def serve_script(script: Script) -> Iterator[str]:
    """Return the address of a page whose answers come from the script."""
    routes = parse(SETTINGS, "bench", environment={}, hooks=HookFunctions(), needs_key=True).routes
    service = Service(Connection("http://127.0.0.1:9/v1", "sk-bench"))
    with open_store("memory:") as store, Listener(routes, service, script, store) as server:
        yield server.url("/chat")


def paint(browser: Any, url: str) -> float:
    """Return after how many milliseconds the page is painted in a fresh browser context."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(PAINTED)
    at = float(page.evaluate(PAINTED))
    context.close()
    return at


def draw(browser: Any, url: str, text: str) -> Drawn:
    """Return how an answer was drawn, from the question to its end."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("() => !document.getElementById('send').disabled")
    browser.start_tracing(page=page, categories=["devtools.timeline", "toplevel"])
    page.evaluate(WATCH)
    page.get_by_label("Your message").fill("Hi")
    page.keyboard.press("Enter")
    done = "() => document.querySelector('.answer')?.getAttribute('aria-busy') === 'false'"
    page.wait_for_function(done, timeout=120_000, polling=250)
    frames = page.evaluate("() => window.seen")
    work = longest_work(json.loads(browser.stop_tracing()))
    shown = page.evaluate("() => document.querySelector('.answer .said').textContent.length")
    context.close()
    assert shown > len(text) // 3, "the whole answer is on the page"
    return Drawn(max(frames[1:]), work, len(frames))


def longest_work(trace: Mapping[str, Any]) -> float:
    """Return the processor time of the longest task of the page's thread, in milliseconds."""
    events = trace["traceEvents"]
    named = [each for each in events if each["name"] == "thread_name"]
    threads = {(each["pid"], each["tid"]) for each in named if each["args"]["name"] == "CrRendererMain"}
    found = [
        each["tdur"]
        for each in events
        if each["name"].endswith("RunTask") and "tdur" in each and (each["pid"], each["tid"]) in threads
    ]
    return float(max(found)) / 1000


def main() -> int:
    """Print the table; 1 if a target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5, help="how often: the median paint and the best drawing count")
    options.add_argument("--pieces", type=int, default=PIECES, help="of an answer (default: %(default)s)")
    args = options.parse_args()
    program = shutil.which("chromium")
    if program is None:
        print("Chromium is not installed; tools/install-chromium does that")
        return 0
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - needed only where there is a browser

    script = Script()
    drawn: dict[str, list[Drawn]] = {}
    with sync_playwright() as playwright, serve_script(script) as url:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        painted = [paint(browser, url) for _ in range(args.rounds + 1)][1:]
        for shape in SHAPES:
            script.text = text_of(shape, args.pieces)
            drawn[shape] = [draw(browser, url, script.text) for _ in range(max(1, args.rounds // 2))]
        browser.close()
    rows = [("first paint", f"{median(painted):.0f} ms ({min(painted):.0f} to {max(painted):.0f})", "", "")]
    targets = [Target("first paint", median(painted), MOST_PAINT, " ms")]
    for shape, each in drawn.items():
        frame, work = min(one.frame for one in each), min(one.work for one in each)
        rows.append((f"{args.pieces} pieces, {shape}", f"{frame:.0f} ms", f"{work:.0f} ms", str(each[0].frames)))
        targets.append(Target(f"{shape}: longest frame", frame, MOST_FRAME, " ms"))
        targets.append(Target(f"{shape}: own work in a frame", work, MOST_FRAME, " ms"))
    table(("", "paint, or longest frame", "most own work", "frames"), *rows)
    return print_targets(targets, check=args.check)


if __name__ == "__main__":
    sys.exit(main())
