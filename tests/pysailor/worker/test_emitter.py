"""The ids of what a step sends."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from pysailor.wire.envelope import Delivery
from pysailor.worker.emitter import event_ids, new_id

DELIVERY = Delivery(1, b"content", {"messageId": "m", "threadId": "t", "end": 7, "x-delivery-count": 0}, {})


def ids(delivery: Delivery, step_id: str = "step_1") -> list[str]:
    next_id = event_ids(delivery, step_id)
    return [next_id() for _ in range(3)]


def test_an_input_that_is_brought_again_has_its_events_sent_with_the_same_ids() -> None:
    again = replace(DELIVERY, number=2, redelivered=True, headers={**DELIVERY.headers, "x-delivery-count": 1})
    assert ids(DELIVERY) == ids(again)
    assert len({str(UUID(each)) for each in ids(DELIVERY)}) == 3


def test_other_content_another_time_and_another_step_have_other_ids() -> None:
    others = [
        replace(DELIVERY, content=b"other"),
        replace(DELIVERY, headers={**DELIVERY.headers, "end": 8}),
        replace(DELIVERY, headers={**DELIVERY.headers, "reboundIteration": 1}),
    ]
    found = [ids(DELIVERY), *map(ids, others), ids(DELIVERY, "step_2")]
    assert len({each for several in found for each in several}) == 15


def test_the_events_of_an_input_without_an_id_have_fresh_ids() -> None:
    unknown = replace(DELIVERY, headers={})
    assert set(ids(unknown)).isdisjoint(ids(unknown))


def test_ids_are_uuids_and_differ() -> None:
    found = {new_id() for _ in range(1000)}
    assert len(found) == 1000
    assert {(len(each), each[14], each[19] in "89ab") for each in found} == {(36, "4", True)}
