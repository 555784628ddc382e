"""What the journal costs: messages a second and CPU of the worker without it, and with each of its stores.

    python -m bench.journal [--minutes N] [--rounds N] [--check] [--prefetch N] [--only STORE…]

All take turns at the same queue of a private RabbitMQ and post to the same stub of the API; every message is a first
delivery. PostgreSQL and Redis are private servers on this machine, without flushing the disk; where one is not
installed it is left out. The figure that counts is the share of the throughput that is left: each round's beside
`off` in the same round, and of these the median, since a neighbour disturbs a round more than a store does. Beside
it stands the share by CPU, which a busy machine changes less. After so many minutes it ends with the rounds done.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.contender import Contender
from bench.loads import Load
from bench.report import Record
from bench.sailor import THREADS, make_place, work
from bench.timing import Spread, Target, beside, parser, print_targets, table
from tests.support.servers import private_postgresql, private_redis

LEAST_LEFT = 0.85


def main() -> int:
    """Measure; 1 if a target is to be checked and is missed."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=5, help="how often each store has its turn")
    arguments.add_argument("--prefetch", type=int, default=100, help="messages in work at a time")
    arguments.add_argument("--minutes", type=float, default=3.0, help="no round is begun that would end after them")
    arguments.add_argument("--messages", type=int, default=3000, help="messages in a turn")
    arguments.add_argument("--only", nargs="+", default=[], help="only these stores, by the begin of their address")
    options = arguments.parse_args()
    load = Load("2 KB", options.prefetch, options.messages, options.messages // 3)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = make_place(stack)
        contenders = [_with(url) for url in ("off", *_stores(stack, folder)) if _is_wanted(url, options.only)]
        records = {contender: Record() for contender in contenders}
        for number in range(options.rounds):
            taken = time.monotonic() - began
            if number and taken + taken / number > options.minutes * 60:
                print(f"{number} of {options.rounds} rounds in {taken:.0f} s", flush=True)
                break
            print(f"round {number + 1}, load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
            first = number % len(contenders)
            for contender in contenders[first:] + contenders[:first]:
                work(place, contender, load, records[contender])
    rates = {each.name: record.rate[load] for each, record in records.items()}
    shares = {name: beside(rates, name, "off") for name in rates}
    used = {each.name: record.cpu[load] for each, record in records.items()}
    by_cpu = {name: beside({"off": used[name], name: used["off"]}, name, "off") for name in used}
    rows = [
        (
            each.name,
            Spread.of(record.rate[load]).text(0),
            Spread.of(record.cpu[load]).text(2),
            shares[each.name].text(2),
            by_cpu[each.name].text(2),
            Spread.of(record.load[load]).text(1),
            Spread.of([100 * one for one in record.steal[load]]).text(0),
        )
        for each, record in records.items()
    ]
    table(
        ("journal", f"messages/s, prefetch {load.prefetch}", "CPU, ms", "share of off", "by CPU", "load", "stolen, %"),
        *rows,
    )
    return print_targets(
        [
            Target(f"throughput left, {name}", share.middle, LEAST_LEFT, "x", reach=True)
            for name, share in shares.items()
            if name != "off"
        ],
        check=options.check,
    )


def _is_wanted(url: str, only: list[str]) -> bool:
    return not only or url == "off" or any(url.startswith(name) for name in only)


def _with(url: str) -> Contender:
    name = url.partition(":")[0] + (" ?sync=full" if url.endswith("full") else "")
    return Contender(name, THREADS.command, THREADS.folder, {"PYSAILOR_JOURNAL": url})


def _stores(stack: ExitStack, folder: Path) -> list[str]:
    stores = [f"sqlite:///{folder / 'a.sqlite'}", f"sqlite:///{folder / 'b.sqlite'}?sync=full"]
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if programs:
        stores.append(stack.enter_context(private_postgresql(programs[-1].parent)))
    redis = shutil.which("redis-server")
    if redis:
        stores.append(stack.enter_context(private_redis(Path(redis))))
    return stores


if __name__ == "__main__":
    sys.exit(main())
