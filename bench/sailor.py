"""The worker beside the platform's Node sailor: messages a second, CPU, in flight, first result, memory.

    python bench/sailor.py [--rounds N] [--check] [--prefetch N …] [--beside DIR] [--long]

All take turns at the same queues of a private RabbitMQ and post to the same stub of the API, in processes of their own.
Ours runs Send Request as it is: checked before and after, persistent, mandatory, acknowledged when its result is
confirmed. The Node sailor, its throttle lifted, runs the least that a component can be: axios, no checks, and messages
that a restart of the broker loses, as is its default. Times are those that the sailors write into each result.

Needs node 20 with npm, and RabbitMQ; without them it says so and measures nothing. `--long` sends 100,000 messages
through ours instead and tells its memory on the way. `--beside` has the worker of another checkout take turns as well;
it needs a .venv of its own there.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from bench.client import BODY
from bench.contender import Contender
from bench.stub import Pace, running_stub
from bench.timing import Spread, Target, beside, parser, table, told
from tests.interop.test_interop import SAILOR, _trouble
from tests.support.broker import running_rabbit
from tests.support.platform import Platform
from tests.support.stage import CIPHER, PYSAILOR, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.contender import Running

ROOT = Path(__file__).parent.parent
OURS = Contender("ours", (str(PYSAILOR), "run"), ROOT)
ON_ONE_CPU = Contender("ours, PYSAILOR_ONE_CPU", OURS.command, ROOT, {"PYSAILOR_ONE_CPU": "yes"})
UNTHROTTLED = {f"ELASTICIO_{kind}_RATE_LIMIT": "1000000" for kind in ("DATA", "ERROR", "SNAPSHOT")}
NODE = Contender(
    "Node sailor",
    ("node", str(SAILOR)),
    ROOT / "bench" / "node",
    {"NODE_PATH": str(SAILOR.parent.parent), **UNTHROTTLED},
)
LATENCY = 0.5
STARTS = 3


@dataclass(frozen=True, slots=True)
class Load:
    """So many messages; the first of them warm up and do not count."""

    prefetch: int
    messages: int
    warming: int
    latency: float = 0.0


LOADS = (Load(1, 900, 200), Load(20, 3500, 1000), Load(100, 3500, 1000))
IN_FLIGHT = Load(500, 5500, 1500, LATENCY)
LONG = Load(20, 100_000, 10_000)


@dataclass(slots=True)
class Record:
    """What one contender did, a figure a round: by load, and by start."""

    rate: dict[Load, list[float]] = field(default_factory=dict)
    cpu: dict[Load, list[float]] = field(default_factory=dict)
    peak: dict[Load, list[float]] = field(default_factory=dict)
    first: list[float] = field(default_factory=list)


class Place:
    """A step's queues, and what all sailors are told."""

    def __init__(self, stage: Stage, addresses: dict[float, str]) -> None:
        self._stage = stage
        self._addresses = addresses
        self._content = CIPHER.encode({"body": {"messages": BODY["messages"]}, "headers": {}})

    def env(self, prefetch: int, latency: float) -> dict[str, str]:
        """Return the environment of a sailor, and have the platform tell it where the API is."""
        config = {"apiKey": "key", "baseUrl": self._addresses[latency], "model": BODY["model"]}
        self._stage.platform.step = {"config": config}
        env = self._stage.env(FUNCTION="sendRequest", RABBITMQ_PREFETCH_SAILOR=str(prefetch))
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an image has its modules compiled
        return env

    def fill(self, messages: int) -> None:
        """Put so many messages into the input queue, each with an id of its own."""
        import pika  # noqa: PLC0415 - an extra; without it there is nothing to measure

        for number in range(messages):
            headers = {"messageId": str(uuid4()), "threadId": f"thread-{number}", "protocolVersion": 1}
            known = pika.BasicProperties(headers=headers, delivery_mode=2, content_type="application/json")
            self._stage.channel.basic_publish("", self._stage.queue, self._content, known)

    def wait(self, running: Running, messages: int, pause: float = 0.02) -> int:
        """Return when at least so many results came out, and give how many."""
        while (count := self._stage.count("data")) < messages:
            if running.process.poll() is not None or self._stage.count("error"):
                raise RuntimeError(f"{running.process.args!r} failed:\n{running.said()}")
            time.sleep(pause)
        return count

    def results(self, messages: int) -> list[float]:
        """Take so many results out; give the times, in seconds, at which they were sent."""
        times: list[float] = []
        for _, properties, _ in self._stage.channel.consume(f"{self._stage.name}.data", auto_ack=True):
            times.append(properties.headers["end"] / 1000)
            if len(times) == messages:
                break
        self._stage.channel.cancel()
        return sorted(times)


def work(place: Place, contender: Contender, load: Load, record: Record) -> None:
    """Have a fresh process take the load."""
    place.fill(load.messages)
    with contender.running(place.env(load.prefetch, load.latency)) as running:
        first, used = place.wait(running, load.warming), running.cpu()
        last, used = place.wait(running, load.messages), running.cpu() - used
        peak = running.peak()
    steady = place.results(load.messages)[load.warming : 1 - load.prefetch or None]
    record.rate.setdefault(load, []).append((len(steady) - 1) / (steady[-1] - steady[0]))
    record.cpu.setdefault(load, []).append(used / (last - first) * 1000)
    record.peak.setdefault(load, []).append(peak)


def start(place: Place, contender: Contender, record: Record) -> None:
    """Time a process from its start to its first message in the next queue."""
    place.fill(1)
    env = place.env(1, 0.0)
    began = time.perf_counter()
    with contender.running(env) as running:
        place.wait(running, 1, pause=0.002)
        record.first.append(time.perf_counter() - began)
    place.results(1)


def contenders_with(other: str | None) -> tuple[Contender, ...]:
    """Return who takes turns: ours first, Node last, another checkout's between them."""
    if other is None:
        return OURS, ON_ONE_CPU, NODE
    root = Path(other).resolve()
    return OURS, ON_ONE_CPU, Contender(root.name, (str(root / ".venv" / "bin" / "pysailor"), "run"), root), NODE


def measured(
    place: Place, rounds: int, contenders: tuple[Contender, ...], loads: Sequence[Load]
) -> dict[Contender, Record]:
    """Have all take their turns, each round another one first."""
    records = {contender: Record() for contender in contenders}
    for contender in contenders:
        start(place, contender, Record())  # Python compiles, the system reads files
    for number in range(rounds):
        first = number % len(contenders)
        turns = contenders[first:] + contenders[:first]
        print(f"round {number + 1}, load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
        for load in loads:
            for contender in turns:
                work(place, contender, load, records[contender])
        for contender in turns * STARTS:
            start(place, contender, records[contender])
    return records


def targets(records: dict[Contender, Record]) -> Iterator[Target]:
    """Yield what is wanted of ours beside the Node sailor."""
    ours, node = records[OURS], records[NODE]
    for load, wanted in zip(LOADS, (3, 1.5, 1.5), strict=True):
        if load not in ours.rate:
            continue
        found = _beside(ours.rate[load], node.rate[load])
        yield Target(f"messages/s, prefetch {load.prefetch}", found.middle, wanted, "x", reach=True)
    for load in filter(ours.cpu.get, LOADS):
        found = _beside(ours.cpu[load], node.cpu[load])
        yield Target(f"CPU a message, prefetch {load.prefetch}", found.middle, 0.67, "x")
    if IN_FLIGHT in ours.rate:
        share = Spread.of(ours.rate[IN_FLIGHT]).middle / ideal(IN_FLIGHT) * 100
        yield Target("share of the ideal, 500 in flight", share, 97, " %", reach=True)
    yield Target("start to first result", _beside(ours.first, node.first).middle, 0.8, "x")
    for load in ours.peak:
        found = _beside(ours.peak[load], node.peak[load])
        yield Target(f"peak memory, prefetch {load.prefetch}", found.middle, 0.4, "x")


def ideal(load: Load) -> float:
    """Return the messages a second if nothing but the API took time."""
    return load.prefetch / load.latency


def tell(records: dict[Contender, Record]) -> None:
    """Print the tables: a column a contender, and ours beside the Node sailor's."""
    names = [contender.name for contender in records]
    head = ("", *names, *(f"ours / {name}" for name in names[2:-1]), "ours / Node")
    rows = []
    for load in records[OURS].rate:
        for what, digits in (("rate", 0), ("cpu", 2), ("peak", 0)):
            figures = [getattr(record, what)[load] for record in records.values()]
            rows.append(_row(f"prefetch {load.prefetch}: {_TITLES[what]}", figures, digits))
    rows.append(_row("start to first result, s", [record.first for record in records.values()], 3))
    table(head, *rows)


_TITLES = {"rate": "messages/s", "cpu": "CPU, ms a message", "peak": "peak memory, MiB"}


def _row(title: str, figures: Sequence[Sequence[float]], digits: int) -> tuple[str, ...]:
    ratios = (_beside(figures[0], others) for others in figures[2:])
    return (title, *(Spread.of(each).text(digits) for each in figures), *(ratio.text(2) for ratio in ratios))


def _beside(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    return beside({"ours": ours, "theirs": theirs}, "ours", "theirs")


def long(place: Place) -> list[Target]:
    """Send very many messages through ours, and tell its memory after each tenth."""
    place.fill(LONG.messages)
    held: dict[int, float] = {}
    with OURS.running(place.env(LONG.prefetch, 0.0)) as running:
        for count in range(LONG.warming, LONG.messages + 1, LONG.warming):
            done = place.wait(running, count, pause=0.5)
            held[done] = running.memory()
    place.results(LONG.messages)
    table(("messages", "MiB"), *((str(count), f"{memory:.1f}") for count, memory in held.items()))
    first, *_, last = held.values()
    return [Target("memory after 100,000 messages, beside after 10,000", last / first, 1.05, "x")]


def main() -> int:
    """Measure; 1 if a target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=2, help="how often each contender has its turn")
    options.add_argument("--long", action="store_true", help="ours only, 100,000 messages: does its memory grow?")
    options.add_argument("--prefetch", type=int, nargs="+", default=[1, 20, 100, 500], help="only these loads")
    options.add_argument("--beside", metavar="DIR", help="another checkout, whose worker takes turns as well")
    args = options.parse_args()
    trouble = "" if args.long else _trouble()
    if trouble:
        print(f"Not measured: {trouble}.")
        return 0
    try:
        with ExitStack() as stack:
            place = make_place(stack)
            print(f"Python {sys.version.split()[0]}, load of the machine before: {os.getloadavg()[0]:.1f}\n")
            if args.long:
                return told(long(place), check=args.check)
            loads = [load for load in (*LOADS, IN_FLIGHT) if load.prefetch in args.prefetch]
            records = measured(place, args.rounds, contenders_with(args.beside), loads)
            tell(records)
            print(f"load after: {os.getloadavg()[0]:.1f}\n")
            return told(list(targets(records)), check=args.check)
    except pytest.skip.Exception as reason:
        print(f"Not measured: {reason}")
        return 0


def make_place(stack: ExitStack) -> Place:
    """Return a step's queues on a private broker, with the platform and stubs of the API."""
    rabbit: Any = stack.enter_context(running_rabbit())
    platform = stack.enter_context(Platform())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    addresses = {pause: stack.enter_context(running_stub(Pace(latency=pause))) for pause in (0.0, LATENCY)}
    return Place(stack.enter_context(Stage(rabbit, platform, folder)), addresses)


if __name__ == "__main__":
    sys.exit(main())
