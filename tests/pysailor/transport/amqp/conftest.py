"""What tests of the transport over RabbitMQ share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

pytest.importorskip("pika")
from pysailor.log import silence_libraries
from tests.support.relay import StepQueues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.broker import Rabbit


@pytest.fixture(autouse=True)
def quiet_pika() -> None:
    """Log of pika no more than a worker does."""
    silence_libraries()


@pytest.fixture
def step(broker: Rabbit) -> Iterator[StepQueues]:
    made = StepQueues(broker, f"test.{uuid4().hex[:8]}")
    made.declare()
    yield made
    with broker.channel() as channel:
        for queue in (made.name, made.out):
            channel.queue_delete(queue)
        channel.exchange_delete(made.name)
