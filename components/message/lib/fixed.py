"""Starts a flow with the same message each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the message as often as the step says; a list is a message for each of its items."""
    bodies = read_bodies(cfg["message"])
    for _ in range(int(cfg["times"])):
        for body in bodies:
            yield Message(body=body)


def get_meta_model(cfg: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Return the members of the messages that are written in the step: a later step's mapper offers them."""
    names = dict.fromkeys(name for body in read_bodies(cfg.get("message", {})) for name in body)
    return {"out": {"type": "object", "properties": {name: {"title": name} for name in names}}}


def read_bodies(written: Any) -> list[Any]:
    """Return the bodies that are written as JSON, as text, or in a flow file as they are."""
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError as error:
            if written.lstrip()[:1] in ("{", "["):
                raise InvalidConfig(f"begins like JSON, but is not: {error}", pointer="/message") from error
    items = written if isinstance(written, list) else [written]
    return [item if isinstance(item, dict) else {"value": item} for item in items]
