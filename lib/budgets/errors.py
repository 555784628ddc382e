"""Why a budget keeps a message from being sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Rebound, StepError

from ..cost.price import dollars
from ..cost.worst_case import OverBudget
from .period import Period

if TYPE_CHECKING:
    from decimal import Decimal

    from pysailor import StoreUnavailable

    from .account import Account
    from .settings import Budget


class BudgetSpent(OverBudget):
    """What is left of a shared budget is less than the message can cost at worst; nothing was sent."""

    code = "budget_spent"

    def __init__(self, budget: Budget, account: Account, worst: Decimal, now: float) -> None:
        limit = budget.limit if account.limit is None else account.limit
        end = budget.period.end(now)
        self.budget, self.account = budget, account
        self.frees_at = None if end is None else end.isoformat()
        held = f", {dollars(account.held)} US$ are held for calls under way" if account.held else ""
        super().__init__(
            f"the budget {budget.title} allows {dollars(limit)} US$: {dollars(account.spent)} US$ are spent{held}, and "
            f"this message may cost {dollars(worst)} US$. {_sentence(budget.period.frees(now))}. Send less, raise the "
            "budget in the step, or for now with: pysailor budget set",
            limit,
            worst,
        )

    @property
    def visitor(self) -> str:
        """What a visitor of a chat reads of it: nothing of the amounts, which are the operator's."""
        if self.budget.period is Period.CONVERSATION:
            return "What this conversation may still cost does not cover the question; begin a new one."
        when = self.frees_at[:10] if self.frees_at else ""
        return f"What this chat may still cost does not cover the question; there is more from {when}, 00:00 UTC."

    def to_json(self) -> dict[str, Any]:
        """Return the error's members, with the state of the budget and when it begins anew."""
        return {
            **super().to_json(),
            "budget": dict(self.budget.of),
            "spent": dollars(self.account.spent),
            "held": dollars(self.account.held),
            "frees_at": self.frees_at,
        }


class BudgetHeld(StepError):
    """A question of a chat was not sent: calls under way hold what is left of its budget."""

    code = "budget_held"
    retryable = True


def put_off(error: StoreUnavailable, budget: str = "The budget") -> Rebound:
    """Return what brings the message again: the budget's store is away, and nothing was sent."""
    return Rebound(f"{budget} cannot be asked, so nothing was sent: {error}", code=error.code)


class BudgetUnreadable(StepError):
    """What the store holds of a budget cannot be read, so nothing is sent."""

    code = "budget_unreadable"

    def __init__(self, budget: Budget) -> None:
        super().__init__(
            f"What is kept of the budget {budget.title} cannot be read, so nothing was sent. Look at the store that "
            "PYSAILOR_JOURNAL names, or begin anew with another budgetName."
        )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
