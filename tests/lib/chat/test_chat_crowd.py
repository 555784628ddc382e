"""How many are here, how often they speak, whose turn it is."""

from __future__ import annotations

import asyncio

import pytest

from lib.chat.server.limits import Paces, Places, Turns, address_of


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


def test_places_are_counted_in_all_and_for_each_name() -> None:
    places = Places(3, 2)
    seats = [places.seat(name) for name in ("a", "a", "a", "b", "c")]
    assert [seat is not None for seat in seats] == [True, True, False, True, False]
    assert seats[0]
    seats[0].leave()
    seats[0].leave()
    assert [places.seat("c") is not None, places.seat("b") is not None] == [True, False]


def test_a_seat_that_finds_no_place_elsewhere_stays_where_it_is() -> None:
    waiting, inside = Places(1, 1), Places(1, 1)
    first = waiting.seat("a")
    assert first
    assert first.move(inside)
    second = waiting.seat("b")
    assert second
    assert not second.move(inside)
    assert waiting.seat("c") is None
    second.leave()
    first.leave()
    assert waiting.seat("c")
    assert inside.seat("c")


def test_an_address_keeps_its_pace_and_the_one_silent_for_longest_is_forgotten() -> None:
    paces = Paces(1, most=2)
    assert [paces.take(name, 0) for name in ("a", "a", "b", "a", "c", "a", "b")] == [
        True, False, True, False, True, False, True
    ]  # fmt: skip


def test_turns_come_in_the_order_of_asking_and_who_left_is_passed_over() -> None:
    async def play() -> list[bool]:
        turns = Turns()
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
