"""`pysailor top` at terminals of all kinds, and before whatever answers."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import pytest

from pysailor import CallReport
from pysailor.monitoring.health import Health
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import MessageReport, Notes
from pysailor.monitoring.server import MonitoringServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PYSAILOR = Path(sys.executable).with_name("pysailor")
HOSTILE = "模型\x1b]0;pwned\x07"


@pytest.fixture
def port() -> Iterator[int]:
    """Return the port of a worker that has asked many models, one with a hostile name, and failed."""
    notes = Notes()
    for number in range(40):
        notes.call(CallReport(f"{HOSTILE}{number}", "ok", 1.0))
    notes.begin(1)
    notes.end(1, MessageReport("failed", 1.0, "quota"))
    identity = {"version": "1", "function": "f", "step": "s", "flow": "f"}
    health = Health()
    server = MonitoringServer("127.0.0.1", 0, Metrics(notes, health, 20, identity), health)
    server.start()
    yield server.port
    server.stop()


@contextmanager
def drawn(port: int, rows: int, columns: int) -> Iterator[list[str]]:
    """Yield the lines of the first table that is drawn at a terminal of this size."""
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    shown = subprocess.Popen(
        [PYSAILOR, "top", str(port), "--every", "0.05"],
        stdout=terminal,
        stderr=terminal,
        stdin=terminal,
        env={**environment, "TERM": "xterm", "PYTHONUTF8": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread
    )
    os.close(terminal)
    text = b""
    while text.count(b"\x1b[H") < 2:
        text += os.read(main, 65_536)
    yield text.split(b"\x1b[H\x1b[J")[1].decode("utf-8", "replace").splitlines()
    shown.send_signal(signal.SIGINT)
    assert shown.wait(60) == 0
    os.close(main)


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (5, 20), (2, 2), (1, 1)])
def test_a_table_is_never_larger_than_the_terminal(port: int, rows: int, columns: int) -> None:
    with drawn(port, rows, columns) as lines:
        assert len(lines) <= max(1, rows - 1)
        assert all(sum(1 + (east_asian_width(sign) in "WF") for sign in line) <= max(1, columns - 1) for line in lines)


def test_what_is_left_out_is_told(port: int) -> None:
    with drawn(port, 24, 100) as lines:
        assert "more lines: pysailor top --once shows them" in lines[-1]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_hostile_name_moves_no_cursor_in_any_encoding(port: int, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([PYSAILOR, "top", str(port), "--once"], env=environment, capture_output=True, check=True)
    assert b"error[quota]=1" in done.stdout
    assert b"\x1b" not in done.stdout


def test_a_reader_that_has_enough_ends_it_quietly(port: int) -> None:
    command = f"{PYSAILOR} top {port} --every 0.01 | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "error[quota]=1" in done.stdout
    assert done.stderr == ""
