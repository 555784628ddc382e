"""Reads the file that a message names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

from .folder import read_file
from .text import find_below

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the file; what the message calls it must lie in the step's folder."""
    path = find_below(cfg.get("folder", ""), msg.body["path"], "/path")
    return Message(body=read_file(path, cfg["content"], int(cfg["largest"] * 2**20), cfg["encoding"]))
