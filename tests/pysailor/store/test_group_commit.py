"""What holds for writes that are made together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pysailor.errors import StoreUnavailable
from pysailor.store.group import _RING, GroupCommit
from pysailor.store.sqlite import SqliteValues
from pysailor.store.write import Kind, Write
from tests.support.broker import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

KINDS = ("there", "expired", "new")


class Gated(GroupCommit):
    """Commits when the gate is open; `groups` are how many writes there were in each."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.gate, self.entered = threading.Event(), threading.Event()
        self.error = error
        self.groups: list[int] = []

    def _commit(self, writes: Sequence[Write]) -> None:
        self.entered.set()
        self.gate.wait(60)
        self.groups.append(len(writes))
        if self.error is not None:
            raise self.error

    def begin(self, key: str) -> Write:
        """Have a write wait whose ticket the test holds."""
        return self._submit(Write(Kind.ADD, key, b"value", 60))


@pytest.fixture
def gated() -> Iterator[Gated]:
    group = Gated()
    yield group
    group.gate.set()
    group.close()


def test_nobody_hangs_because_another_one_gave_up_waiting(gated: Gated) -> None:
    gated.begin("first")
    assert gated.entered.wait(60)
    given_up, waited_for = gated.begin("given up"), gated.begin("waited for")
    gated.gate.set()
    assert waited_for.wait() is None
    assert given_up.is_made
    assert gated.groups == [1, 2]


def test_all_who_wait_hear_of_an_outage(gated: Gated) -> None:
    gated.error = StoreUnavailable("The disk is full.")
    gated.begin("first")
    assert gated.entered.wait(60)
    waiting = [gated.begin(f"key {number}") for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        told = [threads.submit(each.wait) for each in waiting]
        gated.gate.set()
    assert [type(each.exception()) for each in told] == [StoreUnavailable] * 20


def test_what_one_cannot_encode_is_told(gated: Gated) -> None:
    ticket = gated.submit_put("key", b"no number", 60, lambda value: b"%d" % int(value))
    gated.gate.set()
    with pytest.raises(ValueError, match="invalid literal"):
        ticket.wait()


@pytest.mark.parametrize("kinds", [KINDS, KINDS[::-1], ("there",), ("expired",), ("new", "expired", "new", "there")])
def test_a_group_of_adds_finds_what_was_there_and_keeps_the_rest(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    with SqliteValues(tmp_path / "store.sqlite") as store:
        for number, kind in enumerate(kinds):
            if kind != "new":
                store.put(f"{number}", b"old", 60 if kind == "there" else -1)
        adds = [Write(Kind.ADD, f"{number}", b"own", 60) for number in reversed(range(len(kinds)))]
        store._commit(adds)
        found = {each.key: each.result for each in adds}
        for number, kind in enumerate(kinds):
            assert found[f"{number}"] == (b"old" if kind == "there" else None)
            assert store.get(f"{number}") == (b"old" if kind == "there" else b"own")


def test_what_nobody_waits_for_is_made_though_nothing_follows(gated: Gated) -> None:
    gated.gate.set()
    for _ in range(3):  # the thread rests in between
        gated.submit_put("key", b"value", 60).wait()
        gated.submit_touch("key", 60).wait()
    assert gated.groups == [1] * 6


def test_a_ring_that_comes_late_keeps_nobody_waiting(gated: Gated) -> None:
    gated.gate.set()
    for _ in range(3):
        gated.put("key", b"value", 60)
        gated._queue.put(_RING)  # by a thread that was slow, of a write that was made meanwhile
        ticket = gated.submit_put("another", b"value", 60)
        assert isinstance(ticket, Write)
        eventually(partial(getattr, ticket, "is_made"), within=60)


def test_a_write_that_is_waited_for_comes_after_those_to_its_key(tmp_path: Path) -> None:
    with SqliteValues(tmp_path / "store.sqlite") as store:
        for number in range(20):
            store.submit_put(f"{number}", b"put", 60)
            assert store.add(f"{number}", b"added", 60) == b"put"
            store.submit_delete(f"{number}")
            assert store.add(f"{number}", b"added again", 60) is None
            store.submit_touch(f"{number}", -1)
            assert store.add(f"{number}", b"added at last", 60) is None
            store.submit_touch(f"{number}", -1)
            store.submit_put(f"{number}", b"put again", 60).wait()
            assert store.get(f"{number}") == b"put again"


def test_a_touch_follows_the_put_that_it_was_submitted_after_and_is_made_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with SqliteValues(path) as store:
        store.put("other", b"value", 60)
        store.submit_put("key", b"value", 60)
        store.submit_touch("key", -1)
        store.submit_touch("other", -1)
    with SqliteValues(path) as store:
        assert list(store.scan("")) == []
