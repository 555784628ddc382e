"""Reads JSON: a message for each line of JSON Lines, for each item of an array, or one for an object."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from pysailor import CheckResult, Context, Message

from .text import UnreadableFile, check_source, open_source, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST = 256 * 2**20


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Warn of a file that is not there."""
    return check_source(cfg["url"])


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield each object as a body; what is not an object is the body's `value`."""
    url = cfg["url"]
    with open_source(url) as file:
        for item in read_items(read_lines(file, url, cfg["encoding"]), url):
            yield Message(body=item if isinstance(item, dict) else {"value": item})


def read_items(lines: Iterator[str], name: str) -> Iterator[Any]:
    """Yield the items; a first line that is JSON by itself, and no array, makes the file JSON Lines."""
    skipped = 0
    for first in lines:
        if first.strip():
            break
        skipped += 1
    else:
        return
    if first.lstrip().startswith("[") or not _is_json(first):
        yield from _read_whole(first, lines, name, skipped)
        return
    for number, line in enumerate(itertools.chain([first], lines), skipped + 1):
        if line.strip():
            yield _parse(line, name, number)


def _read_whole(first: str, lines: Iterator[str], name: str, skipped: int) -> Iterator[Any]:
    """Yield the items of one document that goes over several lines."""
    rest = list(itertools.islice(lines, 1))
    if first.lstrip().startswith("[") and rest and _is_json(first) and _is_json(rest[0]):
        for number, line in enumerate(itertools.chain([first], rest, lines), skipped + 1):  # a JSON array in each line
            if line.strip():
                yield _parse(line, name, number)
        return
    document = _parse(_join(itertools.chain([first], rest, lines), name), name, skipped + 1)
    yield from document if isinstance(document, list) else (document,)


def _join(lines: Iterator[str], name: str) -> str:
    kept, size = [], 0
    for line in lines:
        kept.append(line)
        size += len(line)
        if size > _LARGEST:
            raise UnreadableFile(
                f"{name}: one JSON document of more than {_LARGEST // 2**20} MiB. "
                "Write one object a line (JSON Lines): such a file may be of any size."
            )
    return "".join(kept)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parse(text: str, name: str, line: int) -> Any:
    text = text.rstrip()
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"{name}:{line + error.lineno - 1}:{error.colno}"
        raise UnreadableFile(f"{place}: this is not JSON: {error.msg}. Is the file cut off here?") from error
    except ValueError as error:
        raise UnreadableFile(f"{name}:{line}: this is not JSON: {error}.") from error
    except RecursionError as error:
        raise UnreadableFile(f"{name}:{line}: the JSON is nested too deeply to be read.") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")
