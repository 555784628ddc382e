"""A budget begins anew where the calendar of UTC says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.budgets.period import Period


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("period", "moment", "begin", "end"),
    [
        (Period.DAY, "2026-11-29T23:59:59.999", "2026-11-29", "2026-11-30"),
        (Period.DAY, "2026-11-30T00:00:00", "2026-11-30", "2026-12-01"),
        (Period.MONTH, "2028-02-29T12:00:00", "2028-02", "2028-03-01"),
        (Period.MONTH, "2026-12-31T23:59:59", "2026-12", "2027-01-01"),
        (Period.MONTH, "2026-01-31T00:00:00", "2026-01", "2026-02-01"),
    ],
)
def test_days_and_months_are_those_of_utc(period: Period, moment: str, begin: str, end: str) -> None:
    assert period.begin(at(moment)) == begin
    assert period.end(at(moment)) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_who_is_refused_is_told_when_there_is_money_again() -> None:
    assert Period.DAY.frees(at("2026-11-29T22:30:00")) == "it begins anew on 2026-11-30 at 00:00 UTC, in 1 h 30 min"
    assert Period.MONTH.frees(at("2026-11-01T00:00:00")).endswith("in 30 days")
    assert "each run" in Period.RUN.frees(0)
    assert "each conversation" in Period.CONVERSATION.frees(0)
