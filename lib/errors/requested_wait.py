"""How long a service asks to wait: in its headers, in members of the body, or in words. Pure: the clock is given."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCALE = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_UNIT = r"(ms|milli[a-z]*|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])", re.IGNORECASE)
_DURATION = rf"\d+(?:\.\d+)?\s*{_UNIT}(?![a-z])(?:\s*(?:and|,)?\s*\d+(?:\.\d+)?\s*{_UNIT}(?![a-z]))*"
_IN_WORDS = re.compile(
    rf"\b(?:try(?:ing)?(?: your request)?(?: it)? again|retry\w*|wait\w*|resets?|available|back off)\b"
    rf"[^.;\d]{{0,40}}?\s({_DURATION}|\d+(?:\.\d+)?(?=\s*(?:[.,;)\"']|$)))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
_MEMBERS = (
    *("retryafter", "retryafterms", "retryafterseconds", "retryaftersec", "retryaftersecs", "retrydelay"),
    *("retryin", "retryinseconds", "retryinms", "retryafterin", "waitseconds", "waittime", "resetafter", "resetin"),
    *("resetseconds", "estimatedtime", "retrydelayms", "retrydelayseconds", "backoff", "cooldown", "cooldownseconds"),
)
_DEEPEST = 8
_MOST_MEMBERS = 200
_EPOCH = 1_000_000_000  # a larger number of seconds is a moment, not a wait
_EPOCH_MS = 100_000_000_000
_LIMITED = (429, 503)
_ITEMS = ("requests", "tokens", "input-tokens", "output-tokens", "project-tokens")


def from_headers(headers: Mapping[str, str], now: float, status: int = 0) -> float | None:
    """Return the seconds that headers ask to wait, None if they do not; `now` is in seconds since the epoch.

    Those that tell of limits count only where a limit was met: every answer carries them.
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms", "x-retry-after-ms"):
        value = (headers.get(name) or "").strip()
        if _NUMBER.fullmatch(value):
            return float(value) / 1000
    for name in ("retry-after", "x-retry-after"):
        found = _moment(headers.get(name), now)
        if found is not None:
            return found
    return from_limits(headers, now) if status in _LIMITED else None


def from_body(document: Any, text: str, now: float) -> float | None:
    """Return the seconds that a body asks to wait: in a member made for it, wherever it stands, or in its words."""
    found = next((wait for wait in _in_members(document, now) if wait is not None), None)
    if found is not None:
        return found
    said = _IN_WORDS.search(text)
    return None if said is None else _duration(said[1])


def from_limits(headers: Mapping[str, str], now: float) -> float | None:
    """Return when the limit that was met is lifted: the exhausted one's if that is told, else the longest."""
    pairs = [("x-ratelimit-", f"-{item}") for item in _ITEMS]
    named = [(f"{left}remaining{right}", f"{left}reset{right}") for left, right in pairs]
    named += [(f"anthropic-ratelimit-{item}-remaining", f"anthropic-ratelimit-{item}-reset") for item in _ITEMS]
    named += [
        (f"{start}remaining{end}", f"{start}reset{end}")
        for start in ("x-ratelimit-", "ratelimit-", "x-rate-limit-")
        for end in ("", "-after", "-minute", "-second", "-hour", "-day")
    ]
    found = [
        (str(headers.get(remaining, "")).strip() in ("0", "0.0"), wait)
        for remaining, reset in named
        if (wait := _moment(headers.get(reset), now)) is not None
    ]
    structured = re.search(r"\b(?:reset|t)=(\d{1,9})", headers.get("ratelimit") or "")
    if structured:
        found.append((False, float(structured[1])))
    exhausted = [wait for is_exhausted, wait in found if is_exhausted]
    return max(exhausted or [wait for _, wait in found], default=None)


def _in_members(document: Any, now: float, depth: int = 0) -> Iterator[float | None]:
    if depth > _DEEPEST:
        return
    if isinstance(document, list):
        for item in document[:_MOST_MEMBERS]:
            yield from _in_members(item, now, depth + 1)
    if isinstance(document, str) and document.lstrip()[:1] == "{":
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            return
    if not isinstance(document, dict):
        return
    for name, value in list(document.items())[:_MOST_MEMBERS]:
        plain = re.sub(r"[^a-z]", "", str(name).lower())
        if plain in _MEMBERS:
            yield _member(plain, value, now)
        elif plain == "headers" and isinstance(value, dict):
            yield from_headers({str(key).lower(): str(line) for key, line in value.items()}, now, _LIMITED[0])
        else:
            yield from _in_members(value, now, depth + 1)


def _member(name: str, value: Any, now: float) -> float | None:
    if isinstance(value, dict):  # as protobuf has a duration
        seconds, nanos = value.get("seconds", 0), value.get("nanos", 0)
        numbers = isinstance(seconds, (int, float, str)) and isinstance(nanos, (int, float))
        found = _NUMBER.fullmatch(str(seconds)) if numbers else None
        return None if found is None else float(found[0]) + nanos / 1e9
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    wait = _moment(str(value), now)
    return wait / 1000 if wait is not None and name.endswith("ms") and _NUMBER.fullmatch(str(value)) else wait


def _moment(value: str | None, now: float) -> float | None:
    """Return the seconds until what a value tells: seconds, a duration like 1m30s, an epoch time or a date."""
    value = (value or "").strip()
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number >= _EPOCH_MS:
            number /= 1000
        return max(0.0, number - now) if number >= _EPOCH else number
    duration = _duration(value)
    if duration is not None or not value:
        return duration
    try:
        moment = datetime.fromisoformat(value) if value[:4].isdigit() else parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def _duration(text: str) -> float | None:
    """Return the seconds of a duration like 6m0s, 120ms or "1 minute and 3 seconds"; a bare number is seconds."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if not re.fullmatch(_DURATION, text, re.IGNORECASE):
        return None
    return sum(float(number) * _scale(unit.lower()) for number, unit in _PART.findall(text))


def _scale(unit: str) -> float:
    return _SCALE["ms" if unit == "ms" or unit.startswith("milli") else unit[0]]
