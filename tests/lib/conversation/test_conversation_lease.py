"""Whose turn it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.conversation.lease import QUEUE_SECONDS, Lease, acquire, leave, renew

SECONDS = 10.0


def test_a_free_lease_is_granted_and_a_held_one_is_not() -> None:
    held = acquire(Lease(), "a", 100.0, SECONDS, queue=True)
    assert (held.holder, held.until) == ("a", 110.0)
    assert acquire(held, "b", 105.0, SECONDS, queue=False) is held
    assert acquire(held, "b", 105.0, SECONDS, queue=True).queue == (("b", 105.0),)


def test_a_lease_that_ran_out_is_granted_to_another() -> None:
    held = acquire(Lease(), "a", 100.0, SECONDS, queue=True)
    assert acquire(held, "b", 110.0, SECONDS, queue=False).holder == "b"


def test_who_waits_comes_before_who_asks_later() -> None:
    held = acquire(Lease(), "a", 100.0, SECONDS, queue=True)
    queued = acquire(acquire(held, "b", 101.0, SECONDS, queue=True), "c", 101.0, SECONDS, queue=True)
    free = leave(queued, "a")
    assert acquire(free, "d", 102.0, SECONDS, queue=False) is free
    assert acquire(free, "c", 102.0, SECONDS, queue=True).holder == ""
    taken = acquire(free, "b", 102.0, SECONDS, queue=True)
    assert (taken.holder, [token for token, _ in taken.queue]) == ("b", ["c"])


def test_one_who_waited_and_went_silent_loses_its_place() -> None:
    held = acquire(Lease(), "a", 100.0, SECONDS, queue=True)
    free = leave(acquire(held, "silent", 101.0, SECONDS, queue=True), "a")
    assert acquire(free, "b", 101.0 + QUEUE_SECONDS, SECONDS, queue=True).holder == "b"


def test_one_who_asks_often_writes_seldom() -> None:
    held = acquire(Lease(), "a", 100.0, SECONDS, queue=True)
    queued = acquire(held, "b", 101.0, SECONDS, queue=True)
    assert acquire(queued, "b", 101.5, SECONDS, queue=True) is queued
    assert acquire(queued, "b", 102.5, SECONDS, queue=True).queue == (("b", 102.5),)


def test_a_lease_is_read_as_it_was_written() -> None:
    queued = acquire(acquire(Lease(), "a", 100.1, SECONDS, queue=True), "b", 101.7, SECONDS, queue=True)
    assert Lease.read(queued.holder, queued.until, queued.queue_text, queued.stamp) == queued


STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ask", "refuse", "leave", "renew"])), max_size=40)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS, pace=st.floats(0.01, 4))
def test_laws_of_the_lease(steps: list[tuple[str, str]], pace: float) -> None:
    lease, now = Lease(), 1000.0
    for token, step in steps:
        now += pace
        if step == "leave":
            new = leave(lease, token)
            assert token not in (new.holder, *(waiting for waiting, _ in new.queue))
        elif step == "renew":
            new = renew(lease, now, SECONDS) if lease.holder == token else lease
        else:
            new = acquire(lease, token, now, SECONDS, queue=step == "ask")
        if new.holder not in ("", lease.holder):
            assert lease.holder == "" or lease.until <= now  # nobody is pushed out before the time
            assert new.holder == token
        assert new.holder not in [waiting for waiting, _ in new.queue]
        assert len({waiting for waiting, _ in new.queue}) == len(new.queue)
        assert new is lease or new.stamp != lease.stamp
        lease = new
