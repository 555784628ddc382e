"""CPU a streamed chunk: our parser and merge beside the openai SDK's, in one run on the same bytes.

The SDK is taken from the environment that runs this (`pip install openai`); without it only our figures are told.
Both read the same transcript from memory, as a connection would hand it over (one piece of bytes per event); neither
opens a socket. The SDK builds its completion with its own accumulator, since a caller wants one from us too.

    python bench/stream.py [EVENTS]
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib.stream import EventReader, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 7
TARGET = 0.5


def transcript(events: int) -> list[bytes]:
    """Give a long answer as the API streams it: usage null in every chunk, padding, totals at the end."""
    head = {"id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion.chunk", "created": 1741570283}
    head |= {"model": "gpt-5.1-2025-11-13", "service_tier": "default", "system_fingerprint": "fp_fc9f1d7035"}
    first = {"role": "assistant", "content": "", "refusal": None}
    chunks = [{**head, "choices": [_choice(first)], "usage": None, "obfuscation": "vQ4x"}]
    for number in range(events - 3):
        delta = {"content": f" word{number % 100}"}
        chunks.append({**head, "choices": [_choice(delta)], "usage": None, "obfuscation": "aB3dE5fG"})
    usage = {"prompt_tokens": 12, "completion_tokens": events, "total_tokens": events + 12}
    chunks.append({**head, "choices": [_choice({}, "stop")], "usage": None, "obfuscation": "a"})
    chunks.append({**head, "choices": [], "usage": usage, "obfuscation": ""})
    lines = [json.dumps(chunk, separators=(",", ":")) for chunk in chunks]
    return [f"data: {line}\n\n".encode() for line in [*lines, "[DONE]"]]


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


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
    """Give the SDK's ways to read a stream, or none when it is not installed."""
    try:
        from openai import DefaultHttpxClient, OpenAI  # noqa: PLC0415 - may be absent
        from openai.lib.streaming.chat import ChatCompletionStreamState  # noqa: PLC0415 - may be absent
    except ImportError as error:
        print(f"The openai SDK is not in this environment ({error}); only our own figures follow.\n")
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

    return {"openai SDK, for chunk in stream": loop, "openai SDK, with its accumulator": accumulated}


def cost(read: Callable[[list[bytes]], Any], pieces: list[bytes]) -> float:
    """Give the least CPU of some rounds, in microseconds an event."""
    least = min(_cpu(read, pieces) for _ in range(ROUNDS))
    return least / len(pieces) * 1e6


def _cpu(read: Callable[[list[bytes]], Any], pieces: list[bytes]) -> float:
    start = time.process_time()
    read(pieces)
    return time.process_time() - start


def main() -> int:
    """Print the table; 1 if ours costs more than the target beside the SDK's plain loop."""
    pieces = transcript(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
    rivals = sdk()
    ways = {"ours, bytes to events": split_only, "ours, bytes to completion": ours, **rivals}
    if rivals:
        assert len({read(pieces) for name, read in ways.items() if name != "ours, bytes to events"}) == 1
    figures = {name: cost(read, pieces) for name, read in ways.items()}
    size = sum(map(len, pieces)) // len(pieces)
    print(f"{len(pieces)} events of {size} bytes, best of {ROUNDS}, Python {platform.python_version()}\n")
    base = figures.get("openai SDK, for chunk in stream")
    print("| what | µs CPU an event | beside the SDK's loop |\n|---|---|---|")
    for name, figure in figures.items():
        print(f"| {name} | {figure:.1f} | {f'{figure / base:.2f}x' if base else '-'} |")
    return int(base is not None and figures["ours, bytes to completion"] > TARGET * base)


if __name__ == "__main__":
    sys.exit(main())
