"""One message's way to its result: built, checked, priced, asked, checked again, perhaps repaired, accounted for.

The steps, their dry runs and chat share it; which endpoint is asked is a value that it is handed.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput, Rebound

from ..api.client import CallOptions, Client
from ..api.pacer import shared_pacer
from ..api.stream import drain
from ..api.timed_call import TimedCall
from ..budgets import NO_BUDGET, Payer, Pays, payer_of
from ..cost.usage import despite_lost
from ..cost.worst_case import advise_cap, explain_unknown
from ..environment import Environment
from ..errors.api_error import ApiError
from ..replay import Asked, ask_once
from ..result import Result
from ..result import check as check_result
from ..step_settings import step_settings
from .spending import Spending
from .transcript import transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pysailor import Context, HttpRequest

    from ..api.client import ApiAnswer
    from ..api.stream import Piece
    from ..budgets import BudgetHold, NoBudget
    from ..endpoint import BuiltRequest, CheckResult, Endpoint
    from ..step_settings import StepSettings


NOBODY = Pays()
NO_PAYER = Payer()


class Pipeline:
    """Sends the bodies of one message to one endpoint, with the settings of a step."""

    def __init__(
        self,
        endpoint: Endpoint,
        client: Client,
        settings: StepSettings,
        ctx: Context,
        call: CallOptions,
        snapshot: Any = None,
        attachments: Mapping[str, Any] | None = None,
        payer: Payer = NO_PAYER,
    ) -> None:
        """Keep what the message brings along (the step's memory, attachments by name), who pays, how calls are made."""
        self._endpoint = endpoint
        self._route = endpoint.route
        self._client = client
        self._settings = settings
        self._ctx = ctx
        self._attachments = attachments or {}
        self.environment = ctx.keep(Environment)
        self._call = call
        self._memory = endpoint.memory(snapshot)
        self._spending = Spending(client, settings, self.environment, payer)
        self._hold: BudgetHold | NoBudget = NO_BUDGET

    @classmethod
    def of_step(
        cls,
        endpoint: Endpoint,
        cfg: Mapping[str, Any],
        ctx: Context,
        snapshot: Any = None,
        attachments: Mapping[str, Any] | None = None,
        pays: Pays = NOBODY,
    ) -> Pipeline:
        """Return the pipeline of a step, whose settings and client are kept between messages; raise InvalidConfig."""
        settings = step_settings(cfg, ctx)
        client = ctx.keep(Client, settings.connection)
        payer = payer_of(pays, cfg, ctx, settings.connection.api_key) if settings.budget else NO_PAYER
        limits, pacer = settings.limits, shared_pacer(settings.connection, ctx)
        until = ctx.until(limits.timeout)
        call = CallOptions(limits, ctx.logger, until, None, pacer, ctx.report, may_rebound=True)
        return cls(endpoint, client, settings, ctx, call, snapshot, attachments, payer)

    def seconds_left(self) -> float:
        """Return what is left of the time for all of it; it began when this pipeline was made."""
        return max(0.0, (self._call.deadline or float("inf")) - time.monotonic())

    @property
    def is_limited(self) -> bool:
        """Whether there is a maximum cost, or a budget, that the message must keep to."""
        return self._spending.is_limited

    def name(self, body: Mapping[str, Any]) -> str:
        """Return who is asked: the model and the server."""
        return f"{body.get('model') or self._settings.model} at {self._client.connection.server_name}"

    def check(self, body: Mapping[str, Any]) -> CheckResult:
        """Return what the rules between fields, and what the server refused before, make of the body."""
        request = self._build(body)
        found, notes = self._check(request), [Fault("", note) for note in request.notes]
        worst, plan, _ = self._spending.worst(self._endpoint, request)
        advise = explain_unknown if worst is None else advise_cap
        advice, budget = advise(plan, request.model, request.family), self._settings.budget
        allowed = self._spending.compare(worst, request.model)
        warnings = (*found.warnings, *notes, *allowed.warnings)
        found = replace(found, warnings=warnings, worst=worst, advice=advice, cost=allowed.cost)
        return found if budget is None else replace(found, budget=budget.limit, period=budget.period.value)

    def preview(self, body: Mapping[str, Any]) -> HttpRequest:
        """Return the request that would be sent, before files are fetched."""
        request = self._build(body)
        return self._client.preview(self._endpoint, self._endpoint.write(request.body))

    def pieces(self, body: Mapping[str, Any]) -> Generator[Piece, None, Result]:
        """Ask: yield the pieces of a streamed answer as they come, return the result.

        Raise InvalidInput or OverBudget before anything is sent, ApiError, or BadAnswer for what the step calls one.
        """
        request = self._build(body)
        found = self._check(request)
        if found.errors:
            raise InvalidInput(faults=found.errors)
        warnings = request.notes
        if found.warnings:
            places = ", ".join(f.pointer for f in found.warnings)
            self._ctx.logger.warning("Doubtful in the request: %s; the result and pysailor check say why", places)
            warnings = tuple(map(str, found.warnings)) + warnings
        request = self._with_attachments(request)
        if not self.is_limited:
            return check_result((yield from self._rounds(request, warnings, body)), self._settings)
        note, self._hold = self._spending.claim(self._endpoint, request, self._ctx, self.seconds_left())
        with self._hold as hold:
            result = yield from self._rounds(request, warnings + note, body)
            low = hold.settle(result.cost, result.tries)
        return check_result(result.with_warnings(low), self._settings)

    def _rounds(
        self, request: BuiltRequest, warnings: tuple[str, ...], body: Mapping[str, Any]
    ) -> Generator[Piece, None, Result]:
        """Ask, and ask again while the answer does not fit and the step allows it."""
        result = yield from self._round(request, warnings, body)
        for _ in range(self._settings.repairs):
            better = self._endpoint.repair(result.completion, request.body)
            if better is None:
                break
            self._ctx.logger.info("The answer does not fit the schema; asking again")
            try:
                result = result.and_then((yield from self._round(replace(request, body=better), warnings, better)))
            except (ApiError, Rebound) as error:
                result = result.despite(error)
                break
        return result

    def result(self, body: Mapping[str, Any], show: Callable[[str], None] | None = None) -> Result:
        """Ask, show the words of the first choice as they come, and return the result; raise as pieces() does.

        Where somebody watches they come one by one, unless the server does not allow that.
        """
        show = show or self._ctx.partial
        if not (self._ctx.watched and self._endpoint.can_stream(body)):
            return drain(self.pieces(body), show)
        try:
            return drain(self.pieces({**body, "stream": True}), show)
        except ApiError as error:
            if error.param != "stream":
                raise
        return drain(self.pieces(body), show)

    def _build(self, body: Mapping[str, Any]) -> BuiltRequest:
        model = str(body.get("model") or self._settings.model)
        address = self._client.connection.address
        server = self._memory.adapt(self._client.server, address, model)
        if self._endpoint.route is not None:
            family, refusals = self.environment.models.find(model), self._memory.about(address, model)
            self._endpoint = self._endpoint.route(
                body, api=self._settings.api, server=server, family=family, refusals=refusals
            )
        return self._endpoint.build(body, self._settings.model, self.environment.models, server)

    def _check(self, request: BuiltRequest) -> CheckResult:
        connection = self._client.connection
        return self._endpoint.check(
            request,
            public_api=connection.public,
            strict=self._settings.strict,
            refusals=self._memory.about(connection.address, request.model),
            now=datetime.now(tz=UTC),
        )

    def _round(
        self, request: BuiltRequest, warnings: tuple[str, ...], wanted: Mapping[str, Any]
    ) -> Generator[Piece, None, Result]:
        """Ask once, or hand on the answer that an earlier attempt at this message got for what is `wanted`."""
        call = TimedCall(self._ctx, self._client.connection, "chat", request.model)
        try:
            if self._ctx.journal.remembers:
                known_by = [self._client.connection.address, request.model, wanted]
                asked = yield from ask_once(self._ctx, self._settings.on_unknown_fate, known_by, request, self._ask)
            else:  # a megabyte need not be put in order
                asked = yield from self._ask(request)
        except ApiError as error:
            call.fail(error)
            raise
        got, request = asked.answer, asked.request
        call.model = request.model
        if asked.path != self._endpoint.path:
            self._endpoint = self._endpoint_at(asked.path, request.body)
        warnings += asked.notes
        used = self._endpoint.usage(got.body)
        paid, doubts = self._spending.paid(self._endpoint, request, got.body, used)
        warnings += doubts
        if len(got.tries) > 1:
            used, lost = despite_lost(used, got.tries)
            warnings += lost
        call.done(
            got.body,
            tries=len(got.tries),
            units=used.to_units(),
            cost=paid.amount if paid else None,
            replayed=asked.replayed,
            content=partial(transcript, request.body, got.body),
        )
        report = self._endpoint.report(got.body, request.body)
        warnings += got.warnings + tuple(report.pop("warnings", ()))
        return Result(got.body, report, used, paid, warnings, got.tries, got.request_id, got.seconds, 1, asked.replayed)

    def _ask(self, request: BuiltRequest) -> Generator[Piece, None, Asked]:
        """Send; once more, without what was refused and can be left out. Return the answer and what was sent."""
        try:
            return Asked((yield from self._send(request.body)), request, self._endpoint.path)
        except ApiError as error:
            self._name_field(error, request.body)
            new = self._memory.learn(self._client.connection.address, request.body, error, datetime.now(tz=UTC))
            if new:
                self._ctx.update_snapshot(new)
            relaxed = self._endpoint.relax(request.body, error, self._client.server)
            if relaxed is None:
                raise
            refused = error.tries
        self._ctx.logger.warning("Asking again: %s", relaxed.note)
        try:
            self._endpoint = relaxed.endpoint or self._endpoint
            got = yield from self._send(relaxed.body)
        except ApiError as error:
            self._name_field(error, relaxed.body)
            error.tries = (*refused, *error.tries)
            raise
        self._client.server = relaxed.server
        got, request = replace(got, tries=(*refused, *got.tries)), replace(request, body=relaxed.body)
        return Asked(got, request, self._endpoint.path, (relaxed.note,), new)

    def _endpoint_at(self, path: str, body: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint that an answer in the journal came from."""
        route, api = self._route, "responses" if "responses" in path else "chat"
        if route is None:
            return self._endpoint
        return route(body, api=api, server=self._client.server, family=None, refusals=())

    def _name_field(self, error: ApiError, body: Mapping[str, Any]) -> None:
        """Let an error name the field by the name that the user gave it."""
        error.param = error.param and self._endpoint.name_field(error.param, body)

    def _send(self, body: Mapping[str, Any]) -> Generator[Piece, None, ApiAnswer]:
        self._hold.take()
        return self._client.stream(self._endpoint, self._endpoint.write(body), self._call)

    def _with_attachments(self, request: BuiltRequest) -> BuiltRequest:
        """Put pictures, files and recordings into the body, where the server cannot fetch them."""
        body = self._endpoint.attach(
            request.body,
            attachments=self._attachments,
            storage=self._ctx.storage,
            downloads=self.environment.downloads,
            logger=self._ctx.logger,
            deadline=self._call.deadline,
            inline_public=self._client.server.inlines_images,
        )
        return request if body is request.body else replace(request, body=body)
