"""More headers, as people write them into the credential: a JSON object, or lines of `Name: value`. Pure.

No message of this module repeats a value, nor a name that is not valid: it may be a secret.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pysailor import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

Headers = tuple[tuple[str, str], ...]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_SHAPE = 'must be a JSON object like {"X-Title": "Orders"}, or one line each like X-Title: Orders'
_LIMIT = 8192  # what common servers take for all headers of a request

_HOP_BY_HOP = (
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
)
_OURS = ("host", "content-length", "content-type", "content-encoding", "accept-encoding", "x-client-request-id")


def read(given: Any) -> tuple[Headers, list[Fault]]:
    """Return the headers in their order, and what is wrong with the text; None and blank text are no headers."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return (), []
    pairs = _pairs(given)
    if pairs is not None:  # a blank at an end is none of the value, and no client would send it
        pairs = [(name.strip(), value.strip() if isinstance(value, str) else value) for name, value in pairs]
    if pairs is None:
        return (), [Fault("/headers", _SHAPE)]
    faults = [Fault("/headers", why) for why in _wrong(pairs)]
    return ((), faults) if faults else (tuple((name, str(value)) for name, value in pairs), [])


def _wrong(pairs: list[tuple[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    for number, (name, value) in enumerate(pairs, start=1):
        if not _NAME.fullmatch(name):
            yield f"the name of header {number} is not valid; letters, digits and - are allowed"
        elif name.lower() in _HOP_BY_HOP or name.lower() in _OURS:
            yield f"{name} is set by the connection itself; take that line away"
        elif name.lower() in seen:
            yield f"{name} is there twice; leave one"
        elif isinstance(value, bool) or not isinstance(value, (str, int, float)):
            yield f"the value of {name} must be text"
        elif not _VALUE.fullmatch(str(value)):
            yield f"the value of {name} holds a line break or another character that it cannot have; copy it again"
        seen.add(name.lower())
    if sum(len(name) + len(str(value)) for name, value in pairs) > _LIMIT:
        yield f"it is longer than {_LIMIT} characters, which servers do not take"


def _pairs(given: Any) -> list[tuple[str, Any]] | None:
    """Return names and values as they stand there; None if it is neither of the two shapes."""
    if isinstance(given, dict):
        return list(given.items())
    if not isinstance(given, str):
        return None
    if given.lstrip().startswith("{"):
        return _from_json(given)
    lines = [line.partition(":") for line in re.split(r"\r?\n", given) if line.strip()]
    return [(name.strip(), value.strip()) for name, _, value in lines] if all(colon for _, colon, _ in lines) else None


def _from_json(text: str) -> list[tuple[str, Any]] | None:
    try:
        pairs = json.loads(text, object_pairs_hook=list)  # a list, so that a name given twice is seen
    except (ValueError, RecursionError):
        return None
    return pairs if isinstance(pairs, list) else None
