"""The manners of fifty callers, as somebody else's grader sees them: llmock, which judges by every try and its time."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.errors.api_error import ApiError
from pysailor.errors import Rebound
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.broker import eventually, free_port
from tests.support.send_request import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(sys.prefix) / "share" / "llmock"
PROGRAM = HOME / "bin" / "llmock"
PACKAGE = "llmock==0.2.2"
LOGGER = logging.getLogger(__name__)
CALLERS = 50


class Grader:
    """The server, and what it thinks of its clients."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Use its control API."""
        content = None if document is None else json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_llmock/{path}", content, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def is_there(self) -> bool:
        """Return whether it listens."""
        try:
            return bool(self.call("GET", "verdict"))
        except OSError:
            return False

    def check(self, *faults: dict[str, Any], callers: int = CALLERS, stream: bool = False, **cfg: Any) -> Any:
        """Have so many callers ask at once; return the verdict and how they ended."""
        self.call("POST", "reset")
        self.call("POST", "scenario", {"behaviors": list(faults)})
        name = f"{time.monotonic()}"
        step = Step(FUNCTION, {"apiKey": name, "model": "gpt-4o", "baseUrl": f"{self.url}/v1", "timeout": 30, **cfg})

        def ask(number: int) -> str:
            body = {"messages": [{"role": "user", "content": f"{name} {number}"}], "stream": stream}
            try:
                step.process(Message(body=body), Invocation(lambda _: None, LOGGER))
            except (ApiError, Rebound) as error:
                return error.code
            return "ok"

        with ThreadPoolExecutor(callers) as pool:
            ends = Counter(pool.map(ask, range(callers)))
        step.close()
        return self.call("GET", "verdict"), ends


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """Start it; where it is not and cannot be installed, skip, but fail in CI."""
    if not PROGRAM.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME], check=False, capture_output=True)
        subprocess.run([HOME / "bin" / "pip", "install", "-q", PACKAGE], check=False, capture_output=True)
    if not PROGRAM.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("llmock could not be installed")
    port = free_port()
    arguments = [str(PROGRAM), "serve", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            found = Grader(port)
            assert eventually(found.is_there)
            yield found
        finally:
            process.terminate()


def fail(status: int, times: int | None, **more: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, "times": times, **more}


@pytest.mark.parametrize("status", [408, 409, 500, 503, 529])
def test_what_another_try_can_change_is_tried_again_after_a_while(grader: Grader, status: int) -> None:
    report, ends = grader.check(fail(status, 10), callers=20, maxRetries=5)
    assert (report["findings"], ends) == ([], {"ok": 20})
    assert report["attempts"] == 30


def test_fifty_callers_wait_as_long_as_one_of_them_was_asked_to(grader: Grader) -> None:
    report, ends = grader.check(fail(429, 5, retry_after=0.3), maxRetries=5)
    assert (report["findings"], ends) == ([], {"ok": CALLERS})
    assert report["attempts"] == CALLERS + 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_no_other_try_can_change_is_asked_once(grader: Grader, status: int) -> None:
    report, ends = grader.check(fail(status, None), callers=10, maxRetries=5)
    assert (report["findings"], report["attempts"], ends["ok"]) == ([], 10, 0)


def test_nobody_runs_into_a_wall_that_stands_longer_than_a_message_has_time(grader: Grader) -> None:
    report, ends = grader.check(fail(429, None, retry_after=60), maxRetries=5, timeout=2)
    assert report["errors"] == 0
    assert ends["ok"] == 0
    assert report["attempts"] == report["calls"]
    again, put_off = grader.check(fail(429, 1, retry_after=60), callers=1, timeout=2)
    assert (again["attempts"], put_off) == (1, {"rate_limit": 1})


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_a_stream_that_broke_is_never_passed_as_good(grader: Grader, kind: str) -> None:
    broken = {"type": "stream_fault", "kind": kind, "after_chunks": 2, "times": 5}
    _, ends = grader.check(broken, callers=10, stream=True)
    assert ends == {"ok": 5, "cut_off": 5}
