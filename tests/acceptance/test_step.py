"""What a step does with messages, seen from the broker: the worker is a process, the broker and the HTTP are real."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.stage import FIXED

if TYPE_CHECKING:
    from tests.stage import Stage


@pytest.mark.parametrize("protocol", [1, 2])
@pytest.mark.parametrize("emitted", [1, 2])
def test_a_message_goes_through_in_either_protocol_with_exactly_these_headers(
    stage: Stage, protocol: int, emitted: int
) -> None:
    began = time.time() * 1000
    sent = {
        "parentMessageId": "the-grandparent",
        "stepId": "step_0",
        "X-EIO-Meta-Colour": "blue",
        "x-eio-meta-table": {"a": [1, "2", True]},
        "reply_to": "somebody",
        "execId": "of the step before",
        "nobody-knows-this": "dropped",
    }
    with stage.worker(PROTOCOL_VERSION=str(emitted)):
        message_id = stage.put({"body": {"grüße": "привет 😀", "n": 1.5}}, sent, protocol=protocol)
        came = stage.one()
    assert came.message() == {"body": {"grüße": "привет 😀", "n": 1.5}, "headers": {"reply_to": "somebody"}}
    start, end, own_id = (came.headers.pop(name) for name in ("start", "end", "messageId"))
    assert began - 1 <= start <= end <= time.time() * 1000
    assert own_id not in (message_id, "")
    assert came.headers == {
        **FIXED,
        "threadId": "the-thread",
        "parentMessageId": message_id,
        "reply_to": "somebody",
        "x-eio-meta-colour": "blue",
        "x-eio-meta-table": {"a": [1, "2", True]},
        "protocolVersion": emitted,
    }
    properties = {name: value for name, value in vars(came.properties).items() if value is not None}
    del properties["headers"]
    assert properties == {"content_type": "application/json", "content_encoding": "utf8", "delivery_mode": 2}
    assert stage.nothing_left()
