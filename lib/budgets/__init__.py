"""Budgets that several workers share: the worst case is reserved before a call, its cost settled after it."""

from .claim import KEY, NO_BUDGET, NoBudget, Pays, claim, payer_of, split_key
from .comparison import Comparison, compare
from .hold import BudgetHold
from .ledger import Ledger
from .settings import Budget, BudgetSettings, Payer

__all__ = [
    "KEY",
    "NO_BUDGET",
    "Budget",
    "BudgetHold",
    "BudgetSettings",
    "Comparison",
    "Ledger",
    "NoBudget",
    "Payer",
    "Pays",
    "claim",
    "compare",
    "payer_of",
    "split_key",
]
