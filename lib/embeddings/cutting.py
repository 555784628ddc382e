"""Which texts go together into one request, by the service's limits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_TEXTS = 2048
MOST_TOKENS = 270_000  # the service takes 300,000; tokens are estimated
MOST_BYTES = 40 << 20  # of an answer: a number takes 22 bytes as text, and 5.4 in base64
_AS_TEXT, _AS_BASE64 = 22, 5.5
_USUAL_DIMENSIONS = 3072


def cut(sizes: Sequence[int], most_texts: int = MOST_TEXTS, most_tokens: int = MOST_TOKENS) -> Iterator[range]:
    """Yield which texts each request takes, in order; a text that is too large by itself goes alone."""
    start = tokens = 0
    for index, own in enumerate(sizes):
        if index > start and (index - start >= most_texts or tokens + own > most_tokens):
            yield range(start, index)
            start, tokens = index, 0
        tokens += own
    if start < len(sizes):
        yield range(start, len(sizes))


def most_texts_for(dimensions: int | None, *, base64: bool) -> int:
    """Return how many vectors an answer may have, so that it stays readable."""
    bytes_each = (dimensions or _USUAL_DIMENSIONS) * (_AS_BASE64 if base64 else _AS_TEXT)
    return max(1, min(MOST_TEXTS, int(MOST_BYTES / bytes_each)))
