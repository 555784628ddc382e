"""A call as log, metrics and traces are told of it: how long it took, how it ended, what it used."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from pysailor import CallReport, StepError

from .attributes import call_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from typing import Any

    from pysailor import Context

    from .connection import Connection

NOTHING_USED: Mapping[str, int] = {}
UNKNOWN = "unknown"
"""What stands for a model whose name nobody told."""


class TimedCall:
    """One operation, reported once: `done` tells of success, `fail` of an error.

    As a context manager it reports what is raised before `done`. What is put off (Rebound) has not been asked, and is
    not reported.
    """

    def __init__(self, ctx: Context, connection: Connection, operation: str, model: str) -> None:
        """Begin. The operation is named as the conventions for generative AI do; the model may be told later."""
        self._ctx, self._connection, self._operation, self.model = ctx, connection, operation, model
        self._began = time.monotonic()
        self._is_done = False

    def done(
        self,
        answer: Mapping[str, Any] | None = None,
        *,
        tries: int = 1,
        units: Mapping[str, int] = NOTHING_USED,
        cost: Decimal | None = None,
        replayed: bool = False,
        content: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        """Report the answer; one that is given again took no tries and is not paid for again."""
        self._is_done = True
        if replayed:
            tries, units, cost = 0, NOTHING_USED, None
        self._report("replayed" if replayed else "ok", tries, units, cost, answer, content)

    def fail(self, error: StepError) -> None:
        """Report the error by its code."""
        self._report(error.code, max(1, len(getattr(error, "tries", ()))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> None:
        if isinstance(error, StepError) and not self._is_done:
            self.fail(error)

    def _report(
        self,
        outcome: str,
        tries: int,
        units: Mapping[str, int] = NOTHING_USED,
        cost: Decimal | None = None,
        answer: Mapping[str, Any] | None = None,
        content: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        told = call_attributes(self._connection, self._operation, answer)
        seconds = time.monotonic() - self._began
        model = self.model or UNKNOWN
        self._ctx.report(CallReport(model, outcome, seconds, tries, units, cost, attributes=told, content=content))
