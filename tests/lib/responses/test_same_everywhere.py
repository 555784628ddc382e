"""Send Request, Ask and chat over Responses: the same pieces, the same outcomes as over Chat Completions."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.cancel import Cancel
from lib.api.connection import Connection
from lib.chat.backend import ApiBackend
from lib.offline.sandbox import KEY
from pysailor.context import Context
from pysailor.message import Message
from pysailor.step import Step
from tests.support.ask import asked
from tests.support.send_request import FUNCTION, HELLO, emitted

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

SAME = ("refusal", "truncated", "content_filter", "tool_call", "stream_comments")


def one_of(sandbox: Sandbox, scenario: str | None, api: str, **body: Any) -> dict[str, Any]:
    base = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    found: dict[str, Any] = emitted({**HELLO, **body}, baseUrl=base, api=api)[-1].body
    return found


@pytest.mark.parametrize("scenario", [None, *SAME])
@pytest.mark.parametrize("stream", [False, True])
def test_an_outcome_is_the_same_over_both(sandbox: Sandbox, scenario: str | None, stream: bool) -> None:
    chat, responses = (one_of(sandbox, scenario, api, stream=stream) for api in ("chat", "responses"))
    assert responses["result"]["outcome"] == chat["result"]["outcome"]
    assert responses["choices"][0]["finish_reason"] == chat["choices"][0]["finish_reason"]
    ours, theirs = (answer["choices"][0]["message"] for answer in (responses, chat))
    assert (ours["content"], ours.get("refusal")) == (theirs["content"], theirs.get("refusal"))
    assert len(ours.get("tool_calls") or ()) == len(theirs.get("tool_calls") or ())


def test_pieces_are_emitted_and_make_the_answer(sandbox: Sandbox) -> None:
    body = {**HELLO, "stream": True}
    messages = emitted(body, baseUrl=sandbox.base_url, api="responses", emitPieces=True)
    said = "".join(message.body["choices"][0]["message"]["content"] for message in messages[:-1])
    assert len(messages) > 2
    assert said == messages[-1].body["choices"][0]["message"]["content"]


def test_ask_asks_a_model_that_answers_over_responses_only(sandbox: Sandbox) -> None:
    cfg = {"apiKey": KEY, "model": "gpt-sandbox-2-pro", "baseUrl": sandbox.base_url, "answerAs": "json"}
    answer = asked(cfg, Message(body={"prompt": "Anything"})).body
    assert answer["outcome"] == "complete"
    assert isinstance(answer["data"], dict)


def test_chat_shows_the_words_of_such_a_model_as_they_come(sandbox: Sandbox) -> None:
    connection = Connection(sandbox.base_url, KEY)
    shown: list[str] = []
    with closing(ApiBackend()) as backend:
        body = {"model": "gpt-sandbox-2-pro", **HELLO, "stream": True}
        answer = backend.ask(connection, body, 10, shown.append, Cancel())
    assert len(shown) > 2
    assert "".join(shown) == answer.text


def test_a_dry_run_shows_what_is_really_sent() -> None:
    step = Step(FUNCTION, {"apiKey": KEY, "model": "gpt-5.5-pro"})
    shown = FUNCTION.get_function("preview")(Message(body=HELLO), step.cfg, Context())
    assert shown.url == "https://api.openai.com/v1/responses"
    assert shown.body == {"model": "gpt-5.5-pro", "input": HELLO["messages"], "store": False}


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_refusal_at_the_begin_of_a_stream_is_tried_again_and_nothing_is_lost(sandbox: Sandbox, api: str) -> None:
    result = one_of(sandbox, "stream_refused", api, stream=True, safety_identifier=api)["result"]
    assert (result["outcome"], result["tries"], result["warnings"]) == ("complete", 2, [])
