"""The client beside http.client, requests and the openai SDK: CPU a call, CPU a streamed chunk, time to first token.

    python bench/client.py [--rounds N] [--check]

All talk to one stub server on this machine, over connections kept alive, and do the same work: request from a
dictionary, answer to a dictionary (the SDK: to its models). CPU is this process', user and system, without the
server's. The SDK is no dependency: `pip install openai`; without it the other figures are told.
"""

from __future__ import annotations

import http.client
import json
import logging
import platform
import socket
import sys
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from bench.stub import Pace, running_stub
from bench.timing import Spread, Target, beside, interleave, parser, print_targets, settled_memory, table
from lib.api.client import CallOptions, Client
from lib.api.connection import Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OURS, BARE, REQUESTS, SDK = "ours", "http.client", "requests, Session", "openai SDK"
PARAGRAPH = "The weather in Lisbon is mild all year round, and the sun shines more often than not. "
BODY = {"model": "gpt-5.1", "messages": [{"role": "user", "content": PARAGRAPH * 23}]}
STREAMED = {**BODY, "stream": True}
CALL = CallOptions(CallLimits(), logging.getLogger("bench"))
HEADERS = {"Authorization": "Bearer key", "Content-Type": "application/json", "Accept": "application/json"}
PACED = Pace(events=200, pause=0.001)
AT_ONCE = Pace(events=1000)
SHORT = Pace(events=12, pause=0.001)


def main() -> int:
    """Print the tables; 1 if a target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=15, help="how often each contender has its turn")
    args = options.parse_args()
    print(f"Python {platform.python_version()}, requests {requests.__version__}, openai SDK {_sdk_version()}\n")
    targets = [*a_call(args.rounds), *a_streamed_chunk(args.rounds), *first_token(args.rounds)]
    return print_targets(targets, check=args.check)


def a_call(rounds: int) -> Iterator[Target]:
    """Measure one POST of 2 KB that is answered with 1 KB."""
    with ExitStack() as stack:
        address = stack.enter_context(running_stub())
        contenders: dict[str, Callable[[], object]] = {
            OURS: partial(_client(stack, address).ask, COMPLETIONS, BODY, CALL),
            BARE: bare_call(stack, address),
            REQUESTS: requests_call(stack, address),
        }
        sdk = _sdk(stack, address)
        if sdk is not None:
            contenders[SDK] = partial(sdk.chat.completions.create, **BODY)
        taken = interleave(contenders, rounds=rounds, calls=100)
    _print("a call", taken, 1)
    yield Target("CPU a call, beside http.client", beside(taken, OURS, BARE).middle, 1, "x")
    if SDK in taken:
        yield Target("CPU a call, beside the openai SDK", beside(taken, OURS, SDK).middle, 0.15, "x")


def a_streamed_chunk(rounds: int) -> Iterator[Target]:
    """Measure one chunk of a streamed answer, through the socket: chunks that come one by one, and all at once."""
    for title, pace in (("a chunk, one every ms", PACED), ("a chunk, all at once", AT_ONCE)):
        with ExitStack() as stack:
            address = stack.enter_context(running_stub(pace))
            contenders: dict[str, Callable[[], object]] = {OURS: partial(_streamed, _client(stack, address))}
            sdk = _sdk(stack, address)
            if sdk is not None:
                contenders[SDK] = partial(_streamed_by_sdk, sdk)
                assert len({work() for work in contenders.values()}) == 1, "both must read the same text"
            taken = interleave(contenders, rounds=max(2, rounds // 2))
        _print(title, taken, pace.events)
        if SDK in taken:
            yield Target(f"CPU {title}, beside the openai SDK", beside(taken, OURS, SDK).middle, 0.5, "x")


def first_token(rounds: int) -> Iterator[Target]:
    """Measure how much later than on a bare socket the first text is there; the time that passes, not CPU."""
    with ExitStack() as stack:
        address = stack.enter_context(running_stub(SHORT))
        readers = {"a bare socket": bare_stream(stack, address), OURS: _first_of_ours(_client(stack, address))}
        sdk = _sdk(stack, address)
        if sdk is not None:
            readers[SDK] = _first_of_sdk(sdk)
        waited = _waits(readers, rounds * 10)
    bare = waited["a bare socket"]
    added = {name: Spread.of([w - b for w, b in zip(waits, bare, strict=True)]) for name, waits in waited.items()}
    rows = [(name, Spread.of(waits).text(2), added[name].text(2)) for name, waits in waited.items()]
    table(("first token", "ms (half of all between)", "added ms"), *rows)
    yield Target("time to first token, added to a bare socket's", added[OURS].middle, 2, " ms")


def _print(what: str, taken: Mapping[str, Sequence[float]], parts: int) -> None:
    """Print what each costs, and how many times as much ours does."""
    rows = []
    for name, seconds in taken.items():
        cost = Spread.of([one / parts * 1e6 for one in seconds])
        rows.append((name, cost.text(1 if parts > 1 else 0), "" if name == OURS else beside(taken, OURS, name).text(2)))
    table((what, "µs CPU (half of all between)", "ours / this"), *rows)


def bare_call(stack: ExitStack, address: str) -> Callable[[], object]:
    """Return the call as http.client makes it: no proxies, no pool, no time limits that hold over all."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    stack.callback(connection.close)

    def call() -> object:
        connection.request("POST", f"{parts.path}/chat/completions", json.dumps(BODY).encode(), HEADERS)
        return json.loads(connection.getresponse().read())

    return call


def requests_call(stack: ExitStack, address: str) -> Callable[[], object]:
    """Return the call as most people write it with requests."""
    session = stack.enter_context(requests.Session())

    def call() -> object:
        return session.post(f"{address}/chat/completions", json=BODY, headers=HEADERS, timeout=60).json()

    return call


def bare_stream(stack: ExitStack, address: str) -> Callable[[], float]:
    """Return a stream's first text as a socket without anything above it has it: seconds from the start."""
    parts = urlsplit(address)
    connection = stack.enter_context(socket.create_connection((str(parts.hostname), parts.port)))

    def first() -> float:
        start = time.perf_counter()
        body = json.dumps(STREAMED).encode()
        head = f"POST {parts.path}/chat/completions HTTP/1.1\r\nHost: stub\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        received = b""
        while b" word" not in received:
            received += connection.recv(65536)
        waited = time.perf_counter() - start
        while not received.endswith(b"\r\n0\r\n\r\n"):
            received += connection.recv(65536)
        return waited

    return first


def _first_of_ours(client: Client) -> Callable[[], float]:
    def first() -> float:
        start = time.perf_counter()
        pieces = client.stream(COMPLETIONS, STREAMED, CALL)
        next(piece for piece in pieces if piece.text)
        waited = time.perf_counter() - start
        for _ in pieces:
            pass
        return waited

    return first


def _first_of_sdk(sdk: Any) -> Callable[[], float]:
    def first() -> float:
        start = time.perf_counter()
        chunks = sdk.chat.completions.create(**STREAMED)
        next(chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content)
        waited = time.perf_counter() - start
        for _ in chunks:
            pass
        return waited

    return first


def _waits(readers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Let all read in turn; give the milliseconds that each waited in each round."""
    with settled_memory():
        taken = [{name: first() * 1e3 for name, first in readers.items()} for _ in range(rounds + 1)][1:]
    return {name: [one[name] for one in taken] for name in readers}


def _streamed(client: Client) -> str:
    return "".join(piece.text for piece in client.stream(COMPLETIONS, STREAMED, CALL))


def _streamed_by_sdk(sdk: Any) -> str:
    chunks = sdk.chat.completions.create(**STREAMED)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def _client(stack: ExitStack, address: str) -> Client:
    client = Client(Connection(address, "key"))
    stack.callback(client.close)
    return client


def _sdk(stack: ExitStack, address: str) -> Any:
    """Return the SDK's client, or None if it is not installed."""
    try:
        from openai import OpenAI  # noqa: PLC0415 - may be absent
    except ImportError:
        return None
    return stack.enter_context(OpenAI(api_key="key", base_url=address, max_retries=0))


def _sdk_version() -> str:
    try:
        import openai  # noqa: PLC0415 - may be absent
    except ImportError:
        return "is not installed (pip install openai), so nothing is told beside it"
    return str(openai.__version__)


if __name__ == "__main__":
    sys.exit(main())
