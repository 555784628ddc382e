"""The codec of the wire's tests, and the golden messages of the Node sailor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.wire.cipher import Cipher
from pysailor.wire.codec import Codec, Routes
from pysailor.wire.headers import Incoming

if TYPE_CHECKING:
    from pysailor.message import Message

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "crypto-vectors.json").read_text(encoding="utf-8"))
VECTORS = {vector["name"]: vector for vector in GOLDEN["messages"]}
ERROR = GOLDEN["error_format"]
CIPHER = Cipher("testCryptoPassword", "iv=any16_symbols")
CODEC = Codec(CIPHER, Routes("to.data", "to.error", "to.rebound", "to.snapshot"))
SHARED = {"threadId": "t", "stepId": "step_1", "start": 1}
ASKED = {**SHARED, "reply_to": "asker"}
PROPERTIES = {"content_type": "application/json", "content_encoding": "utf8", "delivery_mode": 2}


def decode(content: bytes, codec: Codec = CODEC, **headers: Any) -> Message:
    """Decode a delivery with these headers."""
    return codec.decode(Incoming.read(headers, "fresh"), headers, content)
