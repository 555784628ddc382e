"""A rate lets no minute see more than its limit, and a breaker lets one probe through at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.pace import FIRST_PROBE, PROBE_TIME, MinuteRate, Pace


@given(st.integers(1, 5000), st.lists(st.floats(0, 5), max_size=300))
def test_no_minute_sees_more_than_its_limit(limit: int, gaps: list[float]) -> None:
    pace, now, sent = Pace(), 1000.0, []
    for gap in gaps:
        now += gap
        pace, wait = pace.take("requests", MinuteRate(limit), 1, now)
        if wait:
            now += wait
            pace, wait = pace.take("requests", MinuteRate(limit), 1, now)
            assert wait == 0
        sent.append(now)
    for begin in sent:
        assert sum(1 for at in sent if begin <= at < begin + 60) <= max(limit, 2)


def test_what_is_more_than_goes_at_once_is_taken_from_a_full_measure_and_paid_later() -> None:
    pace, wait = Pace().take("tokens", MinuteRate(600), 300, 0.0)
    assert wait == 0
    assert pace.take("tokens", MinuteRate(600), 1, 10.0)[1] > 10


def test_one_worker_alone_is_the_probe_and_a_refusal_doubles_the_wait() -> None:
    pace = Pace().trip(0.0, "no money")
    assert pace.probe(FIRST_PROBE - 1) == (pace, False)
    probing, is_probe = pace.probe(FIRST_PROBE)
    assert is_probe
    assert probing.probe(FIRST_PROBE + 1) == (probing, False)
    assert probing.probe(FIRST_PROBE + PROBE_TIME)[1]  # the first told nothing
    again = probing.trip(FIRST_PROBE + 1, "no money")
    assert again.breaker is not None
    assert again.breaker.interval == 2 * FIRST_PROBE
    assert probing.close() == Pace()


def test_refusals_of_calls_that_were_under_way_do_not_count_as_probes() -> None:
    pace = Pace()
    for at in (0.0, 0.1, 0.2):
        pace = pace.trip(at, "no money")
    assert pace.breaker is not None
    assert pace.breaker.interval == FIRST_PROBE


@given(st.binary(max_size=80))
def test_what_cannot_be_read_holds_nobody(content: bytes) -> None:
    assert isinstance(Pace.from_bytes(content), Pace)


@pytest.mark.parametrize("pace", [Pace(), Pace().hold(5.5).trip(1.0, "x"), Pace(paid_up={"tokens": 7.25})])
def test_a_pace_is_written_and_read(pace: Pace) -> None:
    assert Pace.from_bytes(pace.to_bytes()) == pace


@given(st.floats(min_value=4000, max_value=1e6))
def test_a_moment_that_a_clock_wrote_before_it_went_back_holds_nobody(ahead: float) -> None:
    now = 1e9
    wrong = now + ahead
    rate = MinuteRate(60)
    pace = Pace().hold(wrong + 30).trip(wrong, "no quota").take("requests", rate, 1, wrong)[0]
    assert pace.seconds_held(now) == 0
    assert pace.take("requests", rate, 1, now)[1] == 0
    assert pace.probe(now)[1]
    assert pace.hold(now + 30).seconds_held(now) == pytest.approx(30)
