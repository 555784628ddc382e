"""Processes that share a budget never spend more than it has, on every store that they can share."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.budgets import Budget, Ledger
from lib.budgets.account import NotEnough, Reservation, UnreadableAccount
from lib.budgets.period import Period
from pysailor import open_store
from pysailor.store.memory import MemoryValues

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
OF = {"name": "shared", "period": "day", "begin": "2026-11-29", "run": "", "conversation": "", "key": ""}
BUDGET = Budget(Decimal(1), Period.DAY, OF, "budget/owner/place")
PROCESSES, CALLS = 5, 10  # of each process, on a thread of its own


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/budget.sqlite"
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with open_store("memory:") as store:
        yield Ledger(store)


def test_fifty_workers_on_one_budget_never_overspend_by_a_cent(url: str) -> None:
    place = f"budget/{Path(__file__).name}/{id(url)}"
    command = [sys.executable, "-m", "tests.support.spending", url, place, str(CALLS)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES
    paid = sum((Decimal(line) for each in said for line in each.split()), Decimal(0))
    with open_store(url) as store:
        ((_, account, _),) = [one for one in Ledger(store).accounts() if one[0] == place]
        store.delete(place)
    assert account.spent == paid <= 1
    assert account.held == 0
    assert paid > Decimal("0.9")  # what was held and not needed went back, and others spent it


def test_a_dead_worker_s_reservation_counts_as_spent_when_its_time_is_over() -> None:
    moment = [0.0]
    ledger = Ledger(MemoryValues(lambda: moment[0]))
    ledger.reserve(BUDGET, "dead", Reservation(Decimal("0.7"), 60))
    with pytest.raises(NotEnough):
        ledger.reserve(BUDGET, "next", Reservation(Decimal("0.4"), 60))
    moment[0] = 61
    ((_, account, _),) = ledger.accounts()
    assert (account.spent, account.held) == (Decimal("0.7"), Decimal(0))


def test_an_answer_that_turned_out_to_be_known_settles_what_its_dead_worker_reserved(ledger: Ledger) -> None:
    ledger.reserve(BUDGET, "dead", Reservation(Decimal("0.7"), ledger.now() + 60, "message-1"))
    ledger.settle_message(BUDGET, "message-1", Decimal("0.1"))
    ((_, account, of),) = ledger.accounts("owner")
    assert (account.spent, account.held, of) == (Decimal("0.1"), Decimal(0), OF)


def test_the_first_to_pass_80_percent_is_told_so_and_no_other(ledger: Ledger) -> None:
    told = []
    for name in "abcde":
        ledger.reserve(BUDGET, name, Reservation(Decimal("0.2"), ledger.now() + 60))
        told.append(ledger.settle(BUDGET, name, Decimal("0.2"))[1])
    assert told == [False, False, False, True, False]


def test_what_cannot_be_read_is_no_empty_budget() -> None:
    with open_store("memory:") as store:
        store.put(BUDGET.place, b"{}", 60)
        with pytest.raises(UnreadableAccount):
            Ledger(store).reserve(BUDGET, "a", Reservation(Decimal("0.1"), 1))
        assert list(Ledger(store).accounts()) == []
