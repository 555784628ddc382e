"""How long `pysailor check` takes for many samples, as a process: start, imports, schema, report.

    python bench/check.py [--rounds N] [--samples N] [--check]

The samples are made in a temporary folder: requests like those of bench/preflight.py, every tenth with a fault in it,
since a refusal costs more than an acceptance. Seconds are those that pass on the clock.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.preflight import plain, with_parts, with_tools
from bench.timing import Spread, Target, interleave, parser, print_targets, table

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
MAKERS = (plain, with_parts, with_tools)
MESSAGES = 8
MOST = 2.0


def write_samples(folder: Path, count: int) -> list[str]:
    """Write so many samples; give their paths."""
    paths = [folder / f"{number:03}.json" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(json.dumps({"cfg": {}, "msg": {"body": body(number)}}), encoding="utf-8")
    return [str(path) for path in paths]


def body(number: int) -> dict[str, Any]:
    """Return a request; every tenth has a temperature that no model takes, and a role that there is not."""
    made = MAKERS[number % len(MAKERS)](MESSAGES)
    if number % 10:
        return made
    return {**made, "temperature": 9, "messages": [*made["messages"], {"role": "robot", "content": "Hello"}]}


def check(paths: Sequence[str]) -> None:
    """Run the command as somebody would in a shell."""
    command = [sys.executable, "-m", "pysailor", "check", "sendRequest", *paths]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 - our own command
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == len(paths), done.stderr
    assert sum(not report["ok"] for report in reports) == len(paths[::10]), "every tenth, and no other, has faults"


def main() -> int:
    """Print the table; 1 if the target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=7, help="how often the command is run")
    options.add_argument("--samples", type=int, default=200)
    args = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="samples-") as name:
        paths = write_samples(Path(name), args.samples)
        runs = {f"{count} of them": partial(check, paths[:count]) for count in (1, args.samples)}
        taken = interleave(runs, rounds=args.rounds, clock=time.perf_counter)
    spreads = {what: Spread.of(seconds) for what, seconds in taken.items()}
    table(("pysailor check", "s (half of all between)"), *((what, spread.text(2)) for what, spread in spreads.items()))
    slowest = list(spreads.values())[-1].middle
    return print_targets([Target(f"check of {args.samples} samples", slowest, MOST, " s")], check=args.check)


if __name__ == "__main__":
    sys.exit(main())
