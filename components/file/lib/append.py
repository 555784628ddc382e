"""Adds a line to a file: JSON Lines, or text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

from .appending import lock
from .destination import find_destination

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the body as it came, once its line is in the file."""
    line = format_line(msg.body["line"], cfg["format"])
    with lock(find_destination(cfg, msg.body)) as file:
        file.append(line.encode("utf-8", "backslashreplace") + b"\n", is_durable=cfg["durable"])
    return Message(body=msg.body)


def format_line(value: Any, form: str) -> str:
    """Return a value as a line of JSON, or a text as it is, in one line."""
    if form == "text" and isinstance(value, str):
        return value.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return json.dumps(value, ensure_ascii=False)
