"""A request and what comes of it: judged, priced, asked, judged again, perhaps repaired, and accounted for."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from ..api.client import Call
from ..api.servers import OLLAMA, OTHER
from ..api.stream import drained
from ..attachments import inline
from ..cost.budget import Plan, keep_within, worst_case
from ..cost.price import cost
from ..cost.usage import usage_of
from ..environment import Surroundings
from ..errors.api_error import ApiError
from . import answer as answers
from .preflight import PastRefusals, learn
from .preflight.facts.fields import wants_audio
from .request import judge
from .result import Result, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pysailor import Context

    from ..api.cancel import Cancel
    from ..api.client import Answer, Client
    from ..api.stream import Piece
    from ..models.table import Family
    from .request import Request, Verdict
    from .settings import Terms

_FACT = "refused "
"""A fact about a server has a member of its own in the step's memory: workers merge them without asking each other."""
_LOST = ("timeout", "cut_off", "dropped")


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
        self._known = ctx.keep(Surroundings)
        self._call = Call(terms.limits, ctx.logger, ctx.until(terms.limits.timeout), cancel)
        self._learned = _learned(snapshot)

    def seconds_left(self) -> float:
        """Give what is left of the time for all of it; it began when this exchange was made."""
        return max(0.0, (self._call.deadline or float("inf")) - time.monotonic())

    def verdict(self, request: Request) -> Verdict:
        """Say what the rules between fields, and what the server refused before, make of the request."""
        connection = self._client.connection
        return judge(
            request,
            public_api=connection.public,
            strict=self._terms.strict,
            refusals=self._learned.about(connection.address, request.model) if self._learned.refusals else (),
            now=datetime.now(tz=UTC),
        )

    def pieces(self, request: Request) -> Generator[Piece, None, Result]:
        """Ask: yield the pieces of a streamed answer as they come, return the result.

        Raise InvalidInput or OverBudget before anything is sent, ApiError, or BadAnswer for what the step calls one.
        """
        verdict = self.verdict(request)
        if verdict.errors:
            raise InvalidInput(faults=verdict.errors)
        if verdict.warnings:
            self._ctx.logger.warning("Doubts about the request: %s", ", ".join(f.pointer for f in verdict.warnings))
        warnings = tuple(str(fault) for fault in verdict.warnings) + request.notes
        request = self._with_attachments(request)
        warnings += self._within_budget(request)
        result = yield from self._round(request, warnings)
        for _ in range(self._terms.repairs):
            repair = self._repair(request, result)
            if repair is None:
                break
            try:
                result = result.and_then((yield from self._round(replace(request, body=repair), warnings)))
            except ApiError as error:
                result = result.despite(error)
                break
        return judged(result, self._terms)

    def result(self, request: Request, show: Callable[[str], None] | None = None) -> Result:
        """Ask, show the words of the first choice as they come, and give the result; raise as pieces() does."""
        return drained(self.pieces(request), show or self._ctx.partial)

    def _round(self, request: Request, warnings: tuple[str, ...]) -> Generator[Piece, None, Result]:
        try:
            got: Answer = yield from self._client.stream(request.body, self._call)
        except ApiError as error:
            self._remember(error, request)
            raise
        used = usage_of(got.body)
        paid = cost(used, self._priced(request, got), got.body.get("service_tier")) if used.known else None
        lost = sum(1 for each in got.tries if each.outcome in _LOST)
        if lost:
            used = replace(used, known=False)
            warnings += (f"{lost} tries before the answer were lost, and may have been billed too",)
        report = answers.report(got.body, request.body)
        warnings += got.warnings
        return Result(got.body, report, used, paid, warnings, got.tries, got.request_id, got.seconds, 1)

    def _priced(self, request: Request, got: Answer) -> Family | None:
        """Give whose prices count: the model's that answered; the asked one's only where its provider is known."""
        answered = self._known.models.find(str(got.body.get("model")))
        is_somebody_s_own = self._client.connection.server in (OTHER, OLLAMA)
        return answered or (None if is_somebody_s_own else request.family)

    def _with_attachments(self, request: Request) -> Request:
        """Put pictures, files and recordings into the body, where the server cannot fetch them."""
        body = inline(
            request.body,
            attachments=self._attachments,
            storage=self._ctx.storage,
            downloads=self._known.downloads,
            logger=self._ctx.logger,
            deadline=self._call.deadline,
            inline_public=self._client.connection.server.inlines_images,
        )
        return request if body is request.body else replace(request, body=body)

    def _within_budget(self, request: Request) -> tuple[str, ...]:
        """Raise OverBudget unless the request fits at worst; give a sentence if that was counted poorly."""
        if self._terms.max_cost is None:
            return ()
        counted, limits = request.estimate(), self._terms.limits
        plan = Plan(
            counted.most,
            counted.sound,
            request.cap,
            answers=request.body.get("n") or 1,
            speaks=wants_audio(request.body),
            rounds=1 + self._terms.repairs,
            tries=1 + limits.max_retries if limits.after_timeout else 1,
            tier=request.body.get("service_tier"),
        )
        keep_within(self._terms.max_cost, worst_case(plan, request.family), plan, request.model)
        return (counted.note,) if counted.note else ()

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
        if fact is not None and self._learned.has_room_for(fact):
            self._learned = self._learned.add(fact)
            (document,) = PastRefusals({}).add(fact).to_json()
            self._ctx.update_snapshot({_FACT + _digest(*fact.key): document})


def _learned(snapshot: Any) -> PastRefusals:
    """Read the facts that the step's memory holds; what is not ours, or of another version, is passed over."""
    learned = PastRefusals({})
    for name, fact in snapshot.items() if isinstance(snapshot, dict) else ():
        if str(name).startswith(_FACT) and isinstance(fact, dict):
            try:
                (one,) = PastRefusals.from_json([fact]).refusals.values()
            except (TypeError, ValueError):
                continue
            learned = learned.add(one)
    return learned


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]
