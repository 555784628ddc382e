"""What the service's refusals of texts mean, and which text they are about. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..api.connection import Connection
    from ..errors.api_error import ApiError
    from .texts import PlacedText

_TOO_MUCH = ("body_too_large", "too_large_for_limit")
_TOO_MANY = re.compile(
    r"max \d+ tokens per request|batch[ _-]?size|too many inputs|maximum (number of )?inputs", re.IGNORECASE
)
_NAMED = re.compile(r"input\W{1,3}(\d+)\b")


class Base64Refusal:
    """Whether a server has refused base64, kept between messages."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_known = False


def refuses_base64(error: ApiError) -> bool:
    """Return whether the server takes everything but base64."""
    said = f"{error.param or ''} {error.text}".lower()
    return error.code in ("bad_request", "unsupported") and ("encoding_format" in said or "base64" in said)


def is_too_much(error: ApiError) -> bool:
    """Return whether the same texts may be taken in smaller requests; nothing was billed for the refusal."""
    if error.code in _TOO_MUCH or error.api_code == "max_tokens_per_request":
        return True
    return error.code in ("bad_request", "context_length") and _TOO_MANY.search(error.text) is not None


def explain(error: ApiError, texts: Sequence[PlacedText], part: range, done: int) -> ApiError:
    """Add which text the service complained about, by its place in the message, and what was paid for in vain."""
    named = _NAMED.search(f"{error.param or ''} {error.text}")
    if len(part) == 1 and error.code in ("context_length", "bad_request") and error.param in (None, "", "input"):
        error.why = f"{error.why} It is about {texts[part.start].pointer}.".strip()
    elif named and int(named[1]) < len(part):
        error.why = f"{error.why} It is about {texts[part[int(named[1])]].pointer}.".strip()
    if done:
        error.why = f"{error.why} {done} of {len(texts)} texts had their vectors, which are paid for.".strip()
    return error
