"""A worst case beside what a step allows, for who checks a message before it is sent. Pure: no store is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pysailor import Fault

from ..cost.price import dollars
from .period import Period

if TYPE_CHECKING:
    from decimal import Decimal

    from ..cost.price import Cost
    from .settings import BudgetSettings

_FOR = {
    Period.DAY: "a day",
    Period.MONTH: "a month",
    Period.RUN: "for a run of the flow",
    Period.CONVERSATION: "for a conversation",
}


class Comparison(NamedTuple):
    """What it costs at most beside what is allowed, in a sentence, "" where one is not known; and what does not fit."""

    cost: str = ""
    warnings: tuple[Fault, ...] = ()


def compare(worst: Cost | None, model: str, max_cost: Decimal | None, budget: BudgetSettings | None) -> Comparison:
    """Return what is to be said of a worst case under these limits; nothing where there are none."""
    limits: list[tuple[str, str, Decimal]] = []
    if max_cost is not None:
        limits.append(("maxCost", f"the maximum cost is {dollars(max_cost)} US$", max_cost))
    if budget is not None:
        period = _FOR[budget.period]
        limits.append(("budget", f"the budget is {dollars(budget.limit)} US$ {period}", budget.limit))
    if worst is None or not limits:
        return Comparison()
    most = f"{dollars(worst.amount)} US$ ({model}, prices of {worst.as_of})"
    cost = "; ".join([f"costs at most {most}", *(said for _, said, _ in limits)])
    over = [_warn(name, most, limit) for name, _, limit in limits if worst.amount > limit]
    return Comparison(cost, tuple(over))


def _warn(name: str, most: str, limit: Decimal) -> Fault:
    text = f"this may cost {most}, and {dollars(limit)} US$ is allowed, so the step would not send it"
    return Fault(f"/cfg/{name}", f"{text}; make the input or the longest answer shorter, or allow more")
