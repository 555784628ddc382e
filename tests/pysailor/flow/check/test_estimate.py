"""What messages cost at most is told with the budget that ends them, or why nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from pysailor.flow.check.estimate import read_worst


@dataclass
class Found:
    worst: Any
    advice: str = ""
    budget: Decimal | None = None
    period: str = ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Found(Decimal("0.02")), "s: 100 messages like the sample cost at most $2.0000"),
        (
            Found(Decimal("0.02"), "", Decimal(1), "d"),
            "s: 100 messages like the sample cost at most $2.0000, the budget is $1 a d: it may stop after 50 messages",
        ),
        (
            Found(Decimal("0.02"), "", Decimal("2.50"), "run"),
            "s: 100 messages like the sample cost at most $2.0000, the budget is $2.50 a run",
        ),
        (Found(None, "m has no price; add it"), "s: m has no price; add it"),
        (Found(None), "s: what it costs at most is not known: the component knows no price or no limit of length"),
        (
            Found(None, "add it", Decimal(1), "day"),
            "s: add it; the budget is $1 a day, which refuses what nobody can count: each message would fail",
        ),
        (Found(Decimal(0), "", Decimal(1)), "s: 100 messages like the sample cost at most $0.0000, the budget is $1"),
    ],
)
def test_the_sentence_fits_what_is_known(found: Found, said: str) -> None:
    estimate = read_worst("s", found)
    assert estimate is not None
    assert estimate.describe(100) == said
