"""What being watched costs a worker: messages a second and CPU, with and without log lines and metrics.

    python bench/monitoring.py [--rounds N] [--check]

One worker with a prefetch of 100 takes messages through sendRequest, against a stub of the API. All ways take their
turns, each round another one first. Needs RabbitMQ; without it, it says so and measures nothing.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

import pytest

from bench.contender import Contender
from bench.loads import Load
from bench.report import Record
from bench.sailor import ROOT, THREADS, make_place, work
from bench.timing import Spread, Target, beside, parser, print_targets, table

LOAD = Load("2 KB", 100, 5000, 1000)
QUIET = {"LOG_LEVEL": "warn"}
METRICS = {"PYSAILOR_METRICS_PORT": "0"}
WAYS = (
    Contender("neither", THREADS.command, ROOT, QUIET),
    Contender("metrics", THREADS.command, ROOT, {**QUIET, **METRICS}),
    Contender("a line for each message", THREADS.command, ROOT),
    Contender("both", THREADS.command, ROOT, METRICS),
)


def main() -> int:
    """Measure; 1 if a target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=3, help="how often each way has its turn")
    args = options.parse_args()
    records = {way.name: Record() for way in WAYS}
    try:
        with ExitStack() as stack:
            place = make_place(stack)
            for number in range(args.rounds):
                first = number % len(WAYS)
                for way in WAYS[first:] + WAYS[:first]:
                    work(place, way, LOAD, records[way.name])
    except pytest.skip.Exception as reason:
        print(f"Not measured: {reason}.")
        return 0
    rates = {name: record.rate[LOAD] for name, record in records.items()}
    rows = [
        (
            name,
            Spread.of(rates[name]).text(),
            Spread.of(record.cpu[LOAD]).text(2),
            beside(rates, name, WAYS[0].name).text(2),
        )
        for name, record in records.items()
    ]
    table(("", "messages/s", "CPU, ms a message", "beside neither"), *rows)
    share = beside(rates, "metrics", WAYS[0].name).middle * 100
    return print_targets(
        [Target("messages/s with metrics, beside none", share, 95, " %", reach=True)], check=args.check
    )


if __name__ == "__main__":
    sys.exit(main())
