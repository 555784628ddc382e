"""What the settings of *Batch: Submit* say of gathering and keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from .lines import MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_DAYS = 30
_MOST_MINUTES = 24 * 60


def read_gather(cfg: Mapping[str, Any]) -> tuple[int, float] | None:
    """Return up to how many requests are gathered, and for how many seconds; None if none are; raise InvalidConfig."""
    most, minutes = cfg.get("gather"), cfg.get("gatherMinutes", 15)
    if most in (None, "", 0, "0"):
        return None
    text = str(most).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_LINES)) and 2 <= int(text) <= MOST_LINES):  # noqa: PLR2004 - two make a batch
        raise InvalidConfig(f'found "{text[:40]}", allowed: a whole number from 2 to {MOST_LINES}', pointer="/gather")
    if not isinstance(minutes, (int, float)) or not 1 <= minutes <= _MOST_MINUTES:
        raise InvalidConfig(f"found {minutes}, allowed: 1 to {_MOST_MINUTES} minutes", pointer="/gatherMinutes")
    return int(text), float(minutes) * 60


def read_days(given: Any) -> int | None:
    """Return after how many days the service deletes the answers, None for its own time; raise InvalidConfig."""
    if given in (None, ""):
        return None
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_DAYS)) and 1 <= int(text) <= _MOST_DAYS):
        raise InvalidConfig(
            f'found "{text[:40]}", allowed: a whole number of days from 1 to {_MOST_DAYS}', pointer="/keepDays"
        )
    return int(text)
