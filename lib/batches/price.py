"""What a batch costs: half of what its requests would cost alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ..cost.budget import OverBudget, worst_case
from ..cost.price import Cost, cost, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..cost.budget import Plan
    from ..cost.price import Surcharges
    from ..cost.usage import Usage
    from ..models.table import Family

_HALF = Decimal("0.5")
_NOTE = "at the half price of batches"


def batch_cost(used: Usage, family: Family | None, extra: Surcharges) -> Cost | None:
    """Return what one answer cost: its tokens at half the price, the searches in full; None if that is not known."""
    tokens = cost(used, family, None, replace(extra, searches=0))
    if tokens is None or family is None:
        return None
    fees = extra.searches * extra.fee(family)
    return replace(tokens, amount=tokens.amount * _HALF + fees, notes=(*tokens.notes, _NOTE))


def worst_of(plans: Iterable[tuple[Plan, Family | None]]) -> Cost | None:
    """Return what all lines can cost at most together, None if one of them can cost nobody knows what."""
    total: Cost | None = None
    for plan, family in plans:
        whole = worst_case(replace(plan, tier=None), family)
        if whole is None or family is None:
            return None
        fees = plan.surcharges.searches * plan.answers * plan.surcharges.fee(family)
        one = replace(whole, amount=(whole.amount - fees) * _HALF + fees, notes=(*whole.notes, _NOTE))
        total = one if total is None else total + one
    return total


def keep_within(limit: Decimal | None, worst: Cost | None, count: int, model: str) -> None:
    """Raise OverBudget unless the batch fits at worst; one whose cost is not known does not fit."""
    if limit is None or (worst is not None and worst.amount <= limit):
        return
    if worst is None:
        text = (
            f"what a batch of {model} may cost on this server is not known; add its price and limits to your own table "
            f"of models, or remove the maximum cost ({dollars(limit)} US$)"
        )
        raise OverBudget(text, limit, None)
    text = (
        f"this batch may cost {dollars(worst.amount)} US$ ({count} lines of {model}, prices of {worst.as_of}, at half "
        f"price), and {dollars(limit)} US$ is allowed; lower max_completion_tokens, send fewer lines, or raise the "
        "maximum cost"
    )
    raise OverBudget(text, limit, worst.amount)
