"""The one line that the log has for each message: what became of it, and what it took."""

from __future__ import annotations

import logging
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..context import CallReport
    from ..monitoring.observer import MessageReport

LOG = logging.getLogger(__name__)


def log_outcome(report: MessageReport, calls: Sequence[CallReport], ids: Mapping[str, str]) -> None:
    """Log it: in words, and as members of the line. No body, and no text of an error."""
    if not LOG.isEnabledFor(logging.INFO):
        return
    took = round(report.seconds * 1000)
    members: dict[str, Any] = {**ids, "outcome": report.outcome, "ms": took}
    if report.error_code:
        members["code"] = report.error_code
    if report.redelivered:
        members["redelivered"] = True
    if report.replayed:
        members["replayed"] = report.replayed
    if report.unknown_fates:
        members["unknown_fates"] = report.unknown_fates
    used = _describe(calls, members) if calls else ""
    code = f" ({report.error_code})" if report.error_code else ""
    LOG.info("%s after %d ms%s%s", report.outcome, took, code, used, extra=members)


def _describe(calls: Sequence[CallReport], members: dict[str, Any]) -> str:
    """Add what the calls took to the members, and return it in words."""
    calls = tuple(calls)  # an abandoned thread may add to them
    tries = sum(call.tries for call in calls)
    units: Counter[str] = Counter()
    costs: dict[str, Decimal] = {}
    for call in calls:
        units.update(call.units)
        if call.cost is not None:
            costs[call.currency] = costs.get(call.currency, Decimal(0)) + call.cost
    targets = list(dict.fromkeys(call.target for call in calls))
    members.update(calls=len(calls), tries=tries, targets=targets, units=dict(units))
    members["cost"] = {currency: format(amount, "f") for currency, amount in costs.items()} or None
    parts = ["1 call" if len(calls) == 1 else f"{len(calls)} calls", "1 try" if tries == 1 else f"{tries} tries"]
    parts += [f"{count} {unit.replace('_', ' ')}" for unit, count in units.items()]
    parts += [f"{amount:f} {currency}" for currency, amount in costs.items()]
    return ": " + ", ".join(parts)
