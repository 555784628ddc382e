"""The sandbox says no where the API does, in the API's words."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.offline.sandbox.api import Api, Delays
from lib.offline.sandbox.incoming import IncomingRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema_rs import Draft202012Validator

    from lib.offline.sandbox import Sandbox

    Ask = Callable[..., requests.Response]
    Golden = Callable[[str], Draft202012Validator]

NO = None
USER = {"role": "user", "content": "hi"}


def tool(**function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "get_weather", **function}}


def calling(*ids: str) -> dict[str, Any]:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def part(**members: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [members]}]


def strict(schema: dict[str, Any], name: str = "answer") -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


SCHEMA_FAULTS: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"messages": NO}, "messages", "invalid_type"),
    ({"messages": []}, "messages", "empty_array"),
    ({"messages": "hi"}, "messages", "invalid_type"),
    ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
    ({"messages": [{}]}, "messages[0].role", "missing_required_parameter"),
    ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role", "invalid_value"),
    ({"messages": [USER, {"role": "user"}]}, "messages[1].content", "missing_required_parameter"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "invalid_type"),
    ({"messages": [{"role": "user", "content": []}]}, "messages[0].content", "empty_array"),
    ({"messages": part(text="hi")}, "messages[0].content[0].type", "missing_required_parameter"),
    ({"messages": part(type="video")}, "messages[0].content[0].type", "invalid_value"),
    ({"messages": part(type="text")}, "messages[0].content[0].text", "missing_required_parameter"),
    (
        {"messages": part(type="image_url", image_url={"url": 3})},
        "messages[0].content[0].image_url.url",
        "invalid_type",
    ),
    ({"model": 3}, "model", "invalid_type"),
    ({"temperature": 3}, "temperature", "decimal_above_max_value"),
    ({"top_p": -0.5}, "top_p", "decimal_below_min_value"),
    ({"temperature": "1"}, "temperature", "invalid_type"),
    ({"n": 0}, "n", "integer_below_min_value"),
    ({"n": 129}, "n", "integer_above_max_value"),
    ({"n": 1.5}, "n", "invalid_type"),
    ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
    ({"stop": [3]}, "stop[0]", "invalid_type"),
    ({"safety_identifier": "x" * 129}, "safety_identifier", "string_above_max_length"),
    ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value"),
    ({"user": None}, "user", "invalid_type"),
    ({"audio": {"voice": "alloy"}}, "audio.format", "missing_required_parameter"),
    ({"response_format": {"type": "json"}}, "response_format.type", "invalid_value"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
    ({"tools": [{"type": "robot"}]}, "tools[0].type", "invalid_value"),
    ({"tool_choice": "any"}, "tool_choice", "invalid_value"),
    (
        {"tools": [{"type": "custom", "custom": {"name": "a", "format": {"type": "text", "x": 1}}}]},
        "tools[0].custom.format.x",
        "unknown_parameter",
    ),
    ({"functions": []}, "functions", "empty_array"),
    ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
    ({"max_token": 5}, "max_token", "unknown_parameter"),
]

RULES: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages.[0].role", None),
    (
        {"messages": [USER, calling("1", "2"), {"role": "tool", "content": "", "tool_call_id": "1"}]},
        "messages.[2].role",
        None,
    ),
    ({"messages": [calling("1"), USER]}, "messages.[1].role", None),
    ({"messages": [{"role": "assistant", "content": None}]}, "messages.[0].content", None),
    ({"messages": [{"role": "assistant", "tool_calls": []}]}, "messages[0].tool_calls", "empty_array"),
    ({"messages": [{**USER, "name": "two words"}]}, "messages[0].name", "invalid_value"),
    ({"messages": [{**USER, "name": "x" * 65}]}, "messages[0].name", "string_above_max_length"),
    ({"messages": part(type="file", file={})}, "messages[0].content[0].file.file_id", "missing_required_parameter"),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_parameter_combination"),
    ({"max_completion_tokens": 0}, "max_completion_tokens", "integer_below_min_value"),
    ({"max_tokens": 20_000}, "max_tokens", "invalid_value"),
    ({"messages": [{"role": "user", "content": "word " * 110_000}]}, "messages", "context_length_exceeded"),
    ({"stream_options": {"include_usage": True}}, "stream_options", None),
    ({"tool_choice": "auto"}, "tool_choice", None),
    ({"parallel_tool_calls": False}, "parallel_tool_calls", None),
    ({"function_call": "auto"}, "function_call", None),
    ({"tools": []}, "tools", "empty_array"),
    ({"tools": [tool()] * 129}, "tools", "array_above_max_length"),
    ({"tools": [tool(name="get weather")]}, "tools[0].function.name", "invalid_value"),
    ({"tools": [tool(name="x" * 65)]}, "tools[0].function.name", "string_above_max_length"),
    ({"tools": [tool(parameters={"type": "array"})]}, "tools[0].function.parameters", "invalid_function_parameters"),
    ({"tools": [tool(parameters={"type": "text"})]}, "tools[0].function.parameters", "invalid_function_parameters"),
    (
        {"tools": [tool(parameters={"type": "object"}, strict=True)]},
        "tools[0].function.parameters",
        "invalid_function_parameters",
    ),
    ({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice", None),
    ({"response_format": {"type": "json_object"}}, "messages", None),
    ({"response_format": strict({"type": "array"})}, "response_format", None),
    ({"response_format": strict({"type": "object", "properties": {}})}, "response_format", None),
    (
        {"response_format": strict({"type": "object", "properties": {"a": {}}, "additionalProperties": False})},
        "response_format",
        None,
    ),
    (
        {"response_format": strict({"type": "object", "additionalProperties": False, "allOf": [{}]})},
        "response_format",
        None,
    ),
    ({"response_format": strict({}, "two words")}, "response_format.json_schema.name", "invalid_value"),
    ({"top_logprobs": 2}, "top_logprobs", None),
    ({"modalities": ["audio"]}, "audio", "missing_required_parameter"),
    ({"modalities": ["audio"], "audio": {"voice": "a", "format": "mp3"}}, "modalities", "unsupported_value"),
    ({"prediction": {"type": "content", "content": "x"}, "n": 2}, "n", None),
    ({"metadata": {str(index): "" for index in range(17)}}, "metadata", "object_above_max_properties"),
    ({"metadata": {"a": "x" * 513}}, "metadata.a", "string_above_max_length"),
    ({"logit_bias": {"hello": 1}}, "logit_bias", None),
    ({"logit_bias": {"50256": -101}}, "logit_bias.50256", "integer_below_min_value"),
    ({"seed": 2**63}, "seed", "integer_above_max_value"),
]


@pytest.mark.parametrize(("fields", "param", "code"), SCHEMA_FAULTS, ids=lambda value: str(value)[:50])
def test_what_the_schema_refuses_is_a_400_that_names_the_place(
    ask: Ask, golden: Golden, fields: dict[str, Any], param: str, code: str
) -> None:
    response = ask(**fields)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code), error["message"]
    assert golden("error").is_valid(response.json())


@pytest.mark.parametrize(("fields", "param", "code"), RULES, ids=lambda value: str(value)[:50])
def test_what_the_rules_between_fields_refuse_is_a_400_too(
    ask: Ask, golden: Golden, fields: dict[str, Any], param: str, code: str | None
) -> None:
    response = ask(**fields)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code), error["message"]
    assert golden("error").is_valid(response.json())


@pytest.mark.parametrize("fields", [
    {"messages": [USER, calling("1", "2"), *({"role": "tool", "content": "", "tool_call_id": i} for i in "21"), USER]},
    {"messages": [{"role": "assistant", "refusal": "no"}]},
    {"messages": [USER], "tools": [tool(parameters={}), tool(name="b")], "tool_choice": "none"},
    {"messages": [{"role": "user", "content": "as JSON please"}], "response_format": {"type": "json_object"}},
    {"logprobs": True, "top_logprobs": 3},
    {"stop": None, "n": None, "stream": None, "logit_bias": None, "metadata": None, "seed": None, "prediction": None},
    {"seed": -(2**63), "logit_bias": {"50256": -100, "0": 100}, "metadata": {"a": "x" * 512}},
    {"n": 2.0, "temperature": 2, "top_p": 0, "max_completion_tokens": 16_384},
    {"moderation": {"model": "omni-moderation-latest"}, "service_tier": "fast", "store": True},
], ids=lambda value: str(value)[:50])  # fmt: skip
def test_what_the_api_takes_is_taken(ask: Ask, golden: Golden, fields: dict[str, Any]) -> None:
    response = ask(**fields)
    assert response.status_code == 200, response.text
    assert golden("response").is_valid(response.json())


@pytest.mark.parametrize("field", ["model", "messages"])
def test_a_required_field_that_is_missing_is_named(ask: Ask, field: str) -> None:
    body = {"model": "gpt-sandbox-2", "messages": [USER]}
    del body[field]
    error = ask(body=body).json()["error"]
    assert (error["param"], error["code"]) == (field, "missing_required_parameter")


def test_a_missing_key_is_told_apart_from_a_wrong_one(sandbox: Sandbox, golden: Golden) -> None:
    url = f"{sandbox.base_url}/models"
    missing = requests.get(url, timeout=60)
    wrong = requests.get(url, headers={"Authorization": "Bearer sk-proj-0123456789abcdefghij"}, timeout=60)
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, None)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "WWW-Authenticate" in missing.headers
    assert golden("error").is_valid(missing.json())
    assert golden("error").is_valid(wrong.json())


def test_a_wrong_key_is_not_repeated_in_full(sandbox: Sandbox) -> None:
    for key in ("sk-proj-0123456789abcdefghij", "sk-short", "x"):
        response = requests.get(f"{sandbox.base_url}/models", headers={"Authorization": f"Bearer {key}"}, timeout=60)
        assert key not in response.text or len(key) < 3


def test_the_header_that_azure_reads_is_read_too(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.base_url}/models", headers={"api-key": "sk-sandbox"}, timeout=60).ok


@pytest.mark.parametrize(
    ("model", "code"), [("gpt-nothing", "model_not_found"), ("whisper-sandbox", None), ("", "model_not_found")]
)
def test_a_model_that_cannot_chat_is_a_404(ask: Ask, model: str, code: str | None) -> None:
    response = ask(model=model)
    assert (response.status_code, response.json()["error"]["code"]) == (404, code)


def test_further_models_are_taken_when_the_sandbox_is_told_of_them(ask: Ask) -> None:
    assert ask(model="my-tuned-model").json()["model"] == "my-tuned-model"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b'{"model": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"hello"]
)
def test_what_is_not_json_is_a_400(sandbox: Sandbox, session: requests.Session, golden: Golden, body: bytes) -> None:
    response = session.post(f"{sandbox.base_url}/chat/completions", data=body, timeout=60)
    assert response.status_code == 400
    assert golden("error").is_valid(response.json())


def test_a_form_is_not_taken_for_json(sandbox: Sandbox, session: requests.Session) -> None:
    response = session.post(f"{sandbox.base_url}/chat/completions", data={"model": "x"}, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unsupported_content_type")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/v1/models/gpt-nothing", 404),
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/models", 405),
        ("BREW", "/v1/models", 405),
    ],
)
def test_other_addresses_and_methods_are_refused_in_the_same_shape(
    sandbox: Sandbox, session: requests.Session, golden: Golden, method: str, path: str, status: int
) -> None:
    response = session.request(method, sandbox.base_url.removesuffix("/v1") + path, timeout=60)
    assert response.status_code == status
    assert golden("error").is_valid(response.json())
    assert ("Allow" in response.headers) == (status == 405)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["messages", "tools", "tool_choice", "response_format", "stop", "logit_bias", "functions", "function_call", "n"]
)
SHAPED = st.dictionaries(FIELDS | st.text(max_size=5), JSON, max_size=3).map(
    lambda fields: {"model": "gpt-sandbox-2", "messages": [USER], **fields}
)
MEMBERS = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "system"])},
    optional={"content": JSON, "tool_calls": JSON, "tool_call_id": JSON, "name": st.text(), "audio": JSON},
)
TALKS = st.lists(MEMBERS, max_size=3).map(lambda messages: {"model": "gpt-sandbox-2", "messages": messages})
BODIES = JSON | SHAPED | TALKS


@pytest.fixture(scope="module")
def api() -> Api:
    return Api(("key",), (), Delays(0, 0), date(2026, 1, 1))


@settings(max_examples=150, deadline=None)
@given(body=BODIES)
def test_any_json_at_all_is_answered_or_refused_in_good_order(api: Api, golden: Golden, body: Any) -> None:
    headers = {"authorization": "Bearer key"}
    reply = api.reply(IncomingRequest("POST", "/v1/chat/completions", headers, json.dumps(body).encode()))
    schema = golden("response" if reply.status == 200 else "error")
    assert reply.packets is not None or schema.is_valid(json.loads(reply.body))
