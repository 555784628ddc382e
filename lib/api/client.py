"""The only module that does HTTP to the API: one connection per credential, one deadline over all tries."""

from __future__ import annotations

import random
import time
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from pysailor import HttpRequest, frozen

from ..errors import api_error as errors
from ..errors.api_error import ApiError, Try
from . import json_body, response, retry
from .call import CallOptions, keep_pace, learn_from_refusal, tokens_of
from .http.errors import (
    ConnectionRefused,
    ConnectTimeout,
    CutOff,
    HttpError,
    ProxyFailed,
    TimedOut,
    UnknownName,
    Untrusted,
    WrongAddress,
    WrongEncoding,
    WrongLength,
)
from .http.pool import ConnectionPool
from .http.request import Template
from .http.route import ServerRoute
from .pacer import Pacer
from .stream import drain

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from mmap import mmap

    from .connection import Connection
    from .endpoint import AnswerFormat, ReadAnswer, StreamReader
    from .http.reply import Reply
    from .http.request import Request
    from .http.route import ConnectGuard
    from .stream import Piece

__all__ = ["JSON", "ApiAnswer", "CallOptions", "Client"]

JSON = "application/json"
_ADDRESSES = 100  # remembered at most; on some servers the model is part of the address
_FAILURES: tuple[tuple[type[HttpError], str, str], ...] = (
    (TimedOut, "timeout", "No answer after {seconds} seconds."),
    (ProxyFailed, "unreachable", "The proxy did not lead to {server}."),
    (ConnectTimeout, "unreachable", "{server} did not answer in time."),
    (UnknownName, "unreachable", "The name {server} could not be resolved."),
    (ConnectionRefused, "unreachable", "Nothing listens at {server}."),
    (WrongEncoding, "unreadable", "It is not compressed as it says."),
    # It was answered, so it may be billed, though nobody can tell where the answer ends.
    (WrongLength, "cut_off", "It does not say in one whole number how long it is (Content-Length)."),
    (CutOff, "cut_off", ""),
    (HttpError, "dropped", ""),
)


@frozen
class ApiAnswer:
    """What the API gave: the JSON object as it came, its request id, how every try went, and what was odd about it."""

    body: dict[str, Any]
    request_id: str | None
    tries: tuple[Try, ...]
    seconds: float
    warnings: tuple[str, ...] = ()


class Client:
    """Keeps the connections to one API for one credential. Threads may share it."""

    def __init__(self, connection: Connection, guard: ConnectGuard | None = None) -> None:
        """Connect when the first request is made; through the guard, where the address is not the operator's own."""
        self._guard = guard
        self.connection = connection
        self.server = connection.server
        """The kind of server, as it is known by now: what it refused is learnt."""
        self._pacer = Pacer(connection)
        self._templates: dict[tuple[str, str, str], Template] = {}
        self._urls: dict[str, str] = {}

    @cached_property
    def _route(self) -> ServerRoute:
        """The way to the server, with proxies and certificates looked up once."""
        return ServerRoute(self.connection.base_url, self._guard)

    @cached_property
    def _pool(self) -> ConnectionPool:
        return ConnectionPool(self._route)

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
        url = self._url(endpoint.path, body.get("model"))
        return self._send("POST", url, json_body.write(body), call, endpoint.read_stream, endpoint.read_answer)

    def request(
        self,
        method: str,
        path: str,
        call: CallOptions,
        body: bytes | mmap = b"",
        read_stream: Callable[[], StreamReader] | None = None,
        content_type: str = JSON,
    ) -> ApiAnswer:
        """Send bytes to a path beneath the base URL, and return the JSON object that is answered; raise ApiError."""
        url = self.connection.url(path, "-")
        return drain(self._send(method, url, body, call, read_stream, content_type=content_type))

    def download(self, path: str, call: CallOptions, file: IO[bytes]) -> ApiAnswer:
        """Fetch what is at a path into a file, from its beginning, without holding it in memory.

        Raise ApiError, or OSError for what the file does not take.
        """
        return drain(self._send("GET", self.connection.url(path, "-"), b"", call, file=file))

    def preview(self, endpoint: AnswerFormat, body: Mapping[str, Any]) -> HttpRequest:
        """Return the request that ask() would send, without the secrets in it; raise ApiError if it cannot be made."""
        url = self.connection.url(endpoint.path, body.get("model"))
        template = self._template("POST", url)
        request = template.request(json_body.write(body))
        headers = {**template.all_headers(request), **self.connection.headers_without_secrets()}
        return HttpRequest("POST", self.connection.mask_query(template.url), headers, dict(body))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | mmap,
        call: CallOptions,
        read_stream: Callable[[], StreamReader] | None = None,
        read_answer: ReadAnswer | None = None,
        *,
        content_type: str = JSON,
        file: IO[bytes] | None = None,
    ) -> Generator[Piece, None, ApiAnswer]:
        """Send, and send again where that can help; every try is told, in the answer or in the error."""
        start = time.monotonic()
        end = min(start + call.limits.timeout, call.deadline or float("inf"))
        tries: list[Try] = []
        pacer = call.pacer or self._pacer
        error: ApiError | None = None
        is_paced = bool(body) and content_type == JSON  # what works comes in JSON; files do not
        while True:
            is_probe = is_paced and not pacer.is_free() and keep_pace(pacer, len(body), end, call, error)
            if call.is_cancelled:
                raise _cancellation(tries)
            request = self._template(method, url, content_type).request(body)
            began = time.monotonic()
            try:
                document, headers = yield from self._try(request, end, call, read_stream, file)
                if read_answer is not None:
                    document = _read(document, read_answer, headers)
            except ApiError as failed:
                error = failed
                error.mask(self.connection.mask_secrets)
                if is_paced:
                    learn_from_refusal(pacer, error, call, is_probe=is_probe)
                tries.append(Try(error.code, time.monotonic() - began, error.request_id or request.id))
                error.tries = tuple(tries)
                pause = retry.wait(error, len(tries) - 1, call.limits, random.random())  # noqa: S311 - jitter
                if pause is None or time.monotonic() + pause >= end:
                    raise
                call.logger.warning("Try %d failed (%s); the next follows in %.1f s", len(tries), error.code, pause)
                call.pause(pause)
            else:
                now = time.monotonic()
                if is_paced:
                    pacer.learn(headers, len(body), tokens_of(document.body), call.report)
                request_id = headers.get("x-request-id")
                tries.append(Try("answered", now - began, request_id))
                return ApiAnswer(document.body, request_id, tuple(tries), now - start, document.remarks)

    def _url(self, path: str, model: Any) -> str:
        """Return the address of an endpoint, made once where it does not name the model."""
        if self.connection.server.deployments:
            return self.connection.url(path, model)
        if path not in self._urls:
            self._urls[path] = self.connection.url(path, model)
        return self._urls[path]

    def _template(self, method: str, url: str, content_type: str = JSON) -> Template:
        """Return the template of an address, made once; raise ApiError."""
        template = self._templates.get((method, url, content_type))
        if template is None:
            if len(self._templates) >= _ADDRESSES:
                self._templates.clear()
            template = self._new_template(method, url, content_type)
            self._templates[method, url, content_type] = template
        return template

    def _new_template(self, method: str, url: str, content_type: str) -> Template:
        headers = self.connection.headers()
        if content_type != JSON:
            kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
            headers = {**kept, "Content-Type": content_type}
        try:
            return Template(method, url, headers, self._route.proxy_headers())
        except WrongAddress as fault:
            raise _failure(fault, "", 0) from fault
        except ValueError as fault:  # also those of requests
            raise ApiError("wrong_address", "No request can be sent there.") from fault

    def _try(
        self,
        request: Request,
        end: float,
        call: CallOptions,
        read_stream: Callable[[], StreamReader] | None,
        file: IO[bytes] | None,
    ) -> Generator[Piece, None, tuple[response.Document, Mapping[str, str]]]:
        try:
            with self._open(request, end, call) as reply:
                document = response.read_plain(reply) if file is None else response.save(reply, end, file)
                if document is None:
                    document = yield from response.read(reply, end, call.limits.silence, read_stream)
        except ApiError as error:
            if call.is_cancelled:
                raise _cancellation(came=error) from error
            raise
        finally:
            if call.cancel is not None:
                call.cancel.release()
        if call.is_cancelled:  # the end of what was read may be ours: not every answer tells its length
            raise _cancellation()
        return document, reply.headers

    def _open(self, request: Request, end: float, call: CallOptions) -> Reply:
        """Send, and return the answer once its first line says yes; raise ApiError."""
        now = time.monotonic()
        if now >= end:
            raise ApiError("timeout", f"Nothing was left of {call.limits.timeout:g} seconds.")
        connected = min(now + call.limits.connect_timeout, end)
        try:
            reply = self._pool.send(request, call.cancel, connected, end)
        except HttpError as fault:
            raise _failure(fault, self.connection.server_name, call.limits.timeout) from fault
        if 200 <= reply.status < 300:  # noqa: PLR2004 - the class of good answers; a redirection is not one
            return reply
        with reply:
            raise errors.from_answer(reply.status, reply.headers, response.content(reply, end))


def _read(document: response.Document, read_answer: ReadAnswer, headers: Mapping[str, str]) -> response.Document:
    """Return the answer that a document is; raise ApiError, for which what was shown already is not asked for anew."""
    try:
        body, doubts = read_answer(document.body)
    except ApiError as error:
        error.request_id = error.request_id or headers.get("x-request-id")
        if document.is_streamed:
            error.should_retry = False
        raise
    return response.Document(body, (*document.remarks, *doubts)) if doubts else document._replace(body=body)


def _cancellation(tries: Sequence[Try] = (), came: ApiError | None = None) -> ApiError:
    """Make the error of a call that was stopped; with what had come until then."""
    error = ApiError("cancelled")
    error.tries = tuple(tries)
    if came is not None:
        error.partial, error.characters, error.request_id = came.partial, came.characters, came.request_id
    return error


def _failure(fault: HttpError, server: str, seconds: float) -> ApiError:
    """Return the error for what kept an answer from beginning."""
    if isinstance(fault, WrongAddress):
        error = ApiError("unreachable", str(fault) or "Its address, or the address of the proxy, is not valid.")
        error.should_retry = False
        return error
    if isinstance(fault, Untrusted):
        return ApiError("untrusted", str(fault))
    code, why = next((code, why) for kind, code, why in _FAILURES if isinstance(fault, kind))
    return ApiError(code, " ".join(filter(None, (why.format(server=server, seconds=f"{seconds:g}"), str(fault)))))
