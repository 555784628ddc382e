"""The laws that hold in every store."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from lib.conversation import LARGEST_TURN, Store, TurnTooLarge
from lib.conversation.turn import Place
from pysailor import InvalidInput
from tests.support.conversation_turns import CHAT, eventually, keep, said


def fail(store: Store, owner: str) -> None:
    with store.conversation(owner, CHAT) as conversation:
        conversation.append(said("lost"), key="k")
        raise OSError("the API is gone")


def test_a_conversation_is_resumed_by_its_id_with_its_turns_in_order(store: Store, owner: str) -> None:
    for text in ("one", "two", "three"):
        keep(store, owner, text)
    with store.conversation(owner, CHAT) as conversation:
        assert conversation.messages() == said("one") + said("two") + said("three")
    assert [turn.number for turn in store.turns(owner, CHAT)] == [1, 2, 3]
    assert [turn.messages[0]["content"] for turn in store.turns(owner, CHAT, newest=2)] == ["two", "three"]
    assert list(store.turns(owner, CHAT, newest=0)) == []


def test_the_turn_that_was_kept_is_told_after_the_block(store: Store, owner: str) -> None:
    before = time.time()
    with store.conversation(owner, CHAT) as conversation:
        conversation.append(said("hello"), key="message-1", result={"cost": 0.25})
    kept = conversation.kept
    assert kept is not None
    assert (kept.number, kept.key, kept.result) == (1, "message-1", {"cost": 0.25})
    assert abs(kept.at - before) < 60
    assert [kept] == list(store.turns(owner, CHAT))


def test_a_failed_turn_leaves_no_trace(store: Store, owner: str) -> None:
    with pytest.raises(OSError, match="the API is gone"):
        fail(store, owner)
    assert store.export(owner, CHAT) is None
    keep(store, owner, "kept")
    with pytest.raises(OSError, match="the API is gone"):
        fail(store, owner)
    assert [turn.messages[0]["content"] for turn in store.turns(owner, CHAT)] == ["kept"]
    assert store.find(owner, CHAT, "k") is None


def test_a_turn_without_anything_to_keep_leaves_no_conversation_behind(store: Store, owner: str) -> None:
    with store.conversation(owner, CHAT):
        pass
    assert list(store.conversations(owner)) == []
    assert store._look(Place(owner, CHAT))[0] is None


def test_the_same_id_of_another_owner_is_another_conversation(store: Store, owner: str) -> None:
    keep(store, owner, "mine")
    other = owner + "-2"
    with store.conversation(owner, CHAT), store.conversation(other, CHAT, busy="refuse") as conversation:
        assert conversation.messages() == []
        conversation.append(said("theirs"))
    assert [turn.messages[0]["content"] for turn in store.turns(owner, CHAT)] == ["mine"]
    assert [summary.turns for summary in store.conversations(other)] == [1]


def test_after_its_time_to_live_a_conversation_reads_as_empty_and_begins_anew(store: Store, owner: str) -> None:
    keep(store, owner, "old", ttl_seconds=0.05, key="k")
    assert eventually(lambda: not store.turns(owner, CHAT))
    assert store.find(owner, CHAT, "k") is None
    assert store.export(owner, CHAT) is None
    assert list(store.conversations(owner)) == []
    assert not store.delete(owner, CHAT)
    keep(store, owner, "new", key="k", ttl_seconds=1000)
    assert [(turn.number, turn.messages[0]["content"]) for turn in store.turns(owner, CHAT)] == [(1, "new")]


def test_each_turn_renews_the_time_to_live_and_one_without_ends_it(store: Store, owner: str) -> None:
    keep(store, owner, "one", ttl_seconds=1000)
    first = store.summary(owner, CHAT)
    keep(store, owner, "two", ttl_seconds=2000)
    second = store.summary(owner, CHAT)
    assert first is not None
    assert second is not None
    assert first.expires is not None
    assert second.expires is not None
    assert 900 < second.expires - first.expires < 1100
    keep(store, owner, "three")
    third = store.summary(owner, CHAT)
    assert third is not None
    assert third.expires is None


def test_a_conversation_does_not_expire_while_its_turn_is_made(store: Store, owner: str) -> None:
    keep(store, owner, "one", ttl_seconds=5)
    with store.conversation(owner, CHAT) as conversation:
        summary = store.summary(owner, CHAT)
        lease, _ = store._look(Place(owner, CHAT))
        assert summary is not None
        assert lease is not None
        assert summary.expires is not None
        assert summary.expires >= lease.until - 0.001
        conversation.append(said("two"), key="2")
    assert [turn.number for turn in store.turns(owner, CHAT)] == [1, 2]


def test_what_has_expired_is_purged(store: Store, owner: str) -> None:
    keep(store, owner, "short", ttl_seconds=0.01, chat="short")
    keep(store, owner, "long", ttl_seconds=1000, chat="long")
    keep(store, owner, "for ever", chat="for ever")
    assert eventually(lambda: store.purge() >= 1)
    assert {summary.id for summary in store.conversations(owner)} == {"long", "for ever"}


def test_an_export_holds_all_turns_with_their_times(store: Store, owner: str) -> None:
    keep(store, owner, "one", key="m-1")
    keep(store, owner, "two", ttl_seconds=1000)
    exported = store.export(owner, CHAT)
    assert exported is not None
    assert json.loads(json.dumps(exported)) == exported
    assert list(exported) == ["conversationId", "turns", "begun", "changed", "expires"]
    first, second = exported["turns"]
    assert (first["number"], first["key"], first["messages"]) == (1, "m-1", said("one"))
    assert first["at"] == exported["begun"]
    assert second["at"] == exported["changed"]
    assert exported["changed"] <= exported["expires"]
    assert first["at"].endswith("Z")


def test_an_owner_lists_conversations_last_changed_first_and_bounded(store: Store, owner: str) -> None:
    for chat in ("a", "b", "c"):
        keep(store, owner, "hello", chat=chat)
    keep(store, owner, "more", chat="a")
    assert [(summary.id, summary.turns) for summary in store.conversations(owner)] == [("a", 2), ("c", 1), ("b", 1)]
    assert [summary.id for summary in store.conversations(owner, limit=2)] == ["a", "c"]
    assert list(store.conversations(owner, limit=0)) == []


def test_any_text_comes_back_as_it_was(store: Store, owner: str) -> None:
    odd = "nul \x00, lone \ud800, 😀, \u2028, 'quote\", %s, :now, {0}, back\\slash"
    chat = "höhe 😀:turns '%s' {x} :now"
    with store.conversation(owner, chat) as conversation:
        conversation.append([{"role": "user", "content": odd, "n": 1.5, "null": None}], key="k:'%s")
    (turn,) = store.turns(owner, chat)
    assert turn.messages[0] == {"role": "user", "content": odd, "n": 1.5, "null": None}
    assert store.find(owner, chat, "k:'%s") == turn
    assert [summary.id for summary in store.conversations(owner)] == [chat]


@pytest.mark.parametrize("name", ["", "x" * 256, "line\nbreak", "nul\x00", "\ud800"])
def test_an_id_that_cannot_be_kept_is_refused_with_its_pointer(store: Store, owner: str, name: str) -> None:
    with pytest.raises(InvalidInput) as refused, store.conversation(owner, name):
        pass
    assert refused.value.faults[0].pointer == "/conversationId"
    with pytest.raises(InvalidInput, match="key"):
        store.find(owner, CHAT, name)


@pytest.mark.parametrize("name", ["", "a}b", "a:b", "x" * 129])
def test_an_owner_is_a_plain_word(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="owner"):
        store.turns(name, CHAT)
    with pytest.raises(ValueError, match="owner"):
        store.conversations(name)


def test_a_turn_that_is_too_large_is_refused_before_the_end(store: Store, owner: str) -> None:
    with pytest.raises(TurnTooLarge, match=r"8\.0 MiB"), store.conversation(owner, CHAT) as conversation:
        conversation.append(said("x" * (LARGEST_TURN // 2)))
    assert store.export(owner, CHAT) is None


def test_a_large_turn_below_the_limit_is_kept(store: Store, owner: str) -> None:
    messages = [{"role": "user", "content": "x" * (LARGEST_TURN - 1000)}]
    with store.conversation(owner, CHAT) as conversation:
        conversation.append(messages)
    assert list(store.turns(owner, CHAT)[0].messages) == messages


def test_a_turn_is_appended_once_and_holds_no_system_text(store: Store, owner: str) -> None:
    with store.conversation(owner, CHAT) as conversation:
        nothing: list[dict[str, Any]] = []
        for wrong in (nothing, [{"role": "system", "content": "Be brief."}]):
            with pytest.raises(ValueError, match="turn"):
                conversation.append(wrong)
        conversation.append(said("one"))
        with pytest.raises(ValueError, match="one turn at a time"):
            conversation.append(said("two"))
    assert len(store.turns(owner, CHAT)) == 1


def test_the_window_of_a_long_conversation_is_the_window_of_all_of_it(store: Store, owner: str) -> None:
    call: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    tool_turn: list[dict[str, Any]] = [
        {"role": "user", "content": "look it up"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
        {"role": "assistant", "content": "It is 42."},
    ]
    system = [{"role": "system", "content": "Be brief."}]
    with store.conversation(owner, CHAT) as conversation:
        conversation.append(tool_turn)
    keep(store, owner, "thanks")
    with store.conversation(owner, CHAT) as conversation:
        assert conversation.messages(system, last=0) == system
        assert conversation.messages(system, last=3) == [*system, tool_turn[3], *said("thanks")]
        assert conversation.messages(system, last=4) == [*system, tool_turn[3], *said("thanks")]
        assert conversation.messages(system, last=5) == [*system, *tool_turn[1:], *said("thanks")]
        assert conversation.messages(system) == [*system, *tool_turn, *said("thanks")]
