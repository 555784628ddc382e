"""How long a message's body takes to be accepted, or mended, against Send Request's schema; jsonschema beside it.

    python bench/schema.py [--rounds N] [--check]

Both hold the same schema, compiled once; jsonschema checks the mended body and mends nothing. Figures are CPU
time of one check, in microseconds.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from bench.preflight import plain, with_parts, with_tools
from bench.timing import Spread, Target, beside, interleave, parser, print_targets, table
from pysailor.metadata import Schema

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).parents[1] / "lib" / "schemas" / "sendRequest.in.json"
OURS, PEER = "accepted", "jsonschema"
MOST = 100


def without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with the members left out that its messages have as null."""
    said = [{name: value for name, value in one.items() if value is not None} for one in body["messages"]]
    return {**body, "messages": said}


MAKERS: dict[str, Callable[[int], dict[str, Any]]] = {
    "plain": plain,
    "content in parts": with_parts,
    "tool calls": lambda messages: without_nulls(with_tools(messages)),
    "tool calls, content null beside them": with_tools,
}


def measure(schema: Schema, body: dict[str, Any], rounds: int) -> dict[str, list[float]]:
    """Return the microseconds of each contender in each round."""
    slow = jsonschema.Draft202012Validator(schema.standard)
    fitting, faults = schema.fit(body)
    assert not faults
    times = 200 if schema.accepts(body) else 1  # one turn must be long enough for the clock
    turns: dict[str, Callable[[], object]] = {
        OURS: partial(_repeated, partial(schema.fit, body), times),
        PEER: partial(slow.is_valid, fitting),
    }
    taken = interleave(turns, rounds=rounds)
    return {OURS: [one / times * 1e6 for one in taken[OURS]], PEER: [one * 1e6 for one in taken[PEER]]}


def _repeated(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()


def main() -> int:
    """Print the table; 1 if the target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=15, help="how often each contender has its turn")
    args = options.parse_args()
    schema = Schema.load(FILE)
    rows, targets = [("request", "messages", f"{OURS}, µs", f"{PEER}, µs", "times as fast")], []
    for name, make in MAKERS.items():
        for messages in (4, 200):
            taken = measure(schema, make(messages), args.rounds)
            costs = {who: Spread.of(taken[who]) for who in (OURS, PEER)}
            faster = 1 / beside(taken, OURS, PEER).middle
            rows.append(
                (
                    name,
                    str(messages),
                    costs[OURS].text(1),
                    costs[PEER].text(),
                    f"{faster:.1f}" if faster < 10 else f"{faster:.0f}",
                )
            )
            if messages == 200 and schema.accepts(make(messages)):
                targets.append(Target(f"200 messages accepted, {name}", costs[OURS].middle, MOST, " µs"))
    print(f"jsonschema-rs {version('jsonschema-rs')}, half of all figures between the two in brackets\n")
    table(*rows)
    return print_targets(targets, check=args.check)


if __name__ == "__main__":
    sys.exit(main())
