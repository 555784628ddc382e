"""Requests for the rules of preflight: one that breaks a rule and one that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lib.completions.preflight import Finding, KnownRejection, check
from lib.models.table import Models

if TYPE_CHECKING:
    from lib.tokens.count import Estimate

MODELS = Models.load()


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}


WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


LEGACY: dict[str, Any] = {"name": "weather"}


CUSTOM: dict[str, Any] = {"type": "custom", "custom": {"name": "sql"}}


def call(name: str = "weather", one: str = "call_1") -> dict[str, Any]:
    return {"id": one, "type": "function", "function": {"name": name, "arguments": "{}"}}


def asks(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def answers(one: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": one, "content": "sunny"}


def transcript(*messages: Any) -> dict[str, Any]:
    return {"messages": [HELLO, *messages]}


def parts(*content: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": list(content)}]}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    wanted = {"name": "answer", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": wanted}}


def asking(schema: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = list(properties)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False, **more}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = closed({"a": schema})
    return schema


def enum(values: int, length: int = 4) -> dict[str, Any]:
    return closed({"a": {"type": "string", "enum": [f"{number:0{length}}" for number in range(values)]}})


@dataclass(frozen=True)
class Case:
    """What breaks a rule, where, and how certainly; and what keeps it."""

    broken: dict[str, Any]
    pointer: str
    kept: dict[str, Any]
    certain: bool = True
    model: str | None = None
    kept_model: str | None = None
    public_api: bool = True
    broken_estimate: Estimate | None = None
    kept_estimate: Estimate | None = None
    refusals: tuple[KnownRejection, ...] = ()


SCHEMA = "/response_format/json_schema/schema"


PREDICTED = {"prediction": {"type": "content", "content": "x"}}


JSON_OBJECT = {"response_format": {"type": "json_object"}}


SPOKEN = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


REFUSED = KnownRejection("https://here.example/v1", "llama", "top_p", "unsupported_parameter", "2026-11-01")


VOICE = {"role": "assistant", "audio": {"id": "a", "expires_at": NOW.timestamp() - 1}}


MARKED = {"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}


NAMED_TWICE = {"tools": [WEATHER, WEATHER]}


def allowed(name: str) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [chosen(name)]}}


def chosen(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def found(case: Case, body: dict[str, Any], model: str | None, estimate: Estimate | None) -> list[Finding]:
    whole = {"model": model or "local", "messages": [HELLO], **body}
    family = MODELS.find(model) if model else None
    return check(
        whole,
        family=family,
        public_api=case.public_api,
        estimate=estimate,
        refusals=case.refusals,
        now=NOW,
    )


def breaches_of(rule: str, case: Case) -> list[tuple[str, bool]]:
    """Return where the rule finds the broken request wrong, and whether it is certain."""
    breaches = [one for one in found(case, case.broken, case.model, case.broken_estimate) if one.rule == rule]
    assert all(one.message and one.fix and one.source for one in breaches)
    return [(one.pointer, one.certain) for one in breaches]


def rules_kept(case: Case) -> set[str]:
    """Return the rules that find something in the request that keeps the one in question."""
    return {one.rule for one in found(case, case.kept, case.kept_model or case.model, case.kept_estimate)}
