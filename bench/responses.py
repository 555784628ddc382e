"""What the way over the Responses API costs beside sending: the mapping of the request and of its answer.

    python bench/responses.py [--rounds N] [--check]

Figures are CPU time of one request and answer, in microseconds.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.preflight import cost, plain, with_tools
from bench.timing import Target, parser, print_targets, table
from lib.responses.answer import read_answer
from lib.responses.request import write

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "gpt-5.5",
    "status": "completed",
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" * 2000},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{}"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Sunny. " * 100, "annotations": []}],
        },
    ],
    "usage": {"input_tokens": 10, "output_tokens": 20, "total_tokens": 30},
}


def carrying(messages: int) -> dict[str, Any]:
    """Return a conversation in which every assistant's call carries the items of its answer."""
    body = with_tools(messages)
    for message in body["messages"]:
        if message.get("tool_calls"):
            (call,) = message["tool_calls"]
            item = {"type": "function_call", "id": "fc_1", "call_id": call["id"], **call["function"]}
            message["response_items"] = [ANSWER["output"][0], item]
    return body


def there_and_back(body: dict[str, Any]) -> None:
    write(body)
    read_answer(ANSWER)


MAKERS: dict[str, Callable[[int], dict[str, Any]]] = {
    "plain": plain,
    "with tools": with_tools,
    "with carried items": carrying,
}
MOST = {("plain", 20): 60.0, ("with tools", 200): 1000.0}


def main() -> int:
    """Print the table; 1 if a target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=40, help="how often each has its turn")
    args = options.parse_args()
    rows, targets = [("request", "messages", "request, µs (half of all between)", "both ways, µs")], []
    for name, make in MAKERS.items():
        for messages in (20, 200):
            body = make(messages)
            there = cost(partial(write, body), args.rounds, calls=20)
            both = cost(partial(there_and_back, body), args.rounds, calls=20)
            rows.append((name, str(messages), there.text(), both.text()))
            if (name, messages) in MOST:
                targets.append(Target(f"{messages} messages, {name}", both.middle, MOST[name, messages], " µs"))
    table(*rows)
    return print_targets(targets, check=args.check)


if __name__ == "__main__":
    sys.exit(main())
