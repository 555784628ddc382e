"""A call that was answered is not made again; one whose fate is unknown is handled as the step wants."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.errors import Rebound, StoreUnavailable
from pysailor.journal import FateUnknown, MessageJournal, NoJournal
from pysailor.store.memory import MemoryValues
from tests.support.journaled import LOGGER, brought, died_asking, journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.store.base import Ticket


def test_the_first_time_nothing_is_known() -> None:
    message = brought(journal())
    with message.open(b"request") as entry:
        assert (entry.answer, entry.may_repeat) == (None, False)
    assert message.headers() == {}


def test_a_message_that_is_brought_again_gets_its_answers_in_their_order() -> None:
    worker = journal()
    first = brought(worker)
    for request, answer in ((b"one", b"1"), (b"two", b"\x00\xff"), (b"one", b"3")):
        with first.open(request) as entry:
            entry.keep(answer)
    again = brought(worker)
    assert [again.open(request).answer for request in (b"one", b"two", b"one")] == [b"1", b"\x00\xff", b"3"]
    assert again.replayed == 3
    assert again.headers() == {"x-pysailor-replayed": True}


def test_another_message_gets_nothing_of_it_even_if_it_asks_the_same() -> None:
    worker = journal()
    with brought(worker, "one").open(b"request") as entry:
        entry.keep(b"answer")
    assert brought(worker, "two").open(b"request").answer is None


def test_a_message_without_an_id_is_not_remembered() -> None:
    worker = journal()
    with brought(worker, None).open(b"request") as entry:
        entry.keep(b"answer")
    assert brought(worker, None).open(b"request").answer is None
    assert list(worker.store.scan("")) == []


def test_an_answer_to_another_request_is_not_given_and_the_message_says_that_it_may_pay_twice() -> None:
    worker = journal()
    with brought(worker).open(b"request") as entry:
        entry.keep(b"answer")
    again = brought(worker)
    with again.open(b"another") as entry:
        assert (entry.answer, entry.may_repeat) == (None, True)
        entry.keep(b"new")
    assert brought(worker).open(b"another").answer == b"new"


def test_a_call_that_nobody_saw_the_end_of_is_made_again_and_marked() -> None:
    worker = journal()
    died_asking(worker, b"request")
    again = brought(worker)
    with again.open(b"request") as entry:
        assert (entry.answer, entry.may_repeat) == (None, True)
    assert (again.unknown, again.replayed) == (1, 0)


def test_a_step_can_fail_then_or_put_the_message_off() -> None:
    worker = journal()
    died_asking(worker, b"request")
    with pytest.raises(FateUnknown, match="asked before"):
        brought(worker).open(b"request", on_unknown="fail")
    with pytest.raises(Rebound):
        brought(worker).open(b"request", on_unknown="rebound")


def test_a_call_that_was_certainly_not_answered_is_made_again_without_a_word() -> None:
    worker = journal()
    with brought(worker).open(b"request") as entry:
        entry.forget()
    assert not brought(worker).open(b"request").may_repeat


def test_a_refused_call_is_made_again_unless_the_message_went_on_to_one_that_was_answered() -> None:
    worker = journal()
    first = brought(worker)
    for request in (b"one", b"two"):
        with first.open(request) as entry:
            entry.refuse(b"busy")
    with first.open(b"three") as entry:
        entry.keep(b"answer")
    again = brought(worker)
    assert [again.open(request).refused for request in (b"one", b"two")] == [b"busy", b"busy"]
    assert again.open(b"three").answer == b"answer"
    with brought(worker, "other").open(b"one") as entry:
        entry.refuse(b"busy")
    entry = brought(worker, "other").open(b"one")
    assert (entry.refused, entry.may_repeat) == (None, False)


def test_the_same_message_in_work_twice_asks_once() -> None:
    worker = journal()
    found: list[Any] = []
    with brought(worker).open(b"request") as entry:
        other = threading.Thread(target=lambda: found.append(brought(worker).open(b"request").answer))
        other.start()
        entry.keep(b"answer")
    other.join(60)
    assert found == [b"answer"]


def test_what_stands_in_the_store_hides_the_answer() -> None:
    worker = journal()
    with brought(worker).open(b"a question") as entry:
        entry.keep(b"an answer")
    ((_, kept),) = worker.store.scan("journal/flow/step/")
    assert b"question" not in kept
    assert b"answer" not in kept


@pytest.mark.parametrize("kept", [b"", b"x", b"Z" * 40, b"A" + bytes(16)])
def test_a_record_that_cannot_be_read_is_none(kept: bytes) -> None:
    worker = journal()
    worker.store.put("journal/flow/step/message/0", kept, 60)
    assert brought(worker).open(b"request").answer is None


def test_what_is_done_expires_soon() -> None:
    now = [1000.0]
    worker = journal(MemoryValues(lambda: now[0]))
    message = brought(worker)
    with message.open(b"request") as entry:
        entry.keep(b"answer")
    now[0] += worker.rules.seconds - 1
    assert brought(worker).open(b"request").answer == b"answer"
    message.settle()
    now[0] += worker.rules.done_seconds + 1
    assert brought(worker).open(b"request").answer is None


class AwayStore(MemoryValues):
    """A store that takes nothing until it is back."""

    away = True

    def add(self, key: str, value: bytes, seconds: float) -> bytes | None:
        """Add, if it is there."""
        if self.away:
            raise StoreUnavailable("The disk is full.")
        return super().add(key, value, seconds)

    def submit_put(
        self, key: str, value: bytes, seconds: float, encode: Callable[[bytes], bytes] | None = None
    ) -> Ticket:
        """Put, if it is there."""
        if self.away:
            raise StoreUnavailable("The disk is full.")
        return super().submit_put(key, value, seconds, encode)


def test_without_its_store_a_message_goes_on_if_the_operator_wants_that(caplog: pytest.LogCaptureFixture) -> None:
    worker = journal(AwayStore())
    for _ in range(3):
        message = brought(worker)
        with message.open(b"request") as entry:
            assert entry.answer is None
            entry.keep(b"answer")
        assert message.failures == 1
    assert caplog.text.count("the journal cannot be written") == 1


def test_a_full_disk_is_read_all_the_same() -> None:
    store = AwayStore()
    store.away = False
    worker = journal(store)
    with brought(worker, "answered").open(b"request") as entry:
        entry.keep(b"answer")
    died_asking(worker, b"request", "asked")
    store.away = True
    assert brought(worker, "answered").open(b"request").answer == b"answer"
    assert brought(worker, "asked").open(b"request").may_repeat


def test_without_its_store_what_is_brought_again_may_have_been_asked() -> None:
    worker = journal(AwayStore())
    again = MessageJournal(worker, lambda: "message", lambda: LOGGER, redelivered=True)
    assert again.open(b"request").may_repeat
    with pytest.raises(FateUnknown):
        again.open(b"another", on_unknown="fail")
    assert again.unknown == 2


def test_without_its_store_a_message_is_put_off_if_the_operator_wants_that() -> None:
    with pytest.raises(Rebound, match="disk is full"):
        brought(journal(AwayStore(), "rebound")).open(b"request")


def test_without_its_store_a_message_waits_if_the_operator_wants_that() -> None:
    store = AwayStore()
    worker = journal(store, "wait")
    pauses: list[float] = []

    def come_back(seconds: float) -> None:
        pauses.append(seconds)
        store.away = len(pauses) < 3

    worker.pause = come_back
    with brought(worker).open(b"request") as entry:
        entry.keep(b"answer")
    assert brought(worker).open(b"request").answer == b"answer"
    assert len(pauses) == 3


def test_an_answer_whose_store_went_away_meanwhile_goes_on() -> None:
    store = AwayStore()
    store.away = False
    message = brought(journal(store))
    with message.open(b"request") as entry:
        store.away = True
        entry.keep(b"answer")
    assert message.failures == 1


def test_no_journal_remembers_nothing() -> None:
    nothing = NoJournal()
    with nothing.open(b"request") as entry:
        entry.keep(b"answer")
    assert nothing.open(b"request").answer is None
    nothing.settle()
    assert nothing.headers() == {}
