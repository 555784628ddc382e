"""One message's way into a batch: lines found, all checked, priced, uploaded, created; once, also if brought again."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pysailor import CallReport, Fault, InvalidConfig, InvalidInput, Message, Schema

from ..api.client import CallOptions, Client
from ..api.endpoint import WholeAnswerFormat
from ..api.servers import AZURE_DEPLOYMENTS, is_regional
from ..attachments import NotFetched
from ..budgets import split_key
from ..call_settings import call_settings
from ..completions.endpoint import COMPLETIONS
from ..completions.unknown_members import find_misspelled
from ..cost.price import priced_on
from ..endpoint import CheckResult
from ..environment import Environment
from ..responses.endpoint import RESPONSES
from ..responses.route import choose
from .lines import CUSTOM_ID, MOST_FAULTS, BatchLine, LineSettings, in_line, read_lines
from .price import keep_within, worst_of
from .service import KEY, BatchService
from .status import FAILED
from .submission import submission
from .upload import form_of, write_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pysailor import Context, HttpRequest

    from ..cost.price import Cost
    from ..endpoint import BuiltRequest, Endpoint
    from .status import BatchStatus

WINDOW: Final = "24h"  # the only one
_SCHEMA = Path(__file__).parents[1] / "schemas" / "sendRequest.in.json"
_CREATE: Final = WholeAnswerFormat("batches", "id", "id")
_MOST_DAYS = 30
_MOST_WARNINGS = 20
_WITHOUT_BATCHES = ("audio", "-cyber", "daybreak", "-chat-latest", "-codex")


@dataclass(frozen=True, slots=True)
class _Checked:
    """A line and what is sent for it."""

    line: BatchLine
    request: BuiltRequest


class Submitter:
    """Makes one batch of one message, with the settings of a step."""

    def __init__(self, cfg: Mapping[str, Any], ctx: Context, msg: Message, snapshot: Any = None) -> None:
        """Read the settings; the client is kept between messages. Raise InvalidConfig."""
        self._settings = call_settings(cfg, ctx)
        self._client = ctx.keep(Client, self._settings.connection)
        self._ctx, self._msg = ctx, msg
        self._call = CallOptions(self._settings.limits, ctx.logger, ctx.until(self._settings.limits.timeout))
        self._service = BatchService(self._client, self._call)
        self._environment = ctx.keep(Environment)
        self._memory = COMPLETIONS.memory(snapshot)
        self._model = str(cfg["model"])
        self._api = str(cfg.get("api") or "auto")
        self._endpoint: Endpoint = COMPLETIONS
        self._strict = bool(cfg.get("strict"))
        self._days = _days(cfg.get("keepDays"))
        self._lines = LineSettings(
            str(cfg.get("field") or ""),
            str(cfg.get("idField") or CUSTOM_ID),
            str(cfg.get("instructions") or "").strip(),
        )

    @property
    def url(self) -> str:
        """What every line names as its address; the old form of Azure has no version in it."""
        path = self._endpoint.path
        return f"/{path}" if self._client.server.name == AZURE_DEPLOYMENTS.name else f"/v1/{path}"

    def check(self) -> CheckResult:
        """Return what is wrong with the lines, and what may be, without sending any."""
        try:
            checked, warnings = self._check()
        except InvalidInput as error:
            return CheckResult(tuple(error.faults))
        return CheckResult((), (*warnings, *self._doubts(checked)))

    def preview(self) -> HttpRequest:
        """Return the request that creates the batch, once its file is uploaded."""
        checked, _ = self._check()
        described = f"file-… (uploaded first: {len(checked)} lines)"
        return self._client.preview(_CREATE, self._request(described, self._key(checked)))

    def submit(self) -> Message:
        """Create the batch, unless it was before; emit its id.

        Raise InvalidInput or OverBudget before anything is sent, NotFetched, ApiError or BatchError.
        """
        checked, found = self._check()
        warnings = [str(fault) for fault in (*found, *self._doubts(checked))]
        worst = self._worst(checked)
        keep_within(self._settings.max_cost, worst, len(checked), checked[0].request.model)
        key = self._key(checked)
        with submission(self._ctx, key, self._settings.limits.timeout) as before:
            batch = self._service.status(before.batch_id) if before.batch_id else self._service.find(key)
            replayed = batch is not None and batch.status != FAILED
            if batch is None or not replayed:
                batch = self._create(checked, key)
            before.batch_id = batch.id
        if replayed:
            self._ctx.logger.info("These lines were submitted before, as %s; nothing is sent again", batch.id)
        self._ctx.report(CallReport(checked[0].request.model, "ok", 0.0, 1))
        return self._emitted(batch, checked, worst, warnings, replayed=replayed)

    def _create(self, checked: list[_Checked], key: str) -> BatchStatus:
        with form_of(self._written(checked), self._days) as form:
            file_id = self._service.upload(form)
        return self._service.create(self._request(file_id, key), key)

    def _check(self) -> tuple[list[_Checked], tuple[Fault, ...]]:
        """Return every line as it is sent, and doubts; raise InvalidInput with all that is wrong with any."""
        errors: list[Fault] = []
        warnings: list[Fault] = []
        checked: list[_Checked] = []
        schema = self._ctx.keep(Schema.load, _SCHEMA)
        lines = []
        for number, line in enumerate(read_lines(self._msg.body, self._lines), 1):
            fitting, faults = schema.fit(split_key(line.body)[0])
            warnings += (in_line(line, number, fault) for fault in find_misspelled(schema, fitting))
            errors += (in_line(line, number, fault) for fault in faults)
            if not faults:
                lines.append((number, line._replace(body=fitting)))
        self._endpoint = self._choose(line for _, line in lines)
        for number, line in lines:
            one = self._built(line)
            found = self._endpoint.check(
                one.request,
                public_api=self._settings.connection.public,
                strict=self._strict,
                refusals=self._memory.about(self._settings.connection.address, one.request.model),
                now=datetime.now(tz=UTC),
            )
            errors += (in_line(line, number, fault) for fault in found.errors)
            if checked and one.request.model != checked[0].request.model:
                errors.append(in_line(line, number, _other_model(one.request.model, checked[0].request.model)))
            if len(warnings) < _MOST_WARNINGS:
                warnings += (in_line(line, number, fault) for fault in found.warnings)
            checked.append(one)
            if len(errors) >= MOST_FAULTS:
                break
        if errors:
            raise InvalidInput(faults=errors[:MOST_FAULTS])
        return checked, tuple(warnings[:_MOST_WARNINGS])

    def _choose(self, lines: Iterable[BatchLine]) -> Endpoint:
        """Return the endpoint that all lines go to: Responses if one of them needs it, for a batch has one."""
        server, address = self._client.server, self._settings.connection.address
        for line in lines:
            model = str(line.body.get("model") or self._model)
            chosen = choose(
                line.body,
                api=self._api,
                server=server,
                family=self._environment.models.find(model),
                refusals=self._memory.about(address, model),
            )
            if chosen.path == RESPONSES.path:
                return RESPONSES
        return COMPLETIONS

    def _built(self, line: BatchLine) -> _Checked:
        model = str(line.body.get("model") or self._model)
        server = self._memory.adapt(self._client.server, self._settings.connection.address, model)
        with _own_places(line):
            return _Checked(line, self._endpoint.build(line.body, self._model, self._environment.models, server))

    def _doubts(self, checked: list[_Checked]) -> Iterator[Fault]:
        model = checked[0].request.model
        if self._settings.connection.public and any(part in model for part in _WITHOUT_BATCHES):
            yield Fault("/model", f"{model} may not be offered for batches; the service says so some minutes later")

    def _worst(self, checked: list[_Checked]) -> Cost | None:
        regional = is_regional(self._settings.connection.base_url)
        hosted = self._client.server.self_hosted

        def plans() -> Iterator[Any]:
            for one in checked:
                plan, _ = self._endpoint.plan(one.request, 1, 1)
                extra = replace(plan.surcharges, regional=regional)
                yield replace(plan, surcharges=extra), priced_on(one.request.family, self_hosted=hosted)

        return worst_of(plans())

    def _written(self, checked: list[_Checked]) -> Iterator[bytes]:
        for one in checked:
            with _own_places(one.line):
                body = self._endpoint.attach(
                    one.request.body,
                    attachments=self._msg.attachments,
                    storage=self._ctx.storage,
                    downloads=self._environment.downloads,
                    logger=self._ctx.logger,
                    deadline=self._call.deadline,
                    inline_public=self._client.server.inlines_images,
                )
            yield write_line(one.line.custom_id, self.url, self._endpoint.write(body))

    def _request(self, file_id: str, key: str) -> dict[str, Any]:
        request: dict[str, Any] = {
            "input_file_id": file_id,
            "endpoint": self.url,
            "completion_window": WINDOW,
            "metadata": {KEY: key},
        }
        if self._days is not None:
            request["output_expires_after"] = {"anchor": "created_at", "seconds": self._days * 86_400}
        return request

    def _key(self, checked: list[_Checked]) -> str:
        """Return the same key for the same lines of the same message, whoever works on it."""
        name = [self._ctx.step, self._ctx.message_id or self._msg.id or "", self.url, self._settings.connection.address]
        digest = hashlib.sha256(json.dumps(name).encode())
        for one in checked:
            digest.update(json.dumps([one.line.custom_id, one.request.body], sort_keys=True).encode())
        return digest.hexdigest()[:40]

    def _emitted(
        self, batch: BatchStatus, checked: list[_Checked], worst: Cost | None, warnings: list[str], *, replayed: bool
    ) -> Message:
        notes = [f"{one.line.custom_id}: {note}" for one in checked for note in one.request.notes][:_MOST_WARNINGS]
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


@contextmanager
def _own_places(line: BatchLine) -> Iterator[None]:
    """Let errors about one request point to its place in the message."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(faults=[Fault(line.pointer + f.pointer, f.message) for f in error.faults]) from error
    except NotFetched as error:
        error.fault = Fault(line.pointer + error.fault.pointer, error.fault.message)
        error.args = (str(error.fault),)
        raise


def _other_model(model: str, first: str) -> Fault:
    return Fault("/model", f"found {model}, and the first line has {first}; a batch has one model: make two of it")


def _days(given: Any) -> int | None:
    if given in (None, ""):
        return None
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_DAYS)) and 1 <= int(text) <= _MOST_DAYS):
        raise InvalidConfig(
            f'found "{text[:40]}", allowed: a whole number of days from 1 to {_MOST_DAYS}', pointer="/keepDays"
        )
    return int(text)
