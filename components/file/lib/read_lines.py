"""Reads a text file, a message a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import CheckResult, Context, Message

from .text import check_source, open_source, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Warn of a file that is not there."""
    return check_source(cfg["url"])


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield each line without its ending; blank ones only if the step wants them."""
    url = cfg["url"]
    with open_source(url) as file:
        for number, line in enumerate(read_lines(file, url, cfg["encoding"]), 1):
            text = line.rstrip("\r\n")
            if text.strip() or cfg["blankLines"]:
                yield Message(body={"line": text, "_file": url, "_number": number})
