"""Budgets that several workers share: the worst case is reserved before a call, its cost settled after it."""

from .claim import KEY, NO_HOLD, NoHold, Pays, claim, payer_of, split_key
from .hold import Hold
from .ledger import Ledger
from .settings import Budget, BudgetSettings, Payer

__all__ = [
    "KEY",
    "NO_HOLD",
    "Budget",
    "BudgetSettings",
    "Hold",
    "Ledger",
    "NoHold",
    "Payer",
    "Pays",
    "claim",
    "payer_of",
    "split_key",
]
