"""Our step between two steps on the platform's Node sailor, and errors and large bodies from one to the other."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.wire.headers import EVENT_ID
from tests.support.platform import Platform
from tests.support.stage import Stage, StartedWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.broker import Rabbit

HERE = Path(__file__).parent
SAILOR = HERE / ".cache" / "node_modules" / "elasticio-sailor-nodejs" / "run.js"
RELAY = HERE / "relay"
OLDEST = 20


@pytest.fixture(scope="session")
def node() -> str:
    """Return the program, with the sailor installed; where neither is there, skip, but fail in CI."""
    trouble = _trouble()
    if trouble and os.environ.get("CI") == "true":
        pytest.fail(trouble)
    if trouble:
        pytest.skip(trouble)
    return str(shutil.which("node"))


def _trouble() -> str:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        return f"node is older than {OLDEST}: {version.strip()}"
    if not SAILOR.exists():
        done = subprocess.run([HERE / "install"], check=False, capture_output=True, text=True)
        if not SAILOR.exists():
            return f"tests/interop/install could not get the Node sailor: {done.stderr[-500:]}"
    return ""


@dataclass
class Flow:
    """Three steps, one behind the other: before and after ours is one on Node."""

    node: str
    before: Stage
    ours: Stage
    after: Stage

    def on_node(self, stage: Stage, step_id: str, **changes: str) -> StartedWorker:
        env = stage.env(STEP_ID=step_id, FUNCTION="relay", **changes)
        return stage.start(env, (self.node, SAILOR), RELAY)


@pytest.fixture
def flow(node: str, broker: Rabbit, tmp_path: Path) -> Iterator[Flow]:
    with ExitStack() as stack:
        platform = stack.enter_context(Platform())
        platform.others = {name: {"config": {}, "is_passthrough": True} for name in ("step_0", "step_2")}
        platform.step["is_passthrough"] = True
        stages = [stack.enter_context(Stage(broker, platform, tmp_path)) for _ in range(3)]
        for sender, receiver in itertools.pairwise(stages):
            receiver.channel.queue_bind(receiver.queue, sender.name, sender.route("data"))
        yield Flow(node, *stages)


@pytest.mark.parametrize("protocol", ["1", "2"])
def test_a_message_goes_from_node_through_us_to_node(flow: Flow, protocol: str) -> None:
    speaks = {"PROTOCOL_VERSION": protocol}
    with (
        flow.on_node(flow.before, "step_0", **speaks),
        flow.ours.worker(**speaks),
        flow.on_node(flow.after, "step_2", **speaks),
    ):
        first = flow.before.put({"body": {"text": "привет 😀", "n": 1.5}}, {"x-eio-meta-trace-id": "the-trace"})
        came = flow.after.one()
        theirs, ours = flow.before.one(), flow.ours.one()
    assert came.body == {
        "text": "привет 😀",
        "n": 1.5,
        "marks": [{"step": "step_0", "seen": []}, {"step": "step_2", "seen": ["step_0", "step_1"]}],
    }
    assert set(came.message()["passthrough"]) == {"step_0", "step_1", "step_2"}
    assert theirs.headers["parentMessageId"] == first
    assert ours.headers["parentMessageId"] == theirs.headers["messageId"]
    assert came.headers["parentMessageId"] == ours.headers["messageId"]
    for each in (theirs, ours, came):
        assert (each.headers["threadId"], each.headers["x-eio-meta-trace-id"]) == ("the-thread", "the-trace")
    assert {*theirs.headers, EVENT_ID} == set(ours.headers)
    assert flow.ours.count() == flow.after.count() == 0


@pytest.mark.parametrize("protocol", [1, 2])
def test_node_reads_our_errors_and_we_read_theirs(flow: Flow, protocol: int) -> None:
    with flow.ours.worker():
        flow.ours.put({"body": {"do": "fail"}}, protocol=protocol)
        ours = flow.ours.one("error")
    with flow.on_node(flow.before, "step_0"):
        flow.before.put({"body": {"fail": "sorry"}}, protocol=protocol)
        theirs = flow.before.one("error")
    with flow.on_node(flow.after, "step_2", INPUT_FORMAT="error"):
        flow.after.put(ours.content, ours.headers)
        read = flow.after.one().body
    assert (read["error"]["name"], read["errorInput"]["body"]) == ("InvalidInput", {"do": "fail"})
    with flow.ours.worker(INPUT_FORMAT="error"):
        flow.ours.put(theirs.content, theirs.headers)
        body = flow.ours.one().body
    assert (body["error"]["message"], body["errorInput"]["body"]) == ("sorry", {"fail": "sorry"})
    assert {"name", "message", "stack"} <= set(ours.error())
    assert {*theirs.headers, EVENT_ID} == set(ours.headers)


def test_large_bodies_travel_through_the_object_storage(flow: Flow) -> None:
    light = {"EMIT_LIGHTWEIGHT_MESSAGE": "true", "OBJECT_STORAGE_SIZE_THRESHOLD": "100"}
    with (
        flow.on_node(flow.before, "step_0", **light),
        flow.ours.worker(**light),
        flow.on_node(flow.after, "step_2"),
    ):
        flow.before.put({"body": {"text": "x" * 500}})
        came: Any = flow.after.one().message()
        theirs, ours = flow.before.one().message(), flow.ours.one().message()
    assert (theirs["body"], ours["body"]) == ({}, {})
    assert came["body"]["text"] == "x" * 500
    assert [mark["step"] for mark in came["body"]["marks"]] == ["step_0", "step_2"]
    assert came["passthrough"]["step_1"]["body"]["text"] == "x" * 500
