"""A process whose threads spend one budget: `python -m tests.support.spending URL PLACE THREADS`."""

from __future__ import annotations

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from lib.budgets import Budget, Ledger
from lib.budgets.account import NotEnough, Reservation
from lib.budgets.period import Period
from pysailor import open_store

WORST = Decimal("0.07")
OF = {"name": "shared", "period": "day", "begin": "2026-11-29", "run": "", "conversation": "", "key": ""}


def spend(ledger: Ledger, budget: Budget, seed: int) -> list[Decimal]:
    """Call until nothing is left, and return what was paid."""
    chance, number = random.Random(seed), 0  # noqa: S311 - no secret
    paid: list[Decimal] = []
    while True:
        name = f"{seed}/{number}"
        number += 1
        try:
            ledger.reserve(budget, name, Reservation(WORST, ledger.now() + 600))
        except NotEnough as error:
            if error.account.spent + WORST > error.limit:
                return paid
            time.sleep(0.01)
            continue
        paid.append(WORST * chance.randint(0, 100) / 100)
        ledger.settle(budget, name, paid[-1])


if __name__ == "__main__":
    url, place, threads = sys.argv[1:]
    with open_store(url) as store, ThreadPoolExecutor(int(threads)) as pool:
        shared = Budget(Decimal(1), Period.DAY, OF, place)
        for each in pool.map(
            lambda seed: spend(Ledger(store), shared, seed), random.sample(range(10**9), int(threads))
        ):
            for amount in each:
                print(amount)  # noqa: T201 - its parent reads this
