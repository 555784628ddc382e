"""What a worker that cannot begin says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pysailor.log import Redaction
from pysailor.platform.settings import WorkerSettings
from pysailor.transport.base import Unreachable
from pysailor.worker.run import WorkerProcess

if TYPE_CHECKING:
    from pysailor.transport.base import Transport


@pytest.mark.parametrize(
    ("error", "told", "traced"),
    [
        (ModuleNotFoundError("No module named 'pika'", name="pika"), "[rabbitmq]", False),
        (Unreachable("RabbitMQ cannot be reached"), "cannot go on: RabbitMQ cannot be reached", False),
        (ZeroDivisionError("division"), "cannot go on: division", True),
    ],
)
def test_the_last_line_says_what_to_do_and_traces_only_what_was_not_expected(
    environ: dict[str, str], caplog: pytest.LogCaptureFixture, error: Exception, told: str, traced: bool
) -> None:
    def fail(_: WorkerSettings) -> Transport:
        raise error

    assert WorkerProcess(WorkerSettings.from_environment(environ), Redaction(), transport=fail).run() == 1
    last = caplog.records[-1]
    assert told in last.getMessage()
    assert bool(last.exc_info) is traced
