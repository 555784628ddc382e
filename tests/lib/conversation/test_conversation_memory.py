"""What is kept in memory has an end."""

from __future__ import annotations

from lib.conversation.stores.memory import MemoryStore


def keep(store: MemoryStore, name: str, text: str = "Hi") -> None:
    with store.conversation("me", name) as held:
        held.append([{"role": "user", "content": text}])


def kept(store: MemoryStore) -> set[str]:
    return {summary.id for summary in store.conversations("me")}


def test_of_too_many_conversations_the_one_silent_for_longest_goes() -> None:
    with MemoryStore(most_conversations=2) as store:
        for name in ("a", "b", "a", "c"):
            keep(store, name)
        assert kept(store) == {"a", "c"}


def test_of_too_long_conversations_the_one_silent_for_longest_goes() -> None:
    with MemoryStore(most_bytes=10_000) as store:
        for name in ("a", "b", "c"):
            keep(store, name, "x" * 4000)
        assert kept(store) == {"b", "c"}
        store.delete("me", "b")
        keep(store, "d", "x" * 4000)
        assert kept(store) == {"c", "d"}


def test_a_conversation_whose_turn_is_being_made_stays() -> None:
    with MemoryStore(most_conversations=1) as store:
        keep(store, "a")
        with store.conversation("me", "a") as held:
            keep(store, "b")
            held.append([{"role": "user", "content": "Again"}])
        assert [len(store.turns("me", name)) for name in ("a", "b")] == [2, 0]
