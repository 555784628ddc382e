"""The ids and names of what a step sends."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from pysailor.wire.cipher import Cipher, to_content
from pysailor.wire.envelope import Delivery
from pysailor.wire.headers import EVENT_ID
from pysailor.worker.emitter import event_headers, new_id

CIPHER = Cipher("password", "0123456789abcdef")
DELIVERY = Delivery(1, b"content", {"messageId": "m", "threadId": "t", "end": 7, "x-delivery-count": 0}, {})


def names(delivery: Delivery, step_id: str = "step_1") -> list[str]:
    next_header = event_headers(delivery, step_id)
    return [next_header()[EVENT_ID] for _ in range(3)]


def test_an_input_that_is_brought_again_has_its_events_sent_under_the_same_names() -> None:
    again = replace(DELIVERY, number=2, redelivered=True, headers={**DELIVERY.headers, "x-delivery-count": 1})
    assert names(DELIVERY) == names(again)
    assert len({str(UUID(each)) for each in names(DELIVERY)}) == 3


def test_other_content_another_time_and_another_step_have_other_names() -> None:
    others = [
        replace(DELIVERY, content=b"other"),
        replace(DELIVERY, headers={**DELIVERY.headers, "end": 8}),
        replace(DELIVERY, headers={**DELIVERY.headers, "reboundIteration": 1}),
    ]
    found = [names(DELIVERY), *map(names, others), names(DELIVERY, "step_2")]
    assert len({each for several in found for each in several}) == 15


def test_an_event_that_the_step_before_sent_twice_has_its_own_events_sent_under_the_same_names() -> None:
    first, again = (replace(DELIVERY, headers={EVENT_ID: "e", "messageId": each, "end": 7}) for each in ("m1", "m2"))
    again = replace(again, headers={**again.headers, "end": 8})
    assert names(first) == names(again)
    assert set(names(first)).isdisjoint(names(replace(again, headers={**again.headers, "reboundIteration": 1})))


@pytest.mark.parametrize("size", [0, 2046, 2047, 2048, 16_384, 16_385, 100_000])
def test_every_byte_of_a_content_of_any_size_counts(size: int) -> None:
    for plain in (bytes(size), b"{" + bytes(size), b' \r\n{"error":"' + bytes(size)):
        others = [
            plain,
            plain + b"1",
            *(plain[:at] + b"1" + plain[at + 1 :] for at in (0, size // 2, size - 1) if size),
        ]
        contents = [each if b"{" in plain else to_content(CIPHER.encrypt(each)) for each in others]
        found = [tuple(names(replace(DELIVERY, content=each))) for each in contents]
        assert len(set(found)) == len(set(others))


def test_the_events_of_an_input_without_an_id_have_no_names() -> None:
    assert event_headers(replace(DELIVERY, headers={}), "step_1")() == {}


def test_ids_are_uuids_and_differ() -> None:
    found = {new_id() for _ in range(1000)}
    assert len(found) == 1000
    assert {(len(each), each[14], each[19] in "89ab") for each in found} == {(36, "4", True)}
