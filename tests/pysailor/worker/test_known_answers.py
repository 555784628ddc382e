"""An answer that was paid for is in the journal before its message goes to another worker."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pysailor.journal import CallJournal
from pysailor.store.sqlite import SqliteValues
from pysailor.transport.base import DeliveryOutcome, OnFate, Stopped
from pysailor.transport.memory import MemoryTransport
from tests.support.journaled import brought, journal
from tests.support.worker_bench import Bench, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pysailor.store.base import Ticket
    from pysailor.wire.envelope import Publish

ANSWERED = b"A"


class Unconfirming(MemoryTransport):
    """Tells of a last message that the worker stops before it is confirmed."""

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        self.published.append(publish)
        on_fate(Stopped("The worker stops."))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteValues]:
    with SqliteValues(tmp_path / "journal.sqlite") as store:
        yield store


def seen_by_others(path: Path) -> list[bytes]:
    """Return the first letters of the records, as another process finds them at this moment."""
    with SqliteValues(path / "journal.sqlite") as other:
        return [value[:1] for _, value in other.scan("journal/")]


def test_the_answer_is_known_to_others_when_a_message_goes_back_unconfirmed(
    bench: Bench, store: SqliteValues, tmp_path: Path
) -> None:
    bench.transport = Unconfirming()
    bench.transport.connect()
    worker = bench.worker(journal=journal(store))
    bench.transport.stop_consuming()
    assert worker(order("ask")) is DeliveryOutcome.RETURNED
    assert seen_by_others(tmp_path) == [ANSWERED]


def test_the_answer_is_known_to_others_when_a_step_hears_that_its_worker_stops(
    bench: Bench, store: SqliteValues, tmp_path: Path
) -> None:
    worker = bench.worker(journal=journal(store))
    worker.stop()
    assert worker(order("ask", pause=True)) is DeliveryOutcome.RETURNED
    assert seen_by_others(tmp_path) == [ANSWERED]


def test_what_is_in_work_when_the_time_to_stop_is_over_has_its_answer_written(
    bench: Bench, store: SqliteValues, tmp_path: Path
) -> None:
    calls = journal(store)
    with brought(calls).open(b"request") as entry:
        entry.keep(b"answer")
    bench.worker(journal=calls).secure_answers(60)
    assert seen_by_others(tmp_path) == [ANSWERED]


class Stuck(SqliteValues):
    """A store whose next write ends when the gate is open."""

    gate: threading.Event

    def submit_delete(self, key: str) -> Ticket:
        self.gate.wait(60)
        return super().submit_delete(key)


def test_a_store_that_is_away_keeps_no_worker_from_stopping(bench: Bench, tmp_path: Path) -> None:
    with Stuck(tmp_path / "journal.sqlite") as store:
        store.gate = threading.Event()
        bench.worker(journal=CallJournal(store, "flow/step")).secure_answers(0.01)
        store.gate.set()
