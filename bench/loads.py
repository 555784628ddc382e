"""What the sailors are given to do: bodies of some sizes, so many messages at a prefetch."""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from bench.client import BODY

SECONDS = 0.5
_SIDE: Final = 500
_WORDS: Final = "a question that somebody may ask and an answer that somebody may give to it "


@dataclass(frozen=True, slots=True)
class Load:
    """So many messages with one body; the first of them warm up and do not count. The API takes `latency` seconds."""

    body: str
    prefetch: int
    messages: int
    warming: int
    latency: float = 0.0

    @property
    def title(self) -> str:
        """What it is called in a table."""
        return f"{self.body}, prefetch {self.prefetch}" + (f", {self.latency} s" if self.latency else "")


ONE, TWENTY, HUNDRED = Load("2 KB", 1, 900, 200), Load("2 KB", 20, 6000, 2500), Load("2 KB", 100, 6000, 2500)
IN_FLIGHT = Load("2 KB", 500, 5500, 1500, SECONDS)
IMAGE = Load("1 MB", 20, 240, 60)
HISTORY = Load("200 messages", 20, 3000, 1000)
QUICK: Final = (TWENTY, HUNDRED)
ALL: Final = (
    *(ONE, TWENTY, HUNDRED, IN_FLIGHT),
    *(Load("64 KB", 1, 400, 100), Load("64 KB", 20, 2000, 600), Load("64 KB", 100, 2000, 600)),
    *(Load("1 MB", 1, 120, 30), IMAGE, Load("1 MB", 100, 260, 60)),
    *(Load("200 messages", 1, 400, 100), HISTORY, Load("200 messages", 100, 3000, 1000)),
)
LARGE: Final = (
    Load("3 MB", 10, 80, 20, SECONDS),
    Load("3 MB", 20, 100, 30, SECONDS),
    Load("7 MB", 10, 60, 20, SECONDS),
)
"""For the memory that they take; not among ALL."""
LONG: Final = Load("2 KB", 20, 100_000, 10_000)
SIZES: Final = {"2 KB": 2, "200 messages": 16, "64 KB": 64, "1 MB": 1024}
"""KB of each body, for a plot."""


@cache
def body_of(name: str) -> dict[str, Any]:
    """Return the message's body: its `messages`."""
    if name == "2 KB":
        return {"messages": BODY["messages"]}
    if name == "64 KB":
        return {"messages": [{"role": "user", "content": (_WORDS * 1000)[:65_000]}]}
    if name == "1 MB":
        picture = {"type": "image_url", "image_url": {"url": _picture()}}
        return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]}
    if name in ("3 MB", "7 MB"):
        return {"messages": [{"role": "user", "content": (_WORDS * 100_000)[: int(name[0]) * 1_000_000]}]}
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[number % 2], "content": f"{number}: {_WORDS}"} for number in range(199)]
            + [{"role": "user", "content": "And now?"}]}  # fmt: skip


def size_of(name: str) -> int:
    """Return how many bytes the body has as JSON."""
    return len(json.dumps(body_of(name)))


def _picture() -> str:
    """Return a picture of noise as a data URL of a megabyte."""
    noise = random.Random(1)  # noqa: S311 - hides nothing
    rows = b"".join(b"\0" + noise.randbytes(3 * _SIDE) for _ in range(_SIDE))
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    chunks = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
              for kind, data in parts]  # fmt: skip
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    return "data:image/png;base64," + base64.b64encode(png).decode()
