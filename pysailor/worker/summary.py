"""The one line that the log has for each message: what became of it, and what it took."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from ..log_buffer import DeferredMessage
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..context import CallReport
    from ..monitoring.observer import MessageReport

LOG = logging.getLogger(__name__)

_Used: TypeAlias = "tuple[str, int, Mapping[str, int], Decimal | None, str]"


def log_outcome(report: MessageReport, calls: Sequence[CallReport], ids: Mapping[str, str]) -> None:
    """Log it: in words, and as members of the line. No body, and no text of an error."""
    if LOG.isEnabledFor(logging.INFO):
        # an abandoned thread may add to the calls, and a component to what it counts
        used = tuple([(one.target, one.tries, dict(one.units), one.cost, one.currency) for one in calls])
        LOG.info(MessageLine(report, used, ids))


@frozen
class MessageLine(DeferredMessage):
    """What became of a message, its calls, and its ids; not what was said in them, which may be large."""

    report: MessageReport
    calls: tuple[_Used, ...]
    ids: Mapping[str, str]

    def describe(self) -> tuple[str, Mapping[str, Any]]:
        """Return the words, and the members of the line."""
        report = self.report
        took = round(report.seconds * 1000)
        members: dict[str, Any] = {**self.ids, "outcome": report.outcome, "ms": took}
        if report.error_code:
            members["code"] = report.error_code
        if report.redelivered:
            members["redelivered"] = True
        if report.replayed:
            members["replayed"] = report.replayed
        if report.unknown_fates:
            members["unknown_fates"] = report.unknown_fates
        used = _describe(self.calls, members) if self.calls else ""
        code = f" ({report.error_code})" if report.error_code else ""
        return f"{report.outcome} after {took} ms{code}{used}", members


def _describe(calls: Sequence[_Used], members: dict[str, Any]) -> str:
    """Add what the calls took to the members, and return it in words."""
    targets: dict[str, None] = {}
    units: dict[str, int] = {}
    costs: dict[str, Decimal] = {}
    tries = 0
    for target, tried, used, cost, currency in calls:
        targets[target] = None
        tries += tried
        for unit, count in used.items():
            units[unit] = units.get(unit, 0) + count
        if cost is not None:
            costs[currency] = costs.get(currency, Decimal(0)) + cost
    paid = {currency: format(amount, "f") for currency, amount in costs.items()}
    members.update(calls=len(calls), tries=tries, targets=list(targets), units=units, cost=paid or None)
    parts = ["1 call" if len(calls) == 1 else f"{len(calls)} calls", "1 try" if tries == 1 else f"{tries} tries"]
    parts += [f"{count} {unit.replace('_', ' ')}" for unit, count in units.items()]
    parts += [f"{amount} {currency}" for currency, amount in paid.items()]
    return ": " + ", ".join(parts)
