"""A delivery whose error message is too large for the broker."""

from __future__ import annotations

import json

from pysailor.transport.base import DeliveryOutcome, TooLarge
from tests.support.worker_bench import Bench, order


def test_an_error_message_that_is_too_large_goes_out_without_its_input_and_meta(bench: Bench) -> None:
    bench.transport.fail("to.error", TooLarge("too large"))
    delivery = order("fail", {"x-eio-meta-big": "x", "messageId": "parent"})
    with bench.worker() as worker:
        assert worker(delivery) is DeliveryOutcome.FAILED
    (report,) = bench.transport.published
    assert "x-eio-meta-big" not in report.headers
    assert report.headers["parentMessageId"] == "parent"
    assert "errorInput" not in json.loads(report.content)
    assert bench.error()["message"]


def test_an_input_whose_error_message_is_always_too_large_is_rejected_and_not_tried_for_ever(bench: Bench) -> None:
    bench.transport.fail("to.error", TooLarge("too large"), TooLarge("too large"))
    with bench.worker() as worker:
        assert worker(order("fail")) is DeliveryOutcome.FAILED
    assert bench.transport.published == []
