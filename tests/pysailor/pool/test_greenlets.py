"""What a worker is made of, once more in a process that is patched for greenlets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LENIENT = ("-W", "ignore::pytest.PytestUnraisableExceptionWarning")  # when sockets are collected differs
AMQP = ("channel", "consumer", "io_thread", "publisher", "transport")
WORKER = (
    *("tests/pysailor/pool/patched", "tests/pysailor/worker", "tests/lib/api/http"),
    *(f"tests/pysailor/transport/amqp/test_{name}.py" for name in AMQP),
)
LONG = (
    *("tests/lib/conversation", "tests/pysailor/store", "tests/pysailor/monitoring", "tests/lib/api"),
    *("tests/pysailor/transport", "--ignore=tests/pysailor/transport/amqp/test_writing.py"),
)
"""All but the test of how a loop of threads writes: it reads the other end on the loop's own thread."""
FAULTS = (
    *(f"tests/acceptance/test_{name}.py" for name in ("faults", "life", "monitoring", "start", "step")),
    *(f"tests/acceptance/test_step_{name}.py" for name in ("bodies", "failures", "platform")),
    *("tests/interop", "tests/soak/test_run_faults.py"),
)


def run_in_greenlets(*tests: str, seconds: float) -> None:
    pytest.importorskip("gevent")
    command = [sys.executable, "-m", "tests.support.in_greenlets", "-q", "-p", "no:cacheprovider", *LENIENT, *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.soak
def test_the_worker_and_its_transport_work_with_greenlets() -> None:
    run_in_greenlets(*WORKER, seconds=3600)


@pytest.mark.soak
def test_workers_on_greenlets_bear_the_same_faults_and_talk_to_the_same_sailors() -> None:
    pytest.importorskip("gevent")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FAULTS],
        cwd=ROOT,
        env={**os.environ, "TEST_POOL": "greenlets"},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.soak
def test_stores_and_clients_work_with_greenlets() -> None:
    run_in_greenlets(*LONG, seconds=3600)
