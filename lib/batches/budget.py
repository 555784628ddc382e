"""What a batch holds of a budget, from before it is uploaded until its answers are collected, days later.

The reservation has the name of the submission: a message that is brought again reserves nothing further. Under the
batch's id the store says where it is, so that whoever collects the batch can settle it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pysailor import Rebound, StoreUnavailable

from ..budgets import Ledger, Pays, payer_of
from ..budgets.account import ZERO, NotEnough, Reservation, UnreadableAccount
from ..budgets.errors import BudgetHeld, BudgetSpent, BudgetUnreadable, put_off
from ..cost.price import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pysailor import Context

    from ..budgets import BudgetSettings
    from ..cost.price import Cost

HELD_SECONDS: Final = 3 * 86_400.0
"""A batch has a day; what is not collected two days after that counts at its worst case."""
_KEPT: Final = 62 * 86_400.0


class BatchBudget:
    """One submission's claim on a budget; none where the step has no budget."""

    def __init__(
        self, settings: BudgetSettings | None, cfg: Mapping[str, Any], ctx: Context, api_key: str, pays: str
    ) -> None:
        """Claim nothing yet. `pays` is the message's budgetKey."""
        self._settings, self._ctx = settings, ctx
        self._payer = payer_of(Pays(pays), cfg, ctx, api_key) if settings else None
        self._ledger = Ledger(ctx.store) if settings else None
        self._place = ""

    def reserve(self, submission: str, worst: Cost | None) -> None:
        """Reserve what the batch can cost at most, once; raise BudgetSpent, BudgetUnreadable, or Rebound.

        Whoever calls has made sure that the worst case is known.
        """
        if self._settings is None or self._ledger is None or self._payer is None or worst is None:
            return
        try:
            now = self._ledger.now()
            budget = self._settings.budget(self._payer, now)
            self._place = budget.place
            self._ledger.reserve(budget, submission, Reservation(worst.amount, now + HELD_SECONDS))
        except NotEnough as error:
            if error.account.spent + worst.amount > error.limit:
                raise BudgetSpent(budget, error.account, worst.amount, now) from None
            raise Rebound(
                f"The budget {budget.title} holds {dollars(error.account.held)} US$ for calls and batches under way; "
                f"this batch may cost {dollars(worst.amount)} US$, and {dollars(error.limit)} US$ is allowed",
                code=BudgetHeld.code,
            ) from None
        except UnreadableAccount as error:
            raise BudgetUnreadable(budget) from error
        except StoreUnavailable as error:
            raise put_off(error) from error

    def release(self, submission: str) -> None:
        """Let go of it: there is no batch."""
        if self._ledger is not None and self._place:
            with suppress(StoreUnavailable, UnreadableAccount):  # then it counts at its worst case, later
                self._ledger.settle_reserved(self._place, submission, ZERO)

    def note(self, submission: str, batch_id: str, prefix: str = "") -> None:
        """Keep under the batch's id where its reservation is."""
        if self._settings is None or self._ledger is None or self._payer is None:
            return
        with suppress(StoreUnavailable):
            place = self._place or self._settings.budget(self._payer, self._ledger.now()).place
            told = json.dumps([place, submission]).encode()
            self._ctx.store.add(_name(batch_id, prefix), told, _KEPT)


def settle_batch(ctx: Context, batch_id: str, prefix: str, cost: Decimal | None) -> None:
    """Settle what a batch, or a part of one, held with what it cost; at its worst case if that is not known.

    A batch that is collected again is settled once.
    """
    try:
        told = json.loads(ctx.store.get(_name(batch_id, prefix)) or b"null")
        if told is not None:
            Ledger(ctx.store).settle_reserved(str(told[0]), str(told[1]), cost)
    except (StoreUnavailable, UnreadableAccount, ValueError) as error:
        ctx.logger.warning("The budget could not be told what batch %s cost (%s): it counts at most", batch_id, error)


def _name(batch_id: str, prefix: str) -> str:
    return f"budget of {batch_id} {prefix}".rstrip()
