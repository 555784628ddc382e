"""What both functions that read CSV do: the rows, one by one or together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pysailor import InvalidConfig, Message, StepError

from .table import Table
from .text import open_source, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pysailor import Context

_NOTHING = Message(body={})
_DEFAULTS = {
    "url": "", "emitAll": "emitIndividually", "header": True, "delimiter": "auto", "dynamicTyping": False,
    "encoding": "utf-8",
}  # fmt: skip
_NAMED = {"auto": "", "tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


def describe(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of what reading gives: with the columns, where the file is at hand and has rows.

    The settings may be incomplete: the platform asks while they are being made.
    """
    cfg = {**_DEFAULTS, **cfg}
    columns = _find_columns(cfg)
    value = {} if cfg["dynamicTyping"] else {"type": "string"}
    row: dict[str, Any] = {"type": "object", "properties": {name: {**value, "title": name} for name in columns}}
    if not columns:
        row["additionalProperties"] = True
    if cfg["emitAll"] == "emitIndividually":
        return row
    rows = {"type": "array", "items": row, "title": "Rows", "required": True}
    return {"type": "object", "properties": {"result": rows}}


def _find_columns(cfg: Mapping[str, Any]) -> list[str]:
    url = cfg["url"]
    if not url or urlsplit(url).scheme in ("http", "https"):  # nothing is asked while a flow is only looked at
        return []
    one_by_one = {**cfg, "emitAll": "emitIndividually", "onBrokenLine": "stop"}
    try:
        return list(next(read(url, one_by_one), _NOTHING).body)
    except (StepError, InvalidConfig):  # told when the file is read
        return []


def read(url: str, cfg: Mapping[str, Any], ctx: Context | None = None) -> Iterator[Message]:
    """Yield a row as a body, `{"result": rows}` for so many at a time, or all at once."""
    table = Table(
        url,
        find_delimiter_setting(cfg["delimiter"]),
        has_header=cfg["header"],
        converts=cfg["dynamicTyping"],
        skip=_logger(ctx) if ctx and cfg["onBrokenLine"] == "skip" else None,
    )
    with open_source(url) as file:
        rows = table.read(read_lines(file, url, cfg["encoding"]))
        if cfg["emitAll"] == "emitIndividually":
            yield from (Message(body=row) for row in rows)
        elif cfg["emitAll"] == "emitBatch":
            yield from (Message(body={"result": batch}) for batch in cut(rows, max(1, int(cfg["batchSize"]))))
        else:
            yield Message(body={"result": list(rows)})


def cut(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield the rows so many at a time."""
    rest = iter(rows)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def find_delimiter_setting(written: str) -> str:
    """Return the sign that a setting means, "" to look for it; raise InvalidConfig for what is not one sign."""
    sign = _NAMED.get(written.lower(), written)
    if len(sign) > 1 or sign in ('"', "\n", "\r"):
        raise InvalidConfig(f"{written!r} is not a delimiter; one sign is, or auto, or tab", pointer="/delimiter")
    return sign


def _logger(ctx: Context) -> Any:
    return lambda told: ctx.logger.warning("A line is left out: %s", told)
