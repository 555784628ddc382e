"""Rules for what a request declares by name and schema: tools, functions, the wanted format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from . import errors
from .errors import ErrorReply
from .strict_schema import strict_mode_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOOL_NAME = r"^[a-zA-Z0-9_-]+$"
_LONGEST_NAME = 64
_MOST_TOOLS = 128


def name_errors(name: str, param: str, pattern: str) -> Iterator[ErrorReply]:
    if len(name) > _LONGEST_NAME:
        yield errors.too_long(param, "string", len(name), _LONGEST_NAME)
    elif not re.search(pattern, name):
        yield errors.wrong_pattern(param, pattern)


def tools(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    tools = request.get("tools")
    if tools is None:
        return
    if not tools:
        yield errors.empty_array("tools")
    if len(tools) > _MOST_TOOLS:
        yield errors.too_long("tools", "array", len(tools), _MOST_TOOLS)
    for index, tool in enumerate(tools):
        kind = tool["type"]
        yield from name_errors(tool[kind]["name"], f"tools[{index}].{kind}.name", TOOL_NAME)
        yield from _parameters(tool[kind], f"tools[{index}].{kind}.parameters")


def functions(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    for index, function in enumerate(request.get("functions") or ()):
        yield from name_errors(function["name"], f"functions[{index}].name", TOOL_NAME)
        yield from _parameters(function, f"functions[{index}].parameters")


def _parameters(function: Mapping[str, Any], param: str) -> Iterator[ErrorReply]:
    parameters = function.get("parameters")
    if parameters is None:
        return
    fault = _schema_fault(parameters, is_strict=bool(function.get("strict")))
    if fault is None and parameters and parameters.get("type") != "object":
        fault = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{parameters.get('type')}\"'."
    if fault:
        yield ErrorReply(
            f"Invalid schema for function '{function['name']}': {fault}",
            param=param,
            code="invalid_function_parameters",
        )


def _schema_fault(schema: Mapping[str, Any], *, is_strict: bool) -> str | None:
    if not jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}):
        return "it is not a JSON Schema."
    return strict_mode_fault(schema) if is_strict else None


def tool_choice(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    choice = request.get("tool_choice")
    if not isinstance(choice, dict):
        return
    names = {tool[tool["type"]]["name"] for tool in request.get("tools", ())}
    for wanted in _wanted_tools(choice):
        if wanted not in names:
            yield ErrorReply(
                f"Invalid value for 'tool_choice': there is no tool named '{wanted}' in 'tools'.", param="tool_choice"
            )


def _wanted_tools(choice: Mapping[str, Any]) -> Iterator[str]:
    if choice["type"] != "allowed_tools":
        yield choice[choice["type"]]["name"]
        return
    for tool in choice["allowed_tools"]["tools"]:
        named = tool.get(str(tool.get("type")))
        yield str(named.get("name")) if isinstance(named, dict) else ""


def json_schema(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    wanted = (request.get("response_format") or {}).get("json_schema")
    if not isinstance(wanted, dict):
        return
    yield from name_errors(wanted["name"], "response_format.json_schema.name", TOOL_NAME)
    fault = _schema_fault(wanted.get("schema") or {}, is_strict=bool(wanted.get("strict")))
    if fault:
        yield ErrorReply(f"Invalid schema for response_format '{wanted['name']}': {fault}", param="response_format")
