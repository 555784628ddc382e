"""Tool calls in the API's own shape, whatever shape a server gave them. What is corrected is remarked upon."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from ...api import lenient_json

ARGUMENTS_AS_OBJECT: Final = "the arguments of a tool call came as an object; they are text now"
ENCODED_TWICE: Final = "the arguments of a tool call were encoded twice; they were decoded once"
RUN_TOGETHER: Final = "two tool calls had run together in one; they were parted"
WITHOUT_ID: Final = "a tool call came without an id; one was made up"
REPEATED_ID: Final = "two tool calls had the same id; the later one got a new one"
FLAT_CALL: Final = "a tool call held its name and arguments without a function around them"
NO_CALL: Final = "an entry of tool_calls was no tool call; it was left out"

_MOST_LAYERS: Final = 3
_MAY_RUN_TOGETHER: Final = re.compile(r"\}\s*\{")


def normalize_calls(given: Any, answer_id: str, remarks: dict[str, None]) -> list[dict[str, Any]]:
    """Return tool calls, each with an id of its own and arguments that are text encoded once.

    An id that is made up follows from `answer_id` and the call, so that the same answer gives the same ids.
    """
    calls = []
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict):
            calls += _part_calls(_mend_arguments(_wrap(one, remarks), remarks), answer_id, remarks)
        else:
            remarks[NO_CALL] = None
    return _give_ids(calls, answer_id, remarks)


def normalize_function(function: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    """Return a call of the deprecated kind, its arguments as text that is encoded once."""
    mended: dict[str, Any] = _mend_arguments({"function": function}, remarks)["function"]
    return mended


def write_arguments(value: Any) -> str:
    """Return arguments that came as a value as the text that the API would send."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deep)"  # not JSON, so that the call is never executed


def _wrap(call: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    """Return the call with a function around its name and arguments."""
    if isinstance(call.get("function"), dict) or isinstance(call.get("custom"), dict) or "name" not in call:
        return call
    remarks[FLAT_CALL] = None
    rest = {key: value for key, value in call.items() if key not in ("name", "arguments", "input", "type")}
    arguments = call.get("arguments", call.get("input"))
    return {**rest, "type": "function", "function": {"name": call["name"], "arguments": arguments}}


def _mend_arguments(call: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    kind, member = ("custom", "input") if isinstance(call.get("custom"), dict) else ("function", "arguments")
    part = call.get(kind)
    if not isinstance(part, dict):
        return call
    text = part.get(member)
    if isinstance(text, (dict, list)):
        remarks[ARGUMENTS_AS_OBJECT] = None
        mended = write_arguments(text)
    elif kind == "function" and isinstance(text, str) and text.lstrip().startswith('"'):
        mended = _decode_layers(text)
        if mended != text:
            remarks[ENCODED_TWICE] = None
    else:
        return call
    return {**call, kind: {**part, member: mended}}


def _decode_layers(text: str) -> str:
    """Return the JSON object within text that was encoded more than once; the text itself if there is none."""
    found = text
    for _ in range(_MOST_LAYERS):
        try:
            value = json.loads(found)
        except (ValueError, RecursionError):
            return text
        if not isinstance(value, str):
            return found
        found = value
    return found if found.lstrip().startswith("{") else text


def _part_calls(call: dict[str, Any], answer_id: str, remarks: dict[str, None]) -> list[dict[str, Any]]:
    """Return one call for each object in the arguments; mostly there is one."""
    part = call.get("function")
    text = part.get("arguments") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(text, str) or not _MAY_RUN_TOGETHER.search(text):
        return [call]
    try:
        values, _ = lenient_json.parse_all(text)
    except (ValueError, RecursionError):
        return [call]
    if len(values) < 2 or not all(isinstance(value, dict) for value in values):  # noqa: PLR2004 - two are several
        return [call]
    remarks[RUN_TOGETHER] = None
    parted = [{**call, "function": {**part, "arguments": write_arguments(value)}} for value in values]
    return [parted[0], *({**one, "id": _make_id(one, f"{answer_id} {n}")} for n, one in enumerate(parted[1:]))]


def _give_ids(calls: list[dict[str, Any]], answer_id: str, remarks: dict[str, None]) -> list[dict[str, Any]]:
    seen: set[str] = set()
    for place, call in enumerate(calls):
        given = call.get("id")
        given = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
        if not isinstance(given, str) or not given.strip() or given in seen:
            is_repeated = isinstance(given, str) and given in seen
            remarks[REPEATED_ID if is_repeated else WITHOUT_ID] = None
            given = _make_id(call, f"{answer_id} {place}")
        seen.add(given)
        if call.get("id") != given:
            calls[place] = {**call, "id": given}
    return calls


def _make_id(call: dict[str, Any], seed: str) -> str:
    parts = (seed, write_arguments(call.get("function")), write_arguments(call.get("custom")))
    return f"call_{hashlib.sha256(' '.join(parts).encode('utf-8', 'replace')).hexdigest()[:24]}"
