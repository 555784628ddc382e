"""However calls come and go, no account promises more than its limit, and no cent is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.budgets.account import Account, NotEnough, Reservation, UnreadableAccount, read, write

LIMIT = Decimal(1)
amounts = st.decimals(min_value=0, max_value=Decimal("0.7"), places=6)
steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "settle", "die", "late"]), st.integers(0, 5), amounts, st.decimals(0, 1, places=4)
    ),
    max_size=40,
)


@given(steps)
def test_what_is_spent_never_exceeds_the_limit_if_no_call_exceeds_its_worst_case(
    history: list[tuple[str, int, Decimal, Decimal]],
) -> None:
    account, now, worst, paid, dead = Account(), 0.0, dict[str, Decimal](), Decimal(0), set[str]()
    for number, (what, who, amount, share) in enumerate(history):
        name = f"{who}"
        if what == "reserve" and name not in worst and name not in dead:  # no other call has the name of a dead one
            try:
                account = account.reserve(name, Reservation(amount, now + 10), LIMIT, now)
                worst[name] = amount
            except NotEnough:
                assert account.lapse(now).spent + account.lapse(now).held + amount > LIMIT
        elif what in ("settle", "late") and name in worst:
            if what == "late":  # its time is over, others have counted it as spent, and then it comes back
                account = account.lapse(now + 11)
                now += 11
            cost = worst.pop(name) * share
            paid += cost
            account = account.settle(name, cost)
        elif what == "die" and name in worst:
            del worst[name]  # nobody will settle it; the service may have billed all of it
            dead.add(name)
            paid += account.reserved[name].amount if name in account.reserved else account.lapsed[name]
            account = account.lapse(now + 11)
            now += 11
        assert account.spent + account.held <= LIMIT
        assert paid <= account.spent + account.held, number
        assert read(write(account, {"name": "x"})) == (account, {"name": "x"})


def test_a_reservation_that_is_written_twice_counts_once() -> None:
    once = Account().reserve("a", Reservation(Decimal("0.6"), 10), LIMIT, 0)
    assert once.reserve("a", Reservation(Decimal("0.6"), 10), LIMIT, 0) == once


def test_a_reservation_that_lapsed_and_is_made_again_counts_once_however_often_it_lapses() -> None:
    worst = Reservation(Decimal("0.6"), 10)
    lapsed = Account().reserve("a", worst, LIMIT, 0).lapse(11)
    again = lapsed.reserve("a", Reservation(Decimal("0.7"), 30), LIMIT, 20)
    assert (again.spent, again.held) == (Decimal(0), Decimal("0.7"))
    twice = again.lapse(31)
    assert (twice.spent, twice.held) == (Decimal("0.7"), Decimal(0))
    assert twice.settle("a", Decimal("0.2")).spent == again.settle("a", Decimal("0.2")).spent == Decimal("0.2")
    with pytest.raises(NotEnough):
        again.reserve("b", Reservation(Decimal("0.5"), 40), LIMIT, 20)


def test_a_call_that_comes_back_after_its_reservation_lapsed_is_counted_at_its_cost() -> None:
    account = Account().reserve("a", Reservation(Decimal("0.6"), 10), LIMIT, 0).lapse(11)
    assert account.spent == Decimal("0.6")
    assert account.settle("a", Decimal("0.1")).spent == Decimal("0.1")


def test_an_operator_raises_a_limit_for_this_period_and_resets_what_was_spent() -> None:
    full = Account().reserve("a", Reservation(LIMIT, 10), LIMIT, 0).settle("a", LIMIT)
    with pytest.raises(NotEnough):
        full.reserve("b", Reservation(Decimal("0.01"), 10), LIMIT, 0)
    raised = Account(full.spent, limit=Decimal(2))
    assert raised.reserve("b", Reservation(LIMIT, 10), LIMIT, 0).held == LIMIT
    assert full.reset().reserve("b", Reservation(LIMIT, 10), LIMIT, 0).held == LIMIT


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"of": {}}', b"\xff", b"[" * 100_000, b'{"of": {}, "spent": "NaN"}']
)
def test_what_is_no_account_is_never_taken_for_an_empty_one(content: bytes) -> None:
    with pytest.raises(UnreadableAccount):
        read(content)
