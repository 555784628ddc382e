"""The sandbox at /v1/responses: the API's shapes, its refusals, what it keeps, and every scenario of chat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from lib.offline.sandbox import SCENARIOS
from tests.support.request_schemas import responses

if TYPE_CHECKING:
    import requests

    from lib.offline.sandbox import Sandbox

MODEL = "gpt-sandbox-2-pro"
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}
CUSTOM = {"type": "custom", "name": "g"}
BODIES: list[dict[str, Any]] = [
    {},
    {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]},
    {"instructions": "Be brief", "max_output_tokens": 16},
    {"tools": [TOOL, CUSTOM], "tool_choice": "required"},
    {"tools": [{"type": "web_search"}], "reasoning": {"summary": "auto"}},
    {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object", "properties": {}}}}},
    {"include": ["message.output_text.logprobs"], "top_logprobs": 1},
]


class Asker:
    def __init__(self, sandbox: Sandbox, session: requests.Session) -> None:
        self.sandbox, self.session = sandbox, session

    def __call__(self, scenario: str | None = None, path: str = "/responses", **fields: Any) -> requests.Response:
        base = self.sandbox.base_url_of(scenario) if scenario else self.sandbox.base_url
        return self.session.post(f"{base}{path}", json={"model": MODEL, "input": "Say hello", **fields}, timeout=60)


@pytest.fixture
def respond(sandbox: Sandbox, session: requests.Session) -> Asker:
    return Asker(sandbox, session)


def events_of(answer: requests.Response) -> list[dict[str, Any]]:
    lines = answer.content.decode().split("\n\n")[:-1]
    return [json.loads(line.partition("data: ")[2]) for line in lines]


@pytest.mark.parametrize("body", BODIES)
def test_answers_and_events_have_the_apis_shape_and_say_the_same(respond: Asker, body: dict[str, Any]) -> None:
    whole = respond(**body).json()
    schema = jsonschema_rs.validator_for(responses("response.json"))
    assert schema.is_valid(whole), [error.message for error in schema.iter_errors(whole)]
    events = events_of(respond(**body, stream=True))
    shape = jsonschema_rs.validator_for(responses("stream.json"))
    assert [event["type"] for event in events if not shape.is_valid(event)] == []
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [(item["type"], item.get("content"), item.get("arguments")) for item in events[-1]["response"]["output"]]
    assert [kind for kind, _, _ in kinds] == [item["type"] for item in whole["output"]]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"stop": "x"}, "stop"),
        ({"input": [{"role": "user", "content": "a", "name": "Ann"}]}, None),
        ({"max_output_tokens": 5}, "max_output_tokens"),
        ({"input": [{"type": "function_call_output", "call_id": "call_1", "output": "x"}]}, "input"),
        ({"input": [{"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}]}, "input"),
        ({"text": {"format": {"type": "json_object"}}}, "input"),
        ({"previous_response_id": "resp_0"}, "previous_response_id"),
    ],
)
def test_what_the_api_refuses_is_refused(respond: Asker, body: dict[str, Any], param: str | None) -> None:
    answer = respond(**body)
    assert answer.status_code == 400
    assert param is None or answer.json()["error"]["param"] == param


def test_reasoning_that_is_not_its_own_is_refused(respond: Asker) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    said = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
    }
    ask = {"role": "user", "content": "Hi"}
    assert respond(input=[ask, thought, said, ask]).status_code == 404
    locked = {**thought, "encrypted_content": "x"}
    assert respond(input=[ask, locked, said, ask]).json()["error"]["code"] == "invalid_encrypted_content"


def test_a_model_that_answers_here_only_says_so_over_chat(sandbox: Sandbox, session: requests.Session) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    answer = session.post(f"{sandbox.base_url}/chat/completions", json=body, timeout=60)
    assert answer.status_code == 404
    assert "v1/responses" in answer.json()["error"]["message"]


def test_what_was_stored_can_be_gone_on_with_and_had_again(respond: Asker, session: requests.Session) -> None:
    first = respond(store=True).json()
    second = respond(previous_response_id=first["id"], input="And now?").json()
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    address = f"{respond.sandbox.base_url}/responses/{first['id']}"
    assert session.get(address, timeout=60).json() == first
    assert session.delete(address, timeout=60).json()["deleted"]
    assert session.get(address, timeout=60).status_code == 404
    assert respond(store=False, previous_response_id=first["id"]).status_code == 400


def test_what_is_made_in_the_background_is_there_after_a_while(respond: Asker, session: requests.Session) -> None:
    begun = respond(background=True, store=True).json()
    address = f"{respond.sandbox.base_url}/responses/{begun['id']}"
    states = [begun["status"], *(session.get(address, timeout=60).json()["status"] for _ in range(3))]
    assert states == ["queued", "queued", "in_progress", "completed"]
    other = respond(background=True, input="Another").json()
    cancelled = session.post(f"{respond.sandbox.base_url}/responses/{other['id']}/cancel", timeout=60).json()
    assert cancelled["status"] == "cancelled"


ABOUT_OTHERS = ("vectors", "moderation", "batch", "file", "line", "tools_at_responses", "unsupported_parameter")


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if not name.startswith(ABOUT_OTHERS)])
@pytest.mark.parametrize("stream", [False, True])
def test_every_scenario_of_chat_fails_as_well_over_responses(
    sandbox: Sandbox, session: requests.Session, respond: Asker, scenario: str, stream: bool
) -> None:
    body = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "Say hello"}], "stream": stream}
    chat = outcome_of(lambda: session.post(f"{sandbox.base_url_of(scenario)}/chat/completions", json=body, timeout=60))
    assert outcome_of(lambda: respond(scenario, model="gpt-sandbox-2", stream=stream)) == chat


def outcome_of(ask: Any) -> Any:
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001 - whichever way the connection breaks
        return type(error).__name__
    return answer.status_code, answer.headers.get("content-type")
