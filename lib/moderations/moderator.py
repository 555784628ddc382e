"""One message's way through moderation: parts found, pictures fetched, sent, read, held against the thresholds."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput, StepError

from ..api.client import CallOptions, Client
from ..api.pacer import shared_pacer
from ..api.timed_call import TimedCall
from ..attachments import NotFetched, inline
from ..call_settings import call_settings
from ..endpoint import CheckResult
from ..environment import Environment
from ..errors.api_error import ApiError
from ..errors.catalog import CATALOG
from ..replay import ask_whole_once
from .parts import as_messages, group, place_of, read_parts
from .result import MODERATIONS, Moderation, combine, read_result
from .thresholds import read_thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pysailor import Context, HttpRequest

    from ..replay import Asked


class ContentFlagged(StepError):
    """The message was flagged, and the step stops the flow then."""

    code = "content_flagged"

    def __init__(self, moderation: Moderation) -> None:
        self.moderation = moderation
        spec = CATALOG[self.code]
        super().__init__(f"{spec.meaning} ({', '.join(moderation.flagged_categories)}) {spec.advice}")

    def to_json(self) -> dict[str, Any]:
        """Return the error's members, with the categories and scores."""
        return {**super().to_json(), **self.moderation.to_json()}


class Moderator:
    """Checks one message, with the settings of a step."""

    def __init__(self, cfg: Mapping[str, Any], ctx: Context, attachments: Mapping[str, Any] | None = None) -> None:
        """Read the settings; the client is kept between messages. Raise InvalidConfig."""
        settings = call_settings(cfg, ctx)
        self._on_unknown = settings.on_unknown_fate
        self._thresholds = read_thresholds(cfg.get("thresholds"))
        self._client = ctx.keep(Client, settings.connection)
        pacer = shared_pacer(settings.connection, ctx)
        until = ctx.until(settings.limits.timeout)
        self._call = CallOptions(settings.limits, ctx.logger, until, None, pacer, ctx.report, may_rebound=True)
        self._ctx = ctx
        self._attachments = attachments or {}
        self._model = str(cfg["moderationModel"])
        self._stops = cfg["onFlagged"] == "stop"

    def check(self, body: Mapping[str, Any]) -> CheckResult:
        """Return what is wrong with a message, without sending it."""
        try:
            read_parts(body)
        except InvalidInput as error:
            return CheckResult(tuple(error.faults))
        return CheckResult()

    def preview(self, body: Mapping[str, Any]) -> HttpRequest:
        """Return the first request that would be sent, before pictures are fetched."""
        return self._client.preview(MODERATIONS, self._request(group(read_parts(body))[0]))

    def moderate(self, body: Mapping[str, Any]) -> Moderation:
        """Return what the service says; raise InvalidInput, NotFetched, ApiError, or ContentFlagged."""
        inputs = group(self._fetch(read_parts(body)))
        moderation = self._sum_up([self._ask(self._request(one)) for one in inputs])
        if moderation.flagged and self._stops:
            raise ContentFlagged(moderation)
        return moderation

    def _ask(self, request: dict[str, Any]) -> Asked:
        """Return the answer to a request, or what an earlier attempt at this message was answered."""
        ask = partial(self._client.ask, MODERATIONS, request, self._call)
        with TimedCall(self._ctx, self._client.connection, "moderations", self._model) as call:
            asked = ask_whole_once(self._ctx, self._on_unknown, [self._client.connection.address, request], ask)
            call.done(asked.answer.body, tries=max(1, len(asked.answer.tries)), replayed=asked.replayed)
        return asked

    def _request(self, given: Any) -> dict[str, Any]:
        return {"model": self._model, "input": given}

    def _fetch(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the parts with the pictures in them that the service cannot fetch."""
        with _own_places(parts):
            body = inline(
                as_messages(parts),
                attachments=self._attachments,
                storage=self._ctx.storage,
                downloads=self._ctx.keep(Environment).downloads,
                logger=self._ctx.logger,
                deadline=self._call.deadline,
                inline_public=self._client.server.inlines_images,
            )
        fetched: list[dict[str, Any]] = body["messages"][0]["content"]
        return fetched

    def _sum_up(self, told: Sequence[Asked]) -> Moderation:
        results = []
        answers = [asked.answer for asked in told]
        for got in answers:
            try:
                results.append(read_result(got.body))
                combined = combine(results, self._thresholds)
            except ApiError as error:
                error.request_id, error.tries = got.request_id, got.tries
                raise
        last = answers[-1]
        return Moderation(
            **combined,
            model=str(last.body.get("model") or self._model),
            tries=tuple(one for got in answers for one in got.tries),
            request_id=last.request_id,
            seconds=sum(got.seconds for got in answers),
            warnings=tuple(dict.fromkeys(note for asked in told for note in asked.notes)),
            replayed=all(asked.replayed for asked in told),
        )


@contextmanager
def _own_places(parts: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Let errors about pictures point to their places in the message."""
    try:
        yield
    except InvalidInput as error:
        error.faults = tuple(Fault(place_of(fault.pointer, parts), fault.message) for fault in error.faults)
        error.args = ("\n".join(map(str, error.faults)),)
        raise
    except NotFetched as error:
        error.fault = Fault(place_of(error.fault.pointer, parts), error.fault.message)
        error.args = (str(error.fault),)
        raise
