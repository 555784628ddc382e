"""Where random input goes. Each target makes a case of a chance, and takes it; what it raises must have a name."""

from __future__ import annotations

import base64
import json
import logging
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lib.api.sse import as_events
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import from_answer
from lib.responses.endpoint import RESPONSES
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

from .mutation import cut, mutate, mutate_bytes, odd

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pysailor.component.component import Loaded
    from pysailor.worker.delivery import Worker

ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9/v1"
LOGGER = logging.getLogger("fuzz")
LOGGER.disabled = True


class Target(NamedTuple):
    """`make` returns a case, a JSON value in which bytes stand as base64; `take` hands it over."""

    make: Callable[[Random], Any]
    take: Callable[[Any], None]


def text_of(content: bytes) -> str:
    """Return bytes as a case holds them."""
    return base64.b64encode(content).decode()


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


# --- what the API says --------------------------------------------------------------------------------------------

ANSWER = {
    "id": "x",
    "object": "chat.completion",
    "model": "gpt-4.1",
    "created": 1,
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop", "logprobs": None}
    ],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 0},
    },
    "service_tier": "default",
}
RESPONSE = {
    "id": "r",
    "object": "response",
    "status": "completed",
    "model": "gpt-4.1",
    "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}
REFUSAL = {"error": {"message": "Please try again in 20s.", "type": "requests", "code": "rate_limit_exceeded"}}
_STATUSES = (200, 400, 401, 403, 404, 413, 429, 500, 503)
CHUNKS = [
    {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
    {
        "choices": [
            {
                "index": 0,
                "delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]},
            }
        ]
    },
    {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"id": "x", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
]
EVENTS = [
    {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"},
    {"type": "response.completed", "response": RESPONSE},
]
ENDPOINTS = {"chat": (COMPLETIONS, ANSWER, CHUNKS), "responses": (RESPONSES, RESPONSE, EVENTS)}
_HEADERS = {
    "retry-after": "1",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1s",
    "x-request-id": "i",
}


def _make_answer(chance: Random) -> Any:
    kind = chance.choice(list(ENDPOINTS))
    return {"kind": kind, "answer": mutate(ENDPOINTS[kind][1], chance)}


def _take_answer(case: Any) -> None:
    endpoint = ENDPOINTS[case["kind"]][0]
    if not isinstance(case["answer"], dict):
        return  # the client takes nothing else for an answer
    body, _ = endpoint.read_answer(case["answer"])
    endpoint.usage(body)
    json.dumps(endpoint.report(body, {"messages": []}))


def _make_refusal(chance: Random) -> Any:
    content = mutate_bytes(json.dumps(mutate(REFUSAL, chance)).encode(), chance)
    headers = {name: str(odd(chance))[:200] if chance.random() < 0.5 else value for name, value in _HEADERS.items()}
    return {
        "status": chance.choice(_STATUSES),
        "headers": headers,
        "body": text_of(content),
    }


def _take_refusal(case: Any) -> None:
    error = from_answer(case["status"], case["headers"], base64.b64decode(case["body"]), 1.8e9)
    json.dumps(error.to_json())
    str(error)


def _make_stream(chance: Random) -> Any:
    kind = chance.choice(list(ENDPOINTS))
    events = mutate(ENDPOINTS[kind][2], chance)
    content = as_events(events if isinstance(events, list) else [events]) + b"data: [DONE]\n\n"
    content = mutate_bytes(content, chance)
    return {"kind": kind, "pieces": [text_of(piece) for piece in cut(content, chance)]}


def _take_stream(case: Any) -> None:
    stream = ENDPOINTS[case["kind"]][0].read_stream()
    for piece in case["pieces"]:
        stream.feed(base64.b64decode(piece))
    stream.close()
    json.dumps(stream.finish())


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
    "answer": Target(_make_answer, _take_answer),
    "refusal": Target(_make_refusal, _take_refusal),
    "stream": Target(_make_stream, _take_stream),
    "settings": Target(_make_settings, _take_settings),
}
