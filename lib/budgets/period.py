"""For how long a budget lasts. Days and months are those of UTC. Pure: the moment is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

_DAY = 86_400.0


class Period(StrEnum):
    """What begins with a fresh budget."""

    RUN = "run"
    CONVERSATION = "conversation"
    DAY = "day"
    MONTH = "month"

    def begin(self, now: float) -> str:
        """Return which day or month it is at a moment (seconds since the epoch), "" for what is not of the calendar."""
        moment = datetime.fromtimestamp(now, UTC)
        return {Period.DAY: f"{moment:%Y-%m-%d}", Period.MONTH: f"{moment:%Y-%m}"}.get(self, "")

    def end(self, now: float) -> datetime | None:
        """Return when the budget begins anew, None if that is not told by the calendar."""
        day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.DAY:
            return day + timedelta(days=1)
        if self is Period.MONTH:
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return None

    def keep(self) -> float:
        """Return for how many seconds an account is kept after its last change."""
        return {Period.RUN: 30.0, Period.DAY: 7.0, Period.MONTH: 62.0, Period.CONVERSATION: 400.0}[self] * _DAY

    def frees(self, now: float) -> str:
        """Return when there is money again, in words."""
        end = self.end(now)
        if end is None:
            whose = "each run of the flow" if self is Period.RUN else "each conversation"
            return f"{whose} has a budget of its own; this one gets no more unless an operator raises it"
        left = int(end.timestamp() - now)
        hours, minutes = left // 3600, left % 3600 // 60
        wait = f"{hours // 24} days" if hours >= 48 else f"{hours} h {minutes} min"  # noqa: PLR2004 - two days
        return f"it begins anew on {end:%Y-%m-%d} at 00:00 UTC, in {wait}"
