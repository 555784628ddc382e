"""Greets one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidInput, Message

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the greeting; raise InvalidInput for a blank name."""
    name = msg.body["name"].strip()
    if not name:
        raise InvalidInput("is blank; give a name", pointer="/name")
    return Message(body={"text": f"{cfg.get('tone', 'Hello')}, {name}!"})


def tones(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the tones that the form offers."""
    return {"Hello": "Friendly", "Good day": "Formal"}
