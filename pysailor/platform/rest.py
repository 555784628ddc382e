"""HTTP to the platform's own services: one session, bounded tries, no redirects."""

from __future__ import annotations

import logging
import os
import random
import re
import threading
import time
from base64 import b64encode
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from ..tls import names_proxy
from ..values import frozen
from .connection import KeptConnections
from .reply import NoReply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .proxied import Proxied
    from .reply import ServiceReply

LOG = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 15.0
_MOST_DOUBLINGS: Final = 64
_FAILED: Final = 500
_REQUEST_TIMEOUT: Final = 408
_TOO_MANY_REQUESTS: Final = 429
_HEADERS: Final = {
    "User-Agent": "pysailor",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "Connection": "Keep-Alive",
}
_PLAIN_ADDRESS: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?([/?][!$&-;=?-Z_a-z~%]*)?")
"""Needs no normalizing: no user, no fragment, no letters that must be quoted."""


@frozen
class Tries:
    """How often one request is tried, and how long to wait in between: the delay doubles, a fifth is chance."""

    most: int = 3
    delay: float = 0.1
    sleep: Callable[[float], None] = time.sleep

    def wait(self, tried: int) -> None:
        """Wait after this many tries."""
        backoff = self.delay * 2.0 ** min(tried - 1, _MOST_DOUBLINGS) * (1 + 0.2 * random.random())  # noqa: S311 - spreads load, hides nothing
        self.sleep(min(backoff, _LONGEST_WAIT))


class ServiceSession:
    """Sends requests, on connections that are kept. A context manager; threads may share it.

    `authorization` is the header's value. `connections` are kept at most.
    """

    def __init__(self, authorization: str | None = None, connections: int = 10) -> None:
        self._authorization = authorization
        self._most = connections
        self._connections = KeptConnections(connections)
        self._proxied: Proxied | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        for sender in (self._connections, self._proxied):
            if sender is not None:
                sender.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        timeout: float | None = None,
    ) -> ServiceReply:
        """Return the answer as soon as its head is there; raise NoReply, or OSError without certificates.

        `timeout` is the longest silence in seconds.
        """
        sent = {**_HEADERS, **(headers or {})}
        if not self._is_plain(url):
            return self._open_proxied().request(method, url, sent, data, timeout)
        if self._authorization is not None:
            sent["Authorization"] = self._authorization
        return self._connections.request(method, url, sent, data, timeout)

    def _is_plain(self, url: str) -> bool:
        """Return whether no proxy, no netrc file and no spelling of the address needs requests: most need none."""
        is_plain = _PLAIN_ADDRESS.fullmatch(url) is not None and "/." not in url and not names_proxy()
        return is_plain and (self._authorization is not None or not _has_netrc(os.environ))

    def _open_proxied(self) -> Proxied:
        if self._proxied is None:
            from .proxied import Proxied  # noqa: PLC0415 - requests takes 40 ms to load, and few need it

            self._proxied = Proxied(self._authorization, self._most)
        return self._proxied


def send(
    used: ServiceSession,
    tries: Tries,
    method: str,
    url: str,
    *,
    total: float | None = None,
    stream: bool = False,
    **how: Any,
) -> ServiceReply:
    """Return the answer, whatever its status, once it is final, and whole unless it is a stream.

    A server's failure, a request that took too long and a broken connection are tried again; if the last try meets no
    server either, NoReply says why. Redirects are not followed: they would carry secrets elsewhere.
    `total` is the time in seconds for one try from its beginning to the last byte of its answer; `how` goes to
    ServiceSession.request.
    """

    def ask() -> ServiceReply:
        reply = used.request(method, url, **how)
        if not stream:
            _ = reply.content
        return reply

    tried = 1
    while True:
        last = tried >= tries.most
        try:
            answer = _within(total, ask)
        except NoReply as error:
            if last or not error.may_pass:
                raise
            problem = error.name
        else:
            if last or not _may_pass(answer.status_code):
                return answer
            answer.close()
            problem = str(answer.status_code)
        LOG.warning("%s %s: %s, trying again", method, _without_secrets(url), problem)
        tries.wait(tried)
        tried += 1


def _within(seconds: float | None, request: Callable[[], ServiceReply]) -> ServiceReply:
    """Return the answer; raise NoReply when the time is over.

    A thread of its own waits for it. It cannot be ended, and is left behind: looking up a name, and an answer that
    drips byte by byte, know no limit, and could not be interrupted by a signal either.
    """
    if seconds is None:
        return request()
    results: SimpleQueue[ServiceReply | Exception] = SimpleQueue()

    def run() -> None:
        try:
            results.put(request())
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
            results.put(error)

    threading.Thread(target=run, name="pysailor-request", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except Empty:
        raise NoReply("Timeout", f"the answer was not complete within {seconds:g} seconds") from None
    if isinstance(result, Exception):
        raise result
    return result


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _may_pass(status: int) -> bool:
    return status >= _FAILED or status in (_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS)


def _has_netrc(environ: Mapping[str, str]) -> bool:
    places = [environ["NETRC"]] if environ.get("NETRC") else ["~/.netrc", "~/_netrc"]
    return any(os.path.isfile(os.path.expanduser(place)) for place in places)  # noqa: PTH111, PTH113 - fails for nobody


def basic(username: str, key: str) -> str:
    """Return the authorization by user and password."""
    named = f"{username}:{key}"
    try:
        content = named.encode("latin-1")
    except UnicodeEncodeError:
        content = named.encode()
    return f"Basic {b64encode(content).decode()}"


def bearer(token: str) -> str:
    """Return the authorization by token."""
    return f"Bearer {token}"
