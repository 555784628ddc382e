"""Whose turn it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.conversation.lease import PATIENCE, Lease, ask, leave, renew

SECONDS = 10.0


def test_a_free_lease_is_granted_and_a_held_one_is_not() -> None:
    held = ask(Lease(), "a", 100.0, SECONDS, queue=True)
    assert (held.holder, held.until) == ("a", 110.0)
    assert ask(held, "b", 105.0, SECONDS, queue=False) is held
    assert ask(held, "b", 105.0, SECONDS, queue=True).queue == (("b", 105.0),)


def test_a_lease_that_ran_out_is_granted_to_another() -> None:
    held = ask(Lease(), "a", 100.0, SECONDS, queue=True)
    assert ask(held, "b", 110.0, SECONDS, queue=False).holder == "b"


def test_who_waits_comes_before_who_asks_later() -> None:
    held = ask(Lease(), "a", 100.0, SECONDS, queue=True)
    queued = ask(ask(held, "b", 101.0, SECONDS, queue=True), "c", 101.0, SECONDS, queue=True)
    free = leave(queued, "a")
    assert ask(free, "d", 102.0, SECONDS, queue=False) is free
    assert ask(free, "c", 102.0, SECONDS, queue=True).holder == ""
    taken = ask(free, "b", 102.0, SECONDS, queue=True)
    assert (taken.holder, [token for token, _ in taken.queue]) == ("b", ["c"])


def test_one_who_waited_and_went_silent_loses_its_place() -> None:
    held = ask(Lease(), "a", 100.0, SECONDS, queue=True)
    free = leave(ask(held, "silent", 101.0, SECONDS, queue=True), "a")
    assert ask(free, "b", 101.0 + PATIENCE, SECONDS, queue=True).holder == "b"


def test_one_who_asks_often_writes_seldom() -> None:
    held = ask(Lease(), "a", 100.0, SECONDS, queue=True)
    queued = ask(held, "b", 101.0, SECONDS, queue=True)
    assert ask(queued, "b", 101.5, SECONDS, queue=True) is queued
    assert ask(queued, "b", 102.5, SECONDS, queue=True).queue == (("b", 102.5),)


def test_a_lease_is_read_as_it_was_written() -> None:
    queued = ask(ask(Lease(), "a", 100.1, SECONDS, queue=True), "b", 101.7, SECONDS, queue=True)
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
            new = ask(lease, token, now, SECONDS, queue=step == "ask")
        if new.holder not in ("", lease.holder):
            assert lease.holder == "" or lease.until <= now  # nobody is pushed out before the time
            assert new.holder == token
        assert new.holder not in [waiting for waiting, _ in new.queue]
        assert len({waiting for waiting, _ in new.queue}) == len(new.queue)
        assert new is lease or new.stamp != lease.stamp
        lease = new
