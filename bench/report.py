"""What `bench/sailor.py` found: tables, ratios to the Node sailor, plots, targets, and all of it in docs/."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, Self

from bench.loads import HISTORY, HUNDRED, IMAGE, IN_FLIGHT, ONE, SIZES, TWENTY, Load
from bench.plot import draw
from bench.timing import Spread, Target, beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NODE: Final = "Node"
_STEAL: Final = 7
_BEGIN, _END = "<!-- written by bench/sailor.py --all --write: begin -->", "<!-- end -->"
_WHAT: Final = {"rate": ("messages a second", 0), "cpu": ("CPU, ms a message", 2), "peak": ("peak memory, MiB", 0)}


@dataclass(frozen=True, slots=True)
class Steal:
    """The ticks of all processors at one moment: those that others on the host took, and all."""

    taken: int
    total: int

    @classmethod
    def now(cls) -> Self:
        """Read them."""
        ticks = [int(each) for each in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
        return cls(ticks[_STEAL], sum(ticks))

    def share(self) -> float:
        """Return the share that others took since then."""
        now = Steal.now()
        return (now.taken - self.taken) / max(now.total - self.total, 1)


@dataclass(slots=True)
class Record:
    """What one contender did, a figure a round: by load, and by start."""

    rate: dict[Load, list[float]] = field(default_factory=dict)
    cpu: dict[Load, list[float]] = field(default_factory=dict)
    peak: dict[Load, list[float]] = field(default_factory=dict)
    steal: dict[Load, list[float]] = field(default_factory=dict)
    load: dict[Load, list[float]] = field(default_factory=dict)
    first: list[float] = field(default_factory=list)

    def add(self, load: Load, rate: float, cpu: float, peak: float, steal: float) -> None:
        """Note one turn."""
        found = {"rate": rate, "cpu": cpu, "peak": peak, "steal": steal, "load": os.getloadavg()[0]}
        for name, value in found.items():
            getattr(self, name).setdefault(load, []).append(value)


def sections(records: Mapping[str, Record]) -> Iterator[str]:
    """Yield the tables, in Markdown: a column a contender, and each one's ratio to the Node sailor in brackets."""
    names = list(records)
    for kind, (title, digits) in _WHAT.items():
        rows = [(title, *names, "steal %, load")]
        for load in next(iter(records.values())).rate:
            figures = {name: getattr(record, kind)[load] for name, record in records.items()}
            rows.append((load.title, *_cells(figures, digits), _weather(records, load)))
        yield _markdown(rows)
    starts = {name: record.first for name, record in records.items()}
    yield _markdown([("seconds", *names), ("start to first result", *_cells(starts, 2))])


def _cells(figures: Mapping[str, Sequence[float]], digits: int) -> Iterator[str]:
    for name, values in figures.items():
        ratio = "" if name == NODE else f" ({beside(figures, name, NODE).middle:.2f})"
        yield f"{median(values):.{digits}f}{ratio}"


def _weather(records: Mapping[str, Record], load: Load) -> str:
    steal = [value for record in records.values() for value in record.steal[load]]
    loads = [value for record in records.values() for value in record.load[load]]
    return f"{min(steal) * 100:.0f} to {max(steal) * 100:.0f}, {min(loads):.1f} to {max(loads):.1f}"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rest)]
    return "\n".join([*lines, ""])


# --- plots -----------------------------------------------------------------------------------------------------------


def plots(records: Mapping[str, Record]) -> Iterator[tuple[str, str]]:
    """Yield the name of a file and the picture: cost against prefetch, and against the size of a body."""
    quick = {name: sorted((load.prefetch, median(cpu)) for load, cpu in record.cpu.items() if _is_small(load))
             for name, record in records.items()}  # fmt: skip
    if _has_lines(quick):
        yield "performance-prefetch.svg", draw("CPU a message, 2 KB", "prefetch", "ms of CPU", quick)
    sized = {name: sorted((SIZES[load.body], median(cpu)) for load, cpu in record.cpu.items() if load.prefetch ==
             TWENTY.prefetch) for name, record in records.items()}  # fmt: skip
    if _has_lines(sized):
        yield "performance-body.svg", draw("CPU a message, prefetch 20", "KB of body", "ms of CPU", sized)


def _is_small(load: Load) -> bool:
    return load.body == ONE.body


def _has_lines(lines: Mapping[str, Sequence[tuple[float, float]]]) -> bool:
    return all(len(line) > 1 for line in lines.values())


def write(docs: Path, records: Mapping[str, Record]) -> None:
    """Put the plots into the folder, and tables and plots into its performance.md, where it has the place for them."""
    pictures = dict(plots(records))
    for name, picture in pictures.items():
        (docs / name).write_text(picture, encoding="utf-8")
    shown = "\n".join(
        f"![CPU a message against {name.removeprefix('performance-').removesuffix('.svg')}]({name})\n"
        for name in pictures
    )
    page = docs / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    found = "\n".join([_BEGIN, "", shown, *sections(records), _END])
    page.write_text(f"{before}{found}{after}", encoding="utf-8")


# --- targets ---------------------------------------------------------------------------------------------------------

MET: Final = {
    "threads": {
        "rate": {TWENTY: 1.15, HUNDRED: 1.15, HISTORY: 1.0},
        "cpu": {TWENTY: 0.6, HUNDRED: 0.6, IN_FLIGHT: 0.9, IMAGE: 1.0},
        "peak": {TWENTY: 0.42, HUNDRED: 0.42, IN_FLIGHT: 0.48, IMAGE: 0.6},
        "persistent": {ONE: 2.0},
        "share": {IN_FLIGHT: 97.0},
        "first": 0.7,
    },
    "greenlets": {
        "rate": {TWENTY: 1.5, HUNDRED: 1.5, HISTORY: 1.2},
        "cpu": {TWENTY: 0.48, HUNDRED: 0.48, IN_FLIGHT: 0.65, IMAGE: 0.9},
        "peak": {TWENTY: 0.4, HUNDRED: 0.4, IN_FLIGHT: 0.4, IMAGE: 0.5},
        "persistent": {ONE: 2.5},
        "share": {IN_FLIGHT: 98.0},
        "first": 0.7,
    },
}
"""What is wanted of each pool beside the Node sailor in the same run; `share` is in percent of the ideal."""


def targets(records: Mapping[str, Record], wanted: Mapping[str, Mapping[str, object]]) -> Iterator[Target]:
    """Yield what is wanted of ours, as far as it was measured."""
    for name, record in records.items():
        for kind, limits in wanted.get(name, {}).items():
            if isinstance(limits, float):
                yield Target(f"{name}: start to first result", _ratio(record.first, records[NODE].first), limits, "x")
            elif isinstance(limits, dict):
                for load, limit in limits.items():
                    yield from _targets_at(records, (name, kind), load, limit)


def _targets_at(records: Mapping[str, Record], about: tuple[str, str], load: Load, limit: float) -> Iterator[Target]:
    name, kind = about
    record, title = records[name], f"{name}: {_WHAT.get(kind, (kind, 0))[0]}, {load.title}"
    if load not in record.rate:
        return
    if kind == "share":
        yield Target(title, median(record.rate[load]) / load.prefetch * load.latency * 100, limit, " %", reach=True)
    elif kind == "persistent":
        if "Node, persistent" in records:
            yield Target(
                title, _ratio(record.rate[load], records["Node, persistent"].rate[load]), limit, "x", reach=True
            )
    else:
        found = _ratio(getattr(record, kind)[load], getattr(records[NODE], kind)[load])
        yield Target(title, found, limit, "x", reach=kind == "rate")


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return Spread.of([own / other for own, other in zip(ours, theirs, strict=True)]).middle
