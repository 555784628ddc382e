"""Reads a CSV file; starts a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .reading import describe, read
from .text import check_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import CheckResult, Context, Message


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Warn of a file that is not there."""
    return check_source(cfg["url"])


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the rows of the file that the step names."""
    yield from read(cfg["url"], cfg, ctx)


def get_meta_model(cfg: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Return what the step gives: the columns that the file has now."""
    return {"out": describe(cfg)}
