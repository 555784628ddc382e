"""What is counted of a step while a flow runs; each number is written by whoever holds the tally's lock."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pysailor.context import CallReport


@dataclass(slots=True)
class StepTally:
    """Counts of one step: messages by outcome, what it gave, what it used and took."""

    step: str
    received: int = 0
    in_work: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    emitted: int = 0
    dropped: int = 0
    replayed: int = 0
    retries: int = 0
    returned: int = 0
    seconds: float = 0.0
    units: Counter[str] = field(default_factory=Counter)
    costs: dict[str, Decimal] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def tokens(self) -> int:
        """All that was counted under names that end with tokens, but for parts of others."""
        return sum(self.units[name] for name in ("input_tokens", "output_tokens"))

    def add_calls(self, calls: Sequence[CallReport]) -> None:
        """Add what calls of services used and cost."""
        for call in calls:
            self.units.update(call.units)
            if call.cost is not None:
                self.costs[call.currency] = self.costs.get(call.currency, Decimal(0)) + call.cost

    def to_json(self) -> dict[str, Any]:
        """Return the counts for a summary."""
        names = ("received", "done", "failed", "emitted", "dropped", "replayed", "retries")
        costs = {currency: format(amount, "f") for currency, amount in self.costs.items()}
        counts: dict[str, Any] = {name: getattr(self, name) for name in names}
        return {**counts, "seconds": round(self.seconds, 3), "units": dict(self.units), "costs": costs}


def format_costs(costs: dict[str, Decimal]) -> str:
    """Return sums of money for a person, "" for none."""
    return " + ".join(
        f"{amount.quantize(Decimal('0.0001')):f} {currency}" for currency, amount in costs.items() if amount
    )
