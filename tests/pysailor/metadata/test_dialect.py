"""The mapper's dialect means the same as standard JSON Schema."""

from __future__ import annotations

from pysailor.metadata import Schema
from tests.support.schemas import pointers


def test_required_inside_a_property_is_required() -> None:
    assert pointers({}) == ["/messages"]
    assert pointers({"messages": [{}]}) == ["/messages/0/role", "/messages/0/content"]


def test_a_property_may_be_called_required() -> None:
    schema = Schema({"type": "object", "properties": {"required": {"type": "boolean", "required": True}}})
    assert schema.accepts({"required": False})
    assert [fault.pointer for fault in schema.faults({})] == ["/required"]


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
