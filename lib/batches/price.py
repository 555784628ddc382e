"""What a batch costs: half of what its requests would cost alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..cost.price import Cost, cost, dollars
from ..cost.worst_case import OverBudget, worst_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..cost.price import Surcharges
    from ..cost.usage import Usage
    from ..cost.worst_case import Plan
    from ..models.table import Family

_HALF = Decimal("0.5")
_NOTE = "at the half price of batches"
_WINDOWS = {"2h": Decimal("0.7"), "8h": Decimal("0.6")}


def batch_cost(used: Usage, family: Family | None, extra: Surcharges) -> Cost | None:
    """Return what one answer cost: its tokens at half the price, the searches in full; None if that is not known."""
    whole = cost(used, family, None, extra)
    if whole is None or family is None:
        return None
    return _reduce(whole, extra.fees(family), _HALF, _NOTE)


def background_cost(
    used: Usage, family: Family | None, tier: str | None, extra: Surcharges, window: Any
) -> Cost | None:
    """Return what an answer made in the background cost: less if it was given hours; None if that is not known."""
    whole = cost(used, family, tier, extra)
    if whole is None or family is None or window not in _WINDOWS:
        return whole
    return _reduce(whole, extra.fees(family), _WINDOWS[window], f"at the price of a window of {window}")


def _reduce(whole: Cost, fees: Decimal, factor: Decimal, note: str) -> Cost:
    """Return a cost with its tokens at a part of their price, and its fees in full."""
    return replace(whole, amount=(whole.amount - fees) * factor + fees, notes=(*whole.notes, note))


def worst_of(plans: Iterable[tuple[Plan, Family | None]]) -> Cost | None:
    """Return what all lines can cost at most together, None if one of them can cost nobody knows what."""
    total: Cost | None = None
    for plan, family in plans:
        whole = worst_case(replace(plan, tier=None), family)
        if whole is None or family is None:
            return None
        one = _reduce(whole, plan.surcharges.fees(family) * max(1, plan.answers), _HALF, _NOTE)
        total = one if total is None else total + one
    return total


def keep_within(limit: Decimal | None, worst: Cost | None, count: int, model: str, what: str = "maximum cost") -> None:
    """Raise OverBudget unless the batch fits at worst; one whose cost is not known does not fit."""
    if limit is None or (worst is not None and worst.amount <= limit):
        return
    if worst is None:
        text = (
            f"what a batch of {model} may cost on this server is not known; add its price and limits to your own table "
            f"of models, or remove the {what} ({dollars(limit)} US$)"
        )
        raise OverBudget(text, limit, None)
    text = (
        f"this batch may cost {dollars(worst.amount)} US$ ({count} lines of {model}, prices of {worst.as_of}, at half "
        f"price), and {dollars(limit)} US$ is allowed; lower max_completion_tokens, send fewer lines, or raise the "
        "maximum cost"
    )
    raise OverBudget(text, limit, worst.amount)
