"""What a step's settings say of a budget, and whose it is."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, frozen

from .period import Period

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "budget/"
_LONGEST_NAME = 200
_LONGEST_SHOWN = 60
_LEAST, _MOST = Decimal("0.000000001"), Decimal(10**12)
"""Beyond these an amount is a slip, and its digits would fill a page."""


@frozen
class Payer:
    """Who pays for a message: `owner` is the credential's namespace; the rest tells budgets of one step apart."""

    owner: str = ""
    step: str = ""
    run: str = ""
    conversation: str = ""
    key: str = ""


@frozen
class Budget:
    """One budget of one payer in one period; `of` is what it is called, `place` where its account is kept."""

    limit: Decimal
    period: Period
    of: Mapping[str, str]
    place: str

    @property
    def title(self) -> str:
        """Return what to call it in a sentence."""
        named = f'"{self.of["name"]}"'
        told = {"begin": "of {}", "key": 'for "{}"', "conversation": 'of the conversation "{}"', "run": "of the run {}"}
        return " ".join([named, *(text.format(self.of[name]) for name, text in told.items() if self.of.get(name))])


@frozen
class BudgetSettings:
    """The amount in US$, the period, and the name under which steps share it; "" for the step's own."""

    limit: Decimal
    period: Period = Period.DAY
    name: str = ""

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> BudgetSettings | None:
        """Read them from cfg, None without a budget; raise InvalidConfig."""
        limit = read_amount(cfg.get("budget"), "/budget")
        if limit is None:
            return None
        try:
            period = Period(cfg.get("budgetPeriod") or Period.DAY)
        except ValueError:
            allowed = ", ".join(Period)
            raise InvalidConfig(f"found {cfg['budgetPeriod']!r}, allowed: {allowed}", pointer="/budgetPeriod") from None
        name = str(cfg.get("budgetName") or "").strip()
        if len(name) > _LONGEST_NAME:
            raise InvalidConfig(f"{len(name)} characters, allowed: {_LONGEST_NAME}", pointer="/budgetName")
        return cls(limit, period, name)

    def budget(self, payer: Payer, now: float) -> Budget:
        """Return the budget out of which a payer pays at a moment, in seconds since the epoch."""
        of = {
            "name": self.name or payer.step or "this step",
            "period": self.period.value,
            "begin": self.period.begin(now),
            "run": payer.run if self.period is Period.RUN else "",
            "conversation": payer.conversation if self.period is Period.CONVERSATION else "",
            "key": payer.key,
        }
        return Budget(self.limit, self.period, of, place_of(payer.owner, of))


def place_of(owner: str, of: Mapping[str, str]) -> str:
    """Return the key under which a store keeps the account."""
    named = json.dumps([of[name] for name in ("name", "period", "begin", "run", "conversation", "key")])
    return f"{PREFIX}{owner}/{hashlib.sha256(named.encode(errors='surrogatepass')).hexdigest()[:40]}"


def read_amount(text: Any, pointer: str) -> Decimal | None:
    """Return an amount of US$, None if there is none; raise InvalidConfig."""
    if text in (None, ""):
        return None
    try:
        amount = Decimal(str(text).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        shown = str(text)[:_LONGEST_SHOWN]
        raise InvalidConfig(f'found "{shown}", allowed: an amount in US$, for example 0.05', pointer=pointer)
    if amount > _MOST or (amount and amount < _LEAST):
        raise InvalidConfig(f"found {amount:.3e}, allowed: 0, or from {_LEAST} to {_MOST:f} US$", pointer=pointer)
    return amount
