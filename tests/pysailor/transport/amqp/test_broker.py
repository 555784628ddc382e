"""The settings of the transport over RabbitMQ."""

from __future__ import annotations

import pytest

pytest.importorskip("pika")
from pysailor.transport.amqp import Broker


def test_the_address_with_its_password_is_not_shown() -> None:
    assert "secret" not in repr(Broker("amqp://user:secret@host/", "queue", "exchange"))
