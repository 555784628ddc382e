"""Streams as the API sends them, and as they break."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lib.offline.sandbox import KEY, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema_rs import Draft202012Validator

    Ask = Callable[..., requests.Response]
    Golden = Callable[[str], Draft202012Validator]

DONE = "[DONE]"
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}},
}


def events(response: requests.Response) -> list[str]:
    """Return the data of each event of a stream that uses plain line feeds."""
    text = response.content.decode()
    assert text.endswith("\n\n")
    return [event.removeprefix("data: ") for event in text.split("\n\n")[:-1]]


def chunks(response: requests.Response) -> list[dict[str, Any]]:
    return [json.loads(event) for event in events(response) if event != DONE]


def deltas(response: requests.Response, index: int = 0) -> list[dict[str, Any]]:
    return [c["delta"] for chunk in chunks(response) for c in chunk["choices"] if c["index"] == index]


def text_of(response: requests.Response, index: int = 0, field: str = "content") -> str:
    return "".join(delta.get(field) or "" for delta in deltas(response, index))


@pytest.mark.parametrize("fields", [
    {}, {"n": 3}, {"stream_options": {"include_usage": True}}, {"logprobs": True, "top_logprobs": 1},
    {"tools": [TOOL], "tool_choice": "required"}, {"functions": [TOOL["function"]], "function_call": {"name": "f"}},
    {"max_completion_tokens": 2}, {"moderation": {"model": "m"}},
])  # fmt: skip
def test_every_chunk_has_the_apis_shape(ask: Ask, golden: Golden, fields: dict[str, Any]) -> None:
    response = ask(stream=True, **fields)
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Transfer-Encoding"] == "chunked"
    schema = golden("chunk.forward")
    assert all(schema.is_valid(chunk) for chunk in chunks(response))
    assert events(response)[-1] == DONE


def test_a_stream_begins_with_the_role_and_ends_with_the_reason(ask: Ask) -> None:
    response = ask(stream=True)
    choices = [chunk["choices"][0] for chunk in chunks(response)]
    assert choices[0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert all(choice["finish_reason"] is None for choice in choices[:-1])
    assert (choices[-1]["delta"], choices[-1]["finish_reason"]) == ({}, "stop")


def test_the_same_words_come_streamed_or_not(ask: Ask) -> None:
    assert text_of(ask(stream=True)) == ask().json()["choices"][0]["message"]["content"]
    assert (
        text_of(ask("refusal", stream=True), field="refusal")
        == (ask("refusal").json()["choices"][0]["message"]["refusal"])
    )


def test_a_stream_is_the_same_each_time(ask: Ask) -> None:
    assert ask(stream=True).content == ask(stream=True).content


def test_usage_comes_last_with_no_choice_and_only_when_asked_for(ask: Ask) -> None:
    asked = chunks(ask(stream=True, stream_options={"include_usage": True}))
    assert (asked[-1]["choices"], asked[-1]["usage"]["completion_tokens"] > 0) == ([], True)
    assert all(chunk["usage"] is None for chunk in asked[:-1])
    assert all("usage" not in chunk for chunk in chunks(ask(stream=True)))


def test_filler_can_be_switched_off(ask: Ask) -> None:
    assert "obfuscation" in chunks(ask(stream=True))[1]
    without = chunks(ask(stream=True, stream_options={"include_obfuscation": False}))
    assert not any("obfuscation" in chunk for chunk in without)


def test_several_choices_come_interleaved(ask: Ask) -> None:
    response = ask(stream=True, n=2)
    assert [chunk["choices"][0]["index"] for chunk in chunks(response)][:6] == [0, 1, 0, 1, 0, 1]
    assert text_of(response, 0) != text_of(response, 1)


def test_tool_calls_come_in_fragments_by_index(ask: Ask) -> None:
    two = [TOOL, {"type": "function", "function": {**TOOL["function"], "name": "g"}}]
    asked = {"tools": two, "messages": [{"role": "user", "content": "f and g"}]}
    whole = ask(**asked).json()["choices"][0]["message"]["tool_calls"]
    fragments = [call for delta in deltas(ask(stream=True, **asked)) for call in delta.get("tool_calls", [])]
    for index, call in enumerate(whole):
        mine = [fragment for fragment in fragments if fragment["index"] == index]
        assert (mine[0]["type"], mine[0]["function"]) == (
            "function",
            {"name": call["function"]["name"], "arguments": ""},
        )
        assert all("id" not in fragment for fragment in mine[1:])
        assert "".join(fragment["function"]["arguments"] for fragment in mine) == call["function"]["arguments"]


def test_the_connection_serves_again_after_a_stream(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {KEY}"
        body = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        ports = set()
        for _ in range(3):
            response = session.post(f"{sandbox.base_url}/chat/completions", json=body, stream=True, timeout=60)
            connection: Any = response.raw.connection
            ports.add(connection.sock.getsockname()[1])
            assert response.content
        assert len(ports) == 1


# --- broken streams --------------------------------------------------------------------------------------------------


def test_a_cut_stream_ends_without_its_end(ask: Ask) -> None:
    for scenario in ("stream_cut", "drops_midway"):
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = ask(scenario, stream=True).content


def test_a_stream_may_end_early_in_good_order(ask: Ask) -> None:
    response = ask("stream_ends_early", stream=True)
    assert DONE not in events(response)
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks(response))


def test_an_error_may_come_within_a_stream(ask: Ask, golden: Golden) -> None:
    last = events(ask("stream_error", stream=True))[-1]
    assert golden("error").is_valid(json.loads(last))


def test_a_stream_may_lack_only_its_done(ask: Ask) -> None:
    response = ask("stream_no_done", stream=True)
    assert chunks(response)[-1]["choices"][0]["finish_reason"] == "stop"
    assert DONE not in events(response)


@pytest.mark.parametrize("scenario", ["stream_stall", "stream_stall_comments", "slow"])
def test_a_stalled_stream_comes_to_its_end(ask: Ask, scenario: str) -> None:
    started = time.monotonic()
    response = ask(scenario, stream=True)
    assert response.content.rstrip().endswith(DONE.encode())
    assert time.monotonic() - started >= 0.15
    assert (b": keep-alive" in response.content) == (scenario == "stream_stall_comments")


def test_an_awkward_stream_says_the_same_as_its_plain_answer(ask: Ask) -> None:
    response = ask("stream_comments", stream=True)
    arrived = list(response.iter_content(None))
    stream = b"".join(arrived).decode()
    assert any(_ends_inside_a_character(packet) for packet in arrived)
    assert "\r\n\r\n" in stream
    assert "\n\n" not in stream
    assert "\u2028" in stream
    lines = [line.removeprefix("data: ") for line in stream.split("\r\n") if line.startswith("data: ")]
    parts = [json.loads(line)["choices"][0]["delta"].get("content") or "" for line in lines if line != DONE]
    assert "".join(parts) == ask("stream_comments").json()["choices"][0]["message"]["content"]


def _ends_inside_a_character(packet: bytes) -> bool:
    try:
        packet.decode()
    except UnicodeDecodeError:
        return True
    return False


def test_a_stream_may_be_ignored(ask: Ask) -> None:
    response = ask("stream_ignored", stream=True)
    assert response.json()["object"] == "chat.completion"


def test_pieces_can_be_paced() -> None:
    with Sandbox(packet_seconds=0.01) as slow:
        body = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        started = time.monotonic()
        response = requests.post(
            f"{slow.base_url}/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=60
        )
        assert time.monotonic() - started >= 0.01 * (len(events(response)) - 1)
