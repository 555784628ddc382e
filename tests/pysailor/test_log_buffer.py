"""Log lines that go out in batches: in order, none lost, and at once where that matters."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.log_buffer import MOST_WAITING, BufferedHandler, DeferredMessage, flush_logs, has_room, never_waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = logging.getLogger("sailor.buffer")


class Writes(io.StringIO):
    """A stream that knows how often it was written to, and says when."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.writers: set[int] = set()
        self.wrote = threading.Semaphore(0)

    def write(self, text: str) -> int:
        self.pieces.append(text)
        self.writers.add(threading.get_ident())
        self.wrote.release()
        return len(text)

    @property
    def lines(self) -> list[str]:
        return [json.loads(line)["msg"] for line in "".join(self.pieces).splitlines()]


@contextmanager
def logging_to(stream: io.StringIO) -> Iterator[None]:
    with LogTo(stream, BunyanFormatter({}, Redaction()), logging.DEBUG, buffered=True):
        yield


def test_lines_that_come_together_are_one_write() -> None:
    stream = Writes()
    with logging_to(stream):
        for number in range(100):
            LOG.info("%d", number)
        assert stream.wrote.acquire(timeout=60), "they are out although nobody asked for it"
    assert stream.lines == [str(number) for number in range(100)]
    assert len(stream.pieces) < 10


@pytest.mark.parametrize("urgent", [logging.WARNING, logging.ERROR, logging.CRITICAL])
def test_an_urgent_line_is_out_when_the_call_returns_with_all_before_it(urgent: int) -> None:
    stream = Writes()
    with logging_to(stream):
        LOG.info("before")
        LOG.log(urgent, "now")
        assert stream.lines == ["before", "now"]


def test_what_waits_is_bounded_in_memory() -> None:
    handler = BufferedHandler(stream := Writes())
    line = logging.makeLogRecord({"msg": "x" * 1000, "levelno": logging.INFO})
    for _ in range(1 + MOST_WAITING // 1000):
        handler.handle(line)
    assert stream.pieces, "it was written before the next line was taken"
    handler.close()


def test_nothing_is_lost_at_the_end_nor_what_is_logged_later() -> None:
    handler = BufferedHandler(stream := Writes())
    handler.handle(logging.makeLogRecord({"msg": "one", "levelno": logging.INFO}))
    handler.close()
    handler.handle(logging.makeLogRecord({"msg": "two", "levelno": logging.INFO}))
    assert "".join(stream.pieces) == "one\ntwo\n"


def test_each_thread_finds_its_lines_in_its_order() -> None:
    stream = Writes()

    def work(name: int) -> None:
        for number in range(200):
            LOG.log(logging.WARNING if number % 50 == 0 else logging.INFO, "%d:%d", name, number)

    with logging_to(stream):
        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for name in range(8):
        of_one = [line for line in stream.lines if line.startswith(f"{name}:")]
        assert of_one == [f"{name}:{number}" for number in range(200)]


def test_what_cannot_be_written_is_said_on_the_standard_error_and_ends_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    with logging_to(stream):
        stream.close()
        LOG.warning("urgent")
        LOG.info("not urgent")
        flush_logs()
    assert capsys.readouterr().err.count("I/O operation on closed file") >= 2


def test_a_terminal_gets_each_line_at_once() -> None:
    class Terminal(Writes):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with logging_to(stream):
        LOG.info("now")
        assert stream.lines == ["now"]


SCRIPT = """
import logging, os, signal, sys
from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.worker.signals import leave
with LogTo(sys.stdout, BunyanFormatter({}, Redaction()), logging.INFO, buffered=True):
    for number in range(3):
        logging.getLogger("sailor").info("%d", number)
"""


@pytest.mark.parametrize(
    ("end", "then"),
    [
        ("", ""),
        ("    sys.exit(3)", ""),
        ("    raise RuntimeError('crash')", ""),
        ("    leave(0)", ""),
        ("    child = os.fork()\n    logging.info('of %d', bool(child))\n    child and os.wait()", "of"),
    ],
    ids=["end", "exit", "crash", "leave", "fork"],
)
def test_a_process_that_ends_leaves_no_line_behind_and_none_twice(end: str, then: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + end], check=False, capture_output=True, text=True, env={**os.environ}
    )
    lines = [json.loads(line)["msg"] for line in done.stdout.splitlines()]
    assert lines[:3] == ["0", "1", "2"]
    assert sorted(lines[3:]) == (["of 0", "of 1"] if then else [])


def test_a_thread_that_must_not_wait_writes_nothing_itself_though_there_is_no_room() -> None:
    stream = Writes()
    with logging_to(stream):
        with never_waiting():
            while has_room():
                LOG.info("x" * 10_000)
            LOG.info("one more")
        assert threading.get_ident() not in stream.writers
        flush_logs()
        assert has_room()
    assert stream.lines[-1] == "one more"


class Late(DeferredMessage):
    """A number, in words as far as it has some."""

    def __init__(self, number: int) -> None:
        self.number = number

    def describe(self) -> tuple[str, dict[str, int]]:
        if self.number < 0:
            raise ValueError("it has no words")
        return str(self.number), {"place": self.number}


def test_what_is_put_in_words_later_has_its_place_among_the_others_and_its_members() -> None:
    stream = Writes()
    with logging_to(stream):
        LOG.info("0")
        LOG.info(Late(1))
        LOG.info("2")
    lines = [json.loads(line) for line in "".join(stream.pieces).splitlines()]
    assert [line["msg"] for line in lines] == ["0", "1", "2"]
    assert lines[1]["place"] == 1


def test_a_line_that_cannot_be_put_in_words_costs_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    stream = Writes()
    handler = BufferedHandler(stream)
    handler.setFormatter(BunyanFormatter({}, Redaction()))
    for number in (0, -1, 2):
        handler.handle(logging.LogRecord("sailor", logging.INFO, "", 0, Late(number), (), None))
    handler.close()
    assert stream.lines == ["0", "2"]
    assert "it has no words" in capsys.readouterr().err


def test_other_handlers_get_the_words() -> None:
    record = logging.LogRecord("sailor", logging.INFO, "", 0, Late(7), (), None)
    assert logging.Formatter().format(record) == "7"
