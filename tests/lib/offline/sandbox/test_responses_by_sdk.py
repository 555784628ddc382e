"""The sandbox's Responses API as OpenAI's own library reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lib.offline.sandbox import Sandbox

MODEL = "gpt-sandbox-2-pro"
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}, "strict": False}


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    with openai.OpenAI(api_key=KEY, base_url=sandbox.base_url, max_retries=0) as client:
        yield client


def test_it_reads_text_and_usage(client: Any) -> None:
    answer = client.responses.create(model=MODEL, input="Say hello")
    assert "Say hello" in answer.output_text
    assert answer.usage.output_tokens > 0


def test_it_reads_a_stream_as_the_same(client: Any) -> None:
    whole = client.responses.create(model=MODEL, input="Say hello").output_text
    with client.responses.stream(model=MODEL, input="Say hello") as stream:
        said = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == said == whole


def test_it_plays_a_round_with_a_tool_with_the_items_as_they_came(client: Any) -> None:
    asked: list[Any] = [{"role": "user", "content": "Please get weather"}]
    first = client.responses.create(model=MODEL, input=asked, tools=[TOOL], store=False)
    (call,) = [item for item in first.output if item.type == "function_call"]
    asked += [item.to_dict() for item in first.output]
    asked.append({"type": "function_call_output", "call_id": call.call_id, "output": "warm"})
    second = client.responses.create(model=MODEL, input=asked, tools=[TOOL], store=False)
    assert "“warm”" in second.output_text


def test_it_reads_refusals(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.responses.create(model=MODEL, input="Hi", max_output_tokens=5)
    assert raised.value.param == "max_output_tokens"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])


def test_it_waits_for_what_is_made_in_the_background(client: Any) -> None:
    answer = client.responses.create(model=MODEL, input="Hi", background=True, store=True)
    for _ in range(5):
        if answer.status == "completed":
            break
        answer = client.responses.retrieve(answer.id)
    assert answer.output_text
