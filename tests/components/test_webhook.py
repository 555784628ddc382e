"""Requests start a flow; a later step answers them, or the webhook thanks at once."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pysailor import Context, Data, HttpReply, InvalidConfig, InvalidInput, Message, StepError, Stopped
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component
from pysailor.component.fields import bind
from pysailor.testing import run_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = locate_builtin("webhook")
REPLY = locate_builtin("reply")


class Flow:
    """A webhook that hands each message to a function, on a thread of its own."""

    def __init__(self, handle: Callable[[Message], None], **cfg: Any) -> None:
        loaded = Component(ROOT).function("receive")
        self._settings = bind(loaded.fields, {"port": "0", **cfg})
        self._process = loaded.get_function("process")
        self._handle = handle
        self.address = ""
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        logger = logging.getLogger("webhook-test")
        logger.setLevel("INFO")
        logger.addFilter(self._note)
        try:
            for message in self._process(Message(), self._settings, {}, Context(logger)):
                self._handle(message)
        finally:
            logger.removeFilter(self._note)

    def _note(self, record: logging.LogRecord) -> bool:
        self.address = record.getMessage().removeprefix("listening on ")
        self.ready.set()
        return True


@pytest.fixture
def start() -> Iterator[Callable[..., Flow]]:
    flows = []

    def start_flow(handle: Callable[[Message], None], **cfg: Any) -> Flow:
        flow = Flow(handle, **cfg)
        flow.thread.start()
        assert flow.ready.wait(60)
        flows.append(flow)
        return flow

    yield start_flow
    for flow in flows:
        flow.thread.join(60)
        assert not flow.thread.is_alive()


def answer(message: Message, **body: Any) -> None:
    passed = {"webhook": {"headers": dict(message.headers), "body": message.body}}
    loaded = Component(REPLY).function("reply")
    later = Message(body=body, passthrough=passed)
    assert loaded.get_function("process")(later, {}, {}, Context()) == Message(body=body)


def test_a_request_starts_the_flow_and_is_thanked(start: Callable[..., Flow]) -> None:
    seen: list[Message] = []
    flow = start(seen.append, requests=3)
    first = requests.post(f"{flow.address}orders?a=1&b=", json={"order": 7}, timeout=60)
    requests.post(flow.address, data={"name": "Änn"}, timeout=60)
    requests.post(flow.address, data="hello", headers={"Content-Type": "text/plain"}, timeout=60)
    assert (first.status_code, first.json()["message"]) == (200, "thank you")
    body = seen[0].body
    assert (body["order"], body["_query"], body["_method"], body["_url"]) == (
        7,
        {"a": "1", "b": ""},
        "POST",
        "/orders?a=1&b=",
    )
    assert body["_headers"]["content-type"] == "application/json"
    assert (seen[1].body["name"], seen[2].body["text"]) == ("Änn", "hello")


def test_a_later_step_answers(start: Callable[..., Flow]) -> None:
    def handle(message: Message) -> None:
        answer(message, responseBody={"text": "é"}, statusCode=201, customHeaders={"X-Count": 1})

    flow = start(handle, requests=1, waitForReply=10)
    got = requests.post(flow.address, json={}, timeout=60)
    assert (got.status_code, got.json(), got.headers["X-Count"]) == (201, {"text": "é"}, "1")


def test_an_answer_that_does_not_come_is_told(start: Callable[..., Flow]) -> None:
    seen: list[Message] = []
    flow = start(seen.append, requests=1, waitForReply=0.2)
    got = requests.get(flow.address, timeout=60)
    assert (got.status_code, got.json()["error"]) == (504, "The flow did not answer in 0.2 seconds.")
    with pytest.raises(StepError, match=r"is gone|waited too long"):
        answer(seen[0], responseBody="late")


def test_a_request_that_was_told_to_come_again_starts_nothing(start: Callable[..., Flow]) -> None:
    seen: list[Message] = []
    is_taken, is_free = threading.Event(), threading.Event()

    def handle(message: Message) -> None:
        seen.append(message)
        if len(seen) == 1:
            is_taken.set()
            assert is_free.wait(60)
        else:
            answer(message, responseBody="done")

    flow = start(handle, requests=2, waitForReply=2)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(requests.get, f"{flow.address}first", timeout=60)
        assert is_taken.wait(60)
        second = pool.submit(requests.get, f"{flow.address}second", timeout=60)
        told = {each.result().status_code: each.result().json()["error"] for each in (first, second)}
    assert told == {
        504: "The flow did not answer in 2 seconds.",
        503: "The flow had no time for it in 2 seconds; send it again later.",
    }
    is_free.set()
    assert requests.get(f"{flow.address}third", timeout=60).ok
    assert [message.body["_url"] for message in seen] == ["/first", "/third"]


def test_broken_requests_are_refused_and_start_nothing(start: Callable[..., Flow]) -> None:
    seen: list[Message] = []
    flow = start(seen.append, requests=1)
    broken = requests.post(flow.address, data="{", headers={"Content-Type": "application/json"}, timeout=60)
    chunked = requests.post(flow.address, data=iter([b"x"]), timeout=60)
    assert (broken.status_code, chunked.status_code) == (400, 411)
    assert requests.get(flow.address, timeout=60).status_code == 200
    assert len(seen) == 1


def test_without_a_port_the_platforms_request_is_passed_on() -> None:
    assert run_step(ROOT, "receive", {"order": 7}, cfg={}) == [Data(Message(body={"order": 7}))]
    with pytest.raises(InvalidConfig, match=r'/port: "70000" is not a valid port'):
        run_step(ROOT, "receive", {}, cfg={"port": "70000"})


def test_on_a_platform_the_answer_is_an_event() -> None:
    first, second = run_step(REPLY, "reply", {"responseBody": "hi", "statusCode": 202}, headers={"reply_to": "key"})
    assert first == HttpReply(202, "hi", {})
    assert second == Data(Message(body={"responseBody": "hi", "statusCode": 202}))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"statusCode": 99}, "/statusCode: 99 is not a status"),
        ({"customHeaders": {"a b": "x"}}, "is not a header"),
        ({"customHeaders": {"a": "x\r\nb: y"}}, "is not a header"),
        ({"contentType": "x\ny"}, "is not a header"),
    ],
)
def test_an_answer_that_http_does_not_allow_is_refused(body: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        run_step(REPLY, "reply", {"responseBody": "x", **body}, headers={"reply_to": "key"})


def test_nobody_to_answer_is_told() -> None:
    with pytest.raises(StepError, match="there is nobody to answer"):
        run_step(REPLY, "reply", {"responseBody": "x"})


@pytest.mark.parametrize(
    ("path", "kind", "content", "status"),
    [
        ("", "application/json", b"[" * 50_000, 400),
        ("", "application/json", b'{"a": NaN}', 400),
        ("", "application/json", b'{"a": ' + b"9" * 5000 + b"}", 400),
        ("", "text/plain; charset=nonsense", b"a", 400),
        ("", "text/plain; charset=latin-1", b"\xe9", 200),
        (".reply/x", "application/json", b"{", 400),
        (".reply/x", "application/json", b"7", 400),
        (".reply/x", "application/json", b"{}", 410),
    ],
)
def test_each_request_is_answered_whatever_it_brings(
    start: Callable[..., Flow], path: str, kind: str, content: bytes, status: int
) -> None:
    flow = start(lambda _: None, requests=1)
    found = requests.post(flow.address + path, content, headers={"Content-Type": kind}, timeout=60)
    assert found.status_code == status
    assert status == 200 or requests.get(flow.address, timeout=60).ok


def test_a_length_without_end_is_too_large(start: Callable[..., Flow]) -> None:
    flow = start(lambda _: None, requests=1)
    found = requests.get(flow.address, headers={"Content-Length": "9" * 5000}, timeout=60)
    assert found.status_code == 413
    assert requests.get(flow.address, timeout=60).ok


def test_a_header_of_a_reply_that_http_cannot_have_is_sent_as_far_as_it_goes(start: Callable[..., Flow]) -> None:
    flow = start(
        lambda message: answer(message, responseBody="x", customHeaders={"X-Price": "7 €"}), requests=1, waitForReply=5
    )
    assert requests.post(flow.address, json={}, timeout=60).headers["X-Price"] == "7 ?"


def test_what_comes_while_the_flow_stops_is_refused_and_what_is_due_is_answered() -> None:
    """An answer that is paid for reaches whoever waits for it; nothing new begins."""
    stopping, messages = threading.Event(), []
    ready, ended, address = threading.Event(), threading.Event(), []
    logger = logging.getLogger("webhook-stops")
    logger.setLevel("INFO")

    def note(record: logging.LogRecord) -> bool:
        address.append(record.getMessage().removeprefix("listening on "))
        ready.set()
        return False

    logger.addFilter(note)
    loaded = Component(ROOT).function("receive")
    process, cfg = loaded.get_function("process"), bind(loaded.fields, {"port": "0", "waitForReply": 60})

    def run() -> None:
        try:
            for message in process(Message(), cfg, {}, Context(logger, stopping=stopping)):
                messages.append(message)
                stopping.set()
        except Stopped:
            ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(requests.post, address[0], json={"n": 1}, timeout=60)
        assert stopping.wait(60)
        second = requests.post(address[0], json={"n": 2}, timeout=60)
        answer(messages[0], responseBody={"n": "one"})
        assert (first.result().json(), second.status_code) == ({"n": "one"}, 503)
    assert ended.wait(60)
    assert len(messages) == 1
