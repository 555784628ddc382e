"""A schema that would cause too much work is refused, and a value under it answered for."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from typing import Any

import pytest

from pysailor import BrokenComponent
from pysailor.metadata import Schema
from tests.support.schemas import TWICE, in_turn, member, nested, objects
from tests.support.sockets import listening

PROMPT = 20.0  # seconds of a slow machine; 0.2 of one on a quiet one; what has no bound takes minutes


REFUSED: dict[str, tuple[Any, str]] = {
    "five hundred levels": (nested(500, {}, "items"), "deeper than 150 levels"),
    "five thousand levels": (nested(5000, {}, "properties"), "deeper than 150 levels"),
    "five hundred parts of one": (in_turn(lambda inner: {"allOf": [inner]}, 500), "deeper than 150 levels"),
    "each part three times": (
        in_turn(lambda inner: {"if": inner, "then": inner, "else": inner}, 14, {"type": "string"}),
        "more than 200000 parts",
    ),
    "a reference to nothing": ({"$ref": "#/$defs/a"}, 'refers to "#/$defs/a", which is not in it'),
    "a file": ({"$ref": "file:///etc/passwd"}, "which is not in it"),
    "a wrong type": ({"properties": {"a": {"type": "strin"}}}, "/properties/a/type: "),
    "a negative length": ({"maxLength": -1}, "/maxLength: -1 is less than the minimum of 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_without_bounds_is_refused_in_a_sentence(name: str) -> None:
    schema, sentence = REFUSED[name]
    before = time.thread_time()
    with pytest.raises(BrokenComponent) as refused:
        Schema(schema)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert time.thread_time() - before < PROMPT


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "ADDRESS"},
        {"$dynamicRef": "ADDRESS#a"},
        {"$id": "ADDRESS", "properties": {"a": {"$ref": "other"}}},
        {"properties": {"a": {"$id": "ADDRESS", "$ref": "other.json#/x"}}},
        {"$schema": "ADDRESS", "type": "string"},
    ],
)
def test_nothing_is_fetched(schema: Any) -> None:
    callers = []

    def accept(server: socket.socket) -> None:
        connection, caller = server.accept()
        callers.append(caller)
        connection.close()

    with listening(accept) as port:
        with suppress(BrokenComponent):
            Schema(json.loads(json.dumps(schema).replace("ADDRESS", f"http://127.0.0.1:{port}/x"))).fit({"a": 1})
        with socket.create_connection(("127.0.0.1", port)) as own:
            own.recv(1)  # returns when it was accepted and closed
            assert callers == [own.getsockname()]  # whoever came first


def test_a_recursive_schema_accepts_what_is_not_deep() -> None:
    tree = member({"allOf": TWICE})
    assert not Schema(tree).fit(in_turn(lambda inner: {"a": inner, "b": 1}, 12, {"b": 1}))[1]


def test_what_is_nested_too_deep_for_its_schema_is_told_in_a_sentence() -> None:
    (fault,) = Schema(member({"allOf": TWICE})).fit(objects(40))[1]
    assert "nested too deep or too large for this schema" in fault.message
