"""Several processes on one store, and one that is killed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pysailor.store import open_store
from tests.support.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def process(url: str, key: str, what: str, times: int = 0) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.support.store_worker", url, key, what, str(times)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def test_eight_processes_count_together_and_miss_none(shared_url: str, key: str) -> None:
    command = [sys.executable, "-m", "tests.support.store_worker", shared_url, key, "add", "50"]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(8)]
    assert [each.wait(timeout=120) for each in processes] == [0] * 8
    with open_store(shared_url) as store:
        assert store.get(key) == b"400"


def test_what_was_safe_is_there_after_a_kill(shared_url: str, key: str) -> None:
    with process(shared_url, key, "fill") as started:
        assert started.stdout is not None
        seen = [started.stdout.readline() for _ in range(50)]
        started.kill()
        seen += started.stdout.readlines()
    with open_store(shared_url) as store:
        there = {name.removeprefix(f"{key}/") for name, _ in store.scan(f"{key}/")}
    assert {line.strip() for line in seen if line.endswith("\n")} <= there
