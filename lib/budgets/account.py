"""What a budget has spent, and what it holds for calls under way. Pure: no clock, no store.

reserve ──► reserved ──settle──► spent, at the real cost
               │
               └─lapse (its time and the grace are over: the worker died)──► spent, at the worst case
"""

from __future__ import annotations

import json
from dataclasses import field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pysailor import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

ZERO = Decimal(0)
WARN_AT = Decimal("0.8")
_MOST_LAPSED = 200


class UnreadableAccount(ValueError):
    """What the store holds under an account's key is not an account."""


class NotEnough(Exception):
    """The amount does not fit. `account` is what stands in its way."""

    def __init__(self, account: Account, limit: Decimal) -> None:
        self.account, self.limit = account, limit
        super().__init__()


@frozen
class Reservation:
    """An amount in US$ that a call may cost, until a moment by which it is settled, or its worker is dead."""

    amount: Decimal
    until: float
    message: str = ""


@frozen
class Account:
    """One budget in one period, in US$.

    `limit` is an operator's, which goes before the step's own for this period; `asked` is the step's own, as it was
    last seen. `lapsed` are reservations that were counted as spent, for the case that their worker comes back.
    """

    spent: Decimal = ZERO
    reserved: Mapping[str, Reservation] = field(default_factory=dict)
    lapsed: Mapping[str, Decimal] = field(default_factory=dict)
    limit: Decimal | None = None
    asked: Decimal | None = None
    warned: bool = False

    @property
    def held(self) -> Decimal:
        """Return the sum of what calls under way may cost."""
        return sum((each.amount for each in self.reserved.values()), ZERO)

    @property
    def allowed(self) -> Decimal | None:
        """Return the limit that holds, None if nobody has told one."""
        return self.asked if self.limit is None else self.limit

    @property
    def is_nearly_spent(self) -> bool:
        """Whether 80 % of what is allowed is spent."""
        return self.allowed is not None and self.spent >= WARN_AT * self.allowed

    def lapse(self, now: float) -> Account:
        """Return the account in which reservations whose time is over count as spent: they may have been paid."""
        over = {name: each.amount for name, each in self.reserved.items() if each.until <= now}
        if not over:
            return self
        kept = {name: each for name, each in self.reserved.items() if name not in over}
        lapsed = dict([*self.lapsed.items(), *over.items()][-_MOST_LAPSED:])
        return replace(self, spent=self.spent + sum(over.values(), ZERO), reserved=kept, lapsed=lapsed)

    def reserve(self, name: str, reservation: Reservation, asked: Decimal, now: float) -> Account:
        """Return the account with the reservation; raise NotEnough if it does not fit beside all the others.

        The same name again changes nothing: whoever writes it may not know that it was written. If it had lapsed, it is
        held again instead of spent: it is one call, and has one cost.
        """
        account = replace(self.lapse(now), asked=asked)
        limit = asked if account.limit is None else account.limit
        if name in account.reserved:
            return account
        account = account.settle(name, ZERO)
        if account.spent + account.held + reservation.amount > limit:
            raise NotEnough(account, limit)
        return replace(account, reserved={**account.reserved, name: reservation})

    def settle(self, name: str, cost: Decimal) -> Account:
        """Return the account in which what was reserved is spent, at its real cost; also if it had lapsed."""
        reserved = {other: each for other, each in self.reserved.items() if other != name}
        lapsed = {other: amount for other, amount in self.lapsed.items() if other != name}
        spent = self.spent - self.lapsed.get(name, ZERO) + cost
        return replace(self, spent=max(ZERO, spent), reserved=reserved, lapsed=lapsed)

    def reset(self) -> Account:
        """Return the account with nothing spent; calls under way keep what they hold."""
        return replace(self, spent=ZERO, lapsed={}, warned=False)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object; amounts are texts, so that no cent is lost."""
        return {
            "spent": str(self.spent),
            "reserved": {name: [str(one.amount), one.until, one.message] for name, one in self.reserved.items()},
            "lapsed": {name: str(amount) for name, amount in self.lapsed.items()},
            "limit": None if self.limit is None else str(self.limit),
            "asked": None if self.asked is None else str(self.asked),
            "warned": self.warned,
        }

    @classmethod
    def from_json(cls, document: Any) -> Account:
        """Return what to_json() wrote; raise UnreadableAccount for anything else."""
        try:
            reserved = {
                str(name): Reservation(_amount(amount), float(until), str(message))
                for name, (amount, until, message) in document["reserved"].items()
            }
            return cls(
                _amount(document["spent"]),
                reserved,
                {str(name): _amount(amount) for name, amount in document["lapsed"].items()},
                None if document["limit"] is None else _amount(document["limit"]),
                None if document["asked"] is None else _amount(document["asked"]),
                bool(document["warned"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
            raise UnreadableAccount(str(error)) from error


def read(content: bytes | None) -> tuple[Account, dict[str, Any]]:
    """Return an account and what it is called, as write() wrote them; raise UnreadableAccount."""
    if content is None:
        return Account(), {}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableAccount(str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get("of"), dict):
        raise UnreadableAccount("an account is an object with the member of")
    return Account.from_json(document), document["of"]


def write(account: Account, of: Mapping[str, Any]) -> bytes:
    """Return an account, and what it is called, as bytes."""
    return json.dumps({**account.to_json(), "of": dict(of)}).encode()


def _amount(text: Any) -> Decimal:
    amount = Decimal(str(text))
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{text!r} is not an amount")
    return amount
