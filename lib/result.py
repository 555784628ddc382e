"""What came of a request: the answer, how it ended, and what all its rounds took."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pysailor import StepError, frozen

from .completions.answer import Outcome
from .errors.api_error import ApiError
from .errors.catalog import CATALOG, NO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pysailor import Rebound

    from .cost.price import Cost
    from .cost.usage import Usage
    from .errors.api_error import Try
    from .step_settings import StepSettings

_LONGEST_HEADER = 1000


@frozen
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
    replayed: bool = False
    """Whether all of it was answered to an earlier attempt at the same message, and nothing was paid now."""

    def to_json(self) -> dict[str, Any]:
        """Return what stands beside the completion in the emitted message."""
        return {
            **self.report,
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json() if self.cost else None,
            "rounds": self.rounds,
            "tries": len(self.tries),
            "warnings": list(self.warnings),
        }

    def headers(self) -> dict[str, str]:
        """Return the message headers: what to route on, what support will ask for, and how long it took."""
        headers = {
            "x-outcome": self.report["outcome"],
            "x-answered-by": self.report.get("answered_by"),
            "x-request-id": self.request_id,
            "x-duration-ms": str(round(self.seconds * 1000)),
            "x-tries": str(len(self.tries)),
            "x-warnings": "; ".join(self.warnings)[:_LONGEST_HEADER] or None,
            "x-replayed": "true" if self.replayed else None,
        }
        return {name: value for name, value in headers.items() if value is not None}

    def with_warnings(self, more: Iterable[str]) -> Result:
        """Return the result with these warnings added; itself if there are none."""
        added = tuple(more)
        return replace(self, warnings=self.warnings + added) if added else self

    def each(self) -> list[Mapping[str, Any]]:
        """Return the report of each answer, if several were asked for."""
        several: list[Mapping[str, Any]] = self.report.get("choices") or [self.report]
        return several

    def and_then(self, later: Result) -> Result:
        """Return the later round's result with what both rounds took."""
        paid = None if self.cost is None or later.cost is None else self.cost + later.cost
        return replace(
            later,
            usage=self.usage + later.usage,
            cost=paid,
            tries=self.tries + later.tries,
            seconds=self.seconds + later.seconds,
            rounds=self.rounds + later.rounds,
            replayed=self.replayed and later.replayed,
        )

    def despite(self, error: ApiError | Rebound) -> Result:
        """Return this result, though a further round failed: what is paid for is not thrown away."""
        warning = f"a repair round failed ({error.code}); what was answered before it is handed on"
        usage = replace(self.usage, known=False)
        tries = error.tries if isinstance(error, ApiError) else ()
        return replace(self, usage=usage, tries=self.tries + tries, warnings=(*self.warnings, warning))


class BadAnswer(StepError):
    """The answer came, and was paid for, but the step counts it as an error."""

    def __init__(self, code: str, result: Result, why: str = "") -> None:
        self.kind = CATALOG[code]
        self.code = code
        self.retryable = self.kind.again != NO
        self.result = result
        super().__init__(f"{self.kind.meaning} {why}{self.kind.advice}")

    def to_json(self) -> dict[str, Any]:
        """Return the error's members, with what was paid."""
        paid = {"usage": self.result.usage.to_json(), "cost": self.result.cost.to_json() if self.result.cost else None}
        return {**super().to_json(), "name": self.kind.name, **paid, "request_id": self.result.request_id}


def check(result: Result, settings: StepSettings) -> Result:
    """Return the result, unless the step counts one of its answers as an error; then raise BadAnswer."""
    for report in result.each():
        if settings.fails_on and (outcome := Outcome(report["outcome"])) in settings.fails_on:
            raise BadAnswer(f"answer_{outcome.value}", result)
        if settings.fails_on_mismatch and (mismatches := list(_mismatches(report))):
            raise BadAnswer("answer_misfit", result, f"({'; '.join(mismatches)}) ")
    return result


def _mismatches(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit: the answer its response format, or a tool call its tool."""
    why = report.get("parse_error")
    if why:
        faults = [f"{fault['pointer'] or 'the whole'}: {fault['message']}" for fault in why.get("faults", ())]
        yield from faults or [str(why.get("reason"))]
    for call in report.get("tool_calls", ()):
        if call.get("error"):
            yield f"{call.get('name')}: {call['error']}"
