"""Adds a row to a CSV file."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, InvalidInput, Message

from .appending import UnwritableFile, lock
from .destination import find_destination
from .reading import find_delimiter_setting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .appending import LockedFile

_LONGEST_HEADER = 2**16


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the body as it came, once its row is in the file; the first row brings the header."""
    row = msg.body["row"]
    if not row:
        raise InvalidInput("has no values; map the columns", pointer="/row")
    delimiter = find_delimiter_setting(cfg["delimiter"]) or ","
    ordered = [name.strip() for name in cfg.get("order", "").split(",") if name.strip()]
    path = find_destination(cfg, msg.body)
    with lock(path) as file:
        columns = _columns_of(file, path, delimiter) if cfg["header"] else ()
        names = columns or ordered or list(row)
        _check_names(row, names, path)
        head = format_row(names, delimiter) if cfg["header"] and not columns else ""
        text = head + format_row([row.get(name) for name in names], delimiter)
        file.append(text.encode("utf-8", "backslashreplace"), is_durable=cfg["durable"])
    return Message(body=msg.body)


def format_row(values: list[Any], delimiter: str) -> str:
    """Return a line of CSV; null is empty, what is neither text nor number is JSON."""
    line = io.StringIO()
    texts = ["" if value is None else value if isinstance(value, str) else _json(value) for value in values]
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(texts)  # so that a \r in a value is quoted
    return line.getvalue().removesuffix("\r\n") + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _columns_of(file: LockedFile, path: Path, delimiter: str) -> list[str]:
    """Return the names in the first line of a file that is there; none of an empty one."""
    head = file.first_bytes(_LONGEST_HEADER).removeprefix(b"\xef\xbb\xbf")
    if file.size > _LONGEST_HEADER and b"\n" not in head:
        raise UnwritableFile(f"{path}:1: the header is longer than {_LONGEST_HEADER} bytes; is this a CSV file?")
    return next(csv.reader(io.StringIO(head.decode("utf-8", "replace"), newline=""), delimiter=delimiter), [])


def _check_names(row: Mapping[str, Any], names: list[str], path: Path) -> None:
    unknown = [name for name in row if name not in names]
    if unknown and len(names) == 1 and names[0].count(";"):
        raise InvalidConfig(f"{path} is parted by semicolons; set the delimiter to ;", pointer="/delimiter")
    if unknown:
        raise InvalidInput(
            f'"{unknown[0]}" is not a column of {path}, which has: {", ".join(names)[:300]}',
            pointer=f"/row/{unknown[0]}",
        )
