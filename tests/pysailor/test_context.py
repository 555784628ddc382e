"""What a component may do besides returning a message."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import Context, HttpReply, Keep, Keys, Partial, Snapshot, SnapshotUpdate

if TYPE_CHECKING:
    from pysailor import Event


class Connection:
    def __init__(self, name: str, closed: list[str]) -> None:
        self.name, self._closed = name, closed

    def close(self) -> None:
        self._closed.append(self.name)


def test_each_method_emits_its_event() -> None:
    events: list[Event] = []
    context = Context(emit=events.append)
    context.partial("a")
    context.emit_snapshot(1)
    context.update_snapshot({"b": 2})
    context.update_keys({"c": 3})
    context.http_reply(200, "d")
    assert events == [
        Partial("a"),
        Snapshot(1),
        SnapshotUpdate({"b": 2}),
        Keys({"c": 3}),
        HttpReply(200, "d", {}),
    ]


def test_what_is_kept_is_made_once_a_key_and_closed_in_reverse_order() -> None:
    closed: list[str] = []
    made: list[str] = []

    def connect(name: str) -> Connection:
        made.append(name)
        return Connection(name, closed)

    with Keep() as kept:
        context = Context(kept=kept)
        assert context.keep(connect, "first") is context.keep(connect, "first")
        assert context.keep(connect, "second").name == "second"
    assert (made, closed) == (["first", "second"], ["second", "first"])


def test_threads_that_ask_at_once_share_what_is_kept() -> None:
    made: list[object] = []
    start = threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    with Keep() as kept:
        got: list[object] = []

        def ask() -> None:
            start.wait()
            got.append(kept.get(make))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(made) == 1
    assert set(map(id, got)) == {id(made[0])}


def test_what_could_not_be_made_is_tried_again() -> None:
    tries: list[int] = []

    def make() -> int:
        tries.append(1)
        return 1 // (len(tries) - 1)

    with Keep() as kept:
        with pytest.raises(ZeroDivisionError):
            kept.get(make)
        assert kept.get(make) == 1


@pytest.mark.parametrize(("deadline", "expected"), [(None, 30.0), (1000.0, 30.0), (5.0, 5.0), (-1.0, -1.0)])
def test_the_deadline_shortens_what_a_call_may_take(deadline: Any, expected: float) -> None:
    now = time.monotonic()
    context = Context(deadline=None if deadline is None else now + deadline)
    assert context.seconds_left(30.0) == pytest.approx(expected, abs=0.5)
    assert context.until(30.0) - now == pytest.approx(expected, abs=0.5)


def test_a_context_without_a_runner_has_a_store_in_memory_that_its_messages_share() -> None:
    with Keep() as kept:
        Context(kept=kept).store.put("a", b"x", 60)
        assert Context(kept=kept).store.get("a") == b"x"
        assert Context().store.get("a") is None
