"""What tests of several folders share."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from lib.offline.sandbox import Sandbox
from tests.support.broker import Rabbit, running_rabbit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.stage import Stage

# No example fails because the machine was slow. In CI the same examples each time, so that a red run is about the
# change; at a desk new ones, which find new faults.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "desk")

# A shell that starts the tests in the background has them ignore SIGINT; what they start must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
gc.disable()  # while tests are collected: nothing of it is garbage


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what was collected: looking through it took a quarter of the time."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def broker() -> Iterator[Rabbit]:
    """Return a real RabbitMQ."""
    with running_rabbit() as rabbit:
        yield rabbit


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return the sandbox, over a real socket."""
    with Sandbox(slow_seconds=3) as started:
        yield started


@pytest.fixture
def stage(broker: Rabbit, tmp_path: Path) -> Iterator[Stage]:
    """Return a step of a flow on it, with a platform of its own."""
    from tests.support.stage import staged  # noqa: PLC0415 - needs an extra, and most tests need no stage

    with staged(broker, tmp_path) as made:
        yield made


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return what prints a finding of this test, whether it passes or not."""

    def print_it(finding: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {finding}")  # noqa: T201 - that is the point

    return print_it
