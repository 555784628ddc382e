"""Schemas in the mapper's dialect."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysailor.errors import BrokenComponent, Fault
from pysailor.metadata import Schema

CHAT = Schema(
    {
        "type": "object",
        "properties": {
            "messages": {"type": "array", "required": True, "minItems": 1, "items": {"$ref": "#/definitions/message"}},
            "temperature": {"type": "number", "minimum": 0, "maximum": 2},
            "n": {"type": "integer"},
            "stream": {"type": "boolean"},
            "stop": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 4}]},
            "functions": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"type": "string", "required": True}}},
            },
            "bias": {
                "type": "object",
                "propertyNames": {"pattern": "^[0-9]+$"},
                "additionalProperties": {"type": "integer", "maximum": 100},
            },
            "closed": {"type": "object", "properties": {"only": {"type": "string"}}, "additionalProperties": False},
        },
        "definitions": {
            "message": {
                "type": "object",
                "properties": {
                    "role": {"type": "string", "enum": ["user", "assistant"], "required": True},
                    "content": {"type": "string", "required": True},
                },
            }
        },
    }
)
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def pointers(body: Any) -> list[str]:
    return [fault.pointer for fault in CHAT.fit(body)[1]]


def test_required_inside_a_property_is_required() -> None:
    assert pointers({}) == ["/messages"]
    assert pointers({"messages": [{}]}) == ["/messages/0/role", "/messages/0/content"]


def test_a_property_may_be_called_required() -> None:
    schema = Schema({"type": "object", "properties": {"required": {"type": "boolean", "required": True}}})
    assert schema.accepts({"required": False})
    assert [fault.pointer for fault in schema.faults({})] == ["/required"]


@pytest.mark.parametrize(
    ("field", "built", "meant"),
    [
        ("temperature", "0.5", 0.5),
        ("n", "2", 2),
        ("stream", "true", True),
        ("stop", {"a": "x", "b": "y"}, ["x", "y"]),
        ("functions", {"name": "f"}, [{"name": "f"}]),
        ("functions", {"one": {"name": "f"}, "two": {"name": "g"}}, [{"name": "f"}, {"name": "g"}]),
        ("bias", {"12": "5"}, {"12": 5}),
    ],
)
def test_what_the_mapper_can_build_becomes_what_is_meant(field: str, built: Any, meant: Any) -> None:
    body, faults = CHAT.fit({**HELLO, field: built})
    assert faults == []
    assert body[field] == meant


def test_null_is_left_out_where_nothing_else_is_declared() -> None:
    assert CHAT.fit({**HELLO, "temperature": None, "stop": None}) == (HELLO, [])


def test_null_inside_what_nobody_declared_stays() -> None:
    free = {**HELLO, "metadata": {"default": None}}
    assert CHAT.fit(free) == (free, [])


def test_a_text_that_is_no_number_is_not_guessed_at() -> None:
    assert CHAT.fit({**HELLO, "temperature": "hot"})[1] == [
        Fault("/temperature", 'found text "hot", allowed: a number from 0 to 2')
    ]


def test_mending_leaves_the_original_alone() -> None:
    body = {**HELLO, "stop": {"a": "x"}}
    CHAT.fit(body)
    assert body["stop"] == {"a": "x"}


def test_every_fault_is_told_and_the_missing_ones_come_first() -> None:
    body = {"temperature": 3, "n": "x", "messages": [{"role": "usr"}], "closed": {"onyl": 1}}
    assert pointers(body) == ["/temperature", "/n", "/closed/onyl", "/messages/0/content", "/messages/0/role"]


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    faults = CHAT.faults({"messages": [{"role": "usr", "content": "x"}]})
    assert faults[0].message == 'found text "usr", allowed: user, assistant (did you mean user?)'
    assert CHAT.find_unknown({"temprature": 1}) == [
        Fault("/temprature", "is not a known field; did you mean temperature?")
    ]


def test_a_fault_in_the_alternative_that_was_meant_is_told_there() -> None:
    assert pointers({**HELLO, "stop": ["a", 1]}) == ["/stop/1"]


def test_a_document_that_is_no_schema_is_a_broken_component() -> None:
    with pytest.raises(BrokenComponent, match="not a JSON Schema"):
        Schema({"type": "objekt"})


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_value_is_accepted_or_has_faults_and_both_validators_agree(body: Any) -> None:
    fitted, faults = CHAT.fit(body)
    assert CHAT.accepts(fitted) is (faults == [])


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_mending_twice_changes_nothing_more(body: Any) -> None:
    once = CHAT.coerce(body)
    assert CHAT.coerce(once) == once


NAMES = st.sampled_from(["messages", "role", "content", "functions", "closed", "only", "other"])
NAMED = st.recursive(
    st.none() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(NAMED)
def test_the_quick_look_for_undeclared_members_finds_what_the_walk_finds(body: Any) -> None:
    assert CHAT.find_undeclared(body) == {
        re.sub(r"/\d+(?=/)", "/*", fault.pointer) for fault in CHAT.find_unknown(body)
    }


def test_what_is_undeclared_in_every_item_of_a_list_is_one_place() -> None:
    listed = Schema({"properties": {"tokens": {"type": "array", "items": {"properties": {"word": {}}}}}})
    body = {"tokens": [{"word": "a", "new": number} for number in range(3000)]}
    assert listed.find_undeclared(body) == {"/tokens/*/new"}
    assert [fault.pointer for fault in listed.find_unknown(body)][:2] == ["/tokens/0/new", "/tokens/1/new"]


def test_undeclared_members_of_a_schema_that_refers_to_itself_are_found() -> None:
    node = {"$ref": "#/definitions/node"}
    tree = Schema({**node, "definitions": {"node": {"properties": {"below": {"items": node}}}}})
    assert tree.find_undeclared({"below": [{"below": [{}]}]}) == set()
    assert tree.find_undeclared({"below": [{"below": [{"above": 1}]}]}) == {"/below/*/below/*/above"}


def test_a_tolerant_schema_asks_for_what_is_required_and_lets_the_rest_be() -> None:
    document = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "choices": {
                "required": True,
                "type": "array",
                "items": {"type": "object", "properties": {"text": {"type": "string", "required": True}}},
            },
        },
    }
    schema = Schema(document, is_tolerant=True)
    assert schema.accepts({"id": 5, "choices": [{"text": "x"}]})
    assert [fault.pointer for fault in schema.faults({"choices": [{"text": 1}, None]})] == [
        "/choices/1",
        "/choices/0/text",
    ]
    assert schema.document is document


def test_a_schema_never_makes_the_process_ask_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/schema.json"
        with pytest.raises(BrokenComponent):
            Schema({"type": "object", "properties": {"a": {"$ref": address}}})
        Schema({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}).faults(1)
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
