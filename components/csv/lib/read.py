"""Reads a CSV file; starts a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import Context, Message


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the rows of the file that the step names."""
    yield from read(cfg["url"], cfg, ctx)
