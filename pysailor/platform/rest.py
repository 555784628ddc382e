"""HTTP to the platform's own services: one session, bounded tries, no redirects."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

_LONGEST_WAIT: Final = 15.0
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
        backoff = self.delay * 2 ** (tried - 1) * (1 + 0.2 * random.random())  # noqa: S311 - spreads load, hides nothing
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


def send(used: Session, tries: Tries, method: str, url: str, **how: Any) -> Response:
    """Return the answer, whatever its status, once it is final.

    A server's failure, a request that took too long and a broken connection are tried again; if the last try meets no
    server either, requests' own exception says why. Redirects are not followed: they would carry secrets elsewhere.
    """
    tried = 1
    while True:
        last = tried >= tries.most
        try:
            answer = used.request(method, url, allow_redirects=False, **how)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            if last:
                raise
        else:
            if last or not _may_pass(answer.status_code):
                return answer
            answer.close()
        tries.wait(tried)
        tried += 1


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
