"""One question to the API. A worker thread asks; the seam is small, so that anything can stand in."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from ..answer.outcome import Outcome, choices, message_of, outcome, refusal_of, text_of
from ..client import Call, Client
from ..models import Models
from ..retry import Limits
from ..usage import cost, usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..connection import Connection
    from ..response import Cancel

_MOST_CLIENTS = 64  # a key that a visitor brings gets a client of its own
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question. `text` is the answer's, or the refusal's; `completion` is the API's own object."""

    text: str
    outcome: Outcome
    completion: Mapping[str, Any]
    usage: Mapping[str, Any] | None = None
    cost: Mapping[str, Any] | None = None


class Talk(Protocol):
    """Asks the API."""

    def ask(
        self,
        connection: Connection,
        body: Mapping[str, Any],
        timeout: float,
        show: Callable[[str], None],
        cancel: Cancel,
    ) -> Answer:
        """Ask, call `show` with each piece if the body wants a stream, and give the whole; raise ApiError."""

    def close(self) -> None:
        """Let go of the connections."""


class ApiTalk:
    """Asks the API through the component's client. `priced` is false where a stand-in answers, which costs nothing."""

    def __init__(self, *, priced: bool = True) -> None:
        """Read the table of models; connect when the first question comes."""
        self._models = Models.load() if priced else None
        self._clients: OrderedDict[Connection, Client] = OrderedDict()
        self._lock = Lock()

    def ask(
        self,
        connection: Connection,
        body: Mapping[str, Any],
        timeout: float,
        show: Callable[[str], None],
        cancel: Cancel,
    ) -> Answer:
        """Ask; raise ApiError."""
        call = Call(Limits(timeout=timeout), _LOG, cancel=cancel)
        return self._read(self._client(connection).complete(body, call, show).body, str(body.get("model")))

    def close(self) -> None:
        """Close the clients."""
        with self._lock:
            while self._clients:
                self._clients.popitem()[1].close()

    def _client(self, connection: Connection) -> Client:
        with self._lock:
            client = self._clients.pop(connection, None) or Client(connection)
            self._clients[connection] = client
            if len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)  # a call that it still makes keeps it alive until it ends
            return client

    def _read(self, completion: Mapping[str, Any], asked_model: str) -> Answer:
        found = choices(completion)
        message = message_of(found[0]) if found else {}
        used = usage_of(completion)
        family = None
        if self._models is not None:
            family = self._models.find(str(completion.get("model"))) or self._models.find(asked_model)
        paid = cost(used, family, completion.get("service_tier"))
        return Answer(
            text_of(message) or refusal_of(message),
            outcome(completion),
            completion,
            used.to_json() if used.known else None,
            paid.to_json() if paid else None,
        )
