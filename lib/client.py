"""The only module that does HTTP to the API: one connection per credential, one deadline over all tries."""

from __future__ import annotations

import json
import random
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from . import errors, retry
from .errors import ApiError, Try

if TYPE_CHECKING:
    from collections.abc import Mapping
    from logging import Logger, LoggerAdapter

    from .connection import Connection
    from .retry import Limits

_CONNECTIONS = 1000  # more than any prefetch; a connection is made only when one is needed
_LARGEST_ANSWER = 64 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API gave: the JSON object as it came, its request id, and how every try went."""

    body: dict[str, Any]
    request_id: str | None
    tries: tuple[Try, ...]
    seconds: float


class Client:
    """Keeps the connections to one API for one credential. Threads may share it."""

    def __init__(self, connection: Connection) -> None:
        """Look up proxies and certificates once; connect when the first request is made."""
        self.connection = connection
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=_CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._ways: dict[str, Any] = {
            **self._session.merge_environment_settings(connection.base_url, {}, True, None, None)
        }
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}

    def complete(
        self,
        body: Mapping[str, Any],
        limits: Limits,
        logger: Logger | LoggerAdapter[Logger],
        deadline: float | None = None,
    ) -> Answer:
        """Ask for a chat completion; raise ApiError.

        `deadline` is on the clock of time.monotonic; the limits' timeout may end the call sooner.
        """
        answer = self._ask("POST", "chat/completions", json.dumps(body).encode(), limits, logger, deadline)
        if not isinstance(answer.body.get("choices"), list):
            raise ApiError("unreadable", "It holds no choices.", request_id=answer.request_id)
        return answer

    def models(self, limits: Limits, logger: Logger | LoggerAdapter[Logger]) -> list[dict[str, Any]]:
        """List what the credential may use, as GET /models has it; raise ApiError."""
        answer = self._ask("GET", "models", None, limits, logger, None)
        listed = answer.body.get("data")
        if not isinstance(listed, list):
            raise ApiError("unreadable", "It holds no list of models.", request_id=answer.request_id)
        return [model for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str)]

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        limits: Limits,
        logger: Logger | LoggerAdapter[Logger],
        deadline: float | None,
    ) -> Answer:
        start = time.monotonic()
        end = min(start + limits.timeout, deadline or float("inf"))
        tries: list[Try] = []
        while True:
            request = self._request(method, path, body)
            began = time.monotonic()
            try:
                answer = self._send(request, end, limits)
            except ApiError as error:
                own_id = request.headers["X-Client-Request-Id"]
                tries.append(Try(error.code, time.monotonic() - began, error.request_id or own_id))
                error.tries = tuple(tries)
                pause = retry.wait(error, len(tries) - 1, limits, random.random())  # noqa: S311 - jitter is no secret
                if pause is None or time.monotonic() + pause >= end:
                    raise
                logger.warning("Try %d failed (%s); the next one follows in %.1f s", len(tries), error.code, pause)
                time.sleep(pause)
            else:
                now = time.monotonic()
                tries.append(Try("answered", now - began, answer.request_id))
                return replace(answer, tries=tuple(tries), seconds=now - start)

    def _request(self, method: str, path: str, body: bytes | None) -> requests.PreparedRequest:
        """Copy a request prepared once; preparing each anew costs more than all the rest."""
        template = self._templates.get((method, path))
        if template is None:
            template = requests.Request(method, self.connection.url(path), headers=self.connection.headers()).prepare()
            self._templates[method, path] = template
        request = template.copy()
        request.headers["X-Client-Request-Id"] = str(uuid.uuid4())
        if body is not None:
            request.body = body
            request.headers["Content-Length"] = str(len(body))
        return request

    def _send(self, request: requests.PreparedRequest, end: float, limits: Limits) -> Answer:
        left = end - time.monotonic()
        if left <= 0:
            raise ApiError("timeout", f"Nothing was left of {limits.timeout:g} seconds.")
        timeout = (min(limits.connect_timeout, left), left)
        try:
            response = self._session.get_adapter(str(request.url)).send(request, timeout=timeout, **self._ways)
        except requests.RequestException as fault:
            raise _unsent(fault, limits) from fault
        with response:
            content = _content(response, end, limits)
        if not response.ok:
            pause = retry.hint(response.headers, time.time())
            raise errors.from_answer(response.status_code, response.headers, content, pause)
        return Answer(_document(response, content), response.headers.get("x-request-id"), (), 0.0)


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


def _content(response: requests.Response, end: float, limits: Limits) -> bytes:
    """Read the whole body before `end`; a server that drips does not get longer than one that is silent."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := _next_piece(response.raw, end):
            pieces.append(piece)
            size += len(piece)
            if size > _LARGEST_ANSWER:
                raise ApiError("unreadable", f"It is larger than {_LARGEST_ANSWER >> 20} MiB.")
    except urllib3.exceptions.ReadTimeoutError as fault:
        raise ApiError("timeout", f"The answer was not complete after {limits.timeout:g} seconds.") from fault
    except urllib3.exceptions.DecodeError as fault:
        raise ApiError("unreadable", "It is not compressed as it says.") from fault
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        raise ApiError("cut_off", request_id=response.headers.get("x-request-id")) from fault
    return b"".join(pieces)


def _next_piece(raw: urllib3.BaseHTTPResponse, end: float) -> bytes:
    """Read what is there, at most until `end`: the socket's own time limit counts from each read anew."""
    socket = getattr(raw.connection, "sock", None)
    if socket is not None:
        socket.settimeout(max(end - time.monotonic(), 0.001))
    return bytes(raw.read1(_PIECE, decode_content=True))


def _document(response: requests.Response, content: bytes) -> dict[str, Any]:
    """Give the JSON object that a good answer is; raise ApiError for anything else."""
    request_id = response.headers.get("x-request-id")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as fault:
        kind = response.headers.get("content-type", "no type")
        what = f"It is {kind}, not JSON." if content else "It is empty."
        raise ApiError("unreadable", what, status=response.status_code, request_id=request_id) from fault
    if not isinstance(document, dict):
        raise ApiError("unreadable", "It is no JSON object.", status=response.status_code, request_id=request_id)
    if document.get("error"):  # some servers say no with a 200
        raise errors.from_answer(response.status_code, response.headers, content)
    return document
