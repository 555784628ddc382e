"""One way of asking the API, as a value: all that differs from one endpoint to the next stands in it.

The pipeline (what becomes of a message) and the client (HTTP) are handed one; neither asks which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pysailor import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from logging import Logger, LoggerAdapter

    from pysailor import Fault

    from .api.endpoint import StreamReader
    from .api.servers import ServerKind
    from .attachments import Downloads
    from .cost.price import Cost, Surcharges
    from .cost.usage import Usage
    from .cost.worst_case import Plan
    from .errors.api_error import ApiError
    from .models.table import Family, Models


@frozen
class BuiltRequest:
    """What is sent: the body, what is known of its model, and what was changed on the way, in sentences."""

    body: dict[str, Any]
    family: Family | None
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body["model"])


@frozen
class CheckResult:
    """What the rules between fields find: errors keep the request from being sent, warnings do not.

    `worst` is the most that the request can cost, None where that is not known; `advice` tells what makes it so much,
    or why nobody knows, and `cost` both beside what the step allows. `budget` is the amount in US$ that the step may
    spend in a `period`, None for no limit.
    """

    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    worst: Cost | None = None
    advice: str = ""
    cost: str = ""
    budget: Decimal | None = None
    period: str = ""


NOTHING_FOUND = CheckResult()


class Check(Protocol):
    """Holds a request against the rules of an endpoint."""

    def __call__(
        self, request: BuiltRequest, *, public_api: bool, strict: bool, refusals: tuple[Any, ...], now: datetime
    ) -> CheckResult:
        """Return what they find. `strict` makes an error of every doubt; `refusals` tells what was refused before."""


class Attach(Protocol):
    """Puts into a body what the service cannot fetch by itself."""

    def __call__(
        self,
        body: Any,
        *,
        attachments: Mapping[str, Any],
        storage: Callable[[str, int], bytes] | None,
        downloads: Downloads,
        logger: Logger | LoggerAdapter[Logger],
        deadline: float | None,
        inline_public: bool,
    ) -> Any:
        """Return the body with it, or the same body."""


class ServerMemory(Protocol):
    """What a step remembers of servers from message to message."""

    def about(self, address: str, model: str) -> tuple[Any, ...]:
        """Return what this server refused for this model."""

    def adapt(self, server: ServerKind, address: str, model: str) -> ServerKind:
        """Return the server as it is known by now."""

    def learn(self, address: str, body: Mapping[str, Any], error: ApiError, now: datetime) -> dict[str, Any]:
        """Remember what an error tells; return what is new for the snapshot."""


class Relaxed(NamedTuple):
    """What may be asked instead of what was refused, the server as it is known now, and a sentence.

    With `endpoint`, that one is asked from now on.
    """

    body: dict[str, Any]
    server: ServerKind
    note: str
    endpoint: Endpoint | None = None


class ChooseEndpoint(Protocol):
    """Chooses the endpoint that one body is sent to."""

    def __call__(
        self, body: Mapping[str, Any], *, api: str, server: ServerKind, family: Family | None, refusals: tuple[Any, ...]
    ) -> Endpoint:
        """Return it: `api` is what the step says (auto, chat, responses), `refusals` what was refused before."""


@frozen
class Endpoint:
    """How one endpoint is asked, and what its answers are.

    `build` makes the request of a message's body and the step's model. `check` holds it against the rules before it
    is sent; `plan` tells what it may take at worst, and a sentence if that was counted poorly, from the numbers of
    rounds and of tries that may be billed; `surcharges` what may make an answer more expensive than its tokens.
    `read_answer` returns a whole answer in the API's own shape and the doubts about it, or raises ApiError;
    `read_stream` makes the reader of one that comes in pieces. `report` is what stands beside an answer, from the
    answer and the body that was sent, and in `warnings` what is to be told of it; `repair` is the body that asks for a
    better one, None where that is no use. `attach` puts files into a body, `usage` reads what an answer took, `memory`
    reads a step's snapshot, `relax` returns what may be asked instead after an error, and `can_stream` whether a body
    that says nothing of it may be streamed. `write` returns what of a body goes over the wire; the others
    see it as it was built. `name_field` returns the name that a field has in the body as it was
    built, for one that a refusal names. `route` chooses the endpoint that is asked in
    place of this one, None for itself.
    """

    path: str
    build: Callable[[Mapping[str, Any], str | None, Models, ServerKind], BuiltRequest]
    check: Check
    plan: Callable[[BuiltRequest, int, int], tuple[Plan, str]]
    surcharges: Callable[[BuiltRequest], Surcharges]
    read_answer: Callable[[dict[str, Any]], tuple[dict[str, Any], Sequence[str]]]
    read_stream: Callable[[], StreamReader]
    report: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
    repair: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any] | None]
    attach: Attach
    usage: Callable[[Any], Usage]
    memory: Callable[[Any], ServerMemory]
    relax: Callable[[Mapping[str, Any], ApiError, ServerKind], Relaxed | None]
    can_stream: Callable[[Mapping[str, Any]], bool]
    write: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    name_field: Callable[[str, Mapping[str, Any]], str]
    route: ChooseEndpoint | None = None
