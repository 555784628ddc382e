"""Publishes: what gets through, what does not, and what each costs the others."""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import replace
from functools import partial

import pytest

from pysailor.transport.base import Refused, TooLarge, Unconfirmed, Unroutable
from pysailor.wire.envelope import Publish
from tests.support.broker import Cable, eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp
from tests.support.relay import PERSISTENT, Relay, StepQueues, in_parallel, message


def test_what_is_published_arrives_as_it_was_given(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        amqp.publish(Publish("data", b"\x00" * 300_000, {"messageId": "m", "end": 1_790_000_000_000}, PERSISTENT))
    with step.rabbit.channel() as channel:
        _, properties, content = channel.basic_get(step.out)
    assert content == b"\x00" * 300_000
    assert properties.headers == {"messageId": "m", "end": 1_790_000_000_000}
    given = {name: value for name, value in vars(properties).items() if value is not None and name != "headers"}
    assert given == PERSISTENT


def test_a_message_that_no_queue_takes_is_an_error_and_the_next_one_is_not(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        with pytest.raises(Unroutable, match="No queue takes messages with routing key 'nowhere'"):
            amqp.publish(message(route="nowhere"))
        amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"next"]


def test_of_many_messages_at_once_just_the_unroutable_ones_fail(step: StepQueues) -> None:
    routes = ["data", "nowhere", "data", "nobody"] * 20
    with Amqp(step.settings()) as amqp:
        results = in_parallel([partial(amqp.publish, message(b"same", route)) for route in routes])
    assert [type(result) for result in results] == [type(None), Unroutable, type(None), Unroutable] * 20
    assert len(step.take()) == 40


def test_a_full_queue_is_waited_for_and_the_message_says_how_often(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    with step.rabbit.channel() as channel:
        channel.queue_delete(step.out)
    step.declare(**{"x-max-length": 1, "x-overflow": "reject-publish"})
    with Amqp(step.settings(publish_max_delay=0.05)) as amqp:
        amqp.publish(message(b"fills it"))
        waiting = threading.Thread(target=amqp.publish, args=(message(b"waits"),))
        waiting.start()
        eventually(lambda: "retry 3" in caplog.text)
        assert [content for content, _ in step.take()] == [b"fills it"]
        waiting.join(60)
    [(content, headers)] = step.take()
    assert (content, headers["messageId"]) == (b"waits", "m")
    assert headers["retry"] >= 3


def test_a_full_queue_is_given_up_after_the_attempts_that_the_settings_allow(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.queue_delete(step.out)
    step.declare(**{"x-max-length": 1, "x-overflow": "reject-publish"})
    with Amqp(step.settings(publish_attempts=3)) as amqp:
        amqp.publish(message())
        with pytest.raises(Refused, match="turned the message down 3 times: the queue is full"):
            amqp.publish(message())


def test_a_missing_exchange_is_waited_for(step: StepQueues, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    with step.rabbit.channel() as channel:
        channel.exchange_delete(step.name)
    # Long enough to bind the queue, too: an exchange without it turns the message down for good.
    with Amqp(step.settings(publish_delay=2, publish_max_delay=2)) as amqp:
        waiting = threading.Thread(target=amqp.publish, args=(message(b"waits"),))
        waiting.start()
        eventually(lambda: "retry 1" in caplog.text)
        step.declare()
        waiting.join(60)
    assert [content for content, _ in step.take()] == [b"waits"]


def test_a_missing_exchange_is_given_up_after_the_attempts_that_the_settings_allow(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.exchange_delete(step.name)
    with (
        Amqp(step.settings(publish_attempts=2)) as amqp,
        pytest.raises(Refused, match=r"down 2 times: .*NOT_FOUND - no exchange"),
    ):
        amqp.publish(message())


def test_a_message_that_the_broker_never_takes_fails_alone(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        good = [partial(amqp.publish, message(b"good"))] * 10
        bad = [partial(amqp.publish, message(b"bad", user_id="somebody else"))]
        results = in_parallel(good + bad + good)
    assert [type(result) for result in results] == [*[type(None)] * 10, Refused, *[type(None)] * 10]
    assert {content for content, _ in step.take()} == {b"good"}


def test_headers_that_outgrow_a_frame_fail_alone_and_cost_no_connection(step: StepQueues) -> None:
    with Relay(step) as worker:
        with pytest.raises(TooLarge, match=r"headers of the message have 13\d{4} bytes; they must fit into one frame"):
            worker.amqp.publish(replace(message(), headers={"x": "y" * 131_030}), time.monotonic() + 60)
        worker.amqp.publish(replace(message(b"fits"), headers={"x": "y" * 130_900}))
        worker.amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"fits", b"next"]


def test_the_limit_that_the_broker_names_is_remembered(step: StepQueues, caplog: pytest.LogCaptureFixture) -> None:
    told = step.rabbit.ctl("eval", "application:get_env(rabbit, max_message_size, 16777216).")
    content = b"x" * (int(re.findall(r"\d+", told)[-1]) + 1)
    with Relay(step) as worker:
        for _ in range(3):
            with pytest.raises(TooLarge, match=r"the broker takes at most \d+"):
                worker.amqp.publish(message(content), time.monotonic() + 120)
        worker.amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"next"]
    assert caplog.text.count("channel closed") == 1


def test_what_has_no_form_on_the_wire_is_the_publishers_error(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        with pytest.raises(Refused, match="object"):
            amqp.publish(Publish("data", b"x", {"strange": object()}, PERSISTENT))
        with pytest.raises(Refused, match="300 bytes"):
            amqp.publish(message(route="r" * 300))
        with pytest.raises(Refused, match="frames"):
            amqp.publish(message(route="\ud800"))
        amqp.publish(message())
    assert len(step.take()) == 1


def test_publishes_wait_for_a_broker_that_is_away(step: StepQueues) -> None:
    with Cable(step.rabbit.uri) as cable, Amqp(step.settings(uri=cable.uri, publish_attempts=1)) as amqp:
        cable.unplug()
        with pytest.raises(Unconfirmed, match="in the time given"):
            amqp.publish(message(b"too late"), time.monotonic() + 0.1)
        waiting = threading.Thread(target=amqp.publish, args=(message(b"waits"),))
        waiting.start()
        cable.plug()
        waiting.join(60)
    assert [content for content, _ in step.take()] == [b"waits"]


def test_whoever_does_not_wait_is_told_what_became_of_the_publish(step: StepQueues) -> None:
    fates: list[Exception | None] = []
    with Amqp(step.settings()) as amqp:
        amqp.publish_later(message(b"here"), fates.append)
        eventually(lambda: len(fates) == 1)
        amqp.publish_later(message(route="nowhere"), fates.append)
        eventually(lambda: len(fates) == 2)
        with pytest.raises(Refused, match="routing key has 300 bytes"):
            amqp.publish_later(message(route="x" * 300), fates.append)
    assert fates[0] is None
    assert isinstance(fates[1], Unroutable)
    assert [content for content, _ in step.take()] == [b"here"]


def test_what_follows_a_publish_may_fail_and_the_next_one_gets_through(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Exception | None) -> None:
        raise ValueError("broken")

    with Amqp(step.settings()) as amqp:
        amqp.publish_later(message(b"first"), fail)
        amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"first", b"next"]
    assert "what follows a publish failed" in caplog.text
    assert "connecting anew" not in caplog.text
