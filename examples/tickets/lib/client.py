"""The ticket service over HTTP, and what its refusals mean for a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from pysailor import InvalidConfig, InvalidInput, Rebound, StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LONGEST_WAIT = 30.0


class ServiceUnavailable(StepError):
    """The ticket service cannot be reached, or it failed.

    Look whether it is up, and whether the base URL is right.
    """

    code = "tickets_unavailable"
    retryable = True


class Client:
    """A connection to the ticket service; `ctx.keep` makes one for each credential and closes it at the end."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["X-Api-Key"] = api_key

    @classmethod
    def of(cls, cfg: Mapping[str, Any], ctx: Context) -> Client:
        """Return the client for a credential."""
        return ctx.keep(cls, cfg["baseUrl"], cfg["apiKey"])

    def get(self, path: str, ctx: Context, **params: Any) -> Any:
        """Return what the service has there."""
        return self._send("GET", path, ctx, params=params)

    def post(self, path: str, body: Any, ctx: Context) -> Any:
        """Return what the service made of the body."""
        return self._send("POST", path, ctx, json=body)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, method: str, path: str, ctx: Context, **more: Any) -> Any:
        try:
            response = self._session.request(
                method, self._base_url + path, timeout=ctx.seconds_left(_LONGEST_WAIT), **more
            )
        except requests.RequestException as error:
            raise ServiceUnavailable(f"The ticket service cannot be reached: {type(error).__name__}") from error
        return _content(response)


def _content(response: requests.Response) -> Any:
    """Return the JSON of an answer; raise what its status means."""
    match response.status_code:
        case 401:
            raise InvalidConfig("is refused by the ticket service; enter another one", pointer="/apiKey")
        case 422:
            raise InvalidInput(f"The ticket service refuses the ticket: {response.text}")
        case 429:
            raise Rebound("The ticket service is busy.")
        case status if status >= 400:
            raise ServiceUnavailable(f"The ticket service failed with status {status}")
    return response.json()
