"""What tests of several folders share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lib.sandbox import Sandbox
from tests.broker import Rabbit, running_rabbit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def broker() -> Iterator[Rabbit]:
    """Give a real RabbitMQ."""
    with running_rabbit() as rabbit:
        yield rabbit


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give a stand-in for the API, over a real socket."""
    with Sandbox(slow_seconds=3) as started:
        yield started
