"""How the scripts here measure and tell: contenders side by side in one run, ratios round by round, targets."""

from __future__ import annotations

import argparse
import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, and the quarters between which half of them lie."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Self:
        """Take it from some figures; from one alone it is all three."""
        low, _, high = quantiles(figures, n=4, method="inclusive") if len(figures) > 1 else [*figures] * 3
        return cls(median(figures), low, high)

    def text(self, digits: int = 0, unit: str = "") -> str:
        """Return it as `median (low to high)`."""
        return f"{self.middle:.{digits}f}{unit} ({self.low:.{digits}f} to {self.high:.{digits}f})"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure must not exceed, or must reach."""

    what: str
    found: float
    limit: float
    unit: str = ""
    reach: bool = False

    @property
    def met(self) -> bool:
        """Whether it does not, or does."""
        return self.found >= self.limit if self.reach else self.found <= self.limit

    def __str__(self) -> str:
        """Return it in one line."""
        late_outcome = "met" if self.met else "MISSED"
        wanted = "at least" if self.reach else "at most"
        return f"{late_outcome}: {self.what}: {self.found:.3g}{self.unit}, {wanted} {self.limit:g}{self.unit}"


def interleave(
    contenders: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    calls: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Return the seconds a call of each contender in each round.

    All take their turn in every round, each round another one first, so that a noisy neighbour hits all alike. The
    clock is that of this process' CPU, user and system, unless another is given.
    """
    for work in contenders.values():
        work()
    names = list(contenders)
    taken: dict[str, list[float]] = {name: [] for name in names}
    with settled_memory():
        for number in range(rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                taken[name].append(_seconds(contenders[name], calls, clock))
    return taken


def _seconds(work: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        work()
    return (clock() - start) / calls


@contextmanager
def settled_memory() -> Iterator[None]:
    """Keep what is loaded out of garbage collection: else each contender pays for the others' modules."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def beside(taken: Mapping[str, Sequence[float]], name: str, peer: str) -> Spread:
    """Return how many times the peer's figure the contender's is, round by round."""
    return Spread.of([own / other for own, other in zip(taken[name], taken[peer], strict=True)])


def table(*rows: Sequence[str]) -> None:
    """Print rows as a table; the first is its head."""
    print(f"| {' | '.join(rows[0])} |\n|{'---|' * len(rows[0])}")
    for row in rows[1:]:
        print(f"| {' | '.join(row)} |")
    print()


def print_targets(targets: Sequence[Target], *, check: bool) -> int:
    """Print how the targets were met; return the exit code, which is 1 for a missed one if that is to be checked."""
    for target in targets:
        print(target)
    return int(check and not all(target.met for target in targets))


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with what all scripts take."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    return made
