"""A batch's way back: looked at, put off until it has ended, then every line emitted, and at the end the sum of all."""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any

from pysailor import InvalidConfig, Message, Rebound

from ..api.client import CallOptions, Client
from ..api.timed_call import TimedCall
from ..budgets.account import ZERO
from ..call_settings import call_settings
from ..cost.price import Cost, keep_if_priced
from ..environment import Environment
from ..errors.api_error import ApiError
from ..errors.catalog import NO
from .background import KEPT_BRIEFLY, BackgroundResponse
from .budget import settle_batch
from .endpoints import find_endpoint
from .errors import BatchError
from .file_cache import FileCache
from .files import SentLines, holds_lines, read_objects
from .named_work import id_of
from .results import SUMMARY, LineReader, Totals, lost_line, unknown_line
from .service import BatchService
from .status import FAILED, BatchStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import Context, HttpRequest

    from ..models.table import Family

_MOST_NAMED = 1000
_MOST_MINUTES = 24 * 60
_NO_LINES = "The service counts answers, and none of its files holds a line of a batch."
_STRAY = "it has the id of none of the messages that were gathered, and comes to the first of them"
_TWICE = "the service answered this line twice; this is a further answer"


class Collector:
    """Collects one batch, with the settings of a step."""

    def __init__(self, cfg: Mapping[str, Any], ctx: Context) -> None:
        """Read the settings; the client is kept between messages. Raise InvalidConfig."""
        self._settings = call_settings(cfg, ctx)
        self._client = ctx.keep(Client, self._settings.connection)
        self._ctx = ctx
        self._call = CallOptions(self._settings.limits, ctx.logger, ctx.until(self._settings.limits.timeout))
        self._service = BatchService(self._client, self._call, ctx.keep(FileCache, self._settings.connection))
        self._environment = ctx.keep(Environment)
        self._longest_rest = _seconds(cfg["longestRest"])

    def preview(self, body: Mapping[str, Any]) -> HttpRequest:
        """Return the request that looks at the batch."""
        found = id_of(body)
        return self._service.preview(found.path)

    def collect(self, body: Mapping[str, Any]) -> Iterator[Message]:
        """Emit every line of a batch that has ended, then the sum.

        Raise Rebound while it has not; InvalidInput, ApiError, or BatchError, which names the ids of all its files.
        """
        named = id_of(body)
        if named.is_response:
            with TimedCall(self._ctx, self._client.connection, "chat", "") as call:
                message = self._collect_response(named.id, call)
            yield message
            return
        with TimedCall(self._ctx, self._client.connection, "batches", "") as call:
            yield from self._collect_batch(named.id, named.prefix, call)

    def _collect_batch(self, batch_id: str, prefix: str, call: TimedCall) -> Iterator[Message]:
        batch = self._look(batch_id)
        call.model = str(batch.document.get("model") or "")
        if not batch.has_ended:
            if not batch.is_known:
                self._ctx.logger.warning("The batch is %s, which is not known; it counts as under way", batch.status)
            raise Rebound(f"batch {batch.id}: {batch.progress}", longest=self._longest_rest)
        if batch.status == FAILED and (refused := batch.error()) is not None:
            settle_batch(self._ctx, batch.id, prefix, ZERO)
            raise refused
        with ExitStack() as stack:
            sent = self._find_sent(stack, batch, prefix)
            came = self._fetch(stack, batch, prefix)
            if batch.says_answered and not any(holds_lines(file) for file in came):
                raise BatchError("batch_file_unreadable", _NO_LINES, batch=batch.id, **batch.files)
            yield from self._emit(batch, sent, came, prefix, call)

    def _collect_response(self, response_id: str, call: TimedCall) -> Message:
        try:
            response = BackgroundResponse(self._service.response(response_id))
        except ApiError as error:
            if error.kind.again != NO:
                longest = min(self._longest_rest, KEPT_BRIEFLY)  # it may not be stored
                raise Rebound(
                    f"response {response_id} could not be looked at: {error}", longest=longest, code=error.code
                ) from error
            if error.status == 404:  # noqa: PLR2004 - not found
                raise BatchError("response_not_found", error.text, response=response_id) from error
            raise
        if response.is_pending:
            why = f"response {response_id}: it is {response.status}"
            raise Rebound(why, longest=min(self._longest_rest, response.longest_rest))
        result = response.result(self._family, regional=self._settings.connection.regional)
        paid = result.cost.amount if result.cost else None
        call.model = response.model
        call.done(result.completion, units=result.usage.to_units(), cost=paid)
        told = {"response_id": response_id, "result": result.to_json()}
        return Message(body={**result.completion, **told}, headers=result.headers())

    def _look(self, batch_id: str) -> BatchStatus:
        try:
            batch = self._service.status(batch_id)
        except ApiError as error:
            if error.kind.again != NO:
                raise self._later(f"batch {batch_id} could not be looked at", error) from error
            if error.status == 404:  # noqa: PLR2004 - not found
                raise BatchError("batch_not_found", error.text, batch=batch_id) from error
            raise
        return batch

    def _later(self, what: str, error: ApiError) -> Rebound:
        return Rebound(f"{what}: {error}", longest=self._longest_rest, code=error.code)

    def _find_sent(self, stack: ExitStack, batch: BatchStatus, prefix: str) -> SentLines:
        """Return what was sent; nothing where the file is gone, since the answers matter more."""
        try:
            file = self._open(stack, batch, "input_file_id", prefix)
        except BatchError as error:
            if error.code != "batch_file_unreadable":
                raise
            self._ctx.logger.warning("What was sent cannot be read any more")
            return SentLines(None, prefix)
        return SentLines(file, prefix)

    def _fetch(self, stack: ExitStack, batch: BatchStatus, prefix: str) -> list[IO[bytes]]:
        """Return the files of answers and of errors, whole, before anything of them is emitted."""
        names = ["output_file_id", "error_file_id"]
        if batch.files.get(names[0]) == batch.files.get(names[1]):
            del names[1]
        files = [self._open(stack, batch, name, prefix) for name in names]
        return [file for file in files if file is not None]

    def _open(self, stack: ExitStack, batch: BatchStatus, name: str, prefix: str) -> IO[bytes] | None:
        """Return a file of the batch, None if there is none; raise Rebound, or BatchError with the ids of all files.

        With a prefix other messages ask for the same file.
        """
        file_id = batch.files.get(name)
        if file_id is None:
            return None
        try:
            return stack.enter_context(self._service.content(file_id, shared=bool(prefix)))
        except ApiError as error:
            if error.kind.again != NO and error.code != "timeout":
                raise self._later(f"the file {file_id} of batch {batch.id} could not be read", error) from error
            code = "batch_file_too_slow" if error.code == "timeout" else "batch_file_unreadable"
            raise BatchError(code, f"{name}: {error}", batch=batch.id, **batch.files) from error
        except OSError as fault:
            why = f"{fault.strerror or fault}."
            raise BatchError("batch_no_space", why, batch=batch.id, **batch.files) from fault

    def _emit(
        self, batch: BatchStatus, sent: SentLines, files: list[IO[bytes]], prefix: str, call: TimedCall
    ) -> Iterator[Message]:
        """Emit what begins with the prefix, without it, and the sum of that."""
        regional, as_of = self._settings.connection.regional, self._environment.models.as_of
        reader = LineReader(find_endpoint(batch.endpoint), self._family, regional, as_of)
        totals, seen, answered = Totals(), set[str](), set[str]()
        for file in files:
            for _, line in read_objects(file, prefix, strays=sent.takes_strays):
                found = reader.read(line, sent.request)
                if sent.is_of_another(found.custom_id):
                    continue
                is_stray = not found.custom_id.startswith(prefix)
                if isinstance(line, dict) and (is_stray or sent.lacks(found.custom_id)):
                    found = unknown_line(found.custom_id, line)
                notes: tuple[str, ...] = (_TWICE,) if found.custom_id and found.custom_id in seen else ()
                notes += (_STRAY,) if is_stray else ()
                seen.add(found.custom_id)
                found.count_into(totals)
                if found.result is not None:
                    answered.add(found.custom_id)
                yield found.message(batch.id, notes, prefix)
        for custom_id in sent.ids:
            if custom_id not in seen:
                found = lost_line(custom_id, batch.id, batch.status)
                found.count_into(totals)
                yield found.message(batch.id, prefix=prefix)
        totals.again = [name.removeprefix(prefix) for name in dict.fromkeys(totals.again) if name not in answered]
        settle_batch(self._ctx, batch.id, prefix, None if totals.without_cost else totals.amount)
        yield self._sum_up(batch, sent, totals, call)

    def _sum_up(self, batch: BatchStatus, sent: SentLines, totals: Totals, call: TimedCall) -> Message:
        warnings = []
        if totals.without_cost:
            warnings.append(f"what {totals.without_cost} of the answers cost is not known, and not in the sum")
        if totals.unsure:
            warnings.append(
                f"{totals.unsure} failed without an answer that can be read; whether they were billed, only the "
                "provider's page tells, so unfinished does not name them"
            )
        if not sent.is_known:
            warnings.append("the file of what was sent cannot be read any more: lines without any answer are not named")
        if len(totals.again) > _MOST_NAMED:
            warnings.append(f"unfinished names {_MOST_NAMED} of {len(totals.again)} lines; each was emitted as failed")
        as_of = self._environment.models.as_of
        priced = totals.answered > totals.without_cost
        paid = Cost(totals.amount, as_of, ("at the half price of batches",)) if priced else None
        call.model = call.model or totals.model
        call.done(batch.document, units=totals.usage.to_units(), cost=paid.amount if paid else None)
        result = {
            "outcome": SUMMARY,
            "usage": totals.usage.to_json(),
            "cost": paid.to_json() if paid else None,
            "answered": totals.answered,
            "failed": totals.failed,
            "unfinished": totals.again[:_MOST_NAMED],
            "rounds": 1,
            "tries": 1,
            "warnings": warnings,
        }
        body = {"batch_id": batch.id, "batch": batch.to_json(), "result": result}
        return Message(body=body, headers={"x-outcome": SUMMARY, "x-batch-id": batch.id})

    def _family(self, model: str) -> Family | None:
        return keep_if_priced(self._environment.models.find(model), self_hosted=self._client.server.self_hosted)


def _seconds(minutes: Any) -> float:
    """Return the longest rest between two looks, in seconds; raise InvalidConfig."""
    if not isinstance(minutes, (int, float)) or not 1 <= minutes <= _MOST_MINUTES:
        raise InvalidConfig(f"found {minutes}, allowed: 1 to {_MOST_MINUTES} minutes", pointer="/longestRest")
    return float(minutes) * 60
