"""What a route says of its answers beside the request: who else is asked, over which API, what they may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from pysailor import Fault, InvalidConfig

from ..budgets import KEY, BudgetSettings, Payer
from ..budgets.settings import read_amount
from ..call_settings import collect
from ..owner import owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

AMOUNTS = frozenset({"maxCost", "budget", "budgetPeriod", "budgetName"})
"""What only the operator says: a visitor who could would have no limit."""
_NOBODY = Payer()
_OF_BUDGET = ("budgetPeriod", "budgetName", KEY)
SCHEMA: Mapping[str, Any] = MappingProxyType(
    {
        "api": {"enum": ["auto", "chat", "responses"]},
        "fallbacks": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 5},
        "maxCost": {"type": ["number", "string"]},
        "budget": {"type": ["number", "string"]},
        "budgetPeriod": {"enum": ["day", "month", "conversation"]},
        "budgetName": {"type": "string", "maxLength": 200},
        KEY: {"type": ["string", "number"], "maxLength": 200},
    }
)


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """Further models of the same server, the API to ask, the most that an answer may cost, the budget, and who pays."""

    fallbacks: tuple[str, ...] = ()
    api: str = "auto"
    max_cost: Decimal | None = None
    budget: BudgetSettings | None = None
    payer: Payer = _NOBODY

    @classmethod
    def of(cls, own: Mapping[str, Any]) -> Self:
        """Read them from a route's settings; raise InvalidConfig with everything that is wrong of the amounts."""
        faults: list[Fault] = []
        max_cost = collect(faults, _max_cost, own)
        budget = collect(faults, BudgetSettings.of, own)
        faults += [
            Fault(f"/{name}", "without a budget it means nothing; allowed: beside budget, or left out")
            for name in _OF_BUDGET
            if name in own and own.get("budget") in (None, "")
        ]
        if faults:
            raise InvalidConfig(faults=faults)
        return cls(tuple(own.get("fallbacks", ())), own.get("api") or "auto", max_cost, budget)

    def paid_by(self, api_key: str, route: str, place: tuple[str, str], key: Any) -> Self:
        """Return the settings with who pays: the API key, and what tells a route's, a conversation's, a key's apart.

        The conversation is told by a digest: whoever knows its id can read it.
        """
        conversation = owner_of(*place)[:12]
        payer = Payer(owner_of(api_key), f"chat/{route}", "", conversation, "" if key is None else str(key))
        return replace(self, payer=payer)

    @property
    def is_limited(self) -> bool:
        """Whether a question is refused for what it may cost."""
        return self.max_cost is not None or self.budget is not None


USUAL = AnswerSettings()


def find_amount_faults(kwargs: Mapping[str, Any], is_computed: Callable[[Any], bool]) -> Iterator[tuple[str, str]]:
    """Yield the name and what is wrong of each setting of money that cannot be used; the schema was asked before."""
    computed = {name for name in AMOUNTS if is_computed(kwargs.get(name))}
    for name in computed:
        yield name, "a function gives it; allowed: a plain value, as it is not for a visitor to say"
    try:
        AnswerSettings.of({name: value for name, value in kwargs.items() if name not in computed})
    except InvalidConfig as error:
        for fault in error.faults:
            name = fault.pointer.lstrip("/")
            if not (name in _OF_BUDGET and "budget" in computed):
                yield name, fault.message


def _max_cost(own: Mapping[str, Any]) -> Decimal | None:
    return read_amount(own.get("maxCost"), "/maxCost")
