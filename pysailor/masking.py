"""What of a secret must not be shown, and how it is hidden: one rule for logs, the command line and components."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK: Final = "***"
_SHORTEST: Final = 8  # what is shorter may be a common word, as a part of a secret or as "none"
_SHORTEST_CODE: Final = 4  # of a secret with digits or signs; masking every "1" would hide the text
_NAMED: Final = re.compile(r"^[ \t]*[\w-]+:[ \t]+")
_ASSIGNED: Final = re.compile(r"[=:]")
_QUOTES: Final = "\"'"


def parts_to_mask(secret: str) -> Iterator[str]:
    """Yield what to mask for a secret: itself, its lines, what follows a name and a colon, and the words of that.

    A server that quotes one line of a key, or one header of several, tells the secret no less, and a key that was
    copied with its quotation marks or its variable (`KEY="sk-…"`) is sent without them. What is shorter than eight
    characters is left, unless it is a whole secret of four or more with digits or signs in it.
    """
    secret = secret.strip()
    for whole in (secret, secret.strip(_QUOTES)):
        if len(whole) >= _SHORTEST or (len(whole) >= _SHORTEST_CODE and not whole.isalpha()):
            yield whole
    for line in secret.splitlines():
        value = _NAMED.sub("", line).strip()
        for part in (line.strip(), value, *value.split()):
            yield from (each for each in (part, *_bare(part)) if len(each) >= _SHORTEST)


def _bare(part: str) -> Iterator[str]:
    """Yield a part without its quotation marks, and what is assigned in it."""
    yield part.strip(_QUOTES)
    yield _ASSIGNED.split(part, 1)[-1].strip().strip(_QUOTES)


def mask(text: str, secrets: Iterable[str], *, cut_off: bool = False) -> str:
    """Return the text with each secret, and each part of one that tells it, masked.

    With `cut_off` the text may end within a secret; such a beginning of one is masked as well.
    """
    parts = {part for secret in secrets for part in parts_to_mask(secret)}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, MASK)
        if cut_off:
            text = _mask_end(text, part)
    return text


def _mask_end(text: str, secret: str) -> str:
    for size in range(len(secret) - 1, _SHORTEST_CODE - 1, -1):
        if text.endswith(secret[:size]):
            return text[:-size] + MASK
    return text
