"""What a step does with messages, seen from the broker: the worker is a process, the broker and the HTTP are real."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import eventually
from tests.support.platform import FLOW_ID, KEY, TOKEN
from tests.support.stage import CIPHER, FIXED, IV, PASSWORD

if TYPE_CHECKING:
    from tests.support.stage import Stage


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
    assert uuid.UUID(came.headers.pop("x-pysailor-event-id")).version == 5
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


def test_an_input_without_any_header_is_done_like_any_other(stage: Stage) -> None:
    import pika  # noqa: PLC0415 - collecting tests must not need it

    with stage.worker():
        stage.channel.basic_publish("", stage.queue, CIPHER.encode({"body": {"a": 1}}), pika.BasicProperties())
        came = stage.one()
    assert came.body == {"a": 1}
    assert "parentMessageId" not in came.headers
    assert came.headers["threadId"]
    assert stage.nothing_left()


def test_a_step_may_emit_many_messages_each_with_an_id_of_its_own(stage: Stage) -> None:
    with stage.worker():
        message_id = stage.order("many", times=5)
        came = stage.take(count=5)
    assert [each.body["number"] for each in came] == [0, 1, 2, 3, 4]
    assert {each.headers["parentMessageId"] for each in came} == {message_id}
    assert len({each.headers["messageId"] for each in came}) == 5


def test_a_message_may_choose_its_route_and_its_id(stage: Stage) -> None:
    with stage.worker():
        stage.order("route", to=stage.route("reply"))
        came = stage.one("reply")
    assert came.headers["messageId"] == "of-its-own"
    assert came.message()["headers"] == {}
    assert stage.nothing_left()


def test_additional_variables_travel_as_headers(stage: Stage) -> None:
    names = "FLOW_VERSION, ELASTICIO_SECOND_VAR,NOT_SET"
    with stage.worker(ADDITIONAL_VARS_FOR_HEADERS=names, SECOND_VAR="two"):
        stage.put({"body": {}})
        assert stage.one().headers["secondVar"] == "two"


def test_flow_variables_reach_the_step(stage: Stage) -> None:
    stage.platform.step["variables"] = {"colour": "blue"}
    with stage.worker():
        stage.order("variables")
        assert stage.one().body == {"colour": "blue"}


def test_a_rate_that_the_platform_sets_is_kept(stage: Stage) -> None:
    with stage.worker(DATA_RATE_LIMIT="2", RATE_INTERVAL="200"):
        stage.order("many", times=5)
        ends = [each.headers["end"] for each in stage.take(count=5)]
    assert ends[4] - ends[0] >= 190
    assert ends == sorted(ends)


def test_with_a_prefetch_of_one_the_order_is_kept(stage: Stage) -> None:
    with stage.worker(RABBITMQ_PREFETCH_SAILOR="1"):
        for number in range(50):
            stage.put({"body": {"number": number}})
        assert [each.body["number"] for each in stage.take(count=50)] == list(range(50))


def test_log_lines_carry_the_ids_and_no_secret(stage: Stage) -> None:
    stage.platform.step["config"] |= {"password": "the-secret-word", "_account": "a"}
    with stage.worker(LOG_LEVEL="trace") as worker:
        message_id = stage.put({"body": {"do": "log", "word": "the-secret-word"}}, {"parentMessageId": "the-parent"})
        stage.one()
        (said,) = eventually(lambda: worker.said("heard"))
        stage.order("refresh")
        stage.one()
    assert said["msg"] == "heard ***"
    assert {name: said[name] for name in ("name", "level", "messageId", "threadId", "parentMessageId", "tag")} == {
        "name": "component",
        "level": 30,
        "messageId": message_id,
        "threadId": "the-thread",
        "parentMessageId": "the-parent",
        "tag": FLOW_ID,
    }
    for secret in ("the-secret-word", KEY, PASSWORD, IV, TOKEN, "guest:guest"):
        assert secret not in worker.text + worker.errors
