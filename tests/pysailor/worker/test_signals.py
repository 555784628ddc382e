"""A worker that is told to stop before it has begun."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from pysailor import pool
from pysailor.log import Redaction
from pysailor.platform.settings import WorkerSettings
from pysailor.transport.memory import MemoryTransport
from pysailor.worker.run import WorkerProcess
from pysailor.worker.signals import StopRequested, StopSignal
from tests.support.sockets import listening

if TYPE_CHECKING:
    import socket


def tell_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_interrupts_a_start_that_hangs() -> None:
    with StopSignal(60) as stop:
        threading.Timer(0, tell_to_stop).start()
        with pytest.raises(StopRequested), stop.interrupting():
            threading.Event().wait(120)


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


def test_a_wake_that_comes_late_writes_into_no_file_that_was_opened_since() -> None:
    with StopSignal(60) as stop:
        pass
    read, write = os.pipe()  # with the numbers that have become free
    try:
        os.set_blocking(read, False)
        stop.wake()
        with pytest.raises(BlockingIOError):
            os.read(read, 1)
    finally:
        os.close(read)
        os.close(write)


def test_a_second_signal_does_not_interrupt_the_clean_up() -> None:
    with StopSignal(60) as stop:
        with pytest.raises(StopRequested), stop.interrupting():
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)


def test_a_worker_whose_platform_hangs_stops_at_once_and_says_which_version_was_starting(
    environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    over = threading.Event()

    def stop_when_asked(platform: socket.socket) -> None:
        with platform.accept()[0] as connection:
            connection.recv(65536)
            tell_to_stop()
            over.wait(60)

    with listening(stop_when_asked) as port:
        environ["ELASTICIO_API_URI"] = f"http://127.0.0.1:{port}"
        settings = WorkerSettings.from_environment(environ)
        with caplog.at_level(logging.INFO):
            assert WorkerProcess(settings, Redaction(), transport=lambda _: MemoryTransport()).run() == 0
        over.set()
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


def test_the_alarm_ends_the_process_whatever_handled_it_before() -> None:
    def never(*_: object) -> None:
        pytest.fail("the handler of before runs")

    before = signal.signal(signal.SIGALRM, never)
    try:
        with StopSignal(60):
            assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGALRM) is never
    finally:
        signal.signal(signal.SIGALRM, before)


def test_an_interrupt_that_was_put_off_is_heard() -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 3600)
        with StopSignal(60) as stop:
            stop.wait()
            assert stop.received
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_TO_NOBODY = """
import logging, sys
from pysailor.cli.interrupt import wait_for_imports
from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.worker.signals import leave
wait_for_imports()
with LogTo(sys.stdout, BunyanFormatter({}, Redaction()), logging.INFO, buffered=True):
    for _ in range(100):
        logging.getLogger("sailor").info("x" * 1_000)
    leave(0, within=0.1)
"""


def test_a_process_ends_though_nobody_reads_its_last_lines() -> None:
    with subprocess.Popen([sys.executable, "-c", _TO_NOBODY], stdout=subprocess.PIPE) as process:
        assert process.wait(60) == -signal.SIGALRM


def test_a_signal_that_comes_while_the_handlers_are_put_back_leaves_no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = signal.alarm

    def clear_and_be_told(seconds: int) -> int:
        left = clear(seconds)
        if seconds == 0:
            signal.raise_signal(signal.SIGTERM)
        return left

    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with StopSignal(60):
            monkeypatch.setattr(signal, "alarm", clear_and_be_told)
        assert clear(0) == 0
    finally:
        clear(0)
        signal.signal(signal.SIGTERM, before)
