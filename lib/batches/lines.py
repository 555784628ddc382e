"""The requests of a message, each with its place and its custom_id. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pysailor import Fault, InvalidInput, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 50_000
MOST_FAULTS = 100
LONGEST_ID = 512
_LONGEST_URL = 60
CUSTOM_ID, INPUT = "custom_id", "input"
_LINE = ("method", "url", "body")  # of a file that is in the service's own form already
_NOT_IN_BATCHES = {
    "stream": "nobody could read a stream there",
    "background": "everything of a batch runs in the background",
}


class BatchLine(NamedTuple):
    """One request: where it stands in the message, what its answer is known by, and its body."""

    pointer: str
    custom_id: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Where an item holds its request and its id (dots lead into parts), and what goes before every text.

    `holds` is the member that a request has to hold: messages, or input.
    """

    field: str = ""
    id_field: str = CUSTOM_ID
    instructions: str = ""
    holds: str = "messages"


def read_lines(body: Mapping[str, Any], settings: LineSettings) -> list[BatchLine]:
    """Return the requests in the order of the message; raise InvalidInput with every line that has none.

    An item is a request, or a text that is asked as one. Members in `common` are those of every request that does not
    have its own.
    """
    items, common = body.get("requests"), body.get("common")
    if not isinstance(items, list) or not items:
        raise InvalidInput("is empty; map a list of requests, or of texts", pointer="/requests")
    if len(items) > MOST_LINES:
        raise InvalidInput(f"found {len(items)}, allowed: {MOST_LINES} in a batch; split them", pointer="/requests")
    found = list(_read(items, common if isinstance(common, Mapping) else {}, settings))
    faults = [one for one in found if isinstance(one, Fault)]
    lines = [one for one in found if isinstance(one, BatchLine)]
    faults += _find_doubles(lines)
    if faults:
        raise InvalidInput(faults=faults[:MOST_FAULTS])
    return lines


def in_line(line: BatchLine, number: int, fault: Fault) -> Fault:
    """Return a fault of a request as one of the message, naming the line."""
    return Fault(line.pointer + fault.pointer, f"line {number} ({line.custom_id[:60]}): {fault.message}")


def _read(items: list[Any], common: Mapping[str, Any], settings: LineSettings) -> Iterator[BatchLine | Fault]:
    path, id_path = _path(settings.field), _path(settings.id_field)
    for index, item in enumerate(items):
        place = ("requests", index)
        custom_id = _member(item, id_path) if id_path else None
        if custom_id in (None, ""):
            custom_id = f"line-{index + 1}"
        if isinstance(custom_id, int) and not isinstance(custom_id, bool):
            custom_id = str(custom_id)
        if not isinstance(custom_id, str) or len(custom_id) > LONGEST_ID or not custom_id.isprintable():
            yield Fault(
                pointer_to((*place, *id_path)),
                f"line {index + 1}: is not usable as an id; allowed: a text or a whole number, up to {LONGEST_ID} "
                "characters, without line breaks",
            )
            continue
        at = pointer_to((*place, *path))
        request = _request(_member(item, path), common, settings, drop=() if path else id_path[:1])
        if isinstance(request, str):
            yield Fault(at, f"line {index + 1} ({custom_id[:60]}): {request}")
            continue
        wrong = [name for name in _NOT_IN_BATCHES if request.get(name)]
        yield from (
            Fault(f"{at}/{name}", f"line {index + 1} ({custom_id[:60]}): leave it out; {_NOT_IN_BATCHES[name]}")
            for name in wrong
        )
        if not wrong:
            yield BatchLine(at, custom_id, request)


def _request(
    given: Any, common: Mapping[str, Any], settings: LineSettings, drop: tuple[str, ...]
) -> dict[str, Any] | str:
    """Return the request that an item stands for, or what is wrong with it."""
    if isinstance(given, str) or (isinstance(given, list) and settings.holds == INPUT):
        return _of_text(given, common, settings)
    if not isinstance(given, Mapping):
        return "holds no request; map an object such as Send Request takes, or a text"
    if all(name in given for name in _LINE) and isinstance(given["body"], Mapping):
        if settings.holds not in given["body"] and settings.holds not in common:
            url = str(given["url"])[:_LONGEST_URL]
            what = f"is written for {url}, and holds no {settings.holds}"
            return f"{what}; map an object such as Send Request takes, or a text"
        given = given["body"]
    return {**common, **{name: value for name, value in given.items() if name not in drop}}


def _of_text(given: Any, common: Mapping[str, Any], settings: LineSettings) -> dict[str, Any] | str:
    """Return the request that asks with a text, or of a list of them, or what is wrong with it."""
    if not given or not str(given).strip():
        return "is empty; leave it out"
    if settings.holds == INPUT:
        return {**common, INPUT: given}
    before = [{"role": "system", "content": settings.instructions}] if settings.instructions else []
    said = common.get("messages", [])
    if not isinstance(said, list):
        return "cannot be asked: messages of common is not a list; map a list of messages, or leave it out"
    return {**common, "messages": [*before, *said, {"role": "user", "content": given}]}


def _find_doubles(lines: list[BatchLine]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for line in lines:
        before = first.setdefault(line.custom_id, line.pointer)
        if before != line.pointer:
            yield Fault(
                line.pointer,
                f'the id "{line.custom_id[:60]}" is that of {before}, too; ids tell whose an answer is, so each must '
                "stand once",
            )


def _path(field: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in field.split(".") if part.strip())


def _member(item: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, Mapping) else None
    return item
