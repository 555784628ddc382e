"""The same flow on RabbitMQ: `pysailor flow start`'s own machinery, each step and each mapper a process."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICK: Final = os.sysconf("SC_CLK_TCK")
WARMING: Final = 0.25
"""The share of the messages that do not count: meanwhile the processes start."""


@dataclass(slots=True)
class Watch:
    """What came out, and when: the time and the workers' CPU at the end of the warming, and at the last message."""

    lines: int
    seen: int = 0
    marks: list[tuple[float, float]] = field(default_factory=list)

    def take(self, _: dict[str, Any]) -> None:
        """Note one result."""
        self.seen += 1
        if self.seen in (int(self.lines * WARMING), self.lines):
            self.marks.append((time.perf_counter(), _used()))


def run(uri: str, folder: Path, text: str, lines: int) -> dict[str, float]:
    """Send so many messages through a flow, whose file is in the folder; return microseconds of time and CPU each."""
    from pysailor.flow.document import parse_flow  # noqa: PLC0415 - an extra
    from pysailor.flow.start import Listeners, StartSettings, make_plan, start_flow  # noqa: PLC0415 - as above

    plan = make_plan(parse_flow(text, str(folder / "flow.yaml")), text, {})
    watch = Watch(lines)
    failed: list[Any] = []
    bodies = ({"n": number, "text": f"row {number} of the table"} for number in range(lines))
    listeners = Listeners(watch.take, failed.append, lambda *_: None)
    start_flow(plan, StartSettings(uri, folder / "started"), listeners, bodies)
    if failed or watch.seen != lines:
        raise RuntimeError(f"{watch.seen} of {lines} messages came out, and {len(failed)} errors: {failed[:1]}")
    (began, used_before), (ended, used) = watch.marks
    counted = lines - int(lines * WARMING)
    processes = sum(stage.replicas for stage in plan.stages if stage is not plan.trigger)  # the input takes its place
    return {
        "wall": (ended - began) / counted * 1e6,
        "cpu": (used - used_before) / counted * 1e6,
        "processes": processes,
    }


def _used() -> float:
    """Return the seconds of CPU of all children, of those that ended and those that run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + sum(_cpu(each) for each in _children(os.getpid()))


def _children(parent: int) -> Iterator[int]:
    for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
        yield from (int(each) for each in tasks.read_text(encoding="ascii").split())


def _cpu(process: int) -> float:
    """Return the seconds of CPU that a process has used."""
    try:
        ticks = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:  # it ended
        return 0.0
    return (int(ticks[11]) + int(ticks[12])) / _TICK
