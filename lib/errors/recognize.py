"""Which codes a status, a service's code or a few of its words can mean, for a person who has no more. Pure."""

from __future__ import annotations

import re
from http.client import responses as REASONS  # noqa: N812 - a table
from typing import Final

from .classify import classify
from .codes import BY_PRECISE_CODE, BY_VAGUE_CODE, normalize
from .phrases import class_of_text

_STATUS: Final = re.compile(
    r"(http(?:/[\d.]+)?|status|code|error)?[\s:_=-]*([3-5]\d\d)\b\s*([:,-]?)[\s:,-]*(.*)", re.IGNORECASE
)
_OF_FAILURES: Final = re.compile(
    r"\b(error|fail\w*|server|service|gateway|requests?|response|status|model|key|limit|tokens?|slow)\b", re.IGNORECASE
)
"""Words that make the number before them a status."""
_WORDS_OF_SERVICES: Final = re.compile(r"[a-z]\w*_\w+", re.IGNORECASE)

_OF_CONNECTIONS: Final = {
    r"certificate|ssl: |self.signed": "untrusted",
    r"connection refused|getaddrinfo|name resolution|name or service not known|nodename nor servname": "unreachable",
    r"no route to host|network is unreachable|\bdns\b": "unreachable",
    r"connection (was )?(reset|aborted|closed)|broken pipe|remote end closed": "dropped",
    r"timed? ?out": "timeout",
}
"""Words of the operating system; a service does not say them."""

_ALSO: Final = {
    400: ("context_length", "unsupported", "content_filter", "model_not_found"),
    401: ("no_permission",),
    402: ("context_length",),
    403: ("bad_key", "quota", "content_filter"),
    404: ("model_not_found", "wrong_endpoint"),
    413: ("context_length", "too_large_for_limit"),
    429: ("quota", "too_large_for_limit", "slow_down"),
    503: ("model_loading", "slow_down"),
}
"""What services say with a status beside what it means by itself, the commonest first."""


def recognize(text: str) -> tuple[str, ...]:
    """Return the catalog's codes that this can mean, the likeliest first; () if it says nothing of the kind."""
    text = text.strip()
    found = _STATUS.match(text)
    if found and _is_status(found):
        status, words = int(found[2]), found[4]
        by_words = classify(status, _WORDS_OF_SERVICES.findall(words), words)
        by_status = classify(status, (), "")
        # Words that change the meaning leave no doubt; a bare status, or its own reason phrase, does.
        return (by_words,) if by_words != by_status else (by_status, *_ALSO.get(status, ()))
    by_code = {**BY_VAGUE_CODE, **BY_PRECISE_CODE}
    named = [by_code[code] for word in text.split() if (code := normalize(word.strip("\"'`,;:.()"))) in by_code]
    of_connection = next(
        (code for pattern, code in _OF_CONNECTIONS.items() if re.search(pattern, text, re.IGNORECASE)), None
    )
    by_text = class_of_text(text) or of_connection
    return tuple(dict.fromkeys([*named, *([by_text] if by_text else [])]))


def _is_status(found: re.Match[str]) -> bool:
    """Return whether a number is a status: by itself, or by what stands beside it; that of 500 apples is not."""
    name, status, mark, words = found.groups()
    if name or mark or not words or _OF_FAILURES.search(words):
        return True
    phrase = REASONS.get(int(status), "").lower()
    return bool(phrase and words.lower().startswith(phrase)) or bool(recognize(words))
