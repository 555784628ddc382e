"""HTTP requests: what is sent, what comes back, and what an error status means."""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import CallReport, Data, InvalidConfig, InvalidInput, Message, Rebound, StepError
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component
from pysailor.step import Invocation, Step
from pysailor.testing import run_step

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = locate_builtin("http")


class Service(ThreadingHTTPServer):
    """Answers with these (status, type, content), the last one again and again; keeps what was asked."""

    answers: list[tuple[int, str, bytes]]
    asked: list[tuple[str, str, dict[str, str], bytes]]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        """Answer."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers.items()), content))
        status, kind, body = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_DELETE = do_POST  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = [(200, "application/json", b'{"ok": true}')], []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(service: Service, body: dict[str, Any] | None = None, **cfg: Any) -> Any:
    cfg = {"url": f"http://127.0.0.1:{service.server_port}/tickets?a=1", **cfg}
    (event,) = run_step(ROOT, "request", body or {}, cfg=cfg)
    assert isinstance(event, Data)
    return event.message.body


def test_a_request_is_sent_as_mapped(service: Service) -> None:
    body = {"method": "POST", "query": {"b": [2, 3], "c": None}, "headers": {"X-A": 1}, "body": {"name": "Änn"}}
    result = ask(service, body, authorization="Bearer key")
    ((method, path, headers, content),) = service.asked
    assert (method, path) == ("POST", "/tickets?a=1&b=2&b=3")
    assert (headers["X-A"], headers["Authorization"], headers["Content-Type"]) == (
        "1",
        "Bearer key",
        "application/json",
    )
    assert json.loads(content) == {"name": "Änn"}
    assert (result["statusCode"], result["responseBody"]) == (200, {"ok": True})
    assert result["HTTPHeaders"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("kind", "content", "body"),
    [
        ("application/json", b"{broken", "{broken"),
        ("text/plain; charset=iso-8859-1", b"\xc4nn", "Änn"),
        ("text/plain; charset=nonsense", b"x", "x"),
        ("image/png", b"\0\1", "data:image/png;base64,AAE="),
        ("application/json", b"", None),
    ],
)
def test_an_answer_is_what_its_type_says(service: Service, kind: str, content: bytes, body: Any) -> None:
    service.answers = [(200, kind, content)]
    assert ask(service)["responseBody"] == body


@pytest.mark.parametrize(
    ("status", "cfg", "raised"),
    [
        (404, {}, StepError),
        (429, {}, Rebound),
        (429, {"errorPolicy": "throwError"}, StepError),
        (500, {"errorPolicy": "rebound"}, Rebound),
        (404, {"errorCodes": "500-599, 404"}, StepError),
        (404, {"errorPolicy": "emit"}, None),
        (404, {"errorCodes": "500-599"}, None),
        (404, {"errorCodes": "x"}, InvalidConfig),
    ],
)
def test_an_error_status_is_what_the_policy_makes_of_it(
    service: Service, status: int, cfg: dict[str, Any], raised: type[Exception] | None
) -> None:
    service.answers = [(status, "text/plain", b"sorry")]
    if raised is None:
        assert ask(service, **cfg)["statusCode"] == status
    else:
        with pytest.raises(raised, match=r"status \d+: sorry|are not statuses"):
            ask(service, **cfg)


def test_a_request_that_failed_for_now_is_sent_again(service: Service) -> None:
    service.answers = [(503, "text/plain", b""), (500, "text/plain", b""), (200, "text/plain", b"done")]
    assert ask(service, maxRetries=2)["responseBody"] == "done"
    assert len(service.asked) == 3
    service.answers, service.asked = [(503, "text/plain", b"")], []
    with pytest.raises(StepError) as caught:
        ask(service)
    assert (caught.value.to_json()["status"], caught.value.to_json()["retryable"]) == (503, True)
    assert len(service.asked) == 1


def test_addresses_are_checked_and_servers_that_are_away_are_named(service: Service) -> None:
    with pytest.raises(InvalidInput, match="/url: 'tickets' is not an address"):
        ask(service, {"url": "tickets"})
    for query in ({}, {"query": {"page": 2}}):
        with pytest.raises(InvalidInput, match=r"/url: 'http://\[::1/a' is not an address"):
            ask(service, {"url": "http://user:secret@[::1/a", **query})
    with pytest.raises(InvalidInput, match="/url: is missing"):
        ask(service, url="")
    with pytest.raises(InvalidInput, match="/headers: "):
        ask(service, {"headers": {"X": "a\r\nb"}})
    with pytest.raises(StepError, match=r"http://127\.0\.0\.1:1/a cannot be reached: nobody answers there"):
        ask(service, {"url": "http://user:secret@127.0.0.1:1/a?key=secret"})


def read_by(service: Service, message: dict[str, Any], **reader: Any) -> Any:
    cfg = {
        "reader": {"url": f'"http://127.0.0.1:{service.server_port}/tickets/" & no', **reader},
        "authorization": "key",
    }
    (event,) = run_step(ROOT, "httpRequestAxios", message, cfg=cfg)
    assert isinstance(event, Data)
    return event.message.body


def test_a_request_is_written_by_expressions_as_on_the_platform(service: Service) -> None:
    headers = [{"key": "X-No", "value": "no + 1"}, {"key": "X-Missing", "value": "missing"}]
    raw = {"raw": '{"text": text}', "contentType": "application/json; charset=utf-8"}
    assert read_by(service, {"no": 7, "text": "é"}, method="POST", headers=headers, body=raw)["statusCode"] == 200
    ((method, path, sent, content),) = service.asked
    assert (method, path, json.loads(content)) == ("POST", "/tickets/7", {"text": "é"})
    assert (sent["X-No"], sent["Authorization"], sent["Content-Type"]) == ("8", "key", raw["contentType"])
    assert "X-Missing" not in sent


def test_what_is_wrong_with_a_written_request_is_told(service: Service) -> None:
    with pytest.raises(InvalidConfig, match="/reader/url: is not JSONata"):
        read_by(service, {}, url="https://example.com/api")
    with pytest.raises(InvalidInput, match="The expression of the URL gives no text"):
        read_by(service, {}, url="missing")
    with pytest.raises(InvalidConfig, match="/reader/body: takes an object whose raw is an expression"):
        read_by(service, {"no": 7}, body='{"n": n}')
    with pytest.raises(InvalidConfig, match="/reader/headers: takes a list of headers"):
        read_by(service, {"no": 7}, headers={"X-No": "no"})
    with pytest.raises(InvalidConfig, match="/reader: takes an object with method and url"):
        run_step(ROOT, "httpRequestAxios", {}, cfg={"reader": {"method": "GET"}})


def test_an_address_with_a_login_is_asked_with_it_unless_there_is_another(service: Service) -> None:
    address = f"http://ann:p%40ss@127.0.0.1:{service.server_port}/"
    ask(service, {"url": address})
    ask(service, {"url": address}, authorization="Bearer key")
    assert [sent["Authorization"] for _, _, sent, _ in service.asked] == ["Basic YW5uOnBAc3M=", "Bearer key"]


@pytest.mark.parametrize("content", [b'{"a": NaN}', b"[-Infinity]", b"[1e999]", b"[" * 90000])
def test_what_no_message_can_hold_as_json_stays_text(service: Service, content: bytes) -> None:
    service.answers = [(200, "application/json", content)]
    assert ask(service)["responseBody"] == content.decode()


ODD = [
    (
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "leads from one address to the next",
    ),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "broke off its answer"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off its answer"),
    (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "not compressed as it says"),
    (b"220 mail.example.com ESMTP\r\n", "nobody answers there, or not in HTTP"),
]


@pytest.fixture
def odd() -> Iterator[Any]:
    """Run a server that sends bytes as they are, and then nothing or (`drips`) a byte now and then."""

    class Odd(StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(self.server.sent)  # type: ignore[attr-defined]
            with suppress(OSError):
                while self.server.drips and not ended.wait(0.02):  # type: ignore[attr-defined]
                    self.wfile.write(b"x")

    ended = threading.Event()
    with ThreadingTCPServer(("127.0.0.1", 0), Odd) as server:
        server.drips = False  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        ended.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("sent", "said"), ODD)
def test_what_an_odd_server_does_is_told(odd: Any, sent: bytes, said: str) -> None:
    odd.sent = sent
    with pytest.raises(StepError, match=said):
        run_step(ROOT, "request", {}, cfg={"url": f"http://127.0.0.1:{odd.server_address[1]}/"})


def test_a_server_that_drips_is_left_in_time(odd: Any) -> None:
    odd.sent, odd.drips = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", True
    began = time.monotonic()
    with pytest.raises(StepError, match="did not finish its answer in time"):
        run_step(ROOT, "request", {}, cfg={"url": f"http://127.0.0.1:{odd.server_address[1]}/", "timeout": 0.2})
    assert time.monotonic() - began < 30


def reports_of(service: Service, **cfg: Any) -> list[CallReport]:
    reports: list[Any] = []
    loaded = Component(ROOT).function("request")
    settings = {"url": f"http://user:secret@127.0.0.1:{service.server_port}/a", **cfg}
    with closing(Step(loaded, settings)) as step, suppress(StepError):
        step.process(Message(body={}), Invocation(lambda _: None, logging.getLogger("test"), report=reports.append))
    return reports


def test_a_run_knows_of_each_request_its_server_outcome_and_tries(service: Service) -> None:
    service.answers = [(503, "text/plain", b""), (200, "text/plain", b"")]
    (report,) = reports_of(service, maxRetries=1)
    assert (report.target, report.outcome, report.tries) == (f"127.0.0.1:{service.server_port}", "ok", 2)
    assert report.attributes["http.response.status_code"] == 200
    assert "secret" not in str(report)


@pytest.mark.parametrize(("status", "outcome"), [(404, "http_status"), (500, "http_status_for_now")])
def test_an_error_status_is_an_outcome_whatever_the_policy_makes_of_it(
    service: Service, status: int, outcome: str
) -> None:
    service.answers = [(status, "text/plain", b"")]
    assert [report.outcome for report in reports_of(service, errorPolicy="emit")] == [outcome]
    assert [report.outcome for report in reports_of(service)] == [outcome]


def test_nothing_is_told_of_a_request_that_was_not_sent(service: Service) -> None:
    assert reports_of(service, url="nowhere") == []
