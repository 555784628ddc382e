"""A real model over a server that is not ours: llama.cpp speaks Responses, too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from lib.offline.embedded_model import EmbeddedModel
from tests.support.send_request import emitted

if TYPE_CHECKING:
    from collections.abc import Iterator

REASON = EmbeddedModel.unavailable()
ASKED = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_completion_tokens": 30}


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddedModel]:
    if REASON:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(REASON)
    with EmbeddedModel() as started:
        yield started


def ask(model: EmbeddedModel, body: dict[str, Any], api: str) -> dict[str, Any]:
    found: dict[str, Any] = emitted(body, **model.cfg(), api=api)[-1].body
    return found


def test_it_answers_the_same_over_both_endpoints_streamed_or_not(model: EmbeddedModel) -> None:
    chat = ask(model, ASKED, "chat")
    for body in (ASKED, {**ASKED, "stream": True}):
        answer = ask(model, body, "responses")
        assert answer["choices"][0]["message"]["content"] == chat["choices"][0]["message"]["content"]
        assert answer["result"]["outcome"] == chat["result"]["outcome"]  # which it says over chat only
        assert answer["result"]["usage"]["completion"] == chat["result"]["usage"]["completion"]


def test_what_was_said_before_is_heard(model: EmbeddedModel) -> None:
    before = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "My name is Ann."},
        {"role": "assistant", "content": "Hello, Ann."},
    ]
    body = {**ASKED, "messages": [*before, *ASKED["messages"]]}  # type: ignore[misc]
    assert (
        ask(model, body, "responses")["result"]["usage"]["prompt"]
        == ask(model, body, "chat")["result"]["usage"]["prompt"]
    )
