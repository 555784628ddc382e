"""Requests to a server that is reached without a proxy, on connections that are kept.

By http.client: requests takes 40 ms more to load, a sixth of a worker's start, for one request.
"""

from __future__ import annotations

import re
import select
import ssl
import zlib
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..tls import named_certificates, tls_context
from .encoding import decode
from .reply import NoReply, ServiceReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LINE_ENDS: Final = re.compile(r"[\r\n]")


class KeptConnections:
    """Keeps at most so many connections to each server while they are idle. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: dict[tuple[str, str], list[HTTPConnection]] = {}

    def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, timeout: float | None
    ) -> ServiceReply:
        """Return the answer as soon as its head is there; raise NoReply, or OSError without certificates."""
        place, target = _split(url)
        if any(map(_LINE_ENDS.search, headers.values())):
            raise NoReply("InvalidHeader", "it would not stay within its line", may_pass=False)
        connection = self._idle_to(place) or self._new(*place)
        is_sent = False
        try:
            _open(connection, timeout)
            with _convert_errors(TimeoutError="ReadTimeout", UnicodeError="InvalidHeader"):
                with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it had all of it
                    connection.request(method, target, data, dict(headers))
                    is_sent = True
                response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        keep = partial(self._keep, place, connection) if is_sent else connection.close
        return ServiceReply(response.status, response.reason, _Body(response, connection, keep))

    def close(self) -> None:
        """Close the connections that are idle; those in use close by themselves."""
        self._most = 0
        for connections in list(self._idle.values()):
            while connections:
                connections.pop().close()

    def _idle_to(self, place: tuple[str, str]) -> HTTPConnection | None:
        """Return a connection that the server has not closed meanwhile, None if there is none."""
        connections = self._idle.setdefault(place, [])
        while connections:
            try:
                connection = connections.pop()
            except IndexError:  # another thread was faster
                break
            if not _has_news(connection):
                return connection
            connection.close()
        return None

    def _new(self, scheme: str, netloc: str) -> HTTPConnection:
        if scheme == "https":
            return HTTPSConnection(netloc, context=self._tls)
        return HTTPConnection(netloc)

    def _keep(self, place: tuple[str, str], connection: HTTPConnection) -> None:
        connections = self._idle.setdefault(place, [])
        if len(connections) < self._most:
            connections.append(connection)
        else:
            connection.close()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Trusts the certificates that the environment names, else those that come with certifi, as requests does."""
        bundle = named_certificates()
        if bundle and not Path(bundle).exists():
            raise OSError(f"Could not find a suitable TLS CA certificate bundle, invalid path: {bundle}")
        return tls_context(bundle)


class _Body:
    """The body of an answer; its connection is kept once all of it was read."""

    def __init__(self, response: HTTPResponse, connection: HTTPConnection, keep: Callable[[], None]) -> None:
        self._response = response
        self._connection = connection
        self._keep = keep
        self._is_open = True

    def pieces(self, size: int) -> Iterator[bytes]:
        """Return the body in pieces."""
        try:
            yield from decode(self._raw_pieces(size), self._response.headers.get("Content-Encoding") or "")
        except zlib.error as error:
            raise NoReply("ContentDecodingError", error, may_pass=False) from error
        finally:
            self.close()

    def close(self) -> None:
        """Keep the connection if the body was read to its end, else close it."""
        if not self._is_open:
            return
        self._is_open = False
        is_whole = self._response.isclosed() and not self._response.length
        self._response.close()
        if is_whole and not self._response.will_close:
            self._keep()
        else:
            self._connection.close()

    def _raw_pieces(self, size: int) -> Iterator[bytes]:
        with _convert_errors(TimeoutError="ConnectionError", OSError="ChunkedEncodingError"):
            while piece := self._response.read(size):
                yield piece
            if self._response.length:
                raise NoReply("ChunkedEncodingError", f"{self._response.length} bytes of it are missing")


def _split(url: str) -> tuple[tuple[str, str], str]:
    """Return the server's scheme and address, and what is asked of it."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # one beyond 65,535 would be taken for another
    except ValueError as error:
        raise NoReply("InvalidURL", error, may_pass=False) from error
    return (parts.scheme, parts.netloc), parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()


def _open(connection: HTTPConnection, timeout: float | None) -> None:
    connection.timeout = timeout
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
        return
    with _convert_errors(TimeoutError="ConnectTimeout"):
        connection.connect()


def _has_news(connection: HTTPConnection) -> bool:
    """Return whether an idle connection can be read from: nothing was asked, so that can only be its end."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _convert_errors(**names: str) -> Iterator[None]:
    """Turn what breaks a connection into NoReply."""
    try:
        yield
    except ssl.SSLError as error:
        raise NoReply("SSLError", error) from error
    except TimeoutError as error:
        raise NoReply(names["TimeoutError"], error) from error
    except UnicodeError as error:  # of a header, or a host's name with parts that are empty or too long
        raise NoReply(names.get("UnicodeError", "InvalidURL"), error, may_pass=False) from error
    except (OSError, HTTPException) as error:
        raise NoReply(names.get("OSError", "ConnectionError"), error) from error
