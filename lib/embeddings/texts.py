"""The texts of a message, each with its place: one, a list, or a field of each item of a list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pysailor import Fault, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES = ("text", "texts", "items")
_MOST_FAULTS = 100


class PlacedText(NamedTuple):
    """A text, and the JSON pointer of its place in the message."""

    pointer: str
    text: str


def read_texts(body: Mapping[str, Any], field: str) -> tuple[PlacedText, ...]:
    """Return the texts in the order of the message; raise InvalidInput with every place that has none.

    `field` names what is taken of each item; dots lead into parts of it, as in `product.title`.
    """
    given = [name for name in _PLACES if body.get(name) is not None]
    if len(given) != 1:
        found = f"{' and '.join(given)} are given" if given else "none is given"
        raise InvalidInput(f"map one of Text, Texts and Items; {found}", pointer=f"/{given[1]}" if given else "/text")
    found_all = list(_read(body, given[0], field))
    faults = [one for one in found_all if isinstance(one, Fault)]
    if not found_all:
        faults = [Fault(f"/{given[0]}", "is empty; there must be at least one text")]
    if faults:
        raise InvalidInput(faults=faults[:_MOST_FAULTS])
    return tuple(one for one in found_all if isinstance(one, PlacedText))


def _read(body: Mapping[str, Any], place: str, field: str) -> Iterator[PlacedText | Fault]:
    value = body[place]
    if place == "text":
        yield _check("/text", value)
    elif not isinstance(value, list):
        yield Fault(f"/{place}", "is not a list")
    elif place == "texts":
        yield from (_check(f"/texts/{index}", one) for index, one in enumerate(value))
    else:
        path = [part.strip() for part in field.split(".")]
        below = "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)
        yield from (_check(f"/items/{index}/{below}", _member(item, path)) for index, item in enumerate(value))


def _member(item: Any, path: list[str]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, Mapping) else None
    return item


def _check(pointer: str, value: Any) -> PlacedText | Fault:
    """Return the text, or why there is none; a number is taken as it is written."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        return Fault(pointer, "is empty; the service makes no vector of nothing: leave this one out")
    if not isinstance(value, str):
        return Fault(pointer, f"is not a text but {_kind(value)}")
    return PlacedText(pointer, value)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    return "an object" if isinstance(value, Mapping) else "a list"
