"""Beginning and ending: addresses, logins, TLS, and stops that do not take longer than they may."""

from __future__ import annotations

import logging
import time

import pytest

from pysailor.transport.base import DeliveryOutcome, InputMissing, Stopped, Unreachable
from tests.support.broker import eventually, free_port

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp
from pysailor.transport.amqp.outage_log import OutageLog
from tests.support.relay import Relay, StepQueues, by_message_id, count_logged, count_threads, cut_off, message, numbers


def test_over_tls_it_is_the_same(step: StepQueues) -> None:
    if step.rabbit.node is None:
        pytest.skip("AMQP_URI names a broker whose certificate is not known here")
    step.put(*numbers(200))
    with Relay(step, uri=step.rabbit.node.tls_uri, prefetch=10) as worker:
        worker.amqp.publish(message(b"\x00" * 1_000_000))
        eventually(lambda: len(worker.ended) == 200)
        assert worker.amqp.drain(time.monotonic() + 60)
    assert {content for content, _ in step.take()} == {*numbers(200), b"\x00" * 1_000_000}
    assert step.count() == 0


def test_a_certificate_that_nobody_vouches_for_is_an_error_at_the_start(step: StepQueues) -> None:
    if step.rabbit.node is None:
        pytest.skip("AMQP_URI names a broker that may have no TLS")
    uri = f"amqps://guest:guest@127.0.0.1:{step.rabbit.node.tls_port}/%2F"
    with pytest.raises(Unreachable, match=r"certificate of RabbitMQ at .* could not be verified"):
        Amqp(step.settings(uri=uri, reconnect_attempts=0)).connect()


def test_a_missing_input_queue_is_an_error_at_the_start(step: StepQueues) -> None:
    with Amqp(step.settings(queue="nobody declared this")) as amqp:
        with pytest.raises(InputMissing, match=r"nobody declared this.*NOT_FOUND"):
            amqp.consume(lambda _: DeliveryOutcome.DONE, by_message_id)
        amqp.publish(message(b"the init error"))
    assert len(step.take()) == 1


def test_a_broker_that_is_not_there_is_an_error_at_the_start(step: StepQueues) -> None:
    before = count_threads("pysailor-io")
    uri = f"amqp://guest:secret@127.0.0.1:{free_port()}/"
    amqp = Amqp(step.settings(uri=uri, reconnect_attempts=2, reconnect_delay=0.01))
    with pytest.raises(Unreachable, match="nothing listens at"):
        amqp.connect()
    assert count_threads("pysailor-io") == before


def test_a_wrong_password_is_an_error_at_the_start_and_is_not_told(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    uri = step.rabbit.uri.replace("guest:guest", "guest:wrongsecret")
    settings = step.settings(uri=uri, reconnect_attempts=3, reconnect_delay=0.01)
    assert "wrongsecret" not in repr(settings)
    with pytest.raises(Unreachable, match="refused the login") as caught:
        Amqp(settings).connect()
    assert "wrongsecret" not in str(caught.value) + caplog.text
    assert "Traceback" not in caplog.text


def test_what_both_connections_lose_is_said_by_one_of_them(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    outages = OutageLog(seconds=60)
    for number in range(3):
        for name in ("read", "write"):
            outages.warn(name, "cannot connect", f"refused {number}", "trying again")
    assert count_logged(caplog, "read: cannot connect") == count_logged(caplog, "trying again") == 3


@pytest.mark.parametrize(
    "uri", ["amqp://user:secret@host:port/", "http://user:secret@host/", "amqp://a:secret@h?heartbeat=x"]
)
def test_a_malformed_address_is_named_without_telling_the_password(step: StepQueues, uri: str) -> None:
    with pytest.raises(Unreachable) as caught:
        Amqp(step.settings(uri=uri))
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_stopping_lets_work_end_and_gives_back_the_rest(step: StepQueues) -> None:
    step.put(*numbers(10))
    with Relay(step, held=True, prefetch=3) as worker:
        eventually(lambda: len(worker.began) == 3)
        worker.amqp.stop_consuming()
        assert not worker.amqp.drain(time.monotonic() + 0.05)
        worker.gate.set()
        assert worker.amqp.drain(time.monotonic() + 60)
    assert len(worker.ended) == len(step.take()) == 3
    assert step.count() == 7


def test_stopping_while_a_publish_is_tried_again_returns_in_time_and_the_input_goes_back(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    with Relay(step, publish_delay=60) as worker:
        with step.rabbit.channel() as channel:
            channel.exchange_delete(step.name)
        step.put(b"1")
        eventually(lambda: "publish turned down" in caplog.text)
        began = time.monotonic()
        worker.amqp.stop_consuming()
        assert not worker.amqp.drain(began + 0.1)
        worker.amqp.close(began + 30)
        assert time.monotonic() < began + 20
    assert not worker.ended
    assert not worker.errors
    eventually(lambda: step.count() == 1)


def test_stopping_while_the_broker_is_away_returns_in_time(step: StepQueues) -> None:
    with cut_off(step) as (worker, cable):
        cable.unplug()
        began = time.monotonic()
        worker.amqp.close(began + 30)
        assert time.monotonic() < began + 20
        with pytest.raises(Stopped):
            worker.amqp.publish(message())


def test_closing_does_not_wait_for_a_step_that_never_ends(step: StepQueues) -> None:
    step.put(b"1")
    with Relay(step, held=True) as worker:
        eventually(lambda: worker.began)
        began = time.monotonic()
        worker.amqp.close(began + 30)
        assert time.monotonic() < began + 20
    eventually(lambda: step.count() == 1)
