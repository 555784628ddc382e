"""What a step's settings ask of an exchange: limits, budget, repairs, and which answers are errors."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from ..api.retry import Limits
from .answer import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_REPAIRS = 3
_SETTING = {
    Outcome.TRUNCATED: "onTruncated",
    Outcome.FILTERED: "onRefusal",
    Outcome.REFUSED: "onRefusal",
    Outcome.EMPTY: "onRefusal",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the step's settings ask for. `fails_on` names the outcomes that are errors."""

    limits: Limits
    strict: bool = False
    max_cost: Decimal | None = None
    repairs: int = 0
    fails_on: frozenset[Outcome] = frozenset()
    fails_on_misfit: bool = False

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Terms:
        """Take the terms from cfg; raise InvalidConfig."""
        repairs = cfg.get("repairs", 0)
        if repairs not in range(_MOST_REPAIRS + 1):
            raise InvalidConfig(
                f"found {repairs:g}, allowed: a whole number from 0 to {_MOST_REPAIRS}", pointer="/repairs"
            )
        if repairs and cfg.get("emitPieces"):
            raise InvalidConfig("pieces that went out cannot be repaired; choose one of both", pointer="/repairs")
        return cls(
            limits=Limits.of(cfg),
            strict=cfg.get("strict", False),
            max_cost=_amount(cfg.get("maxCost")),
            repairs=repairs,
            fails_on=frozenset(outcome for outcome, name in _SETTING.items() if cfg.get(name) == "fail"),
            fails_on_misfit=cfg.get("onMisfit") == "fail",
        )


def _amount(text: Any) -> Decimal | None:
    """Read an amount of US$."""
    if text in (None, ""):
        return None
    try:
        amount = Decimal(str(text).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidConfig(f'found "{text}", allowed: an amount in US$, for example 0.05', pointer="/maxCost")
    return amount
