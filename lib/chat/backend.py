"""One question to the API, asked on a worker thread; anything with these two methods can take its place."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from pysailor import Context, Keep, Rebound, SnapshotUpdate, StoreUnavailable

from ..api.client import CallOptions, Client
from ..api.connection import Connection
from ..api.retry import CallLimits
from ..attachments import Guard
from ..budgets.errors import BudgetHeld
from ..completions.answer.outcome import Outcome, choices, message_of, outcome, refusal_of, text_of
from ..completions.auto_model import AutoModel
from ..completions.preflight import API
from ..fallbacks import Alternative, Fallbacks
from ..models.auto import AUTO
from ..pipeline import Pipeline
from ..responses.route import CHAT
from ..step_settings import StepSettings
from .answer_settings import USUAL, AnswerSettings
from .budget_store import in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pysailor import Event, Store

    from ..api.cancel import Cancel
    from ..result import Result

_MAX_CLIENTS = 64  # a key that a visitor brings gets a client of its own
_MOST_LEARNED = 100
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """The answer to a question. `text` is the answer's, or the refusal's; `completion` is the API's own object."""

    text: str
    outcome: Outcome
    completion: Mapping[str, Any]
    usage: Mapping[str, Any] | None = None
    cost: Mapping[str, Any] | None = None


class VisitorConnection(Connection):
    """A connection whose address the visitor chose: it reaches the public internet only."""


class Backend(Protocol):
    """Asks the API."""

    def ask(
        self,
        connection: Connection,
        body: Mapping[str, Any],
        timeout: float,
        show: Callable[[str], None],
        cancel: Cancel,
        answers: AnswerSettings = USUAL,
    ) -> ChatAnswer:
        """Ask, call `show` with each piece if the body wants a stream, and give the whole; raise ApiError.

        The models of `answers.fallbacks` are asked in order where the one before cannot answer.
        """

    def close(self) -> None: ...


@dataclass(slots=True)
class _Server:
    """A connection's client, the model that "auto" is there, and which models it answers over Responses only.

    What else it refused is not remembered: one visitor's odd question must not close the chat to the others.
    """

    client: Client
    auto: AutoModel = field(default_factory=AutoModel)
    learned: dict[str, Any] = field(default_factory=dict)

    def learn(self, event: Event) -> None:
        for name, fact in event.delta.items() if isinstance(event, SnapshotUpdate) else ():
            if isinstance(fact, dict) and fact.get("field") == API and len(self.learned) < _MOST_LEARNED:
                self.learned[name] = fact


class ApiBackend:
    """Asks the API as a step does: checked before it is sent, accounted for afterwards."""

    def __init__(self, guard: Guard | None = None, open_store: Callable[[], Store] = in_memory) -> None:
        """Connect when the first question comes; to a visitor's address through the guard.

        `open_store` opens what keeps budgets.
        """
        self._guard = guard or Guard()
        self._open_store = open_store
        self._kept = Keep()
        self._servers: OrderedDict[Connection, _Server] = OrderedDict()
        self._lock = Lock()

    def ask(
        self,
        connection: Connection,
        body: Mapping[str, Any],
        timeout: float,
        show: Callable[[str], None],
        cancel: Cancel,
        answers: AnswerSettings = USUAL,
    ) -> ChatAnswer:
        """Ask; raise InvalidInput for what the service certainly refuses, ApiError for what it does refuse.

        Raise OverBudget for what costs too much, BudgetHeld or StoreUnavailable for what may be asked a little
        later.
        """
        server, until = self._server(connection), time.monotonic() + timeout
        ctx = Context(_LOG, server.learn, kept=self._kept, deadline=until, open_store=self._open_store)
        limits = CallLimits(timeout=timeout)
        if isinstance(connection, VisitorConnection):  # how long it takes to fail would tell what is there
            limits = CallLimits(timeout=timeout, max_retries=0)
        settings = StepSettings(connection, limits, answers.max_cost, answers.budget, api=answers.api)
        if body.get("model") == AUTO:
            body = {**body, "model": server.auto.name(server.client, ctx)}

        def make(_: Mapping[str, Any]) -> Pipeline:
            call = CallOptions(limits, ctx.logger, ctx.deadline, cancel)
            return Pipeline(CHAT, server.client, settings, ctx, call, dict(server.learned), payer=answers.payer)

        ways = Fallbacks(make({}), tuple(Alternative({}, model) for model in answers.fallbacks), make, ctx)
        try:
            return _to_answer(ways.result(body, show))
        except Rebound as error:  # nobody brings a visitor's question again
            away = error.code == StoreUnavailable.code
            raise (StoreUnavailable if away else BudgetHeld)(str(error)) from error

    def close(self) -> None:
        with self._lock:
            while self._servers:
                self._servers.popitem()[1].client.close()
        self._kept.close()

    def _open(self, connection: Connection) -> Client:
        return Client(connection, self._guard if isinstance(connection, VisitorConnection) else None)

    def _server(self, connection: Connection) -> _Server:
        with self._lock:
            server = self._servers.pop(connection, None) or _Server(self._open(connection))
            self._servers[connection] = server
            if len(self._servers) > _MAX_CLIENTS:
                self._servers.popitem(last=False)  # a call that it still makes keeps it alive until it ends
            return server


def _to_answer(result: Result) -> ChatAnswer:
    found = choices(result.completion)
    message = message_of(found[0]) if found else {}
    return ChatAnswer(
        text_of(message) or refusal_of(message),
        outcome(result.completion),
        result.completion,
        result.usage.to_json() if result.usage.known else None,
        result.cost.to_json() if result.cost else None,
    )
