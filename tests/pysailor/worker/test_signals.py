"""A worker that is told to stop before it has begun."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import threading

import pytest

from pysailor import pool
from pysailor.log import Redaction
from pysailor.platform.settings import WorkerSettings
from pysailor.transport.memory import MemoryTransport
from pysailor.worker.run import WorkerProcess
from pysailor.worker.signals import StopRequested, StopSignal


def tell_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_interrupts_a_start_that_hangs() -> None:
    with StopSignal(60) as stop:
        threading.Timer(0, tell_to_stop).start()
        with pytest.raises(StopRequested), stop.interrupting():
            threading.Event().wait(20)


@pytest.mark.skipif(pool.current().name == "greenlets", reason="all but one thread are greenlets")
def test_a_signal_ends_the_wait_whichever_thread_the_system_hands_it_to() -> None:
    def take_it() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    with StopSignal(60) as stop:
        threading.Timer(0.1, take_it).start()
        stop.wait()
        assert stop.received


def test_a_signal_that_came_before_ends_the_start_at_once() -> None:
    with StopSignal(60) as stop:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(StopRequested), stop.interrupting():
            pass


def test_a_second_signal_does_not_interrupt_the_clean_up() -> None:
    with StopSignal(60) as stop:
        with pytest.raises(StopRequested), stop.interrupting():
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)


def test_a_worker_whose_platform_hangs_stops_at_once_and_says_which_version_was_starting(
    environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as platform:
        environ["ELASTICIO_API_URI"] = f"http://127.0.0.1:{platform.getsockname()[1]}"

        def stop_when_asked() -> None:
            with platform.accept()[0] as connection:
                connection.recv(1)
                tell_to_stop()
                connection.recv(65536)

        thread = threading.Thread(target=stop_when_asked, daemon=True)
        thread.start()
        settings = WorkerSettings.from_environment(environ)
        with caplog.at_level(logging.INFO):
            assert WorkerProcess(settings, Redaction(), transport=lambda _: MemoryTransport()).run() == 0
    assert re.search(r"pysailor \S+ is starting: step STEP_ID, function FUNCTION", caplog.text)
    assert "stopped during the start" in caplog.text


def test_a_signal_is_heard_however_early_it_comes_and_a_second_one_changes_nothing() -> None:
    with StopSignal(60) as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        stop.wait()
        assert stop.received
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.alarm(0) == 0
