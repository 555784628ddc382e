"""What of a worker's metrics an operator must see first, in the words of the alerts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reading import Look

_COUNTED = (
    ("pysailor_journal_failures_total", "records that the journal did not take"),
    ("pysailor_unknown_fates_total", "calls that may have been paid twice"),
    ("pysailor_redelivered_total", "messages that came a second time"),
    ("pysailor_replayed_total", "calls not made again, since the journal had their answer"),
)


def find_troubles(look: Look) -> Iterator[str]:
    """Yield a sentence for each thing that keeps messages from being done, or may cost money twice."""
    for server in look.labels("pysailor_quota_breaker_open", "server"):
        if look.sum("pysailor_quota_breaker_open", server=server):
            yield f"the account at {server} has no quota left: nothing is sent, messages are put off"
    for name, text in _COUNTED:
        count = look.sum(name)
        if count:
            yield f"{text}: {count:.0f}"


def errors(look: Look) -> Iterator[tuple[str, float]]:
    """Yield the codes by which messages did not end well, and how often, the most frequent first."""
    name = "pysailor_errors_total"
    counts = {code: look.sum(name, code=code) for code in look.labels(name, "code")}
    yield from sorted(counts.items(), key=lambda each: -each[1])


def budgets(look: Look) -> Iterator[tuple[str, str, float, float, float]]:
    """Yield each budget: its name, its period, and in US$ what is left, held and allowed."""
    for budget in look.labels("pysailor_budget_limit", "budget"):
        for period in look.labels("pysailor_budget_limit", "period"):
            of = {"budget": budget, "period": period}
            left, held, limit = (look.sum(f"pysailor_budget_{name}", **of) for name in ("left", "held", "limit"))
            if look.has("pysailor_budget_limit", **of):
                yield budget, period, left, held, limit
