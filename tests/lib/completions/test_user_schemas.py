"""A schema that a user brings never holds up a worker: whatever it is, it is answered in a moment."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from lib.completions.answer.schema_check import find_faults
from lib.completions.json_schema import BadSchema, compile_schema
from lib.completions.schema_shorthand import read
from pysailor import InvalidConfig

_SECONDS = 20.0
_ATTACK = "a" * 5000 + "!"

BACKTRACKING = [
    *("^(a+)+$", "^(a*)*$", "^(a|aa)+$", "^(a|a)*$", "^(a|a?)+$", "^(.*a){20}$", "(x+x+)+y", r"^(\w+\s?)*$"),
    *(r"^(\w+)*\d$", "^((a+)+)+$", "^(a+)+b", "(a+)+$", "^(a?){50}a{50}$", "(.*)*b", "^(([a-z])+.)+[A-Z]$"),
    *(r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@)$", "^(a{1,50}){1,50}$", r"^(\S+\s*)+;$", "(a|b|ab)*c"),
    *("^(?:a+){2,}$", "^(a+a+)+$", r"^(?:[^\s]+)*@$", "^[a-z]+([a-z]*)*[0-9]$", "(?:.*){30}x", "^(a*a*)*b$"),
]
REFUSED = [
    *(
        "(?=a)b",
        "(?!a)b",
        "(?<=a)b",
        "(?<!a)b",
        r"(a)\1",
        r"^(?=.*\d)(?=.*[a-z]).{8,}$",
        "(?P<x>a)(?P=x)",
        "(",
        "[z-a]",
    ),
    *("(?>a+)b", "a{1,900}{1,900}{1,900}", "*a"),
]


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


def _nested_value(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def _doubling(keyword: str) -> dict[str, Any]:
    below = {"$ref": "#/$defs/a0"}
    named: dict[str, Any] = {"a0": {"type": "string"}}
    for level in range(1, 40):
        named[f"a{level}"] = {keyword: [below, below]}
        below = {"$ref": f"#/$defs/a{level}"}
    return {"$defs": named, **below}


BOMBS: dict[str, tuple[Any, Any]] = {
    "unique items": ({"uniqueItems": True}, [*({"a": number} for number in range(6000)), {"a": 1.0}]),
    "many wrong items": ({"items": {"type": "string"}}, list(range(100_000))),
    "many wrong items among alternatives": ({"anyOf": [{"items": {"type": "string"}}] * 5}, [1] * 50_000),
    "a circle": ({"$ref": "#"}, 1),
    "a circle of two": ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, 1),
    "a circle of alternatives": ({"anyOf": [{"$ref": "#"}, {"type": "string"}]}, 1),
    "hundreds of levels": (_nested(500), {"a": 1}),
    "thousands of levels": (_nested(5000), {"a": 1}),
    "allOf that doubles": (_doubling("allOf"), 1),
    "anyOf that doubles": (_doubling("anyOf"), 1),
    "oneOf that doubles": (_doubling("oneOf"), 1),
    "many definitions": ({"$defs": {str(number): {} for number in range(60_000)}}, 1),
    "a circle that doubles with each level of the value": (
        {"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "required": ["b"]},
        _nested_value(60),
    ),
    "another server": ({"$ref": "https://127.0.0.1:1/schema"}, 1),
    "names by pattern": ({"patternProperties": {"^(a+)+$": {"type": "string"}}, "type": "object"}, {_ATTACK: 1}),
    "names besides a pattern": (
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
        {_ATTACK: 1},
    ),
    "unevaluated names": ({"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False}, {_ATTACK: 1}),
}


def _answer(schema: Any, value: Any) -> str:
    try:
        return "; ".join(map(str, find_faults(value, schema)))
    except BadSchema as error:
        return str(error)


@pytest.mark.parametrize("pattern", BACKTRACKING)
def test_a_pattern_that_backtracks_elsewhere_is_answered_in_a_moment(pattern: str) -> None:
    start = time.process_time()
    _answer({"type": "object", "properties": {"a": {"pattern": pattern}}, "required": ["b"]}, {"a": _ATTACK})
    assert time.process_time() - start < _SECONDS


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_pattern_that_cannot_be_checked_in_linear_time_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(BadSchema, match="look-around") as caught:
        compile_schema({"properties": {"a": {"pattern": pattern}}})
    assert caught.value.pointer == "/properties/a/pattern"


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_answered_in_a_moment(bomb: str) -> None:
    start = time.process_time()
    assert len(_answer(*BOMBS[bomb])) < 20_000
    assert time.process_time() - start < _SECONDS


def test_of_many_faults_the_first_hundred_are_told_and_that_there_are_more() -> None:
    found = find_faults(list(range(1000)), {"items": {"type": "string"}})
    assert len(found) == 101
    assert found[-1].message == "there are more faults than are told here"


def test_an_item_that_comes_twice_is_told() -> None:
    assert len(find_faults([{"a": 1}, {"a": 1.0}], {"uniqueItems": True})) == 1


def test_a_schema_nested_too_deep_is_a_sentence_about_the_setting() -> None:
    for levels in (500, 50_000):
        text = '{"type":"object","properties":{"a":' * levels + "{}" + "}}" * levels
        with pytest.raises(InvalidConfig, match="nested"):
            read(text)


def test_the_short_form_knows_choices_and_optional_fields() -> None:
    schema = read("category: billing|tech|other, due: date?, size small|large?: how large")
    assert schema["properties"] == {
        "category": {"type": "string", "enum": ["billing", "tech", "other"]},
        "due": {"type": ["string", "null"], "format": "date"},
        "size": {"type": ["string", "null"], "enum": ["small", "large", None], "description": "how large"},
    }
    assert json.loads(json.dumps(schema["required"])) == ["category", "due", "size"]


@pytest.mark.parametrize("written", ["c: good | very bad | ugly", "c:good|very bad|ugly", "c : good| very bad |ugly"])
def test_choices_may_hold_blanks_and_stand_apart(written: str) -> None:
    assert read(written)["properties"] == {"c": {"type": "string", "enum": ["good", "very bad", "ugly"]}}


def test_a_mark_of_byte_order_before_a_schema_is_passed_over() -> None:
    assert read('\ufeff{"type": "object"}') == {"type": "object"}
    with pytest.raises(InvalidConfig, match="is empty"):
        read("\ufeff \n")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ('{"type": "object", "properties": {"\\ud800": {}}}', "half characters"),
        (
            '{"type": "object", "$id": "http://x.example/", "items": {"$ref": "b.json"}}',
            "b.json', which is not fetched",
        ),
        ('{"type": "object", "not": {"$ref": "#"}}', "refers back to itself"),
    ],
)
def test_what_is_wrong_with_a_schema_is_told_without_words_of_the_interpreter(schema: str, words: str) -> None:
    with pytest.raises(InvalidConfig, match=words) as caught:
        read(schema)
    assert "Error" not in str(caught.value)
