"""Requests by way of what the environment names (a proxy, a netrc file), and to unusual addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

from .reply import NoReply, ServiceReply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import PreparedRequest, Response


class Proxied:
    """Sends requests as the environment wants it; `authorization` is the header's value. Threads may share it."""

    def __init__(self, authorization: str | None, connections: int) -> None:
        self._session = requests.Session()
        if authorization is not None:

            def authorize(request: PreparedRequest) -> PreparedRequest:
                request.headers["Authorization"] = authorization
                return request

            self._session.auth = authorize  # a callable, because ~/.netrc overrides any other authorization
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))

    def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, timeout: float | None
    ) -> ServiceReply:
        """Return the answer as soon as its head is there; raise NoReply, or OSError without certificates."""
        try:
            response = self._session.request(
                method, url, headers=headers, data=data, timeout=timeout, allow_redirects=False, stream=True
            )
        except (requests.RequestException, ValueError) as error:  # the second of an address that is none, or a header
            raise _no_reply(error) from error
        return ServiceReply(response.status_code, response.reason, _Body(response))

    def close(self) -> None:
        """Close its connections."""
        self._session.close()


class _Body:
    def __init__(self, response: Response) -> None:
        self._response = response
        self.close = response.close

    def pieces(self, size: int) -> Iterator[bytes]:
        """Return the body in pieces."""
        try:
            yield from self._response.iter_content(size)
        except requests.RequestException as error:
            raise _no_reply(error) from error


def _no_reply(error: Exception) -> NoReply:
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return NoReply(type(error).__name__, error, may_pass=isinstance(error, passing))
