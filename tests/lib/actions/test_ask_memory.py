"""Ask with a memory: what goes along, what is kept, and what is not paid twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from lib.conversation import ConversationBusy, open_store, owner_of
from lib.offline.sandbox import KEY, Sandbox
from lib.result import BadAnswer
from pysailor.errors import InvalidConfig
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi

from ..conftest import LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable

from tests.support.ask import ENDPOINT, FUNCTION, answering, asked, roles_sent


def test_a_conversation_remembers_over_workers(ask: Callable[..., Message], sandbox: Sandbox) -> None:
    first = ask("My name is Ann.", memory="conversation", instructions="Be kind.").body
    body = {"conversationId": first["conversationId"]}
    second = ask("What is my name?", memory="conversation", instructions="Be kind.", body=body).body
    assert roles_sent(sandbox) == ["system", "user", "assistant", "user"]
    assert second["conversationId"] == first["conversationId"]


@pytest.mark.parametrize(
    ("window", "roles"), [(0, ["user"]), (1, ["assistant", "user"]), (2, ["user", "assistant", "user"])]
)
def test_the_window_is_counted_in_messages_and_zero_is_none(
    ask: Callable[..., Message], sandbox: Sandbox, window: int, roles: list[str]
) -> None:
    body = {"conversationId": "c"}
    for _ in range(3):
        ask(memory="conversation", body=body, window=window)
    assert roles_sent(sandbox) == roles


def test_a_failed_turn_leaves_no_trace(ask: Callable[..., Message], sandbox: Sandbox) -> None:
    body = {"conversationId": "c"}
    with pytest.raises(BadAnswer):
        ask(memory="conversation", body=body, baseUrl=sandbox.base_url_of("truncated"))
    ask(memory="conversation", body=body)
    assert roles_sent(sandbox) == ["user"]


def test_a_message_that_is_brought_again_is_not_paid_again(ask: Callable[..., Message], sandbox: Sandbox) -> None:
    first = ask(memory="conversation", message_id="m-1")
    again = ask(memory="conversation", message_id="m-1")
    assert again.body == first.body
    assert again.headers == {"x-outcome": "complete", "x-replayed": "true"}
    assert len(sandbox.requests) == 1


def test_a_message_without_an_id_of_its_own_is_known_by_its_delivery(sandbox: Sandbox, store: str) -> None:
    cfg = {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2", "memory": "conversation"}
    for _ in range(2):
        step = Step(FUNCTION, cfg)
        step.process(Message(body={"prompt": "Hi"}), Invocation(lambda _: None, LOGGER, message_id="delivery-1"))
        step.close()
    assert len(sandbox.requests) == 1


def test_another_question_under_the_same_message_id_is_asked(ask: Callable[..., Message], sandbox: Sandbox) -> None:
    body = {"conversationId": "c"}
    ask("One?", memory="conversation", message_id="m-1", body=body)
    answer = ask("Two?", memory="conversation", message_id="m-1", body=body).body["answer"]
    assert "Two?" in answer
    assert len(sandbox.requests) == 2


def test_a_picture_that_is_data_is_not_kept_with_its_turn(ask: Callable[..., Message]) -> None:
    body = ask(memory="conversation", body={"images": ["data:image/png;base64," + "A" * (9 << 20)]}).body
    assert body["answer"]
    assert body["warnings"] == []


def test_what_is_paid_for_is_handed_on_even_if_it_cannot_be_kept(store: str) -> None:
    cfg = {"apiKey": "k", "model": "gpt-4.1", "memory": "conversation"}
    with FakeApi() as api:
        api.post(ENDPOINT, json=answering("x" * (9 << 20)))
        body = asked(cfg, Message(body={"prompt": "Hi", "conversationId": "c"})).body
    assert len(body["answer"]) == 9 << 20
    assert "the conversation will not know of this answer" in body["warnings"][0]
    with open_store(store) as opened:
        assert opened.turns(owner_of("k"), "c") == []


def test_the_time_of_waiting_counts(ask: Callable[..., Message], store: str) -> None:
    with open_store(store) as other, other.conversation(owner_of(KEY), "c"):
        start = time.monotonic()
        with pytest.raises(ConversationBusy):
            ask(memory="conversation", body={"conversationId": "c"}, timeout=1)
        assert time.monotonic() - start < 20


def test_another_credential_s_conversation_of_the_same_id_is_another_one(
    ask: Callable[..., Message], sandbox: Sandbox
) -> None:
    body = {"conversationId": "c"}
    ask(memory="conversation", body=body, _account="one")
    ask(memory="conversation", body=body, _account="two")
    assert roles_sent(sandbox) == ["user"]


def test_a_busy_conversation_may_be_refused(ask: Callable[..., Message], store: str) -> None:
    with (
        open_store(store) as other,
        other.conversation(owner_of(KEY), "c"),
        pytest.raises(ConversationBusy),
    ):
        ask(memory="conversation", body={"conversationId": "c"}, busy="refuse")


def test_without_memory_a_conversation_id_changes_nothing(ask: Callable[..., Message], sandbox: Sandbox) -> None:
    for _ in range(2):
        ask(body={"conversationId": "c"})
    assert roles_sent(sandbox) == ["user"]


@pytest.mark.parametrize(
    ("cfg", "pointer"),
    [({"window": -1}, "/window"), ({"window": 1.5}, "/window"), ({"memoryDays": -1}, "/memoryDays")],
)
def test_settings_of_the_memory_that_make_no_sense_are_named(
    ask: Callable[..., Message], cfg: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidConfig) as raised:
        ask(memory="conversation", **cfg)
    assert raised.value.faults[0].pointer == pointer


def test_a_message_that_is_brought_again_emits_the_same_though_the_conversation_went_on(
    ask: Callable[..., Message], sandbox: Sandbox
) -> None:
    body = {"conversationId": "c"}
    made = [
        ask(f"Question {number}", memory="conversation", window=4, message_id=f"m-{number}", body=body)
        for number in range(5)
    ]
    again = ask("Question 3", memory="conversation", window=4, message_id="m-3", body=body)
    assert again.body == made[3].body
    assert len(again.body["messages"]) == 6
    assert len(sandbox.requests) == 5


def test_a_question_with_a_picture_that_is_brought_again_emits_the_same(ask: Callable[..., Message]) -> None:
    body = {"conversationId": "c", "images": ["data:image/png;base64,iVBORw0K"]}
    first = ask(memory="conversation", message_id="m-1", body=body)
    assert ask(memory="conversation", message_id="m-1", body=body).body == first.body


@pytest.mark.parametrize("message_id", ["a\nb", "half \ud800", "m" * 5000, "\x00"])
def test_a_message_is_known_again_whatever_its_id_is(ask: Callable[..., Message], message_id: str) -> None:
    first = ask(memory="conversation", message_id=message_id)
    assert ask(memory="conversation", message_id=message_id).body == first.body


def test_long_ids_that_begin_alike_are_two_messages(ask: Callable[..., Message], sandbox: Sandbox) -> None:
    for end in "ab":
        ask(memory="conversation", message_id="m" * 300 + end)
    assert len(sandbox.requests) == 2


def test_an_id_of_blanks_is_no_conversation_that_all_share(ask: Callable[..., Message]) -> None:
    ids = {ask(memory="conversation", body={"conversationId": "  "}).body["conversationId"] for _ in range(2)}
    assert len(ids) == 2
    assert all(map(str.strip, ids))


def test_the_days_of_a_memory_have_an_upper_bound(ask: Callable[..., Message]) -> None:
    with pytest.raises(InvalidConfig, match="allowed: a number of days up to 36500"):
        ask(memory="conversation", memoryDays=1e12)
