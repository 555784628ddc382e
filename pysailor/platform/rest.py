"""HTTP to the platform's own services: one session, bounded tries, no redirects."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

LOG = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 15.0
_MOST_DOUBLINGS: Final = 64
_FAILED: Final = 500
_REQUEST_TIMEOUT: Final = 408
_TOO_MANY_REQUESTS: Final = 429

Auth = Callable[["PreparedRequest"], "PreparedRequest"]


@dataclass(frozen=True, slots=True)
class Tries:
    """How often one request is tried, and how long to wait in between: the delay doubles, a fifth is chance."""

    most: int = 3
    delay: float = 0.1
    sleep: Callable[[float], None] = time.sleep

    def wait(self, tried: int) -> None:
        """Wait after this many tries."""
        backoff = self.delay * 2.0 ** min(tried - 1, _MOST_DOUBLINGS) * (1 + 0.2 * random.random())  # noqa: S311 - spreads load, hides nothing
        self.sleep(min(backoff, _LONGEST_WAIT))


def session(auth: Auth | None = None, connections: int = 10) -> Session:
    """Return a session that keeps connections alive.

    `auth` is a callable because requests lets ~/.netrc override any other authorization.
    """
    made = requests.Session()
    made.headers.update({"User-Agent": "pysailor", "Connection": "Keep-Alive"})
    made.auth = auth
    for scheme in ("https://", "http://"):
        made.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    return made


def send(used: Session, tries: Tries, method: str, url: str, *, total: float | None = None, **how: Any) -> Response:
    """Return the answer, whatever its status, once it is final.

    A server's failure, a request that took too long and a broken connection are tried again; if the last try meets no
    server either, requests' own exception says why. Redirects are not followed: they would carry secrets elsewhere.
    `total` is the time in seconds for one try from its beginning to the last byte of its answer.
    """
    tried = 1
    while True:
        last = tried >= tries.most
        try:
            answer = _within(total, partial(used.request, method, url, allow_redirects=False, **how))
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            if last:
                raise
            problem = type(error).__name__
        else:
            if last or not _may_pass(answer.status_code):
                return answer
            answer.close()
            problem = str(answer.status_code)
        LOG.warning("%s %s: %s, trying again", method, _without_secrets(url), problem)
        tries.wait(tried)
        tried += 1


def _within(seconds: float | None, request: Callable[[], Response]) -> Response:
    """Return the answer; raise requests' Timeout when the time is over.

    A thread of its own waits for it. It cannot be ended, and is left behind: looking up a name, and an answer that
    drips byte by byte, know no limit, and could not be interrupted by a signal either.
    """
    if seconds is None:
        return request()
    results: SimpleQueue[Response | Exception] = SimpleQueue()

    def run() -> None:
        try:
            results.put(request())
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
            results.put(error)

    threading.Thread(target=run, name="pysailor-request", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except Empty:
        raise requests.Timeout(f"the answer was not complete within {seconds:g} seconds") from None
    if isinstance(result, Exception):
        raise result
    return result


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _may_pass(status: int) -> bool:
    return status >= _FAILED or status in (_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS)


def basic(username: str, key: str) -> Auth:
    """Return the authorization by user and password."""
    return requests.auth.HTTPBasicAuth(username, key)


def bearer(token: str) -> Auth:
    """Return the authorization by token."""

    def authorize(request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize
