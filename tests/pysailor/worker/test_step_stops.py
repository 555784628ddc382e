"""A step that waits hears that its worker stops; what it had goes back to the queue, neither done nor failed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import Data, Defect, Message, Stopped
from pysailor.component.builtin import locate_builtin
from pysailor.testing import run_step
from pysailor.transport.base import DeliveryOutcome
from tests.support.broker import eventually
from tests.support.worker_bench import order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.worker_bench import Bench

WAITING = """
from pysailor import Message, Stopped

def process(msg, cfg, snapshot, ctx):
    yield Message(body={"waits": True})
    if msg.body["how"] == "pause":
        ctx.pause(3600)
    elif msg.body["how"] == "ask":
        while not ctx.is_stopping:
            ctx.pause(0.01)
    else:
        raise Stopped("for no reason")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").touch()
    (tmp_path / "lib" / "wait.py").write_text(WAITING)
    (tmp_path / "component.json").write_text(
        '{"title": "W", "description": "W", "version": "0.1.0", "buildType": "docker",'
        '"actions": {"wait": {"title": "W", "description": "W", "main": "./lib/wait.py"}}}'
    )
    return tmp_path


def test_a_pause_ends_when_the_worker_stops(root: Path) -> None:
    stopping = threading.Event()
    threading.Timer(0.05, stopping.set).start()
    with pytest.raises(Stopped, match="goes back to its queue"):
        run_step(root, "wait", {"how": "pause"}, stopping=stopping)


def test_who_stops_though_nothing_stops_has_a_defect(root: Path) -> None:
    """Such a message would be brought again, without end."""
    with pytest.raises(Defect, match="its worker does not stop"):
        run_step(root, "wait", {"how": "raise"})


def test_a_pause_is_no_longer_than_the_deadline(root: Path) -> None:
    with pytest.raises(Exception, match="worker does not stop"):
        run_step(root, "wait", {"how": "raise"}, deadline=0.01)
    assert run_step(root, "wait", {"how": "pause"}, deadline=0.01) == [Data(Message(body={"waits": True}))]


@pytest.mark.parametrize(("component", "function", "cfg"), [
    ("timer", "timer", {"every": 3600, "times": 0}),
    ("webhook", "receive", {"port": "0"}),
])  # fmt: skip
def test_built_in_steps_that_wait_end_at_once(component: str, function: str, cfg: dict[str, Any]) -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Stopped):
        run_step(locate_builtin(component), function, {}, cfg=cfg, stopping=stopping)


def test_what_the_step_had_goes_back_and_nobody_is_told_of_an_error(bench: Bench, tmp_path: Path) -> None:
    with bench.worker() as worker:
        delivery = bench.begin(worker, order("pause", begun=str(tmp_path / "begun")))
        assert eventually((tmp_path / "begun").exists)
        bench.transport.stop_consuming()
        worker.stop(time.monotonic() + 3600)
        assert bench.settled(delivery) is DeliveryOutcome.RETURNED
    assert bench.routes() == []
