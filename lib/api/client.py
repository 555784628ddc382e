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

from pysailor import HttpRequest

from ..errors import api_error as errors
from ..errors.api_error import ApiError, Try
from . import response, retry
from .adapter import REQUEST_ID, Adapter
from .cancel import Cancel
from .servers import MODELS
from .stream import drain

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from logging import Logger, LoggerAdapter

    from .connection import Connection
    from .endpoint import AnswerFormat, StreamReader
    from .retry import CallLimits
    from .stream import Piece

_NO_ADDRESS = (
    requests.exceptions.InvalidURL,  # also a proxy's
    requests.exceptions.InvalidSchema,  # also SOCKS, whose package is not installed
    urllib3.exceptions.LocationValueError,
    urllib3.exceptions.ProxySchemeUnknown,
)
_ADDRESSES = 100  # remembered at most; on some servers the model is part of the address
_UNSENT: tuple[tuple[type[Exception], str, str], ...] = (
    (requests.ReadTimeout, "timeout", "No answer after {seconds} seconds."),
    (requests.exceptions.SSLError, "untrusted", ""),
    (requests.exceptions.ProxyError, "unreachable", "The proxy did not lead to {server}."),
    (requests.ConnectTimeout, "unreachable", "{server} did not answer in time."),
    (urllib3.exceptions.NameResolutionError, "unreachable", "The name {server} could not be resolved."),
    (urllib3.exceptions.NewConnectionError, "unreachable", "Nothing listens at {server}."),
)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How one call is made: its limits, who logs, until when (on the clock of time.monotonic), and what stops it."""

    limits: CallLimits
    logger: Logger | LoggerAdapter[Logger]
    deadline: float | None = None
    cancel: Cancel | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API gave: the JSON object as it came, its request id, how every try went, and what was odd about it."""

    body: dict[str, Any]
    request_id: str | None
    tries: tuple[Try, ...]
    seconds: float
    warnings: tuple[str, ...] = ()


class Client:
    """Keeps the connections to one API for one credential. Threads may share it."""

    def __init__(self, connection: Connection) -> None:
        """Look up proxies and certificates once; connect when the first request is made."""
        self.connection = connection
        self._session = requests.Session()
        self._adapter = Adapter()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._adapter)
        self._route: dict[str, Any] = {
            **self._session.merge_environment_settings(connection.base_url, {}, True, None, None)
        }
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}

    def ask(
        self,
        endpoint: AnswerFormat,
        body: Mapping[str, Any],
        call: CallOptions,
        show: Callable[[str], None] | None = None,
    ) -> ApiAnswer:
        """Send the body to the endpoint, streamed or not as the body says, and return the answer; raise ApiError.

        `show` gets the words of the first choice as they come.
        """
        return drain(self.stream(endpoint, body, call), show)

    def stream(
        self, endpoint: AnswerFormat, body: Mapping[str, Any], call: CallOptions
    ) -> Generator[Piece, None, ApiAnswer]:
        """Ask as ask() does: yield the pieces of the answer as they come, and return the whole."""
        url = self.connection.url(endpoint.path, body.get("model"))
        answer = yield from self._send("POST", url, json.dumps(body).encode(), call, endpoint.read_stream)
        try:
            doubts = tuple(endpoint.read_answer(answer.body))
        except ApiError as error:
            error.request_id = answer.request_id
            raise
        return replace(answer, warnings=doubts) if doubts else answer

    def models(self, call: CallOptions) -> list[dict[str, Any]]:
        """List what the credential may use, as GET /models has it; raise ApiError."""
        answer = drain(self._send("GET", self.connection.url(MODELS), None, call))
        listed = answer.body.get("data")
        if not isinstance(listed, list):
            raise ApiError("unreadable", "It holds no list of models.", request_id=answer.request_id)
        return [model for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str)]

    def preview(self, endpoint: AnswerFormat, body: Mapping[str, Any]) -> HttpRequest:
        """Return the request that ask() would send, without the secrets in it; raise ApiError if it cannot be made."""
        url = self.connection.url(endpoint.path, body.get("model"))
        request = self._request("POST", url, json.dumps(body).encode())
        headers = {**request.headers, **self.connection.shown_headers()}
        return HttpRequest("POST", self.connection.shown(str(request.url)), headers, dict(body))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        call: CallOptions,
        read_stream: Callable[[], StreamReader] | None = None,
    ) -> Generator[Piece, None, ApiAnswer]:
        """Send, and send again where that can help; every try is told, in the answer or in the error."""
        start = time.monotonic()
        end = min(start + call.limits.timeout, call.deadline or float("inf"))
        cancel = call.cancel or Cancel()
        tries: list[Try] = []
        while True:
            if cancel.is_set():
                raise _cancelled(tries)
            request = self._request(method, url, body)
            began = time.monotonic()
            try:
                document, request_id = yield from self._try(request, end, call, cancel, read_stream)
            except ApiError as error:
                error.mask(self.connection.mask_secrets)
                own_id = request.headers[REQUEST_ID]
                tries.append(Try(error.code, time.monotonic() - began, error.request_id or own_id))
                error.tries = tuple(tries)
                pause = retry.wait(error, len(tries) - 1, call.limits, random.random())  # noqa: S311 - jitter
                if pause is None or time.monotonic() + pause >= end:
                    raise
                call.logger.warning("Try %d failed (%s); the next follows in %.1f s", len(tries), error.code, pause)
                cancel.wait(pause)
            else:
                now = time.monotonic()
                tries.append(Try("answered", now - began, request_id))
                return ApiAnswer(document, request_id, tuple(tries), now - start)

    def _request(self, method: str, url: str, body: bytes | None) -> requests.PreparedRequest:
        """Copy a request prepared once; preparing each anew costs more than all the rest."""
        template = self._templates.get((method, url))
        if template is None:
            if len(self._templates) >= _ADDRESSES:
                self._templates.clear()
            template = self._templates[method, url] = self._prepare(method, url)
        request = template.copy()
        request.headers[REQUEST_ID] = str(uuid.UUID(int=random.getrandbits(128), version=4))
        if body is not None:
            request.body = body
            request.headers["Content-Length"] = str(len(body))
        return request

    def _prepare(self, method: str, url: str) -> requests.PreparedRequest:
        try:
            return requests.Request(method, url, headers=self.connection.headers()).prepare()
        except requests.RequestException as fault:
            raise ApiError("wrong_address", "No request can be sent there.") from fault

    def _try(
        self,
        request: requests.PreparedRequest,
        end: float,
        call: CallOptions,
        cancel: Cancel,
        read_stream: Callable[[], StreamReader] | None,
    ) -> Generator[Piece, None, tuple[dict[str, Any], str | None]]:
        try:
            with self._open(request, end, call, cancel) as answer:
                document = yield from response.read(answer, end, call.limits.silence, read_stream)
        except ApiError as error:
            if cancel.is_set():
                raise _cancelled(came=error) from error
            raise
        finally:
            cancel.release()
        if cancel.is_set():  # the end of what was read may be ours: not every answer tells its length
            raise _cancelled()
        return document, answer.headers.get("x-request-id")

    def _open(
        self, request: requests.PreparedRequest, end: float, call: CallOptions, cancel: Cancel
    ) -> requests.Response:
        """Send, and return the answer once its first line says yes; raise ApiError."""
        left = end - time.monotonic()
        if left <= 0:
            raise ApiError("timeout", f"Nothing was left of {call.limits.timeout:g} seconds.")
        timeout = (min(call.limits.connect_timeout, left), left)
        try:
            answer = self._adapter.send_for(cancel, request, timeout=timeout, **self._route)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as fault:
            raise _unsent_error(fault, call.limits, self.connection.server_name) from fault
        except OSError as fault:  # the file of certificates that the environment names is not there
            raise ApiError("untrusted", str(fault)) from fault
        if 200 <= answer.status_code < 300:  # noqa: PLR2004 - the class of good answers; a redirection is not one
            return answer
        with answer:
            pause = retry.requested_wait(answer.headers, time.time())
            raise errors.from_answer(answer.status_code, answer.headers, response.content(answer, end), pause)


def _cancelled(tries: Sequence[Try] = (), came: ApiError | None = None) -> ApiError:
    """Make the error of a call that was stopped; with what had come until then."""
    error = ApiError("cancelled")
    error.tries = tuple(tries)
    if came is not None:
        error.partial, error.characters, error.request_id = came.partial, came.characters, came.request_id
    return error


def _unsent_error(fault: Exception, limits: CallLimits, server: str) -> ApiError:
    """Return the error for what kept an answer from beginning."""
    if isinstance(fault, _NO_ADDRESS):
        error = ApiError("unreachable", "Its address, or the address of the proxy, is not valid.")
        error.should_retry = False
        return error
    inner = getattr(fault.args[0], "reason", None) if fault.args else None
    for kind, code, why in _UNSENT:
        if isinstance(fault, kind) or isinstance(inner, kind):
            return ApiError(code, why.format(server=server, seconds=f"{limits.timeout:g}"))
    return ApiError("dropped")
