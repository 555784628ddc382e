"""Which way to fail a refusal is: from its codes, its words and its status, in this order of trust. Pure.

A code that can mean one thing only decides. Then the words do, since servers send the same words under any status.
A code that can mean much (`invalid_request_error`) comes after them, the status last.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .codes import BY_PRECISE_CODE, BY_VAGUE_CODE, normalize
from .phrases import class_of_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_BY_STATUS: Final = {
    **dict.fromkeys((400, 415, 422, 431), "bad_request"),
    **dict.fromkeys((404, 405, 410, 501), "wrong_address"),
    **dict.fromkeys((503, 529), "overloaded"),
    424: "server_error",
    401: "bad_key",
    402: "quota",
    403: "no_permission",
    407: "unreachable",
    408: "server_timeout",
    409: "conflict",
    413: "body_too_large",
    429: "rate_limit",
    451: "no_permission",
}

_LARGE: Final = re.compile(r"request too large", re.IGNORECASE)
_CURRENTLY: Final = re.compile(r"\bmodel\b[^.]{0,60}\b(unavailable|not available)", re.IGNORECASE)
_WORDS_BESIDE: Final = {
    401: ("bad_key", "no_permission", "quota", "model_not_found", "model_loading"),
    402: ("bad_key", "quota", "context_length", "model_not_found", "content_filter"),
}
"""The only classes that words may give these statuses."""
_TOO_MANY: Final = 429


def classify(status: int, codes: Iterable[str], text: str, wait: float | None = None) -> str:
    """Return the catalog's code for a refusal. `wait` is what its body asks to wait; money comes back with no time."""
    codes = [normalize(code) for code in codes]
    by_text = class_of_text(text)
    if by_text in ("too_large_for_limit", "wrong_endpoint") or (status == _TOO_MANY and _LARGE.search(text)):
        return by_text if by_text == "wrong_endpoint" else "too_large_for_limit"
    precise = next((BY_PRECISE_CODE[code] for code in codes if code in BY_PRECISE_CODE), None)
    if precise is not None:
        return precise
    if by_text == "quota" and status == _TOO_MANY and wait is not None:
        return "rate_limit"
    if by_text is None and _CURRENTLY.search(text):
        by_text = "model_not_found" if status < 500 and status != _TOO_MANY else "overloaded"  # noqa: PLR2004
    if by_text is not None and _fits(by_text, status):
        return by_text
    by_code = next((BY_VAGUE_CODE[code] for code in codes if code in BY_VAGUE_CODE), None)
    if by_code is not None and (by_code == "rate_limit" or status not in _BY_STATUS):
        return by_code
    return _class_of_status(status)


def _fits(code: str, status: int) -> bool:
    """Return whether words may change what the status says: it stands where the words are a side remark."""
    return code in _WORDS_BESIDE.get(status, (code,))


def _class_of_status(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirections
        return "redirected"
    return "server_error" if status >= 500 else "unknown"  # noqa: PLR2004 - the class of server errors
