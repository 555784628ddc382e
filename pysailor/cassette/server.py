"""The server between a component and its service: it passes on and records, or it replays."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..http_server import BackgroundServer
from .exchange import RecordedAnswer, RecordedCall, keep_headers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import requests

    from .folder import Reader, Writer

_LONGEST: Final = 600.0
_LARGEST: Final = 256 * 2**20
_BUFFER: Final = 2**16
_HOP: Final = frozenset(("connection", "keep-alive", "host", "accept-encoding", "content-length", "transfer-encoding"))


class Answering(Protocol):
    """What answers requests. `pieces` yields the parts of the body as they come; raise Broken where it breaks off."""

    secrets: Collection[str]

    def answer(self, call: RecordedCall, headers: Mapping[str, str], content: bytes, target: str) -> LiveAnswer: ...


class Broken(Exception):
    """The answer ends here, too early."""


class LiveAnswer:
    """The beginning of an answer, and the rest as it comes."""

    def __init__(self, status: int, headers: Mapping[str, str], pieces: Iterator[bytes]) -> None:
        self.status, self.headers, self.pieces = status, headers, pieces


class Recording:
    """Passes requests on to a service and keeps what comes back."""

    def __init__(self, writer: Writer, origin: str, secrets: Collection[str], unreached: list[str]) -> None:
        from requests import Session  # noqa: PLC0415 - not needed for replaying

        self.secrets = secrets
        self._writer = writer
        self._origin = origin
        self._unreached = unreached
        self._session = Session()
        self._session.auth = _no_login

    def answer(self, call: RecordedCall, headers: Mapping[str, str], content: bytes, target: str) -> LiveAnswer:
        """Ask the service; raise Broken if it does not answer."""
        import requests  # noqa: PLC0415 - loaded already

        began = time.monotonic()
        sent = {
            **{name: value for name, value in headers.items() if name.lower() not in _HOP},
            "Accept-Encoding": "identity",
        }
        try:
            response = self._session.request(
                call.method, self._origin + target, headers=sent, data=content or None, stream=True, timeout=_LONGEST,
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            none = RecordedAnswer(0, broken=True, unreachable=_was_never_sent(error))
            self._writer.write(call, none, self._origin)
            self._unreached.append(self._origin)
            raise Broken from error
        kept = keep_headers(response.headers, self.secrets)
        return LiveAnswer(response.status_code, kept, self._pass_on(call, response, kept, began))

    def _pass_on(
        self, call: RecordedCall, response: requests.Response, kept: dict[str, str], began: float
    ) -> Iterator[bytes]:
        chunks: list[tuple[float, bytes]] = []
        is_broken = True
        try:
            for chunk in response.raw.stream(_BUFFER, decode_content=True):
                chunks.append((time.monotonic() - began, chunk))
                yield chunk
            is_broken = False
        except GeneratorExit:
            is_broken = False  # the component has read enough
            raise
        except Exception as error:
            raise Broken from error
        finally:
            response.close()
            self._writer.write(call, RecordedAnswer(response.status_code, kept, tuple(chunks), is_broken), self._origin)


class Replaying:
    """Answers from a cassette. `pace` 1 keeps the times, 0 does not wait.

    What it does not know goes to `unknown`, the origin of what could not be reached in recording to `unreached`.
    """

    secrets: Collection[str] = ()

    def __init__(
        self,
        reader: Reader,
        pace: float,
        unknown: list[str],
        secrets: Collection[str],
        origin: str,
        unreached: list[str],
    ) -> None:
        self._origin, self._unreached = origin, unreached
        self._reader = reader
        self._pace = pace
        self._unknown = unknown
        self.secrets = secrets

    def answer(self, call: RecordedCall, headers: Mapping[str, str], content: bytes, target: str) -> LiveAnswer:  # noqa: ARG002
        """Return the recorded answer, or status 400 for a request that was not recorded."""
        answer = self._reader.find(call)
        if answer is None:
            told = self._reader.explain(call)
            self._unknown.append(told)
            what = told.partition(";")[0]
            return _refuse(f"{what}; the difference is told at the end. Record again, or undo the change")
        if not answer.status:
            self._unreached.append(self._origin)
            raise Broken
        return LiveAnswer(answer.status, answer.headers, self._play(answer))

    def _play(self, answer: RecordedAnswer) -> Iterator[bytes]:
        began = time.monotonic()
        for seconds, chunk in answer.chunks:
            time.sleep(max(0.0, began + seconds * self._pace - time.monotonic()))
            yield chunk
        if answer.broken:
            raise Broken


def _refuse(told: str) -> LiveAnswer:
    import json  # noqa: PLC0415 - something is wrong

    body = json.dumps({"error": {"message": told, "type": "cassette_mismatch", "code": "cassette_mismatch"}})
    return LiveAnswer(400, {"content-type": "application/json", "x-should-retry": "false"}, iter([body.encode()]))


class TapeServer(BackgroundServer):
    """Listens on this machine; a context manager."""

    def __init__(self, answering: Answering) -> None:
        super().__init__("127.0.0.1", 0, _Handler, "cassette")
        self.answering = answering

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the client is gone, or its answer breaks off as it was recorded."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: TapeServer

    def _take(self) -> None:
        answering = self.server.answering
        content = self._read()
        headers = dict(self.headers.items())
        call = RecordedCall.read(self.command, self.path, headers, content, answering.secrets)
        try:
            self._send(answering.answer(call, headers, content, self.path))
        except Broken:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _take  # noqa: N815 - http.server's names

    def _read(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST))
        parts = []
        while size := int(self.rfile.readline(100).partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline(10)
        self.rfile.readline(10)
        return b"".join(parts)

    def _send(self, reply: LiveAnswer) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        has_body = self.command != "HEAD" and reply.status not in (204, 304)
        self.send_header(*(("Transfer-Encoding", "chunked") if has_body else ("Content-Length", "0")))
        self.end_headers()
        for piece in reply.pieces:
            if piece and has_body:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if has_body:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _was_never_sent(error: requests.RequestException) -> bool:
    """Return whether no connection was made, so that nothing was sent."""
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415 - not needed for replaying

    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _no_login(request: Any) -> Any:
    """Leave the request as it is; without this, a line of ~/.netrc would replace the component's own login."""
    return request
