"""What is in doubt stays in doubt, and what is not is not made so."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pysailor.errors import Rebound, StoreUnavailable
from pysailor.journal import CallJournal, FateUnknown
from pysailor.store.memory import MemoryValues
from pysailor.wire.cipher import Cipher
from tests.support.journaled import brought, died_asking, journal

if TYPE_CHECKING:
    from pysailor.store import Store


def encrypted(store: Store, password: str) -> CallJournal:
    cipher = Cipher(password, "0123456789abcdef")
    return CallJournal(store, "flow/step", encrypt=cipher.encrypt, decrypt=cipher.decrypt)


class SlowStore(MemoryValues):
    """A store in which two threads are at the same place at once."""

    def __init__(self) -> None:
        super().__init__()
        self.others = threading.Semaphore(0)

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Add, and give another one the time to do the same."""
        found = super().add(key, value, seconds)
        self.others.acquire(timeout=0.2)
        return found


def test_a_message_that_comes_twice_at_the_same_moment_is_paid_for_once() -> None:
    worker, both, asked, found = journal(SlowStore()), threading.Barrier(2), [], []

    def work() -> None:
        both.wait(60)
        with brought(worker).open(b"request") as entry:
            if entry.answer is None:
                asked.append(entry.may_repeat)
                entry.keep(b"answer")
            else:
                found.append(entry.answer)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert (asked, found) == ([False], [b"answer"])


@pytest.mark.parametrize("number", range(300))
def test_an_answer_that_another_password_hides_is_in_doubt(number: int) -> None:
    store = MemoryValues()
    with brought(encrypted(store, "old")).open(b"request") as entry:
        entry.keep(b"answer %d" % number)
    again = brought(encrypted(store, "new"))
    assert again.open(b"request").may_repeat
    assert again.unknown == 1


def test_a_step_that_is_to_fail_in_doubt_fails_when_the_password_was_changed() -> None:
    store = MemoryValues()
    with brought(encrypted(store, "old")).open(b"request") as entry:
        entry.keep(b"answer")
    with pytest.raises(FateUnknown, match="was the message password changed"):
        brought(encrypted(store, "new")).open(b"request", on_unknown="fail")


def test_a_refusal_that_cannot_be_read_was_a_refusal_all_the_same() -> None:
    store = MemoryValues()
    with brought(encrypted(store, "old")).open(b"request") as entry:
        entry.refuse(b"busy")
    assert not brought(encrypted(store, "new")).open(b"request").may_repeat


def test_a_call_that_is_put_off_leaves_an_earlier_one_in_doubt() -> None:
    worker = journal()
    died_asking(worker, b"request")
    with brought(worker).open(b"request") as entry:
        entry.forget()
    assert brought(worker).open(b"request").may_repeat


class LosingStore(MemoryValues):
    """A store that writes, and goes away before it says so."""

    away = 1

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Add."""
        found = super().add(key, value, seconds)
        if self.away:
            self.away -= 1
            raise StoreUnavailable("The connection was closed.")
        return found


def test_a_store_that_wrote_before_it_went_away_makes_no_doubt() -> None:
    worker = journal(LosingStore(), "wait")
    worker.pause = lambda _seconds: None
    assert not brought(worker).open(b"request", on_unknown="fail").may_repeat


def test_nor_does_it_hide_what_the_same_worker_asked_before() -> None:
    store = LosingStore()
    store.away = 0
    worker = journal(store, "wait")
    worker.pause = lambda _seconds: None
    died_asking(worker, b"request")
    store.away = 1
    with pytest.raises(Rebound, match="asked before"):
        brought(worker).open(b"request", on_unknown="rebound")
