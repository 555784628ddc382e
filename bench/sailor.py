"""The worker beside the platform's Node sailor: messages a second, CPU, in flight, first result, memory.

    python bench/sailor.py                    # prefetch 20 and 100, two rounds: about two minutes
    python bench/sailor.py --all --write      # everything, three rounds: about 12 minutes; docs/performance.md gets it
    python bench/sailor.py [--rounds N] [--check] [--prefetch N …] [--body NAME …] [--beside DIR] [--long]

All take turns at the same queues of a private RabbitMQ and post to the same stub of the API, in processes of their own.
Ours runs Send Request as it is: checked before and after, persistent, mandatory, acknowledged when its result is
confirmed; with threads, and with greenlets where this checkout has them; with the variable for memory that the image
has. The Node sailor, its throttle lifted, runs the least that a component can be: axios, no checks, and messages that a
restart of the broker loses, as is its default.
`--all` has both also the other way: Node with persistent messages, ours without. Times are those that the sailors write
into each result. Steal (the share of the processors' time that others on the host took) and load stand beside each row:
where they differ much, the ratios are to be trusted and the figures not.

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
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from bench.contender import Contender
from bench.loads import ALL, HUNDRED, IN_FLIGHT, LARGE, LONG, ONE, QUICK, SECONDS, TWENTY, Load, body_of
from bench.report import MET, Record, Steal, sections, targets, write
from bench.stub import Pace, running_stub
from bench.timing import Target, parser, print_targets, table
from pysailor.platform.variables import variables
from tests.interop.test_interop import SAILOR, _trouble
from tests.support.broker import running_rabbit
from tests.support.platform import Platform
from tests.support.stage import CIPHER, PYSAILOR, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.contender import Running

ROOT = Path(__file__).parent.parent
RUN = (str(PYSAILOR), "run")
PERSISTENT = "ELASTICIO_AMQP_PERSISTENT_MESSAGES"
AS_IN_IMAGE = {"MALLOC_ARENA_MAX": "2"}
"""What the Dockerfile sets, and makes a difference."""
THREADS = Contender("threads", RUN, ROOT, AS_IN_IMAGE)
GREENLETS = Contender("greenlets", RUN, ROOT, {**AS_IN_IMAGE, "PYSAILOR_POOL": "greenlets"})
UNTHROTTLED = {f"ELASTICIO_{kind}_RATE_LIMIT": "1000000" for kind in ("DATA", "ERROR", "SNAPSHOT")}
BY_NODE = {"NODE_PATH": str(SAILOR.parent.parent), **UNTHROTTLED}
NODE = Contender("Node", ("node", str(SAILOR)), ROOT / "bench" / "node", BY_NODE)
MORE = (
    Contender("threads, any processor", RUN, ROOT, {**AS_IN_IMAGE, "PYSAILOR_ONE_CPU": "no"}),
    Contender("threads, transient", RUN, ROOT, {**AS_IN_IMAGE, PERSISTENT: "false"}),
    Contender("Node, persistent", NODE.command, NODE.folder, {**BY_NODE, PERSISTENT: "true"}),
)
STARTS = 3


class Place:
    """A step's queues, and what all sailors are told."""

    def __init__(self, stage: Stage, addresses: dict[float, str]) -> None:
        self._stage = stage
        self._addresses = addresses

    def env(self, prefetch: int, latency: float) -> dict[str, str]:
        """Return the environment of a sailor, and have the platform tell it where the API is."""
        config = {"apiKey": "key", "baseUrl": self._addresses[latency], "model": "gpt-5.1"}
        self._stage.platform.step = {"config": config}
        env = self._stage.env(FUNCTION="sendRequest", RABBITMQ_PREFETCH_SAILOR=str(prefetch))
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an image has its modules compiled
        return env

    def fill(self, messages: int, body: str = "2 KB") -> None:
        """Put so many messages into the input queue, each with an id of its own."""
        import pika  # noqa: PLC0415 - an extra; without it there is nothing to measure

        content = CIPHER.encode({"body": body_of(body), "headers": {}})
        for number in range(messages):
            headers = {"messageId": str(uuid4()), "threadId": f"thread-{number}", "protocolVersion": 1}
            known = pika.BasicProperties(headers=headers, delivery_mode=2, content_type="application/json")
            self._stage.channel.basic_publish("", self._stage.queue, content, known)

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
    place.fill(load.messages, load.body)
    with contender.running(place.env(load.prefetch, load.latency)) as running:
        first, used, others = place.wait(running, load.warming), running.cpu(), Steal.now()
        last, used = place.wait(running, load.messages), running.cpu() - used
        peak, steal = running.peak(), others.share()
    steady = place.results(load.messages)[load.warming : 1 - load.prefetch or None]
    record.add(load, (len(steady) - 1) / (steady[-1] - steady[0]), used / (last - first) * 1000, peak, steal)


def start(place: Place, contender: Contender, record: Record) -> None:
    """Time a process from its start to its first message in the next queue."""
    place.fill(1)
    env = place.env(1, 0.0)
    began = time.perf_counter()
    with contender.running(env) as running:
        place.wait(running, 1, pause=0.002)
        record.first.append(time.perf_counter() - began)
    place.results(1)


def contenders_with(other: str | None, *, everything: bool) -> tuple[Contender, ...]:
    """Return who takes turns: ours first, the Node sailor as it is last."""
    has_greenlets = "PYSAILOR_POOL" in {variable.name for variable in variables()}
    ours = (THREADS, GREENLETS) if has_greenlets else (THREADS,)
    root = Path(other or ".").resolve()
    theirs = (
        (Contender(root.name, (str(root / ".venv" / "bin" / "pysailor"), "run"), root, AS_IN_IMAGE),) if other else ()
    )
    return (*ours, *theirs, *(MORE if everything else ()), NODE)


def measure(
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


def long(place: Place) -> list[Target]:
    """Send very many messages through ours, and tell its memory after each tenth."""
    place.fill(LONG.messages)
    held: dict[int, float] = {}
    with THREADS.running(place.env(LONG.prefetch, 0.0)) as running:
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
    options.add_argument("--rounds", type=int, help="how often each contender has its turn; 2, with --all 3")
    options.add_argument("--all", action="store_true", help="all contenders, bodies and loads")
    options.add_argument("--write", action="store_true", help="put tables and plots into docs/performance.md")
    options.add_argument("--long", action="store_true", help="ours only, 100,000 messages: does its memory grow?")
    options.add_argument("--prefetch", type=int, nargs="+", help="only these loads")
    options.add_argument(
        "--body", nargs="+", help="only these bodies: '2 KB', '64 KB', '1 MB', '200 messages', '3 MB', '7 MB'"
    )
    options.add_argument("--beside", metavar="DIR", help="another checkout, whose worker takes turns as well")
    args = options.parse_args()
    trouble = "" if args.long else _trouble()
    if trouble:
        print(f"Not measured: {trouble}.")
        return 0
    loads: Sequence[Load] = ALL if args.all else [ONE, TWENTY, HUNDRED, IN_FLIGHT] if args.prefetch else QUICK
    loads = (*ALL, *LARGE) if args.body else loads
    chosen = [load for load in loads if load.prefetch in (args.prefetch or [load.prefetch])]
    chosen = [load for load in chosen if load.body in (args.body or [load.body])]
    try:
        with ExitStack() as stack:
            place = make_place(stack)
            print(f"Python {sys.version.split()[0]}, load of the machine before: {os.getloadavg()[0]:.1f}\n")
            if args.long:
                return print_targets(long(place), check=args.check)
            contenders = contenders_with(args.beside, everything=args.all)
            records = measure(place, args.rounds or (3 if args.all else 2), contenders, chosen)
    except pytest.skip.Exception as reason:
        print(f"Not measured: {reason}")
        return 0
    named = {contender.name: record for contender, record in records.items()}
    for section in sections(named):
        print(section)
    if args.write:
        write(ROOT / "docs", named)
    return print_targets(list(targets(named, MET)), check=args.check)


def make_place(stack: ExitStack) -> Place:
    """Return a place whose broker, platform and API last as long as the stack."""
    rabbit: Any = stack.enter_context(running_rabbit())
    platform = stack.enter_context(Platform())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    addresses = {pause: stack.enter_context(running_stub(Pace(latency=pause))) for pause in (0.0, SECONDS)}
    return Place(stack.enter_context(Stage(rabbit, platform, folder)), addresses)


if __name__ == "__main__":
    sys.exit(main())
