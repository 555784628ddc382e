"""One message's way into a batch: lines found, all checked, priced, uploaded, created; once, also if brought again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from pysailor import InvalidInput, Message, Rebound, StepError

from ..api.client import CallOptions, Client
from ..api.endpoint import WholeAnswerFormat
from ..api.timed_call import TimedCall
from ..budgets import compare, split_key
from ..call_settings import call_settings
from ..endpoint import CheckResult
from .budget import BatchBudget
from .checker import MOST_WARNINGS, CheckedLine, LineChecker
from .errors import BatchError
from .gathering import Gathered, Gathering
from .input_answers import INPUT_ENDPOINTS
from .input_checker import InputChecker
from .price import keep_within
from .service import KEY, BatchService
from .settings import read_days, read_gather
from .status import FAILED, BatchStatus
from .submission import submission
from .upload import form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import Context, HttpRequest

    from ..cost.price import Cost

WINDOW: Final = "24h"  # the only one
_CREATE: Final = WholeAnswerFormat("batches", "id", "id")
_PREFIX = 12
_MARGIN = 60.0


class Submitter:
    """Makes one batch of one message, with the settings of a step."""

    def __init__(self, cfg: Mapping[str, Any], ctx: Context, msg: Message, snapshot: Any = None) -> None:
        """Read the settings; the client is kept between messages. Raise InvalidConfig."""
        self._settings = call_settings(cfg, ctx)
        self._client = ctx.keep(Client, self._settings.connection)
        self._ctx, self._msg = ctx, msg
        self._call = CallOptions(self._settings.limits, ctx.logger, ctx.until(self._settings.limits.timeout))
        self._service = BatchService(self._client, self._call)
        endpoint = INPUT_ENDPOINTS.get(str(cfg.get("api")))
        self._checker: LineChecker | InputChecker = (
            LineChecker(cfg, ctx, msg, self._client, snapshot)
            if endpoint is None
            else InputChecker(endpoint, cfg, ctx, msg, self._client)
        )
        pays = split_key(msg.body)[1]
        self._budget = BatchBudget(self._settings.budget, cfg, ctx, self._settings.connection.api_key, pays)
        self._days = read_days(cfg.get("keepDays"))
        self._gather = read_gather(cfg)

    def check(self) -> CheckResult:
        """Return what is wrong with the lines, and what may be, without sending any."""
        try:
            checked, warnings = self._checker.check()
        except InvalidInput as error:
            return CheckResult(tuple(error.faults))
        worst = self._checker.worst(checked)
        allowed = compare(worst, checked[0].request.model, self._settings.max_cost, self._settings.budget)
        return CheckResult((), (*warnings, *self._checker.doubts(checked), *allowed.warnings), worst, cost=allowed.cost)

    def preview(self) -> HttpRequest:
        """Return the request that creates the batch, once its file is uploaded."""
        checked, _ = self._checker.check()
        described = f"file-… (uploaded first: {len(checked)} lines)"
        return self._client.preview(_CREATE, self._request(described, self._key(checked)))

    def submit(self) -> Message:
        """Create the batch, unless it was before; emit its id.

        Raise InvalidInput or OverBudget before anything is sent, NotFetched, ApiError or BatchError.
        """
        checked, found = self._checker.check()
        warnings = [str(fault) for fault in (*found, *self._checker.doubts(checked))]
        worst = self._checker.worst(checked)
        self._keep_within(worst, checked)
        key = self._key(checked)
        if self._gather is not None and self._name:
            return self._submit_gathered(checked, key, worst, warnings)
        with self._timed(checked) as call, submission(self._ctx, key, self._settings.limits.timeout) as before:
            batch = self._service.status(before.batch_id) if before.batch_id else self._service.find(key)
            replayed = batch is not None and batch.status != FAILED
            if batch is None or not replayed:
                batch = self._create_paid(checked, key, worst)
            before.batch_id = batch.id
            self._budget.note(key, batch.id)
            call.done(batch.document, replayed=replayed)
        if replayed:
            self._ctx.logger.info("These lines were submitted before, as %s; nothing is sent again", batch.id)
        return self._message_of(batch, checked, worst, warnings, replayed=replayed)

    @property
    def _name(self) -> str:
        """What the message is known by if it is brought again, "" if by nothing."""
        return str(self._ctx.message_id or self._msg.id or "")

    def _timed(self, checked: list[CheckedLine]) -> TimedCall:
        return TimedCall(self._ctx, self._client.connection, "batches", checked[0].request.model)

    def _submit_gathered(
        self, checked: list[CheckedLine], key: str, worst: Cost | None, warnings: list[str]
    ) -> Message:
        """Emit the batch that the message's lines went into with those of others; raise Rebound until there is one."""
        group, prefix = self._group(checked[0].request.model), f"{key[:_PREFIX]}-"
        hold = self._settings.limits.timeout + _MARGIN
        most, seconds = self._gather or (0, 0)
        gathering = Gathering(self._ctx.store, group, most, seconds, hold)
        batch_id = gathering.batch_of(key)
        if not batch_id:
            lines = b"".join(self._checker.write(checked, self._call.deadline, prefix))
            self._budget.reserve(key, worst)
            due = gathering.join(key, lines, len(checked))
            with self._timed(checked) as call:
                batch_id = self._submit_all(gathering, due, key)
                call.done({"id": batch_id})
            if not gathering.batch_of(key):
                raise Rebound("what was gathered before is submitted; this message is gathered next", longest=15)
        self._budget.note(key, batch_id, prefix)
        batch = BatchStatus({"id": batch_id, "status": "validating", "endpoint": self._checker.url})
        made = self._message_of(batch, checked, worst, warnings, replayed=False)
        return made.with_body({**made.body, "prefix": prefix})

    def _submit_all(self, gathering: Gathering, found: Gathered, key: str) -> str:
        """Submit what was gathered, and tell all of its members; return the id of the batch.

        Raise Rebound if that may succeed later, ApiError or BatchError; then the others go on without this message.
        """
        submitted = hashlib.sha256(found.id.encode()).hexdigest()[:40]
        members = []

        def lines() -> Iterator[bytes]:
            for member, content in gathering.lines_of(found):
                members.append(member)
                yield content

        try:
            with form_of(lines(), self._days) as form:
                batch = self._service.find(submitted)
                if batch is None:
                    batch = self._service.create(self._request(self._service.upload(form), submitted), submitted)
        except StepError as error:
            if error.retryable:
                gathering.release(found)
                raise Rebound(f"what was gathered could not be submitted: {error}", code=error.code) from error
            gathering.give_up(found, key)
            self._budget.release(key)
            raise
        except BaseException:
            gathering.release(found)
            raise
        gathering.finish(found, members, batch.id)
        return batch.id

    def _group(self, model: str) -> str:
        """Return what the messages have in common that may go into one batch."""
        connection = self._settings.connection
        common = [self._ctx.step, connection.address, connection.api_key, self._checker.url, model, self._days]
        return hashlib.sha256(json.dumps(common).encode()).hexdigest()[:40]

    def _keep_within(self, worst: Cost | None, checked: list[CheckedLine]) -> None:
        """Raise OverBudget unless the batch fits into the step's maximum, and has a price where there is a budget."""
        count, model = len(checked), checked[0].request.model
        keep_within(self._settings.max_cost, worst, count, model)
        if self._settings.budget is not None and worst is None:
            keep_within(self._settings.budget.limit, worst, count, model, "budget")

    def _create_paid(self, checked: list[CheckedLine], key: str, worst: Cost | None) -> BatchStatus:
        """Create the batch within the budget; what a refusal leaves is let go of."""
        self._budget.reserve(key, worst)
        try:
            return self._create(checked, key)
        except StepError as error:
            if error.is_free if isinstance(error, BatchError) else not error.retryable:
                self._budget.release(key)
            raise

    def _create(self, checked: list[CheckedLine], key: str) -> BatchStatus:
        with form_of(self._checker.write(checked, self._call.deadline), self._days) as form:
            file_id = self._service.upload(form)
        return self._service.create(self._request(file_id, key), key)

    def _request(self, file_id: str, key: str) -> dict[str, Any]:
        request: dict[str, Any] = {
            "input_file_id": file_id,
            "endpoint": self._checker.url,
            "completion_window": WINDOW,
            "metadata": {KEY: key},
        }
        if self._days is not None:
            request["output_expires_after"] = {"anchor": "created_at", "seconds": self._days * 86_400}
        return request

    def _key(self, checked: list[CheckedLine]) -> str:
        """Return the same key for the same lines of the same message, whoever works on it."""
        name = [self._ctx.step, self._name, self._checker.url, self._settings.connection.address]
        digest = hashlib.sha256(json.dumps(name).encode())
        for one in checked:
            digest.update(json.dumps([one.line.custom_id, one.request.body], sort_keys=True).encode())
        return digest.hexdigest()[:40]

    def _message_of(
        self, batch: BatchStatus, checked: list[CheckedLine], worst: Cost | None, warnings: list[str], *, replayed: bool
    ) -> Message:
        notes = [f"{one.line.custom_id}: {note}" for one in checked for note in one.request.notes][:MOST_WARNINGS]
        body = {
            "batch_id": batch.id,
            "status": batch.status,
            "count": len(checked),
            "model": checked[0].request.model,
            "worst_case": worst.to_json() if worst else None,
            "replayed": replayed,
            "warnings": [*warnings, *notes],
            "batch": batch.to_json(),
        }
        return Message(body=body, headers={"x-batch-id": batch.id})
