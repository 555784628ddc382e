"""The rules about schemas, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from tests.support.preflight import (
    SCHEMA,
    Case,
    asking,
    closed,
    enum,
    nested,
    strict,
)

CASES: list[tuple[str, Case]] = [
    (
        "strict_default",
        Case(
            strict(closed({"a": {"type": "string", "default": "x"}})),
            f"{SCHEMA}/properties/a/default",
            strict(closed({"default": {"type": "string"}})),
        ),
    ),
    (
        "strict_beside_reference",
        Case(
            strict(closed({"a": {"$ref": "#/$defs/b", "description": "x"}}, **{"$defs": {"b": {"type": "string"}}})),
            f"{SCHEMA}/properties/a/$ref",
            strict(closed({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": {"type": "string"}}})),
        ),
    ),
    (
        "strict_format",
        Case(
            strict(closed({"a": {"type": "string", "format": "uri"}})),
            f"{SCHEMA}/properties/a/format",
            strict(closed({"a": {"type": "string", "format": "date"}})),
        ),
    ),
    (
        "strict_no_type",
        Case(
            strict(closed({"a": {"description": "x"}})),
            f"{SCHEMA}/properties/a",
            strict(closed({"a": {"enum": ["x"]}})),
        ),
    ),
    (
        "strict_no_items",
        Case(
            strict(closed({"a": {"type": "array"}})),
            f"{SCHEMA}/properties/a/items",
            strict(closed({"a": {"type": "array", "items": {"type": "string"}}})),
        ),
    ),
    (
        "strict_no_items",
        Case(
            strict(closed({"a": {"type": ["array", "null"]}})),
            f"{SCHEMA}/properties/a/items",
            strict(closed({"a": {"type": ["array", "null"], "items": {"type": "string"}}})),
        ),
    ),
    (
        "strict_choice_of_another_type",
        Case(
            strict(closed({"a": {"type": "string", "enum": ["x", None]}})),
            f"{SCHEMA}/properties/a/enum/1",
            strict(closed({"a": {"type": ["string", "null"], "enum": ["x", None]}})),
        ),
    ),
    (
        "strict_choice_of_another_type",
        Case(
            strict(closed({"a": {"type": "integer", "enum": [1, True]}})),
            f"{SCHEMA}/properties/a/enum/1",
            strict(closed({"a": {"type": "integer", "enum": [1, 2.0]}})),
        ),
    ),
    (
        "strict_dangling_reference",
        Case(
            strict(closed({"a": {"$ref": 5}})),
            f"{SCHEMA}/properties/a/$ref",
            strict(closed({"a": {"$ref": "#"}})),
            public_api=False,
        ),
    ),
    (
        "choice_of_nothing",
        Case(
            asking({"properties": {"a": {"enum": []}}}),
            f"{SCHEMA}/properties/a/enum",
            asking({"properties": {"enum": {"enum": [None]}}}),
            public_api=False,
        ),
    ),
    ("not_a_schema", Case(asking({"type": "objekt"}), f"{SCHEMA}/type", asking({"type": "object"}))),
    (
        "not_a_schema",
        Case(
            asking({"properties": {"a/b": {"required": "c"}}}),
            f"{SCHEMA}/properties/a~1b/required",
            asking({"exclusiveMinimum": True, "minimum": 0}),
            public_api=False,
        ),
    ),
    (
        "not_a_schema",
        Case(
            {"functions": [{"name": "f", "parameters": {"properties": 5}}]},
            "/functions/0/parameters/properties",
            {"functions": [{"name": "f", "parameters": {"properties": {}}}]},
        ),
    ),
    (
        "schema_of_no_use",
        Case(asking({"$ref": "#/nowhere"}), SCHEMA, asking({"$ref": "#/$defs/a", "$defs": {"a": {}}}), certain=False),
    ),
    (
        "schema_of_no_use",
        Case(asking({"items": [{"type": "string"}]}), f"{SCHEMA}/items", asking({"prefixItems": [{}]}), certain=False),
    ),
    ("strict_root", Case(strict({"type": "array"}), f"{SCHEMA}/type", strict(closed({"a": {"type": "string"}})))),
    ("strict_root", Case(strict({"anyOf": []}), f"{SCHEMA}/anyOf", strict(closed({"a": {"anyOf": []}})))),
    (
        "strict_additional_properties",
        Case(
            strict(closed({"a": {"type": ["object", "null"]}})),
            f"{SCHEMA}/properties/a/additionalProperties",
            strict(closed({"a": closed({})})),
        ),
    ),
    (
        "strict_all_required",
        Case(
            strict(closed({"a": {"type": "string"}, "b": {}}, required=["a"])),
            f"{SCHEMA}/required",
            strict(closed({"a": {"type": ["string", "null"]}})),
        ),
    ),
    (
        "strict_all_required",
        Case(
            {
                "tools": [
                    {
                        "type": "function",
                        "function": {"name": "f", "strict": True, "parameters": closed({"a": {}}, required=[])},
                    },
                ],
            },
            "/tools/0/function/parameters/required",
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": closed({"a": {}}, required=[])}}]},
        ),
    ),
    (
        "strict_refused_keyword",
        Case(
            strict(closed({"a": {"type": "array", "items": {"allOf": []}}})),
            f"{SCHEMA}/properties/a/items/allOf",
            strict(closed({"allOf": {"type": "string"}})),
        ),
    ),
    (
        "strict_doubtful_keyword",
        Case(
            strict(closed({"a": {"oneOf": []}})),
            f"{SCHEMA}/properties/a/oneOf",
            strict(closed({"a": {"type": "string", "pattern": "x"}})),
            certain=False,
        ),
    ),
    (
        "strict_fine_tuned_keyword",
        Case(
            strict(closed({"a": {"pattern": "x"}})),
            f"{SCHEMA}/properties/a/pattern",
            strict(closed({"a": {"pattern": "x"}})),
            model="ft:gpt-4o-2024-08-06:acme::1",
            kept_model="gpt-4o",
        ),
    ),
    ("strict_depth", Case(strict(nested(11)), SCHEMA + "/properties/a" * 11, strict(nested(10)))),
    (
        "strict_properties",
        Case(
            strict(closed({f"p{number}": {} for number in range(5001)})),
            SCHEMA,
            strict(closed({f"p{number}": {} for number in range(5000)})),
        ),
    ),
    (
        "strict_characters",
        Case(strict(closed({"a" * 120_001: {}})), SCHEMA, strict(closed({"a" * 120_000: {}}))),
    ),
    ("strict_choices", Case(strict(enum(1001)), SCHEMA, strict(enum(1000)))),
    (
        "strict_long_choices",
        Case(strict(enum(251, length=60)), f"{SCHEMA}/properties/a/enum", strict(enum(250, length=61))),
    ),
    (
        "strict_dangling_reference",
        Case(
            strict(closed({"a": {"$ref": "#/$defs/b"}})),
            f"{SCHEMA}/properties/a/$ref",
            strict(
                closed({"a": {"$ref": "#/$defs/b"}, "me": {"$ref": "#"}}, **{"$defs": {"b": {"$ref": "#/$defs/b"}}})
            ),
        ),
    ),
    (
        "strict_required_without_property",
        Case(
            strict({**closed({"a": {"type": "string"}}), "required": ["a", "b"]}),
            f"{SCHEMA}/required/1",
            strict(closed({"a": {"type": "string"}})),
        ),
    ),
    (
        "strict_untyped_choice",
        Case(
            strict(closed({"a": {"enum": ["x"]}})),
            f"{SCHEMA}/properties/a/type",
            strict(closed({"a": {"type": "string", "enum": ["x"]}})),
            certain=False,
        ),
    ),
    (
        "strict_doubtful_keyword",
        Case(
            strict(closed({"a": {"type": "string", "examples": ["x"]}})),
            f"{SCHEMA}/properties/a/examples",
            strict(closed({"examples": {"type": "string"}})),
            certain=False,
        ),
    ),
    (
        "strict_no_type",
        Case(strict(closed({"a": True})), f"{SCHEMA}/properties/a", strict(closed({"a": {"const": 1}}))),
    ),
]
