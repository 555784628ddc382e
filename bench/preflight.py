"""How long the checks before sending take, and the token estimate beside them.

    python -m bench.preflight [ROUNDS]

Every figure is the median over the rounds, of the best of three runs each, in microseconds.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from statistics import median
from timeit import repeat
from typing import TYPE_CHECKING, Any

from lib.models import Models
from lib.preflight import check
from lib.tokens import count

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = 300
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


def microseconds(work: Callable[[], object], rounds: int) -> float:
    work()
    return median(min(repeat(work, number=5, repeat=3)) / 5 * 1e6 for _ in range(rounds))


def main(rounds: int) -> int:
    family = Models.load().find("gpt-5.4")
    slowest = 0.0
    print(f"{'request':<34}{'messages':>9}{'check µs':>10}{'tokens':>9}{'count µs':>10}")
    for name, make in (
        ("plain", plain),
        ("content in parts", with_parts),
        ("tool calls, one strict schema", with_tools),
        ("json_object, word not there", as_json),
    ):
        for messages in (4, 200):
            body = make(messages)
            taken = microseconds(partial(check, body, family=family, public_api=True, now=NOW), rounds)
            counted = microseconds(partial(count, body, family), max(1, rounds // 4))
            tokens = count(body, family).tokens
            print(f"{name:<34}{messages:>9}{taken:>10.0f}{tokens:>9}{counted:>10.0f}")
            slowest = max(slowest, taken)
    print(f"slowest check {slowest:.0f} µs, target {TARGET} µs")
    return 0 if slowest <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
