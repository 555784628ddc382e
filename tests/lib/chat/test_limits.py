"""How many are here, how often they speak, whose turn it is."""

from __future__ import annotations

import asyncio

import pytest

from lib.chat.server.limits import ConnectionLimit, RateLimiter, TurnQueue, address_of


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_addresses_that_one_visitor_chooses_from_count_as_one(host: str, address: str) -> None:
    assert address_of(host) == address


def test_connections_are_counted_in_all_and_for_each_name() -> None:
    limit = ConnectionLimit(3, 2)
    slots = [limit.acquire(name) for name in ("a", "a", "a", "b", "c")]
    assert [slot is not None for slot in slots] == [True, True, False, True, False]
    assert slots[0]
    slots[0].release()
    slots[0].release()
    assert [limit.acquire("c") is not None, limit.acquire("b") is not None] == [True, False]


def test_a_slot_that_finds_no_room_under_another_limit_stays_where_it_is() -> None:
    waiting, inside = ConnectionLimit(1, 1), ConnectionLimit(1, 1)
    first = waiting.acquire("a")
    assert first
    assert first.move(inside)
    second = waiting.acquire("b")
    assert second
    assert not second.move(inside)
    assert waiting.acquire("c") is None
    second.release()
    first.release()
    assert waiting.acquire("c")
    assert inside.acquire("c")


def test_an_address_keeps_its_pace_and_the_one_silent_for_longest_is_forgotten() -> None:
    rates = RateLimiter(1, most=2)
    assert [rates.take(name, 0) for name in ("a", "a", "b", "a", "c", "a", "b")] == [
        True, False, True, False, True, False, True
    ]  # fmt: skip


def test_turns_come_in_the_order_of_asking_and_who_left_is_passed_over() -> None:
    async def play() -> list[bool]:
        turns = TurnQueue()
        first, second, third = (turns.ask("a") for _ in range(3))
        other = turns.ask("b")
        second.set_result(False)
        before = [first.done(), third.done(), other.done()]
        turns.leave("a", first)
        turns.leave("a", first)
        held_up = third.done()
        turns.leave("a", second)
        after = third.result()
        turns.leave("a", third)
        return [*before, held_up, after, turns.ask("a").result()]

    assert asyncio.run(play()) == [True, False, True, False, True, True]
