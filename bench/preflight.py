"""How long the checks before sending take, and the token estimate beside them.

    python bench/preflight.py [--rounds N] [--check]

Figures are CPU time of one check, in microseconds.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.timing import Spread, Target, interleave, parser, print_targets, table
from lib.completions.preflight import check
from lib.models.table import Models
from lib.tokens.count import count

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 300
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": PARAMETERS}}
STRICT = {"name": "weather", "strict": True, "parameters": {**PARAMETERS, "additionalProperties": False}}
TEXT = "What will the weather be like in Lisbon on the day after tomorrow, and do I need an umbrella? "


def plain(messages: int) -> dict[str, Any]:
    turns = [{"role": "user", "content": TEXT * 3}, {"role": "assistant", "content": TEXT * 3}]
    return {"model": "gpt-5.4", "messages": (turns * messages)[:messages], "max_completion_tokens": 2000}


def with_parts(messages: int) -> dict[str, Any]:
    said = [{"role": "user", "content": [{"type": "text", "text": TEXT}]}, {"role": "assistant", "content": TEXT}]
    return {**plain(0), "messages": (said * messages)[:messages]}


def with_tools(messages: int) -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    for number in range(messages // 4):
        call = {"id": f"call_{number}", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        said += [
            {"role": "user", "content": TEXT},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": "sunny"},
            {"role": "assistant", "content": TEXT},
        ]
    tools = [TOOL, {"type": "function", "function": {**STRICT, "name": "weather_strictly"}}]
    return {"model": "gpt-5.4", "reasoning_effort": "none", "messages": said, "tools": tools}


def as_json(messages: int) -> dict[str, Any]:
    return {**plain(messages), "response_format": {"type": "json_object"}}


MAKERS: dict[str, Callable[[int], dict[str, Any]]] = {
    "plain": plain,
    "content in parts": with_parts,
    "tool calls, one strict schema": with_tools,
    "json_object, word not there": as_json,
}


def main() -> int:
    """Print the table; 1 if the target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=25, help="how often each has its turn")
    args = options.parse_args()
    family = Models.load().find("gpt-5.4")
    rows, slowest = [("request", "messages", "check, µs (half of all between)", "tokens", "count, µs")], 0.0
    for name, make in MAKERS.items():
        for messages in (4, 200):
            body = make(messages)
            work = partial(check, body, family=family, public_api=True, now=NOW)
            checked = cost(work, args.rounds, calls=20)
            counted = cost(partial(count, body, family), args.rounds // 4, calls=3)
            rows.append((name, str(messages), checked.text(), str(count(body, family).tokens), counted.text()))
            slowest = max(slowest, checked.middle)
    table(*rows)
    return print_targets([Target("slowest check", slowest, MOST, " µs")], check=args.check)


def cost(work: Callable[[], object], rounds: int, calls: int) -> Spread:
    """Return the microseconds of CPU that a call takes."""
    (seconds,) = interleave({"": work}, rounds=max(2, rounds), calls=calls).values()
    return Spread.of([one * 1e6 for one in seconds])


if __name__ == "__main__":
    sys.exit(main())
