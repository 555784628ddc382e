"""A server for the requests that start a flow. A request is answered when its message is safe, or by a later step."""

from __future__ import annotations

import json
import queue
import threading
import time
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import compare_digest, token_urlsafe
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from pysailor import InvalidConfig, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 10 * 2**20
_REPLY = "/.reply/"
_MOST_WAITING = 100
_MOST_DIGITS = 12
_LOOK = 0.1
"""Seconds between two looks whether the worker stops."""
_TIME_TO_SEND = 2.0
_TURN = 0.01


class Request:
    """One request: its body for the flow, and the answer that it waits for."""

    def __init__(self, body: dict[str, Any], reply_to: str, *, waits: bool) -> None:
        self.body = body
        self.reply_to = reply_to
        self.answer: dict[str, Any] | None = None
        self.answered = threading.Event()
        self._waits = waits
        self._lock = threading.Lock()
        self._is_taken = False

    def accept(self) -> None:
        """Answer, unless a later step is to do it: the message is safe."""
        if not self._waits:
            self.reply({"body": {"requestId": str(uuid4()), "message": "thank you"}})

    def refuse(self) -> None:
        """Answer that it starts nothing, for the flow stops."""
        self.reply({"statusCode": 503, "body": {"error": "The flow stops; send it again later."}})

    def take(self) -> bool:
        """Return whether the flow may work on it: nobody was told yet that it starts nothing."""
        with self._lock:
            self._is_taken = not self.answered.is_set()
            return self._is_taken

    def give_up(self, seconds: float) -> None:
        """Answer that the flow had no time: 504 if it works on it, 503 if it never will."""
        with self._lock:
            if self._is_taken:
                status, error = 504, f"The flow did not answer in {seconds:g} seconds."
            else:
                status, error = 503, f"The flow had no time for it in {seconds:g} seconds; send it again later."
            self._reply({"statusCode": status, "body": {"error": error}})

    def reply(self, answer: dict[str, Any]) -> None:
        """Answer with `{"body", "statusCode"?, "headers"?}`; the first answer counts."""
        with self._lock:
            self._reply(answer)

    def _reply(self, answer: dict[str, Any]) -> None:
        if not self.answered.is_set():
            self.answer = answer
            self.answered.set()


class WebhookServer(ThreadingHTTPServer):
    """The server; a context manager. `wait` is how many seconds a later step has to answer, 0 for no such step."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, wait: float) -> None:
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise InvalidConfig(f"{host}:{port} cannot be listened on: {error.strerror}", pointer="/port") from error
        self.address = f"http://{host}:{self.server_port}/"
        self.wait = wait
        self.seconds = wait or 30.0
        self._waiting: queue.Queue[Request] = queue.Queue(_MOST_WAITING)
        self._open: dict[str, Request] = {}
        self._is_closing = False
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, once the answers that are due are sent; what nobody took is answered with 503."""
        self._is_closing = True
        until = time.monotonic() + self.wait + _TIME_TO_SEND
        while self._open and time.monotonic() < until:
            with suppress(queue.Empty):
                self._waiting.get(timeout=_TURN).refuse()
        self.shutdown()
        self.server_close()
        self._thread.join()

    @contextmanager
    def next_request(self, is_stopping: Callable[[], bool]) -> Iterator[Request]:
        """Yield the next request; it is accepted afterwards, or refused if its message is not safe.

        Raise Stopped when the worker stops before there is one.
        """
        request = self._next(is_stopping)
        try:
            yield request
        except BaseException:
            request.refuse()
            raise
        request.accept()

    def _next(self, is_stopping: Callable[[], bool]) -> Request:
        while not is_stopping():
            with suppress(queue.Empty):
                request = self._waiting.get(timeout=_LOOK)
                if request.take():
                    return request
        raise Stopped("The worker stops; the webhook listens again when it starts.")

    @contextmanager
    def taking(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Hand a request to the flow and yield its answer, to be sent; 504 or 503 if there is none in time."""
        token = token_urlsafe()
        request = Request(body, f"{self.address.rstrip('/')}{_REPLY}{token}", waits=bool(self.wait))
        self._open[token] = request
        try:
            yield self._answer_to(request)
        finally:
            del self._open[token]

    def _answer_to(self, request: Request) -> dict[str, Any]:
        if self._is_closing:
            request.refuse()
        else:
            self._queue(request)
        request.answered.wait(self.seconds)
        request.give_up(self.seconds)
        return request.answer or {}

    def _queue(self, request: Request) -> None:
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            request.reply(
                {"statusCode": 429, "body": {"error": "The flow has too many requests; send it again later."}}
            )

    def reply(self, token: str, answer: dict[str, Any]) -> bool:
        """Answer the request with this token; return whether it still waits."""
        for known, request in list(self._open.items()):
            if compare_digest(known, token) and not request.answered.is_set():
                request.reply(answer)
                return True
        return False


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is a number that JSON does not have")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30.0
    server: WebhookServer

    def do_POST(self) -> None:
        """Take a request, or the answer that a later step sends."""
        content = self._read()
        if content is None:
            return
        if self.path.startswith(_REPLY):
            self._take_reply(content)
            return
        try:
            members = self._members(content)
        except (ValueError, LookupError, RecursionError) as error:
            self._answer({"statusCode": 400, "body": {"error": f"The body is not what its type says: {error}"}})
            return
        about = {
            "_query": dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)),
            "_headers": {name.lower(): value for name, value in self.headers.items()},
            "_method": self.command,
            "_url": self.path,
        }
        with self.server.taking({**members, **about}) as answer:
            self._answer(answer)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the names that http.server calls

    def _take_reply(self, content: bytes) -> None:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            self._answer({"statusCode": 400, "body": {"error": "A reply is a JSON object."}})
            return
        is_waiting = self.server.reply(self.path.removeprefix(_REPLY), answer)
        self._answer({"statusCode": 200 if is_waiting else 410, "body": {}})

    def _read(self) -> bytes | None:
        """Return the body; None if it was refused."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Send the length of the body (Content-Length).")
        elif len(length) > _MOST_DIGITS or int(length) > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body may have {LARGEST} bytes.")
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True
        self._answer({"statusCode": status, "body": {"error": message}})

    def _members(self, content: bytes) -> dict[str, Any]:
        """Return the members that a request brings; what is not an object is `value`, other text is `text`."""
        kind = self.headers.get_content_type()
        if not content:
            return {}
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(content.decode(), keep_blank_values=True))
        if kind.endswith(("/json", "+json")):
            value = json.loads(content, parse_constant=_refuse_constant)
            return value if isinstance(value, dict) else {"value": value}
        return {"text": content.decode(self.headers.get_content_charset("utf-8"))}

    def _answer(self, answer: dict[str, Any]) -> None:
        body, headers = answer.get("body"), answer.get("headers") or {}
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        content = text.encode("utf-8", "backslashreplace")
        kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
        names = {name.lower() for name in headers}
        self.send_response(int(answer.get("statusCode") or HTTPStatus.OK))
        for name, value in headers.items():
            self.send_header(name, str(value).encode("latin-1", "replace").decode("latin-1"))
        if "content-type" not in names:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing: requests are the flow's business."""
