"""The request as the service's own types have it, closed as the live service is: what it would not know is a doubt."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Fault, Schema

from .places import chat_pointer
from .request import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_TOLD = 20


def find_odd(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what the types do not have in what is sent, with its place in the chat request.

    Fields and items grow every few weeks, so it is a doubt. Unknown fields of the request itself are another rule's.
    """
    sent = {name: value for name, value in write(body).items() if name in _fields()}
    schema = _request()
    if schema.accepts(sent):
        return
    for fault in schema.faults(sent)[:_MOST_TOLD]:
        yield from (Fault(chat_pointer(one.pointer, body), one.message) for one in _closer(fault, sent))


def _closer(fault: Fault, sent: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong inside a tool, of which the types of all tools only say that none of them has its form."""
    _, name, index, *inner = (*fault.pointer.split("/"), "", "")
    tools = sent.get("tools")
    if name != "tools" or not index.isdigit() or any(inner) or not isinstance(tools, list):
        return [fault]
    tool = tools[int(index)]
    schema = _tool(str(tool.get("type"))) if isinstance(tool, dict) else None
    found = schema.faults(tool) if schema else []
    return [Fault(f"{fault.pointer}{one.pointer}", one.message) for one in found] or [fault]


@cache
def _request() -> Schema:
    return Schema.load(Path(__file__).with_name("request.json"))


@cache
def _fields() -> frozenset[str]:
    return frozenset(_request().document["properties"])


@cache
def _tools() -> dict[str, str]:
    """Return the name of each kind of tool's own types."""
    document = _request().document
    definitions, found = document["$defs"], {}
    for one in document["properties"]["tools"]["items"]["anyOf"]:
        name = one["$ref"].rpartition("/")[2]
        kind = definitions[name]["properties"]["type"]
        found.update(dict.fromkeys(kind.get("enum", [kind.get("const")]), name))
    return found


@cache
def _tool(kind: str) -> Schema | None:
    name = _tools().get(kind)
    if name is None:
        return None
    definitions = _request().document["$defs"]
    return Schema({**definitions[name], "$defs": definitions}, f"the tool {kind}")
