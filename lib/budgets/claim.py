"""How a step comes to its claim on a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pysailor import StoreUnavailable

from ..owner import ACCOUNT, owner_of
from .errors import put_off
from .hold import BudgetHold
from .ledger import Ledger
from .settings import Payer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from pysailor import Context

    from ..cost.price import Cost
    from ..errors.api_error import Try
    from .settings import BudgetSettings

KEY = "budgetKey"
"""The member of a message whose every value has a budget of its own."""


class NoBudget:
    """The claim of a message that no budget limits."""

    def take(self) -> None:
        """Reserve nothing."""

    def settle(self, _cost: Cost | None, _tries: Sequence[Try] = ()) -> tuple[str, ...]:
        """Spend nothing, and return nothing to warn of."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


NO_BUDGET = NoBudget()


class Pays(NamedTuple):
    """What a message says of who pays for it: the value of budgetKey, and its conversation."""

    key: str = ""
    conversation: str = ""


def split_key(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return a body without its budgetKey, which no service knows, and that key as text."""
    if KEY not in body:
        return body, ""
    rest = {name: value for name, value in body.items() if name != KEY}
    return rest, "" if body[KEY] is None else str(body[KEY])


def payer_of(pays: Pays, cfg: Mapping[str, Any], ctx: Context, credential: str) -> Payer:
    """Return who pays for a message; `credential` is its API key, where the platform tells no id of it."""
    owner = owner_of(str(cfg.get(ACCOUNT) or credential))
    return Payer(owner, ctx.step, ctx.run_id or "", pays.conversation, pays.key)


def claim(
    settings: BudgetSettings | None, payer: Payer, worst: Decimal | None, tries: int, ctx: Context, seconds: float
) -> BudgetHold | NoBudget:
    """Return the claim of a message whose worst case is known; raise Rebound if the store cannot be asked."""
    if settings is None or worst is None:
        return NO_BUDGET
    try:
        ledger = Ledger(ctx.store)
        budget = settings.budget(payer, ledger.now())
    except StoreUnavailable as error:
        raise put_off(error) from error
    return BudgetHold(ledger, budget, worst, tries, ctx, seconds)
