"""What a worker's metrics say, as a table or a line: for people at a terminal. Pure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from .trouble import budgets, errors, find_troubles

if TYPE_CHECKING:
    from .reading import Look

_OUTCOMES: Final = ("done", "rebound", "failed", "rejected", "returned")


def draw_line(look: Look, before: Look | None) -> str:
    """Return the reading as one line, with rates since the one before."""
    counts = " ".join(f"{outcome}={look.sum('pysailor_messages_total', outcome=outcome):.0f}" for outcome in _OUTCOMES)
    return (
        f"{time.strftime('%H:%M:%S')} {_state(look)} in_flight={look.sum('pysailor_in_flight'):.0f}"
        f"/{look.sum('pysailor_prefetch'):.0f} {counts}"
        f" rate={_rate(look, before, 'pysailor_messages_total')}"
        f" calls={look.sum('pysailor_calls_total'):.0f} {_cost(look, '')}"
    ).rstrip() + "".join(
        [
            *(f" error[{code}]={count:.0f}" for code, count in errors(look)),
            *(f" budget_left[{name}]={left:.6f}" for name, _, left, _, _ in budgets(look)),
            *(f"; {trouble}" for trouble in find_troubles(look)),
        ]
    )


def draw_table(look: Look, before: Look | None) -> str:
    """Return it as a table of several lines."""
    who = next((has for name, has, _ in look.samples if name == "pysailor_info"), {})
    state = (
        f"{_state(look)}; in flight {look.sum('pysailor_in_flight'):.0f} of {look.sum('pysailor_prefetch'):.0f}, "
        f"the oldest for {look.sum('pysailor_oldest_in_flight_seconds'):.1f} s; "
        f"{look.sum('process_resident_memory_bytes') / 2**20:.0f} MiB"
    )
    lines = [
        " ".join(f"{name} {value}" for name, value in who.items()),
        state,
        *find_troubles(look),
        "",
        f"{'messages':<30}{'count':>10}{'per s':>10}{'mean s':>10}",
    ]
    for outcome in _OUTCOMES:
        count = look.sum("pysailor_messages_total", outcome=outcome)
        rate = _rate(look, before, "pysailor_messages_total", outcome=outcome)
        mean = _mean(look, "pysailor_message_seconds", outcome=outcome)
        lines.append(f"{outcome:<30}{count:>10.0f}{rate:>10}{mean:>10}")
    failed = [f"{code[:29]:<30}{count:>10.0f}" for code, count in errors(look)]
    lines += ["", f"{'errors':<30}{'count':>10}", *failed] if failed else []
    left = [
        f"{f'{name}, a {period}'[:29]:<30}{left:>10.4f}{held:>10.4f}{limit:>10.4f}"
        for name, period, left, held, limit in budgets(look)
    ]
    lines += ["", f"{'budgets, in US$':<30}{'left':>10}{'held':>10}{'limit':>10}", *left] if left else []
    targets = look.labels("pysailor_calls_total", "target")
    if targets:
        lines += ["", f"{'calls':<30}{'count':>10}{'tries':>10}{'mean s':>10}  used"]
    for target in targets:
        units = ", ".join(
            f"{look.sum('pysailor_call_units_total', target=target, unit=unit):.0f} {unit.replace('_', ' ')}"
            for unit in look.labels("pysailor_call_units_total", "unit")
        )
        used = ", ".join(filter(None, [units, _cost(look, target)]))
        lines.append(
            f"{target[:29]:<30}{look.sum('pysailor_calls_total', target=target):>10.0f}"
            f"{look.sum('pysailor_call_tries_total', target=target):>10.0f}"
            f"{_mean(look, 'pysailor_call_seconds', target=target):>10}  {used}"
        )
    return "\n".join(lines)


def _state(look: Look) -> str:
    if look.sum("pysailor_broker_blocked"):
        return "blocked"
    return "consuming" if look.sum("pysailor_consuming") else "not-consuming"


def _mean(look: Look, name: str, **labels: str) -> str:
    count = look.sum(f"{name}_count", **labels)
    return f"{look.sum(f'{name}_sum', **labels) / count:.3f}" if count else "-"


def _cost(look: Look, target: str) -> str:
    """Return what was paid, for a target or ("") all of them."""
    of = {"target": target} if target else {}
    costs = (
        (currency, look.sum("pysailor_call_cost_total", currency=currency, **of)) for currency in _currencies(look)
    )
    return ", ".join(f"{cost:.6f} {currency}" for currency, cost in costs)


def _currencies(look: Look) -> list[str]:
    return look.labels("pysailor_call_cost_total", "currency")


def _rate(now: Look, before: Look | None, name: str, **labels: str) -> str:
    """Return how many a second it was since the look before; "-" without one."""
    if before is None or now.at <= before.at:
        return "-"
    return f"{max(0.0, now.sum(name, **labels) - before.sum(name, **labels)) / (now.at - before.at):.1f}"
