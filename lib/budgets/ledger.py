"""The accounts of budgets in the store that workers share: each change is one step that no other comes between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .account import Account, Reservation, UnreadableAccount, read, write
from .settings import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from pysailor import Store

    from .settings import Budget

_KEEP = 62 * 86_400.0


class Ledger:
    """Changes accounts. Threads and processes may use it at once; every method raises StoreUnavailable.

    A reservation that is not settled in its time counts as spent at its worst case: its worker is dead, and the call
    may have been paid.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> float:
        """Return the time by the store's clock, which all workers share, in seconds since the epoch."""
        return self._store.now()

    def reserve(self, budget: Budget, name: str, reservation: Reservation) -> Account:
        """Return the account with the reservation; raise NotEnough if it does not fit, UnreadableAccount."""
        now = self.now()
        return self._change(budget, lambda account: account.reserve(name, reservation, budget.limit, now))

    def settle(self, budget: Budget, name: str, cost: Decimal) -> tuple[Account, bool]:
        """Return the account after the cost is spent, and whether this made it the first to pass 80 %."""
        was_warned = True

        def settle(account: Account) -> Account:
            nonlocal was_warned
            was_warned, settled = account.warned, account.settle(name, cost)
            return replace(settled, warned=account.warned or settled.is_nearly_spent)

        after = self._change(budget, settle)
        return after, after.warned and not was_warned

    def settle_message(self, budget: Budget, message: str, cost: Decimal) -> None:
        """Settle what a dead worker reserved for a message, whose answer turned out to be known, with its cost."""

        def settle(account: Account) -> Account:
            former = [name for name, each in account.reserved.items() if each.message == message]
            return account.settle(former[0], cost) if former else account

        self._change(budget, settle)

    def settle_reserved(self, place: str, name: str, cost: Decimal | None) -> None:
        """Settle a reservation that outlived its message, once; at its own amount if the cost is not known."""

        def settle(account: Account) -> Account:
            held = account.reserved.get(name)
            amount = held.amount if held else account.lapsed.get(name)
            return account if amount is None else account.settle(name, amount if cost is None else cost)

        self.change(place, settle)

    def accounts(self, owner: str = "") -> Iterator[tuple[str, Account, Mapping[str, str]]]:
        """Yield each account's place, its state and what it is called, of one owner or of all that can be read."""
        now = self.now()
        for place, content in self._store.scan(f"{PREFIX}{owner}/" if owner else PREFIX):
            try:
                account, of = read(content)
            except UnreadableAccount:
                continue
            yield place, account.lapse(now), of

    def change(self, place: str, change: Callable[[Account], Account]) -> Account | None:
        """Return an account after an operator's change, None if there is none by now."""
        changed: list[Account] = []

        def update(content: bytes | None) -> bytes | None:
            changed.clear()
            if content is None:
                return None
            account, of = read(content)
            changed.append(change(account.lapse(self.now())))
            return write(changed[0], of)

        self._store.update(place, update, _KEEP)
        return changed[0] if changed else None

    def _change(self, budget: Budget, change: Callable[[Account], Account]) -> Account:
        changed: list[Account] = []

        def update(content: bytes | None) -> bytes:
            account, _ = read(content)
            changed[:] = [change(account)]
            return write(changed[0], budget.of)

        self._store.update(budget.place, update, budget.period.keep())
        return changed[0]
