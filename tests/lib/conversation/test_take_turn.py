"""One turn of a conversation from beginning to end: what is asked with, what is kept, and what is not paid twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.conversation import (
    ChatMessage,
    ConversationBusy,
    Memory,
    StoreUnavailable,
    TurnLost,
    TurnOutput,
    TurnTooLarge,
    take_turn,
)
from lib.conversation.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lib.conversation import Turn

SYSTEM: ChatMessage = {"role": "system", "content": "Be kind."}
EXAMPLE: ChatMessage = {"role": "user", "content": "For example"}


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as opened:
        yield opened


def memory(store: MemoryStore, **more: Any) -> Memory:
    return Memory(store, "o", "c", **{"wait_seconds": 0.0, **more})


def said(text: str) -> list[ChatMessage]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": text.upper()}]


def answer(text: str, seen: list[list[ChatMessage]] | None = None) -> Callable[[list[ChatMessage]], TurnOutput[str]]:
    def ask(before: list[ChatMessage]) -> TurnOutput[str]:
        if seen is not None:
            seen.append(before)
        return TurnOutput(text.upper(), said(text), {"cost": 1})

    return ask


def texts(messages: list[ChatMessage]) -> list[str]:
    return [message["content"] for message in messages]


def test_what_was_said_goes_along_after_system_text_and_examples(store: MemoryStore) -> None:
    seen: list[list[ChatMessage]] = []
    for text in ("a", "b"):
        take_turn(memory(store), answer(text, seen), system=[SYSTEM], examples=[EXAMPLE])
    assert texts(seen[1]) == ["Be kind.", "For example", "a", "A"]


@pytest.mark.parametrize(("last", "wanted"), [(0, []), (1, ["B"]), (3, ["A", "b", "B"]), (None, ["a", "A", "b", "B"])])
def test_only_the_last_messages_go_along(store: MemoryStore, last: int | None, wanted: list[str]) -> None:
    seen: list[list[ChatMessage]] = []
    for text in ("a", "b", "c"):
        take_turn(memory(store, last=last), answer(text, seen))
    assert texts(seen[2]) == wanted


def test_the_value_and_the_kept_turn_come_back(store: MemoryStore) -> None:
    result = take_turn(memory(store), answer("a"), key="k")
    assert result.value == "A"
    assert result.kept is not None
    assert (result.kept.number, result.kept.key, result.kept.result) == (1, "k", {"cost": 1})
    assert result.not_kept is None


def test_a_turn_without_messages_is_not_kept(store: MemoryStore) -> None:
    result = take_turn(memory(store), lambda _: TurnOutput("nothing"))
    assert (result.value, result.kept) == ("nothing", None)
    assert store.turns("o", "c") == []


def test_a_turn_that_fails_leaves_no_trace_and_frees_the_conversation(store: MemoryStore) -> None:
    def fail(_: list[ChatMessage]) -> TurnOutput[str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        take_turn(memory(store), fail)
    assert take_turn(memory(store), answer("a")).kept is not None


def test_a_turn_that_is_taken_again_is_replayed_with_what_went_along_then(store: MemoryStore) -> None:
    seen: list[list[ChatMessage]] = []
    for text in ("a", "b", "c"):
        take_turn(memory(store, last=1), answer(text, seen), system=[SYSTEM], key=text)
    again: list[tuple[Turn, list[ChatMessage]]] = []

    def replay(turn: Turn, before: list[ChatMessage]) -> str:
        again.append((turn, before))
        return "again"

    result = take_turn(memory(store, last=1), answer("b", seen), system=[SYSTEM], key="b", replay=replay)
    assert result.value == "again"
    assert len(seen) == 3
    (turn, before), *_ = again
    assert texts(list(turn.messages)) == ["b", "B"]
    assert before == seen[1]


def test_an_answer_that_is_replaced_does_not_go_along(store: MemoryStore) -> None:
    take_turn(memory(store), answer("a"))
    take_turn(memory(store), answer("b"))
    seen: list[list[ChatMessage]] = []

    def once_more(before: list[ChatMessage]) -> TurnOutput[str]:
        seen.append(before)
        return TurnOutput("B2", said("b2"), {"replaces": 2})

    take_turn(memory(store), once_more, replaces=2)
    take_turn(memory(store), answer("c", seen))
    assert [texts(before) for before in seen] == [["a", "A"], ["a", "A", "b2", "B2"]]


def test_a_busy_conversation_is_refused_before_anything_is_asked(store: MemoryStore) -> None:
    with store.conversation("o", "c"), pytest.raises(ConversationBusy):
        take_turn(memory(store, busy="refuse"), answer("a"))


def test_a_value_is_handed_on_though_its_turn_is_too_large(store: MemoryStore) -> None:
    result = take_turn(memory(store), answer("a" * (5 << 20)))
    assert isinstance(result.not_kept, TurnTooLarge)
    assert result.value
    assert store.turns("o", "c") == []


def test_a_value_is_handed_on_though_the_conversation_was_deleted_meanwhile(store: MemoryStore) -> None:
    def ask(_: list[ChatMessage]) -> TurnOutput[str]:
        store.delete("o", "c")
        return TurnOutput("A", said("a"))

    result = take_turn(memory(store), ask)
    assert result.value == "A"
    assert isinstance(result.not_kept, TurnLost)


def test_a_store_that_fails_before_asking_fails_the_turn(store: MemoryStore) -> None:
    def ask(_: list[ChatMessage]) -> TurnOutput[str]:
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        take_turn(memory(store), ask)
