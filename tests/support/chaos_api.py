"""A stand-in for the API that misbehaves by a seed, and keeps the books: what was asked, when, and what was billed."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

FAULTS = (
    ("answer", 0.87),
    ("busy", 0.03),
    ("broken", 0.02),
    ("drip", 0.02),
    ("drop", 0.03),
    ("cut", 0.02),
    ("late", 0.01),
)
FREE = ("busy", "broken")
LATE_SECONDS = 4.0
_LATENCY = 0.03


@dataclass(slots=True)
class Ask:
    """One request: when it came, when its answer was out (None if never), and what became of it."""

    fault: str
    came: float
    answered: float | None = None

    @property
    def is_billed(self) -> bool:
        """Whether it has to be paid, answered or not."""
        return self.fault not in FREE


@dataclass
class ChaosApi:
    """Serves chat completions; the number of a message is the last word of its first message."""

    seed: int
    faultless: bool = False
    latency: float = _LATENCY
    asks: dict[int, list[Ask]] = field(default_factory=lambda: defaultdict(list))

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def begin(self, number: int) -> Ask:
        """Note a request, and decide what becomes of it."""
        nth = len(self.asks[number])
        dice = random.Random(f"{self.seed}/{number}/{nth}")  # noqa: S311 - faults that a seed brings again
        fault = (
            "answer"
            if self.faultless
            else dice.choices([name for name, _ in FAULTS], [share for _, share in FAULTS])[0]
        )
        ask = Ask(fault, time.monotonic())
        self.asks[number].append(ask)
        return ask


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200
    api: ChaosApi


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = int(body["messages"][0]["content"].split()[-1])
        ask = self.server.api.begin(number)
        time.sleep(self.server.api.latency)
        with suppress(OSError):
            self._serve(ask, number, stream=bool(body.get("stream")))

    def _serve(self, ask: Ask, number: int, *, stream: bool) -> None:
        match ask.fault:
            case "busy" | "broken":
                self._send(429 if ask.fault == "busy" else 500, json.dumps({"error": {"message": "not now"}}).encode())
            case "drop":
                self.close_connection = True
            case _:
                if ask.fault == "late":
                    time.sleep(LATE_SECONDS)
                whole = _stream(number) if stream else _completion(number)
                kind = "text/event-stream" if stream else "application/json"
                self._send(200, whole, kind, drip=ask.fault == "drip", cut=ask.fault == "cut")
                ask.answered = time.monotonic()

    def _send(
        self, status: int, body: bytes, kind: str = "application/json", *, drip: bool = False, cut: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "0.1")
        self.end_headers()
        step = max(1, len(body) // 10) if drip else len(body)
        for begin in range(0, len(body) // 2 if cut else len(body), step):
            self.wfile.write(body[begin : min(begin + step, len(body) // 2 if cut else len(body))])
            if drip:
                time.sleep(_LATENCY)
        self.close_connection = cut

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def _completion(number: int) -> bytes:
    message = {"role": "assistant", "content": f"answer to {number}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return json.dumps({**_head(number), "choices": [choice], "usage": usage}).encode()


def _stream(number: int) -> bytes:
    words = ("answer ", "to ", str(number))
    deltas: list[dict[str, Any]] = [{"delta": {"content": word}, "finish_reason": None} for word in words]
    chunks = [
        {**_head(number), "choices": [{"index": 0, **each}]}
        for each in [*deltas, {"delta": {}, "finish_reason": "stop"}]
    ]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"


def _head(number: int) -> dict[str, Any]:
    return {"id": f"c{number}", "object": "chat.completion", "created": 1, "model": "gpt-4.1"}
