"""What the settings of every step say: where to ask, how long and how often, and how much it may cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pysailor import Fault, InvalidConfig, frozen

from .api.connection import Connection
from .api.retry import CallLimits
from .budgets.settings import BudgetSettings, read_amount

if TYPE_CHECKING:
    from decimal import Decimal

    from pysailor import Context, OnUnknown

Read = TypeVar("Read")


@frozen
class CallSettings:
    """Where to ask, the limits of a call, the most that a message may cost in US$, and the budget that it shares.

    `on_unknown_fate` is what to do when an earlier attempt at the message asked, and its answer is not known.
    """

    connection: Connection
    limits: CallLimits
    max_cost: Decimal | None = None
    budget: BudgetSettings | None = None
    on_unknown_fate: OnUnknown = "ask"

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> CallSettings:
        """Read them from cfg; raise InvalidConfig with everything that is wrong."""
        faults: list[Fault] = []
        connection = collect(faults, Connection.of, cfg)
        limits = collect(faults, CallLimits.of, cfg)
        max_cost = collect(faults, partial(read_amount, pointer="/maxCost"), cfg.get("maxCost"))
        budget = collect(faults, BudgetSettings.of, cfg)
        if connection is None or limits is None or faults:
            raise InvalidConfig(faults=faults)
        return cls(connection, limits, max_cost, budget, cfg.get("onUnknownFate") or "ask")


def call_settings(cfg: Mapping[str, Any], ctx: Context) -> CallSettings:
    """Return what cfg says; that of a step, which stays the same object, is read once. Raise InvalidConfig."""
    return ctx.keep(CallSettings.of, cfg) if isinstance(cfg, Hashable) else CallSettings.of(cfg)


def collect(faults: list[Fault], read: Callable[[Any], Read], given: Any) -> Read | None:
    """Return what is read; if it is wrong, add why to the faults and return None."""
    try:
        return read(given)
    except InvalidConfig as error:
        faults.extend(error.faults)
        return None
