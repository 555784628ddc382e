"""Every rule with a request that breaks it and one that keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.completions import prompt as question
from lib.completions.preflight import RULES, Finding, KnownRejection, PastRefusals, adapt, check, is_strict, learn
from lib.completions.preflight.facts.schemas import StrictSchema
from lib.completions.preflight.facts.toolbox import Toolbox
from lib.completions.preflight.facts.transcript import Transcript
from lib.completions.preflight.rule import RequestFacts
from lib.models.table import Models
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
    # messages
    ("tool_message_without_call", Case(transcript(answers()), "/messages/1/role", transcript(asks(call()), answers()))),
    (
        "tool_message_without_call",
        Case(
            transcript(asks(call()), answers(), answers("x")),
            "/messages/3/tool_call_id",
            transcript(asks(call()), answers()),
        ),
    ),
    (
        "tool_calls_unanswered",
        Case(
            transcript(asks(call(), call(one="call_2")), answers(), HELLO),
            "/messages/1/tool_calls/1/id",
            transcript(asks(call(), call(one="call_2")), answers("call_2"), answers(), HELLO),
        ),
    ),
    (
        "tool_calls_unanswered",
        Case(
            transcript(asks(call()), HELLO, answers()),
            "/messages/1/tool_calls/0/id",
            transcript(asks(call()), answers(), HELLO, asks(call()), answers()),
        ),
    ),
    (
        "too_many_tool_calls",
        Case(
            transcript(asks(*[call()] * 129), answers()),
            "/messages/1/tool_calls",
            transcript(asks(*[call()] * 128), answers()),
        ),
    ),
    (
        "called_name",
        Case(
            transcript(asks(call("multi_tool_use.parallel")), answers()),
            "/messages/1/tool_calls/0/function/name",
            transcript(asks(call("multi_tool_use")), answers()),
        ),
    ),
    (
        "call_id_length",
        Case(
            transcript(asks(call(one="x" * 65)), answers("x" * 65)),
            "/messages/1/tool_calls/0/id",
            transcript(asks(call(one="x" * 64)), answers("x" * 64)),
            certain=False,
        ),
    ),
    (
        "assistant_says_nothing",
        Case(
            transcript({"role": "assistant", "content": None}),
            "/messages/1/content",
            transcript(
                {"role": "assistant", "content": ""}, {"role": "assistant", "refusal": "No."}, asks(call()), answers()
            ),
        ),
    ),
    (
        "message_name",
        Case(transcript({**HELLO, "name": "Jane Doe"}), "/messages/1/name", transcript({**HELLO, "name": "Jané_D"})),
    ),
    (
        "message_name",
        Case(transcript({**HELLO, "name": "x" * 65}), "/messages/1/name", transcript({**HELLO, "name": "x" * 64})),
    ),
    (
        "refusal_stands_alone",
        Case(
            parts({"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}, role="assistant"),
            "/messages/0/content",
            parts({"type": "refusal", "refusal": "b"}, role="assistant"),
            certain=False,
        ),
    ),
    (
        "file_without_content",
        Case(
            parts({"type": "file", "file": {"filename": "a.pdf"}}),
            "/messages/0/content/0/file",
            parts({"type": "file", "file": {"file_id": "file-1"}}),
        ),
    ),
    (
        "file_without_content",
        Case(
            parts({"type": "file", "file": {}}),
            "/messages/0/content/0/file",
            parts({"type": "file", "file": {"file_url": "https://files.example/a.pdf"}}),
        ),
    ),
    (
        "file_without_name",
        Case(
            parts({"type": "file", "file": {"file_data": "data:,x"}}),
            "/messages/0/content/0/file/filename",
            parts({"type": "file", "file": {"file_data": "data:,x", "filename": "a.pdf"}}),
            certain=False,
        ),
    ),
    (
        "text_too_long",
        Case(
            transcript({"role": "user", "content": "x" * 1_048_577}),
            "/messages/1/content",
            transcript({"role": "user", "content": "x" * 1_048_576}),
            certain=False,
        ),
    ),
    (
        "audio_expired",
        Case(
            transcript(VOICE),
            "/messages/1/audio/id",
            transcript({"role": "assistant", "audio": {"id": "a", "expires_at": NOW.timestamp() + 1}}),
            certain=False,
        ),
    ),
    (
        "too_many_breakpoints",
        Case(
            parts(*[MARKED] * 5),
            "/messages/0/content/4/prompt_cache_breakpoint",
            parts(*[MARKED] * 4),
            certain=False,
        ),
    ),
    (
        "developer_unknown",
        Case(
            transcript({"role": "developer", "content": "x"}),
            "/messages/1/role",
            transcript({"role": "system", "content": "x"}),
            certain=False,
            public_api=False,
        ),
    ),
    # tools
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
            certain=False,
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
    # options
    ("both_token_caps", Case({"max_tokens": 9, "max_completion_tokens": 9}, "/max_tokens", {"max_tokens": 9})),
    (
        "stream_options_without_stream",
        Case(
            {"stream_options": {"include_usage": True}},
            "/stream_options",
            {"stream_options": {"include_usage": True}, "stream": True},
        ),
    ),
    (
        "top_logprobs_without_logprobs",
        Case({"top_logprobs": 2}, "/top_logprobs", {"top_logprobs": 2, "logprobs": True}),
    ),
    (
        "json_not_mentioned",
        Case(JSON_OBJECT, "/messages", {**JSON_OBJECT, **transcript({"role": "system", "content": "Answer in JSON."})}),
    ),
    (
        "json_not_mentioned",
        Case(JSON_OBJECT, "/messages", {**JSON_OBJECT, **parts({"type": "text", "text": "as json"})}),
    ),
    (
        "schema_name",
        Case(
            {"response_format": {"type": "json_schema", "json_schema": {"name": "my answer"}}},
            "/response_format/json_schema/name",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "my_answer"}}},
        ),
    ),
    (
        "metadata_limits",
        Case(
            {"metadata": {str(key): "x" for key in range(17)}},
            "/metadata",
            {"metadata": {str(key): "x" * 512 for key in range(16)}},
        ),
    ),
    ("metadata_limits", Case({"metadata": {"a/b": "x" * 513}}, "/metadata/a~1b", {"metadata": {"k" * 64: "x"}})),
    ("metadata_limits", Case({"metadata": {"k" * 65: "x"}}, f"/metadata/{'k' * 65}", {"metadata": {}})),
    (
        "metadata_without_store",
        Case({"metadata": {"a": "b"}}, "/metadata", {"metadata": {"a": "b"}, "store": True}, certain=False),
    ),
    ("audio_settings_missing", Case({"modalities": ["text", "audio"]}, "/audio", SPOKEN)),
    ("audio_not_asked_for", Case({"audio": SPOKEN["audio"]}, "/audio", SPOKEN, certain=False)),
    (
        "audio_format_in_stream",
        Case(
            {**SPOKEN, "stream": True},
            "/audio/format",
            {**SPOKEN, "stream": True, "audio": {"voice": "alloy", "format": "pcm16"}},
        ),
    ),
    *(
        ("prediction_excludes", Case({**PREDICTED, **beside}, f"/{next(iter(beside))}", {**PREDICTED, "n": 1}))
        for beside in (
            {"n": 2},
            {"logprobs": True},
            {"presence_penalty": 0.1},
            {"frequency_penalty": 1},
            {"tools": [WEATHER]},
            {"modalities": ["audio"]},
            {"max_completion_tokens": 9},
        )
    ),
    (
        "prediction_beside_max_tokens",
        Case({**PREDICTED, "max_tokens": 9}, "/max_tokens", {"max_tokens": 9}, certain=False),
    ),
    (
        "cache_settings_together",
        Case(
            {"prompt_cache_retention": "24h", "prompt_cache_options": {"ttl": "30m"}},
            "/prompt_cache_retention",
            {"prompt_cache_options": {"ttl": "30m"}},
        ),
    ),
    ("logit_bias_keys", Case({"logit_bias": {"hello": 1}}, "/logit_bias/hello", {"logit_bias": {"24912": 1}})),
    ("logit_bias_bounds", Case({"logit_bias": {"1": 101}}, "/logit_bias/1", {"logit_bias": {"1": -100}})),
    ("seed_too_large", Case({"seed": 2**63}, "/seed", {"seed": -(2**63)})),
    (
        "safety_identifier_length",
        Case({"safety_identifier": "x" * 65}, "/safety_identifier", {"safety_identifier": "x" * 64}, certain=False),
    ),
    ("personal_identifier", Case({"user": "jane@example.com"}, "/user", {"user": "b1946ac9"}, certain=False)),
    ("many_choices_elsewhere", Case({"n": 2}, "/n", {"n": 1}, certain=False, public_api=False)),
    (
        "schema_strict_null",
        Case(
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": None}}},
            "/response_format/json_schema/strict",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
            certain=False,
            public_api=False,
        ),
    ),
    ("unknown_field", Case({"temprature": 1}, "/temprature", {"temperature": 1}, certain=False)),
    # schemas
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
    # strict schemas
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
    # models
    ("another_endpoint", Case({}, "/model", {}, model="gpt-5.2-pro", kept_model="gpt-5.2")),
    ("shut_down", Case({}, "/model", {}, certain=False, model="o1", kept_model="o3")),
    ("shut_down_soon", Case({}, "/model", {}, certain=False, model="gpt-5-mini", kept_model="gpt-4o")),
    ("field_not_taken", Case({"temperature": 0}, "/temperature", {"temperature": 1}, model="gpt-5")),
    ("field_not_taken", Case({"stop": "x"}, "/stop", {"n": 2}, model="gpt-5.4")),
    ("field_not_taken", Case({"verbosity": "low"}, "/verbosity", {"verbosity": "medium"}, model="gpt-4o")),
    ("field_not_taken", Case({"tools": [WEATHER]}, "/tools", {"stream": True}, model="gpt-5-search-api")),
    ("field_not_taken", Case(PREDICTED, "/prediction", PREDICTED, model="gpt-5.1", kept_model="gpt-4.1")),
    (
        "field_not_taken",
        Case({"top_p": 0.5}, "/top_p", {"top_p": 1}, certain=False, model="gpt-6.2-sol"),
    ),
    (
        "field_needs_no_reasoning",
        Case(
            {"temperature": 0, "reasoning_effort": "low"},
            "/temperature",
            {"temperature": 0, "reasoning_effort": "none"},
            model="gpt-5.4",
        ),
    ),
    (
        "field_needs_no_reasoning",
        Case({"top_p": 0.5, "reasoning_effort": "high"}, "/top_p", {"top_p": 0.5}, model="gpt-5.1"),
    ),
    (
        "field_may_need_no_reasoning",
        Case({"top_p": 0.5}, "/top_p", {"top_p": 1}, certain=False, model="gpt-5.4"),
    ),
    (
        "token_cap_name",
        Case({"max_tokens": 5000}, "/max_tokens", {"max_completion_tokens": 5000}, model="gpt-5.2"),
    ),
    (
        "effort_value",
        Case({"reasoning_effort": "minimal"}, "/reasoning_effort", {"reasoning_effort": "low"}, model="gpt-6-astra"),
    ),
    (
        "effort_max",
        Case(
            {"reasoning_effort": "max"},
            "/reasoning_effort",
            {"reasoning_effort": "high"},
            certain=False,
            model="gpt-6-sol",
        ),
    ),
    (
        "tools_never",
        Case({"tools": [WEATHER]}, "/tools", {"tools": [WEATHER]}, model="gpt-6.1-sol", kept_model="gpt-5"),
    ),
    (
        "tools_need_no_reasoning",
        Case(
            {"tools": [WEATHER]},
            "/reasoning_effort",
            {"tools": [WEATHER], "reasoning_effort": "none"},
            model="gpt-5.4-mini",
        ),
    ),
    (
        "tools_need_no_reasoning",
        Case(
            {"functions": [LEGACY], "reasoning_effort": "low"},
            "/reasoning_effort",
            {"reasoning_effort": "low"},
            model="gpt-6-luna",
        ),
    ),
    ("custom_tools", Case({"tools": [CUSTOM]}, "/tools/0/custom", {"tools": [WEATHER]}, model="gpt-4.1")),
    ("spoken_answer", Case(SPOKEN, "/modalities", SPOKEN, model="gpt-4.1", kept_model="gpt-audio-1.5")),
    (
        "value_not_taken",
        Case(
            {"prompt_cache_retention": "in_memory"},
            "/prompt_cache_retention",
            {"prompt_cache_retention": "24h"},
            model="gpt-5.5",
        ),
    ),
    (
        "tier_not_offered",
        Case({"service_tier": "fast"}, "/service_tier", {"service_tier": "flex"}, certain=False, model="gpt-5-nano"),
    ),
    (
        "original_detail",
        Case(
            parts({"type": "image_url", "image_url": {"url": "https://x.example/", "detail": "original"}}),
            "/messages/0/content/0/image_url/detail",
            parts({"type": "image_url", "image_url": {"url": "https://x.example/", "detail": "high"}}),
            certain=False,
            model="gpt-4o",
        ),
    ),
    ("cap_above_model", Case({"max_tokens": 16_385}, "/max_tokens", {"max_tokens": 16_384}, model="gpt-4o")),
    (
        "little_room_for_reasoning",
        Case(
            {"max_completion_tokens": 50},
            "/max_completion_tokens",
            {"max_completion_tokens": 50, "reasoning_effort": "none"},
            certain=False,
            model="gpt-5.4",
        ),
    ),
    (
        "context_exceeded",
        Case(
            {"max_tokens": 16_000},
            "/messages",
            {"max_tokens": 16_000},
            certain=False,
            model="gpt-4o",
            broken_estimate=Estimate(112_001, least=112_001),
            kept_estimate=Estimate(112_000, least=112_000),
        ),
    ),
    (
        "context_far_exceeded",
        Case(
            {},
            "/messages",
            {},
            model="gpt-5",
            broken_estimate=Estimate(400_000, least=400_000),
            kept_estimate=Estimate(400_000, least=0),
        ),
    ),
    (
        "refused_before",
        Case({"top_p": 0.5}, "/top_p", {"top_k": 5}, certain=False, public_api=False, refusals=(REFUSED,)),
    ),
]


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


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_breach_is_found_where_it_is(rule: str, case: Case) -> None:
    breaches = [one for one in found(case, case.broken, case.model, case.broken_estimate) if one.rule == rule]
    assert (case.pointer, case.certain) in [(one.pointer, one.certain) for one in breaches]
    assert all(one.message and one.fix and one.source for one in breaches)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_request_that_keeps_the_rule_is_let_through(rule: str, case: Case) -> None:
    kept = found(case, case.kept, case.kept_model or case.model, case.kept_estimate)
    assert rule not in {one.rule for one in kept}


def test_every_rule_has_a_case_and_a_name_of_its_own() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert {name for name, _ in CASES} == set(names)


def test_a_plain_request_has_no_findings() -> None:
    assert check({"model": "gpt-6-sol", "messages": [HELLO]}, family=MODELS.find("gpt-6-sol"), public_api=True) == []


def test_an_unknown_model_is_never_refused() -> None:
    body = {"model": "someone/llama", "messages": [HELLO], "max_tokens": 9**9, "temperature": 2, "stop": "x"}
    assert check(body, family=MODELS.find("someone/llama"), public_api=False) == []


def test_away_from_the_public_api_its_own_refusals_are_warnings() -> None:
    body = {"model": "x", "messages": [HELLO], "tool_choice": "auto", "tools": []}
    findings = check(body, family=None, public_api=False)
    assert {one.rule for one in findings} == {"no_tools", "choice_without_tools"}
    assert not any(one.certain for one in findings)


def test_what_no_server_can_do_is_an_error_everywhere() -> None:
    body = {"model": "x", "messages": [HELLO], "tools": [WEATHER], "tool_choice": chosen("time")}
    assert [one.certain for one in check(body, family=None, public_api=False)] == [True]


def test_certain_findings_come_first() -> None:
    body = {"model": "x", "messages": [HELLO], "colour": 1, "metadata": {"a": "b"}, "tools": []}
    certain = [one.certain for one in check(body, family=None, public_api=True)]
    assert certain == sorted(certain, reverse=True)
    assert len(set(certain)) == 2


def test_null_is_as_good_as_absent() -> None:
    body = {"model": "gpt-5", "messages": [HELLO], "temperature": None, "tool_choice": None, "max_tokens": None}
    assert check(body, family=MODELS.find("gpt-5"), public_api=True) == []


def test_a_schema_hundreds_of_levels_deep_is_told_and_survived() -> None:
    body = {"model": "x", "messages": [HELLO], **strict(nested(300))}
    assert "strict_depth" in {one.rule for one in check(body, family=None, public_api=True)}


# --- adapting ----------------------------------------------------------------------------------------------------


def test_max_tokens_is_renamed_for_models_that_reason_and_that_is_said() -> None:
    body = {"model": "gpt-5", "max_tokens": 7, "messages": []}
    adapted, notes = adapt(body, MODELS.find("gpt-5"))
    assert adapted == {"model": "gpt-5", "max_completion_tokens": 7, "messages": []}
    assert list(notes) == ["max_tokens was sent as max_completion_tokens, as gpt-5 wants it"]
    assert "max_tokens" in body


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"max_tokens": 7}, "gpt-4o"),
        ({"max_tokens": 7}, "llama"),
        ({"max_tokens": 7, "max_completion_tokens": 8}, "gpt-5"),
        ({"max_completion_tokens": 8, "temperature": 0}, "gpt-5"),
        ({"max_tokens": None}, "gpt-5"),
    ],
)
def test_nothing_else_is_changed(body: dict[str, Any], model: str) -> None:
    assert adapt(body, MODELS.find(model)) == (body, ())


# --- learning ----------------------------------------------------------------------------------------------------


def taught(body: dict[str, Any], **answer: Any) -> KnownRejection | None:
    error = {"status": 400, "code": None, "param": None, "message": "no", **answer}
    return learn("https://Here.example/v1/", {"model": "m", **body}, today="2026-11-20", **error)


def test_an_unsupported_parameter_is_remembered_for_server_and_model() -> None:
    fact = taught({"top_p": 0.5}, code="unsupported_parameter", param="top_p")
    assert fact is not None
    learned = PastRefusals().add(fact)
    assert learned.about("https://here.example/v1", "m") == (fact,)
    assert learned.about("https://here.example/v1", "other") == ()
    assert fact.speaks_of({"top_p": 0.9})


def test_an_unsupported_value_says_nothing_about_other_values() -> None:
    fact = taught({"temperature": 0.2}, code="unsupported_value", param="temperature")
    assert fact is not None
    assert fact.speaks_of({"temperature": 0.2})
    assert not fact.speaks_of({"temperature": 1})


def test_a_field_named_only_in_the_text_is_learned() -> None:
    fact = taught({"reasoning_effort": "low"}, message="Unrecognized request argument supplied: reasoning_effort")
    assert fact is not None
    assert fact.field == "reasoning_effort"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "unsupported_parameter", "param": "top_p", "status": 429},
        {"code": "unsupported_parameter", "param": "stop"},
        {"code": "unsupported_parameter"},
        {"code": "invalid_value", "param": "top_p"},
        {"code": "unsupported_value", "param": "messages.[0].role"},
    ],
)
def test_an_answer_that_tells_nothing_about_a_field_teaches_nothing(answer: dict[str, Any]) -> None:
    assert taught({"top_p": 0.5, "messages": [HELLO]}, **answer) is None


def test_what_was_learned_survives_being_stored() -> None:
    learned = (
        PastRefusals()
        .add(REFUSED)
        .add(KnownRejection("s", "m", "n", "unsupported_value", "2026-11-02", any_value=False, value=2))
    )
    assert PastRefusals.from_json(learned.to_json()) == learned


def test_a_newer_fact_takes_the_place_of_the_older() -> None:
    newer = KnownRejection(*REFUSED.key, "unknown_parameter", "2026-11-19")
    assert list(PastRefusals().add(REFUSED).add(newer).refusals.values()) == [newer]


def test_nothing_that_a_user_wrote_is_remembered() -> None:
    said = "what nobody else may read"
    quoted = {"code": "unsupported_parameter", "param": "prediction", "message": f"Unsupported: '{said}'"}
    body = {"prediction": {"type": "content", "content": said}}
    fact = taught(body, **quoted)
    assert fact is not None
    assert said not in json.dumps(PastRefusals().add(fact).to_json())
    for field, value in [*body.items(), ("stop", said), ("user", said), ("reasoning_effort", said), ("number", 7)]:
        assert taught({field: value}, code="unsupported_value", param=field) is None


@pytest.mark.parametrize("field", ["", "a b", "x" * 65, "Jane Doe's answer"])
def test_a_field_that_is_no_name_is_not_remembered(field: str) -> None:
    assert taught({field: 1}, code="unsupported_parameter", param=field) is None


def test_one_word_of_a_few_is_remembered_as_a_value() -> None:
    fact = taught({"reasoning_effort": "minimal"}, code="unsupported_value", param="reasoning_effort")
    assert fact is not None
    assert fact.speaks_of({"reasoning_effort": "minimal"})
    assert not fact.speaks_of({"reasoning_effort": "low"})


def test_what_is_remembered_stays_small_enough_for_the_platform() -> None:
    learned = PastRefusals()
    for number in range(100):
        fact = taught({f"field_{number}": 1}, code="unknown_parameter", param=f"field_{number}")
        assert fact is not None
        if learned.has_room_for(fact):
            learned = learned.add(fact)
    assert 10 < len(learned.refusals) < 50
    assert len(json.dumps(learned.to_json())) < 5000
    assert learned.has_room_for(next(iter(learned.refusals.values())))


@pytest.mark.parametrize(
    "fact", [None, 7, "x", {}, {"foo": 1}, {**asdict(REFUSED), "code": 7}, {**asdict(REFUSED), "message": "no"}]
)
def test_a_memory_of_another_kind_is_passed_over(fact: Any) -> None:
    assert PastRefusals.from_json([fact, asdict(REFUSED)]).refusals == {REFUSED.key: REFUSED}


# --- strict ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (closed({"a": {"type": "string"}}), True),
        (closed({"a": closed({"b": {"type": ["string", "null"]}})}), True),
        ({"type": "object"}, False),
        (closed({"a": {"type": "object"}}), False),
        (closed({"a": {"allOf": [{"type": "string"}]}}), False),
        ({**closed({"a": {}}), "anyOf": [{"required": ["a"]}]}, False),
        (closed({"a": {"type": "string", "minLength": 2}}), False),
    ],
)
def test_a_schema_is_strict_if_no_rule_has_anything_against_it(schema: dict[str, Any], *, expected: bool) -> None:
    assert is_strict(schema) is expected


def test_what_a_fine_tuned_model_does_not_take_is_not_strict_for_it() -> None:
    schema = closed({"a": {"type": "string", "pattern": "x"}})
    assert [is_strict(schema, MODELS.find(model)) for model in ("gpt-4o", "ft:gpt-4o:acme::1")] == [True, False]


@pytest.mark.parametrize(("schema", "expected"), [("name, age int", True), ('{"type": "object"}', False)])
def test_ask_says_strict_only_of_a_schema_that_is(schema: str, *, expected: bool) -> None:
    asked = question.build({"prompt": "x"}, {"answerAs": "schema", "schema": schema}, None)
    assert asked.options["response_format"]["json_schema"]["strict"] is expected


def test_nothing_is_fetched_for_a_schema() -> None:
    body = {"model": "x", "messages": [HELLO], **asking({"$ref": "http://127.0.0.1:9/x"})}
    told = check(body, family=None, public_api=False)
    assert "is not fetched" in told[0].message


# --- any body ----------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = [
    *("role", "content", "tool_calls", "tool_call_id", "id", "type", "function", "custom", "name", "arguments"),
    *("strict", "schema", "properties", "required", "$ref", "anyOf", "items", "enum", "json_schema", "allowed_tools"),
    *("tools", "text", "file", "image_url", "audio", "expires_at", "ttl", "format", "object"),
]
words = st.sampled_from(WORDS)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5),
    max_leaves=25,
)
roles = st.sampled_from(["user", "assistant", "tool", "system", 7])
messages = st.lists(values | st.fixed_dictionaries({"role": roles}, optional={"content": values, "tool_calls": values}))
FIELDS = [
    *("messages", "tools", "functions", "tool_choice", "function_call", "response_format", "logit_bias", "metadata"),
    *("audio", "modalities", "n", "seed", "max_tokens", "reasoning_effort", "service_tier", "prompt_cache_options"),
    *("temperature", "prompt_cache_retention", "user", "stream", "prediction", "model"),
]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), values, max_size=8),
    messages,
    st.sampled_from(["gpt-5.5", "gpt-4o", "gpt-6-astra", "gpt-5-search-api", "ft:gpt-4o:x::y", "none"]),
    st.booleans(),
)
def test_no_body_makes_it_raise(body: dict[str, Any], said: list[Any], model: str, public: bool) -> None:
    for whole in (body, {**body, "messages": said}):
        findings = check(whole, family=MODELS.find(model), public_api=public, now=NOW, refusals=(REFUSED,))
        assert all(one.message and one.fix for one in findings)
        adapt(whole, MODELS.find(model))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(FIELDS), values.filter(lambda value: value is not None), max_size=8),
    messages,
    st.sampled_from(["gpt-5.5", "gpt-4o", "gpt-5-search-api", "none"]),
    st.booleans(),
)
def test_a_rule_finds_nothing_where_all_that_it_is_about_is_absent(
    body: dict[str, Any], said: list[Any], model: str, public: bool
) -> None:
    toolbox = Toolbox.of(body)
    strict_schemas = StrictSchema.all_of(body, toolbox)
    facts = RequestFacts(body, Transcript.of(said), toolbox, strict_schemas, MODELS.find(model), public, now=NOW)
    for rule in RULES:
        if rule.about and not set(rule.about).intersection(facts.members()):
            assert rule.check(facts) == []
