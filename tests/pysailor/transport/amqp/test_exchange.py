"""Whether the exchange is there is asked of the broker, once on each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from pysailor.transport.amqp.exchange import ExchangeCheck
from tests.support.broker import eventually
from tests.support.relay import Relay

if TYPE_CHECKING:
    from tests.support.relay import StepQueues


class Asked:
    """A channel that counts what it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def exchange_declare(self, name: str, *, passive: bool, callback: Any) -> None:
        assert (name, passive, callable(callback)) == ("out", True, True)
        self.count += 1


@pytest.mark.parametrize(
    ("code", "is_missing", "is_asked_again"), [(404, True, True), (403, False, False), (540, False, False)]
)
def test_only_a_broker_that_knows_of_no_such_exchange_holds_messages_up(
    code: int, *, is_missing: bool, is_asked_again: bool
) -> None:
    check, channel = ExchangeCheck("out"), Asked()
    check.begin(channel)
    assert check.explains(ChannelClosedByBroker(code, "why"))
    assert check.is_missing is is_missing
    check.begin(channel)
    assert channel.count == 1 + is_asked_again


def test_a_connection_that_is_lost_meanwhile_says_nothing_of_the_exchange() -> None:
    check = ExchangeCheck("out")
    check.begin(Asked())
    assert not check.explains(ConnectionClosedByBroker(320, "bye"))
    assert not check.is_missing


def test_the_default_exchange_is_not_asked_for() -> None:
    check, channel = ExchangeCheck(""), Asked()
    check.begin(channel)
    assert channel.count == 0


def test_who_may_not_declare_may_ask(step: StepQueues) -> None:
    name = step.name.replace(".", "-")
    step.rabbit.ctl("add_user", name, "secret")
    step.rabbit.ctl("set_permissions", name, "", ".*", ".*")
    step.put(b"1")
    uri = step.rabbit.uri.replace("guest:guest", f"{name}:secret")
    with Relay(step, uri=uri) as relay:
        eventually(lambda: relay.ended == [b"1"])
    step.rabbit.ctl("delete_user", name)
