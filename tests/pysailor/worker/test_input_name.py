"""An input is known by one name, however often and in whatever copy it is brought."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysailor.wire.envelope import Delivery
from pysailor.wire.headers import EVENT_ID
from pysailor.worker.input_name import call_name, input_name

HEADERS: dict[str, Any] = {"messageId": "m", "threadId": "t", "start": 1, "end": 2}


def delivery(content: bytes = b"content", **headers: Any) -> Delivery:
    return Delivery(1, content, headers, {})


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=100), st.dictionaries(st.sampled_from(list(HEADERS)), st.text() | st.integers()))
def test_a_copy_that_is_put_off_is_known_as_its_original(content: bytes, headers: dict[str, Any]) -> None:
    original = delivery(content, **{**headers, "messageId": "m"})
    name = input_name(original)
    assert name is not None
    copy = delivery(content, **original.headers, **{EVENT_ID: name, "reboundIteration": 1, "reboundReason": "busy"})
    assert input_name(copy) == name
    assert call_name(copy) == call_name(original)


def test_a_name_is_a_uuid_of_a_name() -> None:
    assert UUID(str(input_name(delivery(**HEADERS)))).version == 5


def test_inputs_that_differ_in_anything_have_different_names() -> None:
    inputs = [
        delivery(**HEADERS),
        delivery(b"other", **HEADERS),
        *(delivery(**{**HEADERS, name: "x"}) for name in HEADERS),
    ]
    assert len({call_name(each) for each in inputs}) == len(inputs)


def test_the_name_of_the_step_before_counts_and_not_its_ids() -> None:
    one, two = (delivery(messageId=name, **dict[str, Any]({EVENT_ID: "event"})) for name in "ab")
    assert call_name(one) == call_name(two)
    assert call_name(one) != call_name(delivery(b"other", messageId="a", **{EVENT_ID: "event"}))


def test_an_input_without_ids_has_no_name() -> None:
    assert input_name(delivery(threadId="t")) is None
    assert call_name(delivery()) is None
