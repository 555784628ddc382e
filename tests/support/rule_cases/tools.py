"""The rules about tools, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from typing import Any

from tests.support.preflight import (
    CUSTOM,
    LEGACY,
    NAMED_TWICE,
    WEATHER,
    Case,
    allowed,
    chosen,
)

PARAMETERS = "/tools/0/function/parameters"


def offering(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": "a", "parameters": parameters}}]}


CASES: list[tuple[str, Case]] = [
    ("no_tools", Case({"tools": []}, "/tools", {"tools": [WEATHER]})),
    (
        "too_many_tools",
        Case({"tools": [CUSTOM] * 129}, "/tools", {"tools": [CUSTOM] * 128}),
    ),
    (
        "tool_name",
        Case(
            {"tools": [{"type": "function", "function": {"name": "get weather"}}]},
            "/tools/0/function/name",
            {"tools": [{"type": "function", "function": {"name": "get-weather_2"}}]},
        ),
    ),
    ("tool_name", Case({"functions": [{"name": ""}]}, "/functions/0/name", {"functions": [LEGACY]})),
    ("tool_names_unique", Case(NAMED_TWICE, "/tools/1/function/name", {"tools": [WEATHER, CUSTOM]})),
    (
        "choice_without_tools",
        Case({"tool_choice": "none"}, "/tool_choice", {"tool_choice": "none", "tools": [WEATHER]}),
    ),
    (
        "choice_without_tools",
        Case(
            {"parallel_tool_calls": False},
            "/parallel_tool_calls",
            {"parallel_tool_calls": False, "tools": [WEATHER]},
        ),
    ),
    (
        "choice_of_missing_tool",
        Case(
            {"tools": [WEATHER], "tool_choice": chosen("wether")},
            "/tool_choice/function/name",
            {"tools": [WEATHER], "tool_choice": chosen("weather")},
        ),
    ),
    (
        "choice_of_missing_tool",
        Case(
            {"tools": [WEATHER], "tool_choice": allowed("time")},
            "/tool_choice/allowed_tools/tools/0/function/name",
            {"tools": [WEATHER], "tool_choice": allowed("weather")},
        ),
    ),
    (
        "function_call_without_functions",
        Case({"function_call": "auto"}, "/function_call", {"function_call": "auto", "functions": [LEGACY]}),
    ),
    (
        "call_of_missing_function",
        Case(
            {"function_call": {"name": "time"}, "functions": [LEGACY]},
            "/function_call/name",
            {"function_call": {"name": "weather"}, "functions": [LEGACY]},
        ),
    ),
    (
        "parameters_not_an_object",
        Case(
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]},
            "/tools/0/function/parameters/type",
            {"tools": [WEATHER]},
        ),
    ),
    (
        "strict_null",
        Case(
            {"tools": [{"type": "function", "function": {"name": "f", "strict": None}}]},
            "/tools/0/function/strict",
            {"tools": [WEATHER]},
            certain=False,
            public_api=False,
        ),
    ),
    (
        "parameters_of_alternatives",
        Case(
            offering({"type": "object", "properties": {}, "anyOf": [{}]}),
            f"{PARAMETERS}/anyOf",
            offering({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}}),
        ),
    ),
    (
        "parameters_without_properties",
        Case(
            offering({"type": "object", "description": "x"}),
            f"{PARAMETERS}/properties",
            offering({"type": "object", "properties": {}}),
            certain=False,
        ),
    ),
    (
        "parameters_array_without_items",
        Case(
            offering({"type": "object", "properties": {"a": {"type": "array"}}}),
            f"{PARAMETERS}/properties/a/items",
            offering({"type": "object", "properties": {"a": {"type": "array", "items": {}}}}),
        ),
    ),
    ("parameters_not_an_object", Case(offering({"properties": {}}), f"{PARAMETERS}/type", offering({}))),
]
