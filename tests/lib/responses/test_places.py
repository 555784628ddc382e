"""A refusal names a field of what was sent; the user reads the name that the field has in the chat request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors.api_error import ApiError
from lib.responses.places import chat_field
from pysailor.errors import InvalidInput
from tests.support.fake_api import FakeApi
from tests.support.response_events import response
from tests.support.send_request import HELLO, USER, emitted

BASE = "https://api.openai.com/v1"
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SAID = {"role": "assistant", "content": "Wait", "tool_calls": [CALL, {**CALL, "id": "call_2"}]}
BODY: dict[str, Any] = {
    "messages": [USER, SAID, USER],
    "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
    "max_tokens": 9,
    "reasoning_effort": "low",
    "verbosity": "low",
}


@pytest.mark.parametrize(
    ("param", "field"),
    [
        ("input[0].content", "messages[0].content"),
        ("input[3].arguments", "messages[1].arguments"),
        ("input[4].content[0].text", "messages[2].content[0].text"),
        ("input", "messages"),
        ("max_output_tokens", "max_tokens"),
        ("reasoning.effort", "reasoning_effort"),
        ("reasoning.summary", "reasoning.summary"),
        ("text.verbosity", "verbosity"),
        ("text.format", "response_format"),
        ("text.format.schema", "response_format.json_schema.schema"),
        ("tools[0].parameters", "tools[0].function.parameters"),
        ("tools[1].filters", "tools[1].filters"),
        ("temperature", "temperature"),
        ("input[99]", "messages[99]"),
    ],
)
def test_a_field_has_its_own_name(param: str, field: str) -> None:
    assert chat_field(param, BODY) == field


@given(st.text(max_size=50))
def test_no_name_breaks_it(param: str) -> None:
    assert isinstance(chat_field(param, BODY), str)


def test_an_error_of_the_service_names_it() -> None:
    error = {"message": "Bad", "param": "input[0].content", "code": "invalid_value"}
    with FakeApi() as api:
        api.post(f"{BASE}/responses", status=400, json={"error": error})
        with pytest.raises(ApiError) as raised:
            emitted(HELLO, model="gpt-5.5-pro", baseUrl=BASE)
    assert raised.value.param == "messages[0].content"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reasoning": {"sumary": "auto"}}, "/reasoning/sumary"),
        ({"tools": [{"type": "web_search", "depth": 1}]}, "/tools/0/depth"),
        ({"tools": [{"type": "file_search"}]}, "/tools/0/vector_store_ids"),
        ({"include": ["everything"]}, "/include/0"),
    ],
)
def test_what_the_service_would_not_know_is_doubted_and_not_sent_if_the_step_is_strict(
    body: dict[str, Any], pointer: str
) -> None:
    cfg = {"model": "gpt-5.5-pro", "baseUrl": BASE}
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response())
        (message,) = emitted({**HELLO, **body}, **cfg)
    assert any(warning.startswith(f"{pointer}: ") for warning in message.body["result"]["warnings"])
    with FakeApi(), pytest.raises(InvalidInput):
        emitted({**HELLO, **body}, **cfg, strict=True)
