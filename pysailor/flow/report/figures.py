"""The figures of a run, gathered from its ledger in one pass; memory does not grow with the number of messages."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from ..run.history import read_errors, read_ledger

if TYPE_CHECKING:
    from pathlib import Path

BUCKETS_A_DECADE: Final = 5
_EXAMPLES: Final = 20
_SLICES: Final = 60


@dataclass(slots=True)
class StepFigures:
    """The figures of one step. `latencies` counts messages by bucket: see `bucket`; milliseconds."""

    step: str
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    latencies: Counter[int] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    costs: dict[str, Decimal] = field(default_factory=dict)
    milliseconds: float = 0.0
    slowest: float = 0.0
    retries: int = 0
    calls: int = 0

    @property
    def count(self) -> int:
        """How many messages it finished."""
        return self.outcomes.total()

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the messages was done, to a bucket's width."""
        wanted, seen = share * self.latencies.total(), 0
        for each in sorted(self.latencies):
            seen += self.latencies[each]
            if seen >= wanted:
                return min(edge(each + 1), self.slowest)
        return 0.0


@dataclass(slots=True)
class RunFigures:
    """The figures of a run. `rate` counts finished messages in slices of `slice_seconds` from the beginning."""

    about: dict[str, Any]
    steps: dict[str, StepFigures] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    error_count: int = 0
    rate: Counter[int] = field(default_factory=Counter)
    slice_seconds: float = 1.0
    began: float = 0.0

    @property
    def costs(self) -> dict[str, Decimal]:
        """All costs by currency."""
        sums: dict[str, Decimal] = {}
        for step in self.steps.values():
            for currency, amount in step.costs.items():
                sums[currency] = sums.get(currency, Decimal(0)) + amount
        return sums


def gather(directory: Path, about: dict[str, Any]) -> RunFigures:
    """Return the figures of the run in a directory."""
    figures = RunFigures(about)
    for entry in read_ledger(directory):
        step = str(entry.get("step", ""))
        _add(figures.steps.setdefault(step, StepFigures(step)), entry)
        _add_time(figures, entry)
    for error in read_errors(directory):
        figures.error_count += 1
        if len(figures.errors) < _EXAMPLES:
            figures.errors.append(error)
    return figures


def bucket(milliseconds: float) -> int:
    """Return the bucket that a time falls into: five a decade, from a microsecond on."""
    return math.floor(math.log10(max(milliseconds, 0.001)) * BUCKETS_A_DECADE)


def edge(number: int) -> float:
    """Return where a bucket begins, in milliseconds."""
    return float(10 ** (number / BUCKETS_A_DECADE))


def _add(step: StepFigures, entry: dict[str, Any]) -> None:
    step.outcomes[str(entry.get("outcome"))] += 1
    if entry.get("code"):
        step.codes[str(entry["code"])] += 1
    took = float(entry.get("ms", 0.0))
    step.latencies[bucket(took)] += 1
    step.milliseconds += took
    step.slowest = max(step.slowest, took)
    step.retries += int(entry.get("tries", 1)) - 1
    step.calls += int(entry.get("calls", 0))
    step.units.update(entry.get("units") or {})
    for currency, amount in (entry.get("cost") or {}).items():
        try:
            step.costs[currency] = step.costs.get(currency, Decimal(0)) + Decimal(str(amount))
        except InvalidOperation:
            continue


def _add_time(figures: RunFigures, entry: dict[str, Any]) -> None:
    """Count a message in its slice of time; slices are made wider as the run turns out to be longer."""
    at = entry.get("at")
    if not isinstance(at, int | float):
        return
    figures.began = figures.began or float(at)
    number = int((at - figures.began) / figures.slice_seconds)
    while number >= _SLICES:
        figures.slice_seconds *= 2
        halved: Counter[int] = Counter()
        for each, count in figures.rate.items():
            halved[each // 2] += count
        figures.rate = halved
        number = int((at - figures.began) / figures.slice_seconds)
    figures.rate[max(0, number)] += 1
