"""What both functions that read CSV do: the rows, one by one or together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, Message

from .table import Table
from .text import open_source, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pysailor import Context

_NAMED = {"auto": "", "tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


def read(url: str, cfg: Mapping[str, Any], ctx: Context) -> Iterator[Message]:
    """Yield a row as a body, `{"result": rows}` for so many at a time, or all at once."""
    table = Table(
        url,
        find_delimiter_setting(cfg["delimiter"]),
        has_header=cfg["header"],
        converts=cfg["dynamicTyping"],
        skip=_logger(ctx) if cfg["onBrokenLine"] == "skip" else None,
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
