"""What the messages of a flow may cost at most: asked of the components, with the flow's samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_KNOWN: Final = "what it costs at most is not known:"
_UNKNOWN: Final = f"{_NOT_KNOWN} the component knows no price or no limit of length"


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What one message costs at most at a step, in dollars; None where the component cannot tell, and `why`.

    `advice` is what the component says that makes it so much, and what to set. `budget` is what the step may spend in a
    `period` (day, run, …), None for no limit.
    """

    step: str
    each: Decimal | None
    why: str = ""
    advice: str = ""
    budget: Decimal | None = None
    period: str = ""

    def of(self, messages: int) -> Decimal | None:
        """Return what so many messages cost at most."""
        return None if self.each is None else self.each * messages

    def without(self, unset: Mapping[str, str]) -> CostEstimate:
        """Return the estimate that says which settings are missing, by placeholder, where `why` speaks of those."""
        missing = [f'"{label}"' for word, label in unset.items() if word in self.why.split()]
        return replace(self, why=f"{_NOT_KNOWN} {' and '.join(missing)} is not set here") if missing else self

    def describe(self, messages: int) -> str:
        """Return what so many messages cost at most, and how far a budget goes, for a person."""
        budget = "" if self.budget is None else f"the budget is ${self.budget:f}{self.period and f' a {self.period}'}"
        worst = self.of(messages)
        if self.each is None or worst is None:
            refused = f"; {budget}, which refuses what nobody can count: each message would fail" if budget else ""
            return f"{self.step}: {self.why}{refused}"
        told = f"{self.step}: {messages} messages like the sample cost at most ${worst:.4f}"
        if self.budget is not None and worst > self.budget:
            told += f", {budget}: it may stop after {int(self.budget / self.each)} messages"
        elif budget:
            told += f", {budget}"
        return told + (f": {self.advice}" if self.advice else "")


def read_worst(step: str, findings: Any) -> CostEstimate | None:
    """Return what a component's check says about the cost, None if it says nothing about it.

    Its result may have `worst` (a Decimal, or what has one as `amount`), `advice`, `budget` (a Decimal) and `period`.
    """
    if not hasattr(findings, "worst"):
        return None
    worst = findings.worst
    amount = getattr(worst, "amount", worst)
    advice = str(getattr(findings, "advice", ""))
    limit = getattr(findings, "budget", None)
    budget = (limit if isinstance(limit, Decimal) else None, str(getattr(findings, "period", "")))
    if isinstance(amount, Decimal):
        return CostEstimate(step, amount, "", advice, *budget)
    return CostEstimate(step, None, advice or _UNKNOWN, "", *budget)
