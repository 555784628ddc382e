"""A step's snapshot is what was emitted last, and safe."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

import pytest

from pysailor.context import Event, Snapshot, SnapshotUpdate
from pysailor.snapshot import CurrentSnapshot
from pysailor.wire.json_text import NotJson


def memory_of(value: Any, *changes: Event) -> tuple[Any, list[Event]]:
    events: list[Event] = []
    memory = CurrentSnapshot(value)
    for change in changes:
        assert isinstance(change, (Snapshot, SnapshotUpdate))
        memory.change(change, events.append, logging.getLogger("test"))
    return memory.copy(), events


def test_an_update_replaces_a_snapshot_that_is_no_object() -> None:
    assert memory_of([1], SnapshotUpdate({"a": 1})) == ({"a": 1}, [SnapshotUpdate({"a": 1})])
    assert memory_of({"a": 1, "b": 2}, SnapshotUpdate({"a": 3}))[0] == {"a": 3, "b": 2}


@pytest.mark.parametrize(("delta", "words"), [({"$set": {"a": 1}}, "no [$]set"), (["a"], "got a list")])
def test_an_update_that_the_platform_cannot_make_sense_of_is_said_and_not_sent(
    delta: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert memory_of({"a": 0}, SnapshotUpdate(delta)) == ({"a": 0}, [])
    assert re.search(words, caplog.text)


def test_a_snapshot_that_is_not_json_fails_before_it_is_sent() -> None:
    events: list[Event] = []
    memory = CurrentSnapshot({"a": 0})
    with pytest.raises(NotJson):
        memory.change(SnapshotUpdate({"a": object()}), events.append, logging.getLogger("test"))
    assert (memory.copy(), events) == ({"a": 0}, [])


def test_a_snapshot_larger_than_the_platform_keeps_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    memory_of({"a": "x" * 4000}, SnapshotUpdate({"b": "x" * 1200}), SnapshotUpdate({"b": 2}), Snapshot("x" * 6000))
    assert [record.getMessage()[:26] for record in caplog.records] == ["The snapshot has 5215 byte"]


def test_what_is_remembered_is_what_was_sent_last_and_not_what_becomes_of_it() -> None:
    memory, both = CurrentSnapshot(), threading.Barrier(2)
    sent: list[Event] = []
    value = {"list": [0]}

    def change(number: int) -> None:
        both.wait()
        memory.change(SnapshotUpdate({"n": number}), sent.append, logging.getLogger("test"))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent[-1] == SnapshotUpdate(memory.copy())
    memory.change(Snapshot(value), sent.append, logging.getLogger("test"))
    value["list"].append(1)
    memory.copy()["list"].append(2)
    assert memory.copy() == {"list": [0]}
