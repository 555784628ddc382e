"""What Ask takes and emits, as the mapper reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysailor.component.component import metadata
from pysailor.context import Context
from pysailor.errors import InvalidConfig
from pysailor.metadata import Schema
from tests.support.ask import FUNCTION


def meta(**cfg: Any) -> dict[str, Any]:
    return metadata(FUNCTION, cfg, Context())


def test_the_mapper_gets_the_fields_of_the_answer() -> None:
    schema = {
        "type": "object",
        "properties": {
            "mood": {"enum": ["good", "bad"], "description": "How it sounds"},
            "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
        },
        "required": ["mood"],
        "$defs": {"tag": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }
    data = meta(answerAs="schema", schema=json.dumps(schema))["out"]["properties"]["data"]["properties"]
    assert data["mood"] == {
        "title": "mood",
        "enum": ["good", "bad"],
        "help": {"description": "How it sounds"},
        "required": True,
    }
    assert data["age"]["type"] == ["integer", "null"]
    assert data["tags"]["items"]["properties"]["name"]["type"] == "string"


def test_text_has_no_data_and_json_has_any() -> None:
    assert "data" not in meta(answerAs="text")["out"]["properties"]
    assert "properties" not in meta(answerAs="json")["out"]["properties"]["data"]


@pytest.mark.parametrize(
    "properties",
    [
        {"child": {"$ref": "#"}},
        {name: {"$ref": "#"} for name in "abcdefgh"},
        {"loop": {"$ref": "#/$defs/loop"}},
        {"gone": {"$ref": "#/$defs/nowhere"}},
    ],
)
def test_a_schema_that_refers_to_itself_or_nowhere_ends_somewhere(properties: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": properties, "$defs": {"loop": {"$ref": "#/$defs/loop"}}}
    try:
        out = meta(answerAs="schema", schema=json.dumps(schema))["out"]
    except InvalidConfig as error:
        assert error.faults[0].pointer == "/schema"  # noqa: PT017 - either will do, a traceback will not
    else:
        assert len(json.dumps(out)) < 100_000
        assert Schema(out)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age years old",
        "1st",
        "{",
        '{"type": "array"}',
        "name str int",
        ": what",
        ",",
        "name, name",
        '{"type": "object", "properties": {"a": {"type": "nothing"}}}',
        '{"type": "object", "properties": 1}',
    ],
)
def test_a_schema_that_is_none_is_told_with_an_example(text: str) -> None:
    with pytest.raises(InvalidConfig) as raised:
        meta(answerAs="schema", schema=text)
    assert raised.value.faults[0].pointer == "/schema"


def test_the_answer_has_one_type_for_the_mapper() -> None:
    assert meta()["out"]["properties"]["answer"]["type"] == ["string", "null"]


def test_choices_and_optional_fields_of_the_short_form_reach_the_mapper() -> None:
    shown = meta(answerAs="schema", schema="category: billing|tech|other, due: date?, urgent bool?")["out"]
    fields = shown["properties"]["data"]["properties"]
    assert fields["category"]["enum"] == ["billing", "tech", "other"]
    assert fields["due"]["type"] == ["string", "null"]
    assert fields["urgent"]["type"] == ["boolean", "null"]
