"""A server that costs little: HTTP/1.1, a fixed completion, or a fixed stream of server-sent events.

It runs in a process of its own, so that its CPU is not the client's. It reads nothing of a request but its length and
whether it asks for a stream; it is not a sandbox of the API (that is `pysailor sandbox`).
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

HEAD = {"id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "created": 1741570283, "model": "gpt-5.1-2025-11-13"}
ANSWER_BYTES = 1024
_SECONDS_TO_START = 20.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer comes: a whole one after `latency` seconds, a stream in so many events, each after `pause` seconds.

    Without a pause the events come all at once.
    """

    events: int = 20
    pause: float = 0.0
    latency: float = 0.0


@contextmanager
def running_stub(pace: Pace | None = None) -> Iterator[str]:
    """Return the base URL of a stub, running while the block runs."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(theirs, pace or Pace()), daemon=True)
    process.start()
    try:
        if not ours.poll(_SECONDS_TO_START):
            raise TimeoutError("the stub did not start")
        yield f"http://127.0.0.1:{ours.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def completion() -> bytes:
    """Return a completion of about 1 KB, as the API writes it."""
    message: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 400, "completion_tokens": 90, "total_tokens": 490}
    document = {**HEAD, "object": "chat.completion", "choices": [choice], "usage": usage, "service_tier": "default"}
    message["content"] = "word " * ((ANSWER_BYTES - len(json.dumps(document))) // 5)
    return json.dumps(document).encode()


def transcript(events: int) -> list[bytes]:
    """Return a long answer as the API streams it: usage null in every chunk, padding, totals at the end."""
    words = [_chunk({"content": f" word{number % 100}"}) for number in range(events - 4)]
    usage = {"prompt_tokens": 12, "completion_tokens": events, "total_tokens": events + 12}
    totals = {**_chunk({}), "choices": [], "usage": usage, "obfuscation": ""}
    first = _chunk({"role": "assistant", "content": "", "refusal": None})
    chunks = [first, *words, _chunk({}, "stop"), totals]
    lines = [json.dumps(chunk, separators=(",", ":")) for chunk in chunks]
    return [f"data: {line}\n\n".encode() for line in [*lines, "[DONE]"]]


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    head = {**HEAD, "object": "chat.completion.chunk", "service_tier": "default", "system_fingerprint": "fp_fc9f1d7035"}
    return {**head, "choices": [choice], "usage": None, "obfuscation": "aB3dE5fG"}


def _serve(ready: Connection, pace: Pace) -> None:
    asyncio.run(_listen(ready, pace))


async def _listen(ready: Connection, pace: Pace) -> None:
    replies = _whole(completion()), [_http_chunk(event) for event in transcript(pace.events)]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Exchange(*replies, pace), "127.0.0.1", 0, backlog=1000)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _whole(body: bytes) -> bytes:
    lines = ("HTTP/1.1 200 OK", "Content-Type: application/json", "x-request-id: req_0123456789abcdef")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def _http_chunk(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


class _Exchange(asyncio.Protocol):
    """One connection: requests one after the other, each answered when it is complete."""

    def __init__(self, whole: bytes, events: list[bytes], pace: Pace) -> None:
        self._whole = whole
        self._events = events
        self._pause = pace.pause
        self._latency = pace.latency
        self._received: list[bytes] = []
        self._missing = 0
        self._streaming: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return
        received = b"".join(self._received)
        head, end, body = received.partition(b"\r\n\r\n")
        self._missing = _length(head) - len(body) if end else 0
        if not end or self._missing > 0:
            self._received = [received]
            return
        self._received, self._missing = [], 0
        if b'"stream": true' in body or b'"stream":true' in body:
            self._streaming = asyncio.get_running_loop().create_task(self._stream())
        elif self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, self._whole)
        else:
            self._transport.write(self._whole)

    async def _stream(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        if not self._pause:
            self._transport.write(head + b"".join(self._events) + b"0\r\n\r\n")
            return
        self._transport.write(head)
        for event in self._events:
            await asyncio.sleep(self._pause)
            self._transport.write(event)
        self._transport.write(b"0\r\n\r\n")


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0
