"""One turn at a time: who waits, who is refused, and who may no longer append, in every kind of store."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.conversation import ConversationBusy, Store, TurnLost
from lib.conversation.lease import acquire
from lib.conversation.turn import Place
from tests.support.conversation_turns import CHAT, eventually, keep, said


def test_a_second_turn_is_refused_where_it_may_not_wait(store: Store, owner: str) -> None:
    with store.conversation(owner, CHAT) as first:
        with pytest.raises(ConversationBusy) as refused, store.conversation(owner, CHAT, busy="refuse"):
            pass
        with (
            pytest.raises(ConversationBusy, match=r"0\.05 seconds"),
            store.conversation(owner, CHAT, wait_seconds=0.05),
        ):
            pass
        first.append(said("first"))
    assert refused.value.retryable
    assert refused.value.to_json()["code"] == "conversation_busy"
    keep(store, owner, "second", busy="refuse")
    assert len(store.turns(owner, CHAT)) == 2


def test_those_who_wait_come_in_the_order_in_which_they_asked(store: Store, owner: str) -> None:
    place = Place(owner, CHAT)

    def waiting() -> int:
        lease = store._look(place)[0]
        return len(lease.queue) if lease else 0

    with ThreadPoolExecutor(5) as threads:
        with store.conversation(owner, CHAT) as first:
            first.append(said("0"))
            jobs = []
            for number in range(1, 6):
                jobs.append(threads.submit(keep, store, owner, str(number)))
                assert eventually(lambda number=number: waiting() == number)  # type: ignore[misc]
        for job in jobs:
            job.result()
    assert [turn.messages[0]["content"] for turn in store.turns(owner, CHAT)] == list("012345")


def test_turns_of_many_threads_are_made_one_at_a_time(store: Store, owner: str) -> None:
    inside = threading.Lock()

    def count_on(_: int) -> None:
        with store.conversation(owner, CHAT) as conversation:
            assert inside.acquire(blocking=False)
            counted = len(conversation.turns())
            conversation.append(said(str(counted)))
            inside.release()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count_on, range(20)))
    assert [turn.messages[0]["content"] for turn in store.turns(owner, CHAT)] == [str(n) for n in range(20)]


def test_a_key_that_came_before_gives_the_turn_of_before(store: Store, owner: str) -> None:
    keep(store, owner, "first", key="message-1")
    with store.conversation(owner, CHAT) as conversation:
        found = conversation.find("message-1")
        assert found is not None
        assert found.result == {"usage": {"total_tokens": 7}}
        assert conversation.find("message-2") is None
        conversation.append(said("again"), key="message-1")
    assert conversation.kept == found
    assert len(store.turns(owner, CHAT)) == 1
    keep(store, owner, "the lock is free again", busy="refuse")


def test_a_worker_that_lost_its_turn_cannot_append(store: Store, owner: str) -> None:
    place = Place(owner, CHAT)

    def be_overtaken() -> None:
        with store.conversation(owner, CHAT) as conversation:
            conversation.append(said("too late"))
            lease, _ = store._look(place)
            assert lease is not None
            assert store._swap(place, lease, acquire(lease, "another worker", lease.until + 1, 30, queue=False))

    with pytest.raises(TurnLost) as lost:
        be_overtaken()
    assert lost.value.retryable
    assert store.export(owner, CHAT) is None
    lease = store._look(place)[0]
    assert lease is not None
    assert lease.holder == "another worker"


def test_what_was_read_before_another_wrote_cannot_be_swapped(store: Store, owner: str) -> None:
    place = Place(owner, CHAT)
    with store.conversation(owner, CHAT):
        old, now = store._look(place)
        assert old is not None
        new = acquire(old, "b", now, 30, queue=True)
        assert store._swap(place, old, new)
        assert not store._swap(place, old, acquire(old, "c", now, 30, queue=True))
        assert not store._swap(place, None, new)
        assert store._look(place)[0] == new


def test_a_deleted_conversation_is_gone_and_a_turn_being_made_is_not_kept(store: Store, owner: str) -> None:
    keep(store, owner, "one", key="k")

    def be_deleted() -> None:
        with store.conversation(owner, CHAT) as conversation:
            assert store.delete(owner, CHAT)
            conversation.append(said("two"))

    with pytest.raises(TurnLost):
        be_deleted()
    assert store.export(owner, CHAT) is None
    assert store.find(owner, CHAT, "k") is None
    assert list(store.conversations(owner)) == []
    assert not store.delete(owner, CHAT)
    keep(store, owner, "anew", key="k")
    assert [turn.number for turn in store.turns(owner, CHAT)] == [1]
