"""One message's claim on a budget: reserved before the first sending, settled once when the message is done."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from pysailor import Measure, Rebound, StoreUnavailable

from ..cost.price import dollars
from ..errors.api_error import ApiError
from .account import ZERO, NotEnough, Reservation, UnreadableAccount
from .errors import BudgetHeld, BudgetSpent, BudgetUnreadable, put_off

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from pysailor import Context

    from ..cost.price import Cost
    from ..errors.api_error import Try
    from .account import Account
    from .ledger import Ledger
    from .settings import Budget

GRACE = 60.0
"""Seconds after a message's time in which its worker may still settle; then the reservation counts as spent."""
_PATIENCE = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_NEVER_SENT = ("unreachable", "untrusted", "wrong_address")
_REFUSED = 400


class BudgetHold:
    """A context manager around the calls of one message. `take` reserves, at the first call only.

    What is not settled inside counts by how it ended: nothing if the service refused it or was not reached, the worst
    case if an answer was lost on the way, since that may have been billed.
    """

    def __init__(
        self, ledger: Ledger, budget: Budget, worst: Decimal, tries: int, ctx: Context, seconds: float
    ) -> None:
        """Claim nothing yet. `worst` is for all rounds and tries; `seconds` is the time for all of it."""
        self._ledger, self._budget, self._ctx = ledger, budget, ctx
        self._worst, self._one_try, self._seconds = worst, worst / tries, seconds
        self._name = uuid.uuid4().hex
        self._is_taken = False

    def take(self) -> None:
        """Reserve the worst case, once; raise BudgetSpent, BudgetUnreadable, or Rebound if it may fit later.

        Where only calls under way stand in the way, wait for them a little: most cost less than their worst case.
        """
        until = time.monotonic() + min(_PATIENCE, self._seconds / 2)
        pause = _FIRST_PAUSE
        while not self._is_taken:
            try:
                self._tell(self._reserve())
                self._is_taken = True
            except NotEnough as error:
                if error.account.spent + self._worst > error.limit:
                    raise BudgetSpent(self._budget, error.account, self._worst, self._ledger.now()) from None
                if time.monotonic() + pause > until:
                    raise Rebound(self._why_later(error), code=BudgetHeld.code) from None
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def settle(self, cost: Cost | None, tries: Sequence[Try] = ()) -> tuple[str, ...]:
        """Spend what it cost, the worst case if that is not known, and return a sentence if the budget runs low.

        Answers that were lost before the one that came count at their worst case, too.
        """
        if not self._is_taken and cost is not None:
            self._settle_former(cost.amount)
        return self._spend(None if cost is None else cost.amount, tries)

    def _settle_former(self, cost: Decimal) -> None:
        """Settle what a dead worker reserved for this message, whose answer the journal had: nothing was sent now."""
        if self._ctx.message_id:
            with suppress(StoreUnavailable, UnreadableAccount):  # then it counts at its worst case, later
                self._ledger.settle_message(self._budget, self._ctx.message_id, cost)

    def _spend(self, cost: Decimal | None, tries: Sequence[Try] = ()) -> tuple[str, ...]:
        if not self._is_taken:
            return ()
        self._is_taken = False
        lost = sum(1 for one in tries if one.is_lost) * self._one_try
        try:
            spent = (self._one_try if cost is None else cost) + lost
            account, is_first = self._ledger.settle(self._budget, self._name, spent)
        except (StoreUnavailable, UnreadableAccount) as error:
            self._ctx.logger.warning(
                "The budget %s could not be told what this cost (%s): it counts at its worst case, %s US$",
                *(self._budget.title, error, dollars(self._worst)),
            )
            return ()
        self._tell(account)
        if not account.is_nearly_spent:
            return ()
        text = (
            f"of the budget {self._budget.title}, {dollars(account.spent)} of {dollars(_limit(account))} US$ are spent"
        )
        if is_first:
            self._ctx.logger.warning("More than 80 %% %s", text)
        return (text,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> None:
        if isinstance(error, Rebound):  # nothing was sent
            self._spend(ZERO)
        elif isinstance(error, ApiError) and _costs_nothing(error):
            self._spend(ZERO, error.tries)
        elif isinstance(error, ApiError):
            self._spend(ZERO if any(one.is_lost for one in error.tries) else None, error.tries)
        else:
            self._spend(None)

    def _reserve(self) -> Account:
        moment = self._ledger.now() + self._seconds + GRACE
        message = self._ctx.message_id or ""
        try:
            return self._ledger.reserve(self._budget, self._name, Reservation(self._worst, moment, message))
        except UnreadableAccount as error:
            raise BudgetUnreadable(self._budget) from error
        except StoreUnavailable as error:
            raise put_off(error, f"The budget {self._budget.title}") from error

    def _why_later(self, error: NotEnough) -> str:
        left, held = error.limit - error.account.spent, error.account.held
        return (
            f"The budget {self._budget.title} has {dollars(left)} US$ left, of which calls under way hold "
            f"{dollars(held)} US$; this message may cost {dollars(self._worst)} US$"
        )

    def _tell(self, account: Account) -> None:
        if self._budget.period.end(0) is None:  # there is a budget for each run, or conversation: too many to watch
            return
        labels = {
            "budget": f"{self._budget.of['name']} {self._budget.of['key']}".strip(),
            "period": self._budget.period,
        }
        left = _limit(account) - account.spent - account.held
        self._ctx.report(Measure("budget_left", float(left), labels))
        self._ctx.report(Measure("budget_held", float(account.held), labels))
        self._ctx.report(Measure("budget_limit", float(_limit(account)), labels))


def _limit(account: Account) -> Decimal:
    return account.allowed or ZERO


def _costs_nothing(error: ApiError) -> bool:
    """Return whether the service is known not to have worked: it refused, or was never reached."""
    is_refused = error.status is not None and error.status >= _REFUSED
    return not error.begun and (is_refused or error.code in _NEVER_SENT)
