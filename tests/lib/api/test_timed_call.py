"""A call is reported once, as what it came to be."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import Connection
from lib.api.timed_call import TimedCall
from lib.batches.errors import BatchError
from pysailor import Context, Rebound

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECTION = Connection("https://api.example/v1", "key")
NO_ROOM = BatchError("batch_no_space", "no room")


def report_of(error: Exception, before: Callable[[TimedCall], None]) -> list[tuple[str, str]]:
    """Return outcome and model of each report of a call that ends with this error."""
    reports: list[Any] = []

    def work() -> None:
        ctx = Context(logging.getLogger(), lambda _: None, report=reports.append)
        with TimedCall(ctx, CONNECTION, "batches", "") as call:
            before(call)
            raise error

    with pytest.raises(type(error)):
        work()
    return [(one.outcome, one.target) for one in reports]


def test_a_fault_after_the_answer_is_no_second_call() -> None:
    assert report_of(NO_ROOM, lambda call: call.done({"id": "b"})) == [("ok", "unknown")]


def test_an_error_is_reported_by_its_code() -> None:
    assert report_of(NO_ROOM, lambda _: None) == [("batch_no_space", "unknown")]


def test_what_is_put_off_is_not_reported() -> None:
    assert report_of(Rebound("later"), lambda _: None) == []
