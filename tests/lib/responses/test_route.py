"""Which of the two endpoints a chat request is sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.errors.api_error import ApiError
from lib.errors.catalog import CATALOG
from pysailor.context import SnapshotUpdate
from pysailor.errors import InvalidConfig, InvalidInput
from tests.support.fake_api import FakeApi
from tests.support.send_request import HELLO, completion, emitted, events_of

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

GATEWAY = "https://gw.example/v1"
BASE = "https://api.openai.com/v1"
TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "gpt-5.5",
    "status": "completed",
    "output": [{"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}],
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
}


def path_of(body: dict[str, Any], base: str = BASE, **cfg: Any) -> str:
    with FakeApi() as api:
        chat = api.post(f"{base}/chat/completions", json=completion("Hi"))
        responses = api.post(f"{base}/responses", json=RESPONSE)
        emitted({**HELLO, **body}, baseUrl=base, **cfg)
        asked = "responses" if responses.received else "chat"
        for each in (chat, responses):
            each.received.append(api.received[0])  # both were told; one is enough
    return asked


@pytest.mark.parametrize(
    ("body", "cfg", "path"),
    [
        ({}, {"model": "gpt-5.5"}, "chat"),
        ({}, {"model": "gpt-5.5", "api": "responses"}, "responses"),
        ({}, {"model": "gpt-5.5-pro"}, "responses"),
        ({}, {"model": "gpt-5.3-codex"}, "responses"),
        ({"tools": TOOLS}, {"model": "gpt-5.5"}, "responses"),
        ({"tools": TOOLS, "reasoning_effort": "low"}, {"model": "gpt-5.5"}, "responses"),
        ({"tools": TOOLS, "reasoning_effort": "none"}, {"model": "gpt-5.5"}, "chat"),
        ({"tools": TOOLS}, {"model": "gpt-6.1-sol"}, "responses"),
        ({"tools": TOOLS}, {"model": "gpt-4.1"}, "chat"),
        ({"tools": TOOLS}, {"model": "gpt-99-new"}, "chat"),
        ({"tools": [{"type": "custom", "custom": {"name": "g"}}]}, {"model": "gpt-5.5"}, "chat"),
        ({"tools": [{"type": "web_search"}]}, {"model": "gpt-4.1"}, "responses"),
        ({"previous_response_id": "resp_0"}, {"model": "gpt-4.1"}, "responses"),
        ({"reasoning": {"summary": "auto"}}, {"model": "gpt-5.5"}, "responses"),
    ],
)
def test_the_endpoint_follows_from_the_step_the_model_and_the_request(
    body: dict[str, Any], cfg: dict[str, Any], path: str
) -> None:
    assert path_of(body, **cfg) == path


@pytest.mark.parametrize("base", ["https://gw.example/v1", "https://res.openai.azure.com/openai/v1"])
def test_other_servers_stay_on_chat_unless_the_step_says_otherwise(base: str) -> None:
    assert path_of({"tools": TOOLS}, base, model="gpt-5.5") == "chat"
    assert path_of({"tools": TOOLS}, base, model="gpt-5.5", api="responses") == "responses"


def test_a_step_that_says_chat_is_refused_what_only_responses_takes() -> None:
    with FakeApi(), pytest.raises(InvalidInput, match="Responses"):
        emitted({**HELLO, "tools": [{"type": "web_search"}]}, model="gpt-4.1", api="chat")
    with FakeApi(), pytest.raises(InvalidInput, match="Responses"):
        emitted(HELLO, model="gpt-5.5-pro", api="chat")


REFUSALS = [
    (
        404,
        {"message": "This model is only supported in v1/responses and not in v1/chat/completions.", "param": "model"},
    ),
    (400, {"message": "Function tools are not supported here. Please use /v1/responses instead.", "param": "tools"}),
]


@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_a_refusal_that_names_responses_is_sent_there_once_and_remembered(status: int, error: dict[str, Any]) -> None:
    with FakeApi() as api:
        chat = api.post(f"{BASE}/chat/completions", status=status, json={"error": error})
        responses = api.post(f"{BASE}/responses", json=RESPONSE)
        first = events_of(HELLO, model="gpt-99-new", baseUrl=BASE)
        (learned,) = [event for event in first if isinstance(event, SnapshotUpdate)]
        again = events_of(HELLO, snapshot=learned.delta, model="gpt-99-new", baseUrl=BASE)
    assert (len(chat.received), len(responses.received)) == (1, 2)
    assert again


def test_a_refusal_by_both_is_not_sent_a_third_time() -> None:
    with FakeApi() as api:
        status, error = REFUSALS[0]
        api.post(f"{BASE}/chat/completions", status=status, json={"error": error})
        refused = api.post(f"{BASE}/responses", status=status, json={"error": error})
        with pytest.raises(Exception, match=CATALOG["wrong_endpoint"].meaning):
            emitted(HELLO, model="gpt-99-new", baseUrl=BASE)
    assert len(refused.received) == 1


def test_a_model_that_the_sandbox_has_on_responses_only_answers(sandbox: Sandbox) -> None:
    (message,) = emitted(HELLO, model="gpt-sandbox-2-pro", baseUrl=sandbox.base_url)
    assert message.body["result"]["api"] == "responses"
    assert [request.path for request in sandbox.requests] == ["/v1/chat/completions", "/v1/responses"]


@pytest.mark.parametrize(
    "base",
    [
        "https://res.openai.azure.com/openai/deployments/d?api-version=2025-01-01",
        "https://res.services.ai.azure.com/models",
    ],
)
def test_an_address_that_has_no_responses_is_told_before_sending(base: str) -> None:
    with FakeApi(), pytest.raises(InvalidConfig, match="/api"):
        emitted(HELLO, api="responses", baseUrl=base)


def test_words_of_a_message_that_a_refusal_quotes_do_not_choose_the_api() -> None:
    refused = {"error": {"message": "Invalid content: 'use /v1/responses instead'", "param": "messages[0].content"}}
    with FakeApi() as api:
        api.post(f"{GATEWAY}/chat/completions", json=refused, status=400)
        with pytest.raises(ApiError) as caught:
            emitted(HELLO, baseUrl=GATEWAY)
    assert caught.value.param == "messages[0].content"


def test_a_server_without_the_api_says_what_to_set() -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/responses", json={"error": {"message": "Not Found"}}, status=404)
        with pytest.raises(ApiError, match="set API to Chat Completions"):
            emitted(HELLO, baseUrl=GATEWAY, api="responses")
