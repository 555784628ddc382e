"""Where random input goes. Each target makes a case of a chance, and takes it; what it raises must have a name."""

from __future__ import annotations

import base64
import json
import logging
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Message
from pysailor.component.component import Component
from pysailor.component.fields import bind
from pysailor.error_catalog import RUNTIME_ERRORS
from pysailor.monitoring.observer import MessageReport, Observer
from pysailor.platform.settings import WorkerSettings
from pysailor.platform.variables import variables
from pysailor.step import Invocation, Step
from pysailor.wire.envelope import Delivery
from tests.support.send_request import HELLO
from tests.support.stage import CIPHER
from tests.support.worker_bench import Bench

from .answers import ANSWER_TARGETS
from .mutation import mutate, mutate_bytes, odd
from .target import Target, text_of

if TYPE_CHECKING:
    from random import Random

    from pysailor.component.component import Loaded
    from pysailor.worker.delivery import Worker

ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9/v1"
LOGGER = logging.getLogger("fuzz")
LOGGER.disabled = True


# --- messages and AMQP headers ------------------------------------------------------------------------------------

HEADERS = {
    "messageId": "m",
    "threadId": "t",
    "parentMessageId": "p",
    "stepId": "step_0",
    "protocolVersion": 1,
    "reboundIteration": 1,
    "x-eio-meta-trace-id": "t",
    "x-eio-meta-traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "x-pysailor-event-id": "e",
    "start": 1,
}
ORDERS = ("one", "remember", "rebound", "fail", "reply", "nothing")


def _make_message(chance: Random) -> Any:
    document = {
        "id": "x",
        "body": {"do": chance.choice(ORDERS), "said": ["x"]},
        "headers": {"x": "y"},
        "attachments": {"a": {"url": "https://a.example/x"}},
        "passthrough": {"step_0": {"body": {}}},
    }
    try:
        content = CIPHER.encode(mutate(document, chance))
    except Exception:  # noqa: BLE001 - what cannot be sent is not a case
        content = CIPHER.encode(document)
    if chance.random() < 0.5:
        content = mutate_bytes(content, chance)
    return {"content": text_of(content), "headers": mutate(HEADERS, chance), "redelivered": chance.random() < 0.2}


class Outcomes(Observer):
    """Keeps what became of the last message."""

    def __init__(self) -> None:
        self.last = MessageReport("none", 0.0)

    def end(self, number: int, report: MessageReport) -> None:  # noqa: ARG002 - there is one message at a time
        """Note it."""
        self.last = report


@cache
def _bench() -> tuple[Bench, Worker, Outcomes]:
    bench, outcomes = Bench(), Outcomes()
    worker = bench.worker()
    worker._observer = outcomes
    return bench, worker, outcomes


def _take_message(case: Any) -> None:
    bench, worker, outcomes = _bench()
    headers = case["headers"] if isinstance(case["headers"], dict) else {}
    bench.transport.published.clear()
    worker(Delivery(1, base64.b64decode(case["content"]), headers, {}, redelivered=case["redelivered"]))
    code = outcomes.last.error_code
    assert not code or code in RUNTIME_ERRORS, f"{outcomes.last.outcome} with {code}"


# --- bodies and settings of the steps -----------------------------------------------------------------------------


@cache
def _samples() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for file in sorted((ROOT / "samples").glob("*/*.json")):
        sample = json.loads(file.read_text())
        body = (sample.get("msg") or {}).get("body")
        if file.parent.name in ("ask", "sendRequest", "embed", "moderate") and "http" not in json.dumps(body):
            found.append((file.parent.name, {"cfg": sample.get("cfg") or {}, "body": body}))
    return found


def _make_step(chance: Random) -> Any:
    name, sample = chance.choice(_samples())
    cfg = mutate(sample["cfg"], chance) if chance.random() < 0.3 else sample["cfg"]
    return {"function": name, "cfg": cfg, "body": mutate(sample["body"], chance)}


MODELS = {
    "model": "gpt-4.1",
    "embeddingModel": "text-embedding-3-small",
    "moderationModel": "omni-moderation-latest",
}


@cache
def _component() -> Component:
    return Component(ROOT)


def _take_step(case: Any) -> None:
    cfg = case["cfg"] if isinstance(case["cfg"], dict) else {}
    offline = {"apiKey": "sk-1", "baseUrl": NOWHERE, "maxRetries": 0, "timeout": 2, "memory": "off"}
    step = _step(case["function"], json.dumps({**MODELS, **cfg, **offline}))
    step.process(Message(body=case["body"]), Invocation(lambda _: None, LOGGER))


@lru_cache(maxsize=100)
def _step(function: str, cfg: str) -> Step:
    return Step(_function(function), json.loads(cfg))


@cache
def _function(name: str) -> Loaded:
    return _component().function(name)


# --- settings -----------------------------------------------------------------------------------------------------


FIELDS = ("budget", "budgetPeriod", "timeout", "maxRetries", "repairs", "baseUrl", "headers", "requestsPerMinute")


def _make_settings(chance: Random) -> Any:
    names = [variable.name for variable in variables()]
    given = {name: chance.choice(("1", "true", name.lower())) for name in names if chance.random() < 0.8}
    for name in chance.sample(names, 5):
        given[name] = str(odd(chance)).replace("\x00", "")[:500]
    fields = {name: odd(chance) for name in FIELDS if chance.random() < 0.4}
    return {"environment": given, "cfg": fields}


def _take_settings(case: Any) -> None:
    from pysailor import SailorError  # noqa: PLC0415 - as the runner's

    try:
        WorkerSettings.from_environment(case["environment"])
    except SailorError as error:
        str(error)
    function = _function("sendRequest")
    bind(function.fields, case["cfg"])
    step = Step(function, {"apiKey": "k", "model": "m", **case["cfg"], "baseUrl": case["cfg"].get("baseUrl", NOWHERE)})
    try:
        function.get_function("check")(Message(body=HELLO), step.cfg, {}, step.context(Invocation(print, LOGGER)))
    finally:
        step.close()


TARGETS = {
    "message": Target(_make_message, _take_message),
    "step": Target(_make_step, _take_step),
    **ANSWER_TARGETS,
    "settings": Target(_make_settings, _take_settings),
}
