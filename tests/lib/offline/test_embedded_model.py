"""The embedded model: real, small, and alive for as long as its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.api.client import CallOptions, Client
from lib.api.connection import Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.offline.embedded_model import EmbeddedModel

from ..conftest import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterator

REASON = EmbeddedModel.unavailable()
ROOT = Path(__file__).parents[3]
CALL = CallOptions(CallLimits(timeout=120), LOGGER)


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddedModel]:
    if REASON:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(REASON)
    with EmbeddedModel() as started:
        yield started


def client_of(model: EmbeddedModel) -> Client:
    cfg = model.cfg()
    return Client(Connection(cfg["baseUrl"], cfg["apiKey"]))


def test_a_real_model_answers_through_the_same_client(model: EmbeddedModel) -> None:
    body = {"model": model.cfg()["model"], "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8}
    answer = client_of(model).ask(COMPLETIONS, body, CALL)
    assert answer.body["choices"][0]["message"]["content"]
    assert answer.body["usage"]["completion_tokens"] <= 8


def test_a_streamed_answer_is_the_same_as_a_plain_one(model: EmbeddedModel) -> None:
    body = {
        "model": model.cfg()["model"],
        "messages": [{"role": "user", "content": "Count to five."}],
        "max_tokens": 12,
        "temperature": 0,
        "seed": 1,
    }
    client = client_of(model)
    shown: list[str] = []
    streamed = client.ask(COMPLETIONS, {**body, "stream": True}, CALL, shown.append).body["choices"][0]
    plain = client.ask(COMPLETIONS, body, CALL).body["choices"][0]
    assert streamed["message"]["content"] == plain["message"]["content"] == "".join(shown)
    assert streamed["finish_reason"] == plain["finish_reason"]


def test_it_is_restarted_when_it_dies(model: EmbeddedModel) -> None:
    assert model._process is not None
    os.kill(model._process.pid, signal.SIGKILL)
    body = {"model": model.cfg()["model"], "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
    retrying = CallOptions(CallLimits(timeout=60, max_retries=10), LOGGER)
    assert client_of(model).ask(COMPLETIONS, body, retrying).body["choices"]


def test_it_ends_when_its_parent_is_killed() -> None:
    if REASON:
        pytest.skip(REASON)
    start = "from lib.offline.embedded_model import EmbeddedModel as M; m = M().start()"
    program = f"{start}; print(m._process.pid, flush=True); m.wait()"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and "State:\tZ" not in _status(child):
        assert time.monotonic() < until, "the model outlived its parent"
        os.sched_yield()


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "State:\tZ"
