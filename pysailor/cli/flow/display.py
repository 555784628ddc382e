"""What a person sees of a flow while it runs: a table that changes at a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections import deque
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Self

from pysailor.flow.run.tally import format_costs

from ..output import say
from ..progress import shows_progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pysailor.flow.run import FlowRun, StepTally
    from pysailor.flow.run.inputs import FlowInput

_LINE_EVERY: Final = 10.0
_MOST_NAMED: Final = 5
_WINDOW: Final = 10.0


class Display:
    """Shows a run; a context manager. `show` is called often, and draws as often as is of use."""

    def __init__(self, run: FlowRun, source: FlowInput | None, directory: str) -> None:
        self._run, self._source, self._directory = run, source, directory
        self._began = self._said = time.monotonic()
        self._rates = {tally.step: RateMeter() for tally in run.tallies}
        self._live: Any = None

    def __enter__(self) -> Self:
        if shows_progress() and find_spec("rich") is not None:
            from rich.console import Console  # noqa: PLC0415 - 93 ms, and only a person needs it
            from rich.live import Live  # noqa: PLC0415 - as above

            console = Console(file=sys.__stderr__, stderr=True)
            self._live = Live(
                self._table(), console=console, refresh_per_second=5, transient=True, redirect_stdout=False
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self) -> None:
        """Bring what is shown up to date."""
        for tally in self._run.tallies:
            self._rates[tally.step].note(tally.done + tally.failed)
        if self._live is not None:
            self._live.update(self._table())
        elif time.monotonic() - self._said >= _LINE_EVERY:
            self._said = time.monotonic()
            say(self._line())

    def _line(self) -> str:
        steps = ", ".join(
            f"{tally.step} {tally.done} done{f' {tally.failed} failed' if tally.failed else ''}"
            for tally in self._run.tallies
        )
        return f"{_duration(time.monotonic() - self._began)}: {self._run.came_in} came in; {steps}{self._time_left()}"

    def _time_left(self) -> str:
        """Return how long it may still take, "" if that cannot be known."""
        share = None if self._source is None else self._source.share
        passed = time.monotonic() - self._began
        if not share or passed < 1:
            return ""
        return f"; {_duration(passed / share - passed)} left" if share < 1 else ""

    def _table(self) -> Any:
        from rich.table import Table  # noqa: PLC0415 - loaded already

        table = Table(title=f"{self._run.plan.flow.name}{self._time_left()}", caption=self._directory, expand=False)
        table.add_column("step")
        for name in ("waiting", "in work", "done", "failed", "per s", "ms", "tokens", "cost"):
            table.add_column(name, justify="right")
        for name, stage in self._run.stages.items():
            table.add_row(name, str(len(stage.channel)), *self._cells(stage.tally))
        table.add_row(
            self._run.plan.flow.trigger.id, "", "", str(self._run.came_in), "", "", "", "", "", style="dim"
        )  # fmt: skip
        return table

    def _cells(self, tally: StepTally) -> list[str]:
        count = tally.done + tally.failed
        return [
            str(tally.in_work),
            str(tally.done),
            f"[red]{tally.failed}[/red]" if tally.failed else "0",
            f"{self._rates[tally.step].per_second:.1f}",
            f"{1000 * tally.seconds / count:.0f}" if count else "",
            str(tally.tokens or ""),
            format_costs(tally.costs),
        ]


class RateMeter:
    """How many a second, over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, count: int) -> None:
        """Note how many there are by now."""
        now = time.monotonic()
        self._seen.append((now, count))
        while self._seen[0][0] < now - _WINDOW:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """How many came a second."""
        if not self._seen:
            return 0.0
        (begin, first), (end, last) = self._seen[0], self._seen[-1]
        return (last - first) / (end - begin) if end > begin else 0.0


def summarize(run: FlowRun, outcome: str, seconds: float, directory: Path) -> Iterator[str]:
    """Yield what is to be said of a run that has ended."""
    words = {"done": "all done", "stopped": "stopped", "aborted": "ended at once", "failed": "ended"}
    failed = f", {run.failures} failed" if run.failures else ""
    failed += f", {len(run.failed_before)} failed before" if run.failed_before else ""
    passed = f", {run.passed_over} {_were(run.passed_over)} done before" if run.passed_over else ""
    came_in = count_messages(run.came_in)
    yield f"{words[outcome]}: {came_in}{passed}{failed}; {_duration(seconds)}{_tokens_and_cost(run)}"
    for stage in run.stages.values():
        if stage.tally.dropped:
            lost = count_messages(stage.tally.dropped)
            yield f"warning: {lost} found no way out of {stage.id}: no condition was true, none is otherwise"
        count = stage.tally.returned + (stage.tally.in_work if outcome == "aborted" else 0)
        if count:
            yield f"{count_messages(count)} {_were(count)} in work at {stage.id}, to be taken through it again"
    if run.failed_before:
        named = ", ".join(f"{message[:40]} at {step}" for message, step in run.failed_before[:_MOST_NAMED])
        yield f"failed before: {named}{', …' if len(run.failed_before) > _MOST_NAMED else ''}"
    yield f"results and errors: {directory}"


def count_messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _tokens_and_cost(run: FlowRun) -> str:
    tokens = sum(tally.tokens for tally in run.tallies)
    costs: dict[str, Decimal] = {}
    for tally in run.tallies:
        for currency, amount in tally.costs.items():
            costs[currency] = costs.get(currency, Decimal(0)) + amount
    return "".join([f"; {tokens} tokens" if tokens else "", f"; {format_costs(costs)}" if costs else ""])


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
