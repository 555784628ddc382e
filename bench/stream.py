"""CPU a streamed chunk: our parser and merge beside the openai SDK's, in one run on the same bytes.

    python bench/stream.py [--events N] [--rounds N] [--check]

Both read the same transcript from memory, as a connection would hand it over (one piece of bytes per event); neither
opens a socket (bench/client.py does). The SDK builds its completion with its own accumulator, since a caller wants one
from us too. It is no dependency: `pip install openai`; without it only our figures are told.
"""

from __future__ import annotations

import importlib
import platform
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.stub import transcript
from bench.timing import Spread, Target, beside, interleave, parser, print_targets, table
from lib.api.sse import EventReader
from lib.completions.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OURS, SDK = "ours, bytes to completion", "openai SDK, for chunk in stream"
MOST = 0.5


def split_only(pieces: list[bytes]) -> Any:
    """Cut the bytes into events, and nothing more."""
    reader = EventReader()
    return sum(len(reader.feed(piece)) for piece in pieces)


def ours(pieces: list[bytes]) -> Any:
    """Read the whole stream, text pieces and completion."""
    stream = Stream()
    text = [piece.text for received in pieces for piece in stream.feed(received)]
    answer = stream.finish()["choices"][0]["message"]["content"]
    assert "".join(text) == answer
    return answer


def sdk() -> dict[str, Callable[[list[bytes]], Any]]:
    """Return the SDK's ways to read a stream, or none when it is not installed."""
    try:
        from openai import DefaultHttpxClient, OpenAI  # noqa: PLC0415 - may be absent
        from openai.lib.streaming.chat import ChatCompletionStreamState  # noqa: PLC0415 - may be absent
    except ImportError as error:
        print(f"The openai SDK is not in this environment ({error}); pip install openai puts it there.\n")
        return {}
    http = importlib.import_module(
        DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]
    )  # httpx, or what followed

    class Bytes(http.SyncByteStream):  # type: ignore[misc, name-defined]
        def __init__(self, pieces: list[bytes]) -> None:
            self._pieces = pieces

        def __iter__(self) -> Iterator[bytes]:
            return iter(self._pieces)

    def chunks(pieces: list[bytes]) -> Iterator[Any]:
        headers = {"content-type": "text/event-stream"}
        transport = http.MockTransport(lambda _: http.Response(200, headers=headers, stream=Bytes(pieces)))
        client = OpenAI(api_key="none", http_client=http.Client(transport=transport))
        return iter(client.chat.completions.create(model="any", messages=[], stream=True))

    def loop(pieces: list[bytes]) -> Any:
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks(pieces) if chunk.choices)

    def accumulated(pieces: list[bytes]) -> Any:
        state: Any = ChatCompletionStreamState()
        for chunk in chunks(pieces):
            state.handle_chunk(chunk)
        return state.get_final_completion().choices[0].message.content

    return {SDK: loop, "openai SDK, with its accumulator": accumulated}


def main() -> int:
    """Print the table; 1 if the target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--events", type=int, default=2000)
    options.add_argument("--rounds", type=int, default=9, help="how often each contender has its turn")
    args = options.parse_args()
    pieces = transcript(args.events)
    ways = {OURS: ours, **sdk()}
    assert len({read(pieces) for read in ways.values()}) == 1, "all must read the same text"
    contenders = {name: partial(read, pieces) for name, read in {"ours, bytes to events": split_only, **ways}.items()}
    taken = interleave(contenders, rounds=args.rounds)
    print(f"{len(pieces)} events of {sum(map(len, pieces)) // len(pieces)} bytes, Python {platform.python_version()}\n")
    rows = [
        (
            name,
            Spread.of([one / len(pieces) * 1e6 for one in seconds]).text(1),
            beside(taken, name, SDK).text(2) if SDK in taken else "",
        )
        for name, seconds in taken.items()
    ]
    table(("an event", "µs CPU (half of all between)", "beside the SDK's loop"), *rows)
    if SDK not in taken:
        return 0
    return print_targets(
        [Target("CPU an event, beside the SDK's loop", beside(taken, OURS, SDK).middle, MOST, "x")], check=args.check
    )


if __name__ == "__main__":
    sys.exit(main())
