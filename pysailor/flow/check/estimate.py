"""What the messages of a flow may cost at most: asked of the components, with the flow's samples."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What one message costs at most at a step, in dollars; None where the component cannot tell, and `why`.

    `advice` is what the component says that makes it so much, and what to set.
    """

    step: str
    each: Decimal | None
    why: str = ""
    advice: str = ""

    def of(self, messages: int) -> Decimal | None:
        """Return what so many messages cost at most."""
        return None if self.each is None else self.each * messages


def read_worst(step: str, findings: Any) -> CostEstimate | None:
    """Return what a component's check says about the cost (its `worst`), None if it says nothing about it."""
    if not hasattr(findings, "worst"):
        return None
    worst = findings.worst
    amount = getattr(worst, "amount", worst)
    if isinstance(amount, Decimal):
        return CostEstimate(step, amount, advice=str(getattr(findings, "advice", "")))
    return CostEstimate(step, None, "the component knows no price or no limit of length")
