"""A request and what comes of it: judged, priced, asked, judged again, perhaps repaired, and accounted for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, InvalidInput, StepError

from . import answer as answers
from .answer import Outcome
from .attachments import inline
from .client import Call
from .errors import ApiError
from .kinds import KINDS, NO
from .preflight import Learned, learn
from .request import judge
from .retry import Limits
from .surroundings import Surroundings
from .usage import Budget, Cost, Usage, cost, usage_of, worst_case

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pysailor import Context

    from .client import Answer, Client
    from .errors import Try
    from .request import Request, Verdict
    from .response import Cancel
    from .stream import Piece

_MOST_REPAIRS = 3
_LONGEST_HEADER = 1000
_FACTS_IN_A_SNAPSHOT = 12  # the platform keeps 5 KB
_SETTING = {
    Outcome.TRUNCATED: "onTruncated",
    Outcome.FILTERED: "onRefusal",
    Outcome.REFUSED: "onRefusal",
    Outcome.EMPTY: "onRefusal",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the step's settings ask for. `fails_on` names the outcomes that are errors."""

    limits: Limits
    strict: bool = False
    max_cost: Decimal | None = None
    repairs: int = 0
    fails_on: frozenset[Outcome] = frozenset()
    fails_on_misfit: bool = False

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Terms:
        """Take the terms from cfg; raise InvalidConfig."""
        repairs = cfg.get("repairs", 0)
        if repairs not in range(_MOST_REPAIRS + 1):
            raise InvalidConfig(
                f"found {repairs:g}, allowed: a whole number from 0 to {_MOST_REPAIRS}", pointer="/repairs"
            )
        return cls(
            limits=Limits.of(cfg),
            strict=cfg.get("strict", False),
            max_cost=_amount(cfg.get("maxCost")),
            repairs=repairs,
            fails_on=frozenset(outcome for outcome, name in _SETTING.items() if cfg.get(name) == "fail"),
            fails_on_misfit=cfg.get("onMisfit") == "fail",
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: the last answer, and the usage, cost and tries of all rounds together."""

    completion: dict[str, Any]
    report: dict[str, Any]
    usage: Usage
    cost: Cost | None
    warnings: tuple[str, ...]
    tries: tuple[Try, ...]
    request_id: str | None
    seconds: float
    rounds: int

    def to_json(self) -> dict[str, Any]:
        """Give what stands beside the completion in the emitted message."""
        return {
            **self.report,
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json() if self.cost else None,
            "rounds": self.rounds,
            "tries": len(self.tries),
            "warnings": list(self.warnings),
        }

    def headers(self) -> dict[str, str]:
        """Give the message headers: what to route on, what support will ask for, and how long it took."""
        told = {
            "x-outcome": self.report["outcome"],
            "x-request-id": self.request_id,
            "x-duration-ms": str(round(self.seconds * 1000)),
            "x-tries": str(len(self.tries)),
            "x-warnings": "; ".join(self.warnings)[:_LONGEST_HEADER] or None,
        }
        return {name: value for name, value in told.items() if value is not None}


class BadAnswer(StepError):
    """The answer came, and was paid for, but is one of those that the step calls an error."""

    def __init__(self, code: str, result: Result, why: str = "") -> None:
        self.kind = KINDS[code]
        self.code = code
        self.retryable = self.kind.again != NO
        self.result = result
        super().__init__(f"{self.kind.meaning} {why}{self.kind.advice}")

    def to_json(self) -> dict[str, Any]:
        """Add what was paid, and nothing of what was said."""
        paid = {"usage": self.result.usage.to_json(), "cost": self.result.cost.to_json() if self.result.cost else None}
        return {**super().to_json(), "name": self.kind.name, **paid, "request_id": self.result.request_id}


class Exchange:
    """One request, from its judgement to its result."""

    def __init__(
        self,
        client: Client,
        terms: Terms,
        ctx: Context,
        snapshot: Any = None,
        attachments: Mapping[str, Any] | None = None,
        cancel: Cancel | None = None,
    ) -> None:
        """Take what the message brings along (the step's memory, attachments by name), and what stops the call."""
        self._client = client
        self._terms = terms
        self._ctx = ctx
        self._attachments = attachments or {}
        self._cancel = cancel
        refused = snapshot.get("refused", []) if isinstance(snapshot, dict) else []
        self._learned = Learned.from_json(refused)

    def verdict(self, request: Request) -> Verdict:
        """Say what the rules between fields, and what the server refused before, make of the request."""
        connection = self._client.connection
        return judge(
            request,
            public_api=connection.public,
            strict=self._terms.strict,
            refusals=self._learned.about(connection.address, request.model),
            now=datetime.now(tz=UTC),
        )

    def pieces(self, request: Request) -> Generator[Piece, None, Result]:
        """Ask: yield the pieces of a streamed answer as they come, return the result.

        Raise InvalidInput or OverBudget before anything is sent, ApiError, or BadAnswer for what the step calls one.
        """
        terms = self._terms
        verdict = self.verdict(request)
        if verdict.errors:
            raise InvalidInput(faults=verdict.errors)
        warnings = tuple(str(fault) for fault in verdict.warnings) + request.notes
        for warning in warnings:
            self._ctx.logger.warning("%s", warning)
        call = Call(terms.limits, self._ctx.logger, self._ctx.until(terms.limits.timeout), self._cancel)
        request = self._with_attachments(request, call)
        self._within_budget(request, Budget(terms.max_cost) if terms.max_cost is not None else None)
        result = yield from self._round(request, call, warnings)
        for _ in range(terms.repairs):
            repair = self._repair(request, result)
            if repair is None:
                break
            again = yield from self._round(replace(request, body=repair), call, warnings)
            result = _together(result, again)
        self._judged(result)
        return result

    def result(self, request: Request, show: Callable[[str], None] | None = None) -> Result:
        """Ask, show the words of the first choice as they come, and give the result; raise as pieces() does."""
        answering = self.pieces(request)
        while True:
            try:
                piece = next(answering)
            except StopIteration as end:
                result: Result = end.value
                return result
            self.show(piece, show)

    def show(self, piece: Piece, show: Callable[[str], None] | None = None) -> None:
        """Show a piece to whoever watches the step, or to `show`."""
        if piece.choice == 0 and piece.kind in ("content", "refusal"):
            (show or self._ctx.partial)(piece.text)

    def _round(self, request: Request, call: Call, warnings: tuple[str, ...]) -> Generator[Piece, None, Result]:
        try:
            got: Answer = yield from self._client.stream(request.body, call)
        except ApiError as error:
            self._remember(error, request)
            raise
        used = usage_of(got.body)
        paid = cost(used, request.family, got.body.get("service_tier")) if used.known else None
        report = answers.report(got.body, request.body)
        return Result(got.body, report, used, paid, warnings, got.tries, got.request_id, got.seconds, 1)

    def _with_attachments(self, request: Request, call: Call) -> Request:
        """Put pictures, files and recordings into the body, where the server cannot fetch them."""
        body = inline(
            request.body,
            attachments=self._attachments,
            storage=self._ctx.storage,
            downloads=self._ctx.keep(Surroundings).downloads,
            logger=self._ctx.logger,
            deadline=call.deadline,
            inline_public=self._client.connection.server.inlines_images,
        )
        return replace(request, body=body)

    def _within_budget(self, request: Request, budget: Budget | None) -> None:
        if budget is None:
            return
        counted = request.estimate().tokens
        rounds = 1 + self._terms.repairs
        n = request.body.get("n") or 1
        worst = worst_case(
            counted, request.cap, request.family, n=n, rounds=rounds, tier=request.body.get("service_tier")
        )
        budget.check(worst, model=request.model, input_tokens=counted, cap=request.cap, rounds=rounds)

    def _repair(self, request: Request, result: Result) -> dict[str, Any] | None:
        """Give the request that asks for a better answer, naming what was wrong; None if that is no use."""
        parsed = answers.parsed(result.completion, request.body)
        if parsed is None or parsed.fits or not parsed.repairable:
            return None
        self._ctx.logger.info("The answer does not fit the schema; asking again")
        added = answers.repair_prompt(parsed.faults, result.completion)
        return {**request.body, "messages": [*request.body["messages"], *added]}

    def _remember(self, error: ApiError, request: Request) -> None:
        """Keep what the server does not take, in the step's memory, to say it before the next request is sent."""
        fact = learn(
            self._client.connection.address,
            request.body,
            status=error.status or 0,
            code=error.api_code,
            param=error.param,
            message=error.text,
            today=datetime.now(tz=UTC).date().isoformat(),
        )
        if fact is not None:
            self._learned = self._learned.adding(fact)
            self._ctx.update_snapshot({"refused": self._learned.to_json()[-_FACTS_IN_A_SNAPSHOT:]})

    def _judged(self, result: Result) -> None:
        outcome = Outcome(result.report["outcome"])
        if outcome in self._terms.fails_on:
            raise BadAnswer(f"answer_{outcome.value}", result)
        if self._terms.fails_on_misfit and result.report.get("parse_error"):
            raise BadAnswer("answer_misfit", result, _misfit(result.report["parse_error"]))


def _together(first: Result, second: Result) -> Result:
    """Give the second round's result with what both rounds took."""
    paid = None if first.cost is None or second.cost is None else first.cost + second.cost
    return replace(
        second,
        usage=first.usage + second.usage,
        cost=paid,
        tries=first.tries + second.tries,
        seconds=first.seconds + second.seconds,
        rounds=first.rounds + second.rounds,
    )


def _misfit(why: Mapping[str, Any]) -> str:
    faults = "; ".join(f"{fault['pointer'] or 'the whole'}: {fault['message']}" for fault in why.get("faults", ()))
    return f"({faults or why.get('reason')}) "


def _amount(text: Any) -> Decimal | None:
    """Read an amount of US$."""
    if text in (None, ""):
        return None
    try:
        amount = Decimal(str(text).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidConfig(f'found "{text}", allowed: an amount in US$, for example 0.05', pointer="/maxCost")
    return amount
