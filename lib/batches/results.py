"""One line that came back, as a message: what Send Request would have emitted, or a named error. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pysailor import Message, StepError

from ..api.endpoint import WholeAnswerFormat
from ..completions.answer import Outcome
from ..completions.answer.outcome import mapping
from ..cost.price import Cost, Surcharges
from ..cost.reported import count_searches
from ..cost.usage import Usage
from ..endpoint import BuiltRequest
from ..errors.api_error import ApiError, Try, from_answer
from ..errors.catalog import YES
from ..result import Result
from .endpoints import recognize
from .errors import BatchError
from .input_answers import FREE, read_input_answer
from .price import batch_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..endpoint import Endpoint
    from ..models.table import Family

FAILED, SUMMARY = "failed", "summary"
_ANSWERED = range(200, 300)
_UNSURE = ("batch_line_lost", "batch_line_unreadable", "batch_line_unknown")
_LONGEST_QUOTE = 500
_LONGEST_KEPT = 1 << 20
_NOT_CHECKED = "what was sent is not at hand any more, so the answer was not checked against its response format"
_OF_A_LINE: Mapping[str, str] = {
    "batch_expired": "batch_line_expired",
    "batch_cancelled": "batch_line_cancelled",
    "request_timeout": "batch_line_timeout",
}


@dataclass(slots=True)
class Totals:
    """What all lines so far came to."""

    usage: Usage = field(default_factory=lambda: Usage(0, known=True))
    amount: Decimal = Decimal(0)
    answered: int = 0
    failed: int = 0
    without_cost: int = 0
    unsure: int = 0
    """How many have no answer that can be read, and may have been billed."""
    model: str = ""
    """The model of the first answer."""
    again: list[str] = field(default_factory=list)
    """The custom_ids of lines that may be sent again."""


@dataclass(frozen=True, slots=True)
class LineReader:
    """Makes messages of lines that answer an endpoint.

    Where `endpoint` is None, each answer tells by its looks which one it is of. `family_of` finds what is known of a
    model, if this server's prices are known; `regional` says that it keeps data in a region, `as_of` of which day the
    prices are.
    """

    endpoint: Endpoint | WholeAnswerFormat | None
    family_of: Callable[[str], Family | None]
    regional: bool = False
    as_of: date = date.min

    def read(self, line: Mapping[str, Any] | bytes, request_of: Callable[[str], Mapping[str, Any]]) -> LineResult:
        """Return what a line of an output or an error file says."""
        if isinstance(line, bytes):
            kept = line[:_LONGEST_KEPT].decode("utf-8", "replace").strip()
            told = BatchError("batch_line_unreadable", f'It begins: "{kept[:_LONGEST_QUOTE]}".')
            return LineResult("", error=told, raw={"line": kept})
        custom_id = line.get("custom_id")
        custom_id = custom_id if isinstance(custom_id, str) else ""
        response, error = mapping(line.get("response")), line.get("error")
        status, body = response.get("status_code"), response.get("body")
        if isinstance(error, dict) and (not response or any(error.values())):
            return LineResult(custom_id, error=_line_error(error), raw=line if isinstance(body, dict) else None)
        if not isinstance(body, dict) or status.__class__ is not int:
            quoted = json.dumps(line)[:_LONGEST_QUOTE]
            told = BatchError("batch_line_unreadable", f"It begins: {quoted}.")
            return LineResult(custom_id, error=told, raw=line)
        request_id = response.get("request_id")
        request_id = request_id if isinstance(request_id, str) else None
        if status not in _ANSWERED:
            refused = from_answer(status, {}, json.dumps(body).encode())
            refused.request_id = refused.request_id or request_id
            return LineResult(custom_id, error=refused)
        request = request_of(custom_id)
        try:
            endpoint = self.endpoint or recognize(body)
            if isinstance(endpoint, WholeAnswerFormat):
                result = self._read_input(endpoint.path, body, request, request_id)
            else:
                result = self._read_answer(endpoint, body, request, request_id)
        except ApiError as error:
            error.request_id = request_id
            return LineResult(custom_id, error=error, raw=body)
        return LineResult(custom_id, result, paid=result.cost)

    def _read_answer(
        self, endpoint: Endpoint, body: dict[str, Any], request: Mapping[str, Any], request_id: str | None
    ) -> Result:
        completion, doubts = endpoint.read_answer(body)
        report = endpoint.report(completion, as_chat(request))
        used = endpoint.usage(completion)
        family = self._family(completion, request)
        extra = fees_of(endpoint, completion, {"model": "", **request}, family)
        paid = batch_cost(used, family, replace(extra, regional=self.regional))
        warnings = (*doubts, *report.pop("warnings", ()), *(() if request else (_NOT_CHECKED,)))
        return Result(completion, report, used, paid, warnings, _tries(request_id), request_id, 0.0, 1)

    def _read_input(
        self, path: str, body: dict[str, Any], request: Mapping[str, Any], request_id: str | None
    ) -> Result:
        """Return the vectors, or what a moderation found."""
        found = read_input_answer(path, body, request)
        paid = batch_cost(found.usage, self._family(found.members, request), Surcharges(regional=self.regional))
        if found.is_free:
            paid = Cost(FREE, self.as_of, ("moderations are free",))
        report = {"outcome": Outcome.COMPLETE.value}
        warnings = (*found.doubts, *(() if request else (_NOT_CHECKED,)))
        return Result(found.members, report, found.usage, paid, warnings, _tries(request_id), request_id, 0.0, 1)

    def _family(self, answer: Mapping[str, Any], request: Mapping[str, Any]) -> Family | None:
        return self.family_of(str(answer.get("model"))) or self.family_of(str(request.get("model")))


@dataclass(frozen=True, slots=True)
class LineResult:
    """An answer, or why there is none; `raw` is what came and could not be read, what is no JSON as the text `line`."""

    custom_id: str
    result: Result | None = None
    error: StepError | None = None
    paid: Cost | None = None
    raw: Mapping[str, Any] | None = None

    def count_into(self, totals: Totals) -> None:
        """Add what it took."""
        if self.result is None:
            totals.failed += 1
            if self.custom_id and is_free(self.error):
                totals.again.append(self.custom_id)
            if isinstance(self.error, BatchError) and self.error.code in _UNSURE:
                totals.unsure += 1
            return
        totals.answered += 1
        totals.model = totals.model or str(self.result.completion.get("model") or "")
        totals.usage += self.result.usage
        if self.paid is None:
            totals.without_cost += 1
        else:
            totals.amount += self.paid.amount

    def message(self, batch_id: str, warnings: tuple[str, ...] = (), prefix: str = "") -> Message:
        """Return what is emitted; the id without the prefix that it had in the batch."""
        ids = {"custom_id": self.custom_id.removeprefix(prefix), "batch_id": batch_id}
        if self.result is not None:
            told = self.result.to_json()
            told["warnings"] = [*told["warnings"], *warnings]
            return Message(body={**self.result.completion, **ids, "result": told}, headers=self.result.headers())
        told = {"outcome": FAILED, "usage": Usage(0, known=self.raw is None).to_json(), "cost": None}
        error = {} if self.error is None else self.error.to_json()
        raw = {} if self.raw is None else {"raw": dict(self.raw)}
        body = {**ids, "error": error, **raw, "result": {**told, "rounds": 1, "tries": 1, "warnings": list(warnings)}}
        return Message(body=body, headers={"x-outcome": FAILED})


def _tries(request_id: str | None) -> tuple[Try, ...]:
    return (Try("answered", 0.0, request_id),)


def is_free(error: StepError | None) -> bool:
    """Return whether a line may be submitted again, and was certainly not billed."""
    kind = getattr(error, "kind", None)
    return kind is not None and kind.again == YES


def fees_of(
    endpoint: Endpoint, completion: Mapping[str, Any], request: Mapping[str, Any], family: Family | None
) -> Surcharges:
    """Return what made an answer more expensive than its tokens, by what it tells of its searches."""
    extra = endpoint.surcharges(BuiltRequest(dict(request), family))
    searches = count_searches(completion)
    least = 1 if extra.searches else 0
    return replace(extra, searches=least if searches is None else searches)


def as_chat(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an answer is held against as a chat request has it: the format that was asked for, and the tools."""
    text = request.get("text")
    if "messages" in request or not ("input" in request or isinstance(text, dict)):
        return request
    wanted = text.get("format") if isinstance(text, dict) else None
    document: dict[str, Any] = {}
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        schema = {name: value for name, value in wanted.items() if name != "type"}
        document["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif isinstance(wanted, dict) and wanted.get("type") == "json_object":
        document["response_format"] = wanted
    tools = request.get("tools")
    functions = [one for one in tools if isinstance(one, dict) and one.get("type") == "function"] if tools else []
    if functions:
        told = [{name: value for name, value in one.items() if name != "type"} for one in functions]
        document["tools"] = [{"type": "function", "function": one} for one in told]
    return document


def lost_line(custom_id: str, batch_id: str, ending: str) -> LineResult:
    """Return the result of a line that is in none of the files of a batch."""
    code = {"expired": "batch_line_expired", "cancelled": "batch_line_cancelled"}.get(ending, "batch_line_lost")
    return LineResult(custom_id, error=BatchError(code, batch=batch_id))


def unknown_line(custom_id: str, line: Mapping[str, Any]) -> LineResult:
    """Return the result of a line that answers none that was sent; what came is kept."""
    return LineResult(custom_id, error=BatchError("batch_line_unknown"), raw=line)


def _line_error(error: Mapping[str, Any]) -> StepError:
    told = str(error.get("code") or "")
    if told in _OF_A_LINE:
        return BatchError(_OF_A_LINE[told], str(error.get("message") or ""))
    return from_answer(0, {}, json.dumps({"error": error}).encode())
