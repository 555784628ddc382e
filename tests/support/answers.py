"""Answers and requests, as tests make them up."""

from __future__ import annotations

from typing import Any

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
PING = {"type": "function", "function": {"name": "ping"}}
SQL = {"type": "custom", "custom": {"name": "sql"}}
TOOLS: dict[str, Any] = {"tools": [WEATHER, PING, SQL]}


def choice(content: Any = None, reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content, **message}}


def answer(content: Any = None, reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [choice(content, reason, **message)]}


def asking(schema: Any = PERSON) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}


def call(arguments: Any = "{}", name: str = "ping", given: str | None = "call_a") -> dict[str, Any]:
    return {"id": given, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: Any, reason: str = "tool_calls", **message: Any) -> dict[str, Any]:
    return answer(None, reason, tool_calls=list(calls), **message)
