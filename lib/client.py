"""The only module that does HTTP to the API: one connection per credential, one deadline over all tries."""

from __future__ import annotations

import json
import random
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from pysailor import HttpRequest

from . import errors, response, retry
from .errors import ApiError, Try
from .response import Cancel
from .servers import CHAT, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from logging import Logger, LoggerAdapter

    from .connection import Connection
    from .retry import Limits
    from .stream import Piece

_ADDRESSES = 100  # remembered at most; on some servers the model is part of the address
_CONNECTIONS = 1000  # more than any prefetch; a connection is made only when one is needed


@dataclass(frozen=True, slots=True)
class Call:
    """How one call is made: its limits, who logs, until when (on the clock of time.monotonic), and what stops it."""

    limits: Limits
    logger: Logger | LoggerAdapter[Logger]
    deadline: float | None = None
    cancel: Cancel | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API gave: the JSON object as it came, its request id, and how every try went."""

    body: dict[str, Any]
    request_id: str | None
    tries: tuple[Try, ...]
    seconds: float


class _Adapter(HTTPAdapter):
    """Looks up the way to its one server once, which stays the same; each time anew it costs a seventh of a call."""

    def __init__(self, *, pool_connections: int, pool_maxsize: int) -> None:
        super().__init__(pool_connections=pool_connections, pool_maxsize=pool_maxsize)
        self._pool: Any = None
        self._certified: Any = None
        self._targets: dict[str | None, str] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Give the pool of connections, through the proxy if there is one."""
        pool = self._pool
        if pool is None:
            pool = self._pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set a pool's certificates before its first use."""
        if conn is not self._certified:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
            self._certified = conn

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Give what stands in the request's first line."""
        target = self._targets.get(request.url)
        if target is None:
            if len(self._targets) >= _ADDRESSES:
                self._targets.clear()
            target = self._targets[request.url] = super().request_url(request, proxies)
        return target

    def close(self) -> None:
        """Close the connections and forget the pool, which cannot be used again."""
        self._pool = None
        super().close()


class Client:
    """Keeps the connections to one API for one credential. Threads may share it."""

    def __init__(self, connection: Connection) -> None:
        """Look up proxies and certificates once; connect when the first request is made."""
        self.connection = connection
        self._session = requests.Session()
        self._adapter = _Adapter(pool_connections=2, pool_maxsize=_CONNECTIONS)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._adapter)
        self._ways: dict[str, Any] = {
            **self._session.merge_environment_settings(connection.base_url, {}, True, None, None)
        }
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}

    def complete(self, body: Mapping[str, Any], call: Call, show: Callable[[str], None] | None = None) -> Answer:
        """Ask for a chat completion, streamed or not as the body says; raise ApiError.

        `show` gets the words of the first choice as they come.
        """
        return _drained(self.stream(body, call), show)

    def stream(self, body: Mapping[str, Any], call: Call) -> Generator[Piece, None, Answer]:
        """Ask as complete() does: yield the pieces of the answer as they come, and return the whole."""
        url = self.connection.url(CHAT, body.get("model"))
        answer = yield from self._ask("POST", url, json.dumps(body).encode(), call)
        if not isinstance(answer.body.get("choices"), list):
            raise ApiError("unreadable", "It holds no choices.", request_id=answer.request_id)
        return answer

    def models(self, call: Call) -> list[dict[str, Any]]:
        """List what the credential may use, as GET /models has it; raise ApiError."""
        answer = _drained(self._ask("GET", self.connection.url(MODELS), None, call))
        listed = answer.body.get("data")
        if not isinstance(listed, list):
            raise ApiError("unreadable", "It holds no list of models.", request_id=answer.request_id)
        return [model for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str)]

    def preview(self, body: Mapping[str, Any]) -> HttpRequest:
        """Give the request that complete() would send."""
        url = self.connection.url(CHAT, body.get("model"))
        request = self._request("POST", url, json.dumps(body).encode())
        headers = {**request.headers, **self.connection.shown_headers()}
        return HttpRequest("POST", str(request.url), headers, dict(body))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, method: str, url: str, body: bytes | None, call: Call) -> Generator[Piece, None, Answer]:
        """Send, and send again where that can help; every try is told, in the answer or in the error."""
        start = time.monotonic()
        end = min(start + call.limits.timeout, call.deadline or float("inf"))
        cancel = call.cancel or Cancel()
        tries: list[Try] = []
        while True:
            request = self._request(method, url, body)
            began = time.monotonic()
            try:
                document, request_id = yield from self._try(request, end, call, cancel)
            except ApiError as error:
                own_id = request.headers["X-Client-Request-Id"]
                tries.append(Try(error.code, time.monotonic() - began, error.request_id or own_id))
                error.tries = tuple(tries)
                pause = retry.wait(error, len(tries) - 1, call.limits, random.random())  # noqa: S311 - jitter
                if pause is None or time.monotonic() + pause >= end:
                    raise
                call.logger.warning("Try %d failed (%s); the next follows in %.1f s", len(tries), error.code, pause)
                if cancel.wait(pause):
                    raise ApiError("cancelled") from error
            else:
                now = time.monotonic()
                tries.append(Try("answered", now - began, request_id))
                return Answer(document, request_id, tuple(tries), now - start)

    def _request(self, method: str, url: str, body: bytes | None) -> requests.PreparedRequest:
        """Copy a request prepared once; preparing each anew costs more than all the rest."""
        template = self._templates.get((method, url))
        if template is None:
            if len(self._templates) >= _ADDRESSES:
                self._templates.clear()
            template = requests.Request(method, url, headers=self.connection.headers()).prepare()
            self._templates[method, url] = template
        request = template.copy()
        request.headers["X-Client-Request-Id"] = str(uuid.uuid4())
        if body is not None:
            request.body = body
            request.headers["Content-Length"] = str(len(body))
        return request

    def _try(
        self, request: requests.PreparedRequest, end: float, call: Call, cancel: Cancel
    ) -> Generator[Piece, None, tuple[dict[str, Any], str | None]]:
        with self._sent(request, end, call) as answer, cancel.closes(answer):
            try:
                document = yield from response.read(answer, end)
            except ApiError as error:
                raise (ApiError("cancelled") if cancel.is_set() else error) from error
        return document, answer.headers.get("x-request-id")

    def _sent(self, request: requests.PreparedRequest, end: float, call: Call) -> requests.Response:
        """Send, and give the answer once its first line says yes; raise ApiError."""
        left = end - time.monotonic()
        if left <= 0:
            raise ApiError("timeout", f"Nothing was left of {call.limits.timeout:g} seconds.")
        timeout = (min(call.limits.connect_timeout, left), left)
        try:
            answer = self._adapter.send(request, timeout=timeout, **self._ways)
        except requests.RequestException as fault:
            raise _unsent(fault, call.limits) from fault
        except OSError as fault:  # the file of certificates that the environment names is not there
            raise ApiError("untrusted", str(fault)) from fault
        if 200 <= answer.status_code < 300:  # noqa: PLR2004 - the class of good answers; a redirection is none
            return answer
        with answer:
            pause = retry.hint(answer.headers, time.time())
            raise errors.from_answer(answer.status_code, answer.headers, response.content(answer, end), pause)


def _drained(pieces: Generator[Piece, None, Answer], show: Callable[[str], None] | None = None) -> Answer:
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        if show is not None and piece.choice == 0 and piece.kind in ("content", "refusal"):
            show(piece.text)


def _unsent(fault: requests.RequestException, limits: Limits) -> ApiError:
    """Name what kept an answer from beginning."""
    if isinstance(fault, requests.ReadTimeout):
        return ApiError("timeout", f"No answer after {limits.timeout:g} seconds.")
    if isinstance(fault, requests.exceptions.SSLError):
        return ApiError("untrusted")
    if isinstance(fault, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return ApiError("unreachable")
    reason = getattr(fault.args[0], "reason", None) if fault.args else None
    refused = isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)
    return ApiError("unreachable" if refused else "dropped")
