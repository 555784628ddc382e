"""The alternatives that did not answer, why, and whether that lets the next one be asked. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pysailor import InvalidInput

from ..api.call import HeldBack
from ..cost.usage import despite_lost
from ..cost.worst_case import OverBudget
from ..errors.api_error import ApiError
from ..errors.catalog import BILLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors.api_error import Try
    from ..pipeline import Pipeline
    from ..result import Result

_PASSED_ON = (
    *("unreachable", "dropped", "server_error", "server_timeout", "overloaded", "model_loading"),  # down
    *("rate_limit", "slow_down", "too_large_for_limit"),  # over its rate
    *("quota", "model_not_found"),  # out of quota, shut down
)
_GIVEN = ("model",)
"""Faults at these places are the alternative's, not the request's."""


Refused = ApiError | HeldBack | InvalidInput | OverBudget
"""How one alternative may end without an answer."""


class CountedText:
    """Hands text on, and counts its characters."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self.characters = 0

    def __call__(self, text: str) -> None:
        self.characters += len(text)
        self._show(text)


class Attempts:
    """The alternatives asked so far without an answer, in order."""

    def __init__(self) -> None:
        self.is_first = True
        self._errors: list[Refused] = []
        self._warnings: list[str] = []
        self.opened = 0
        """How many calls failed: each had a place in the journal."""

    @property
    def _tries(self) -> tuple[Try, ...]:
        return tuple(one for error in self._errors if isinstance(error, ApiError) for one in error.tries)

    def passes_on(self, error: Refused, pipeline: Pipeline) -> bool:
        """Return whether the next may be asked.

        Not if the request is what is wrong, if a part of the answer was shown, if it was answered and lost on the way,
        or if a lost try may have to be paid for where the cost is limited. What a fallback refuses, for whatever
        reason, is told, and the next one is asked.
        """
        if isinstance(error, ApiError):
            if error.begun or error.kind.again == BILLED or (self.is_first and error.code not in _PASSED_ON):
                return False
            return not (pipeline.is_limited and any(one.is_lost for one in error.tries))
        if isinstance(error, HeldBack):
            return True
        if self.is_first:
            return isinstance(error, InvalidInput) and all(fault.pointer[1:] in _GIVEN for fault in error.faults)
        return True

    def add(self, error: Refused, name: str) -> None:
        """Keep the error of one."""
        self._errors.append(error)
        self.opened += isinstance(error, (ApiError, HeldBack))
        if isinstance(error, ApiError):
            self._warnings.append(f"{name} did not answer ({error.code}): {error.kind.meaning.rstrip('.')}")
        elif isinstance(error, HeldBack):
            self._warnings.append(f"{name} was not asked: {error}")
        else:
            self._warnings.append(f"{name} was skipped ({error.code}): {error}")

    def skip(self, name: str, why: str) -> None:
        """Keep why one is not asked."""
        self._warnings.append(f"{name} was not asked: {why}")

    def leave_out(self, name: str) -> None:
        """Keep that one is not asked again."""
        self._warnings.append(f"{name} was not asked again: an earlier attempt at this message was past it")

    def mark_answered(self, result: Result, name: str) -> Result:
        """Return the result with who answered, and why the others did not."""
        usage, lost = despite_lost(result.usage, self._tries)
        return replace(
            result,
            report={**result.report, "answered_by": name},
            usage=usage,
            warnings=(*self._warnings, *lost, *result.warnings),
            tries=self._tries + result.tries,
        )

    def with_others(self, error: Refused) -> Exception:
        """Return the error, with the errors before it."""
        if self._errors and isinstance(error, ApiError):
            error.tries = self._tries + error.tries
            error.why = " ".join(filter(None, (error.why, f"Before it: {'; '.join(self._warnings)}.")))
        return error

    def first_error(self) -> Exception:
        """Return the error of the step's own model, with the errors of the fallbacks."""
        first = self._errors[0]
        if isinstance(first, ApiError):
            first.tries = self._tries
            told = "; ".join(self._warnings[1:])
            first.why = " ".join(filter(None, (first.why, f"No fallback answered: {told}.")))
        return first
