"""What a server writes where a count or an amount belongs: a sane one counts, anything else is never one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lib.cost.counts import is_count, money, tokens
from lib.cost.usage import usage_of

NONSENSE: list[Any] = [2e300, 10**300, 10**18, float("nan"), float("inf"), -1, -1.0, 1.5, True, False, None, [], {}]
NONSENSE += ["-1", "2e300", "1.5", "9" * 19, "²", "", " 12"]


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_nonsense_is_no_count(value: Any) -> None:
    assert not is_count(value)
    assert tokens(value) == 0


@pytest.mark.parametrize("value", [12, 12.0, "12"], ids=repr)
def test_a_whole_number_is_a_count_however_it_is_written(value: Any) -> None:
    assert is_count(value)
    assert tokens(value) == 12


@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_a_usage_with_nonsense_in_it_is_not_known_and_has_no_such_count(name: str, value: Any) -> None:
    usage = usage_of({"usage": {"prompt_tokens": 8, "completion_tokens": 3, name: value}})
    assert not usage.known
    assert usage.prompt + usage.completion <= 8


@pytest.mark.parametrize("name", ["input_tokens", "output_tokens", "cache_read_input_tokens"])
@pytest.mark.parametrize("value", [2e300, -1, True, float("nan")], ids=repr)
def test_nonsense_under_the_names_of_others_is_not_known_either(name: str, value: Any) -> None:
    usage = usage_of({"usage": {"input_tokens": 8, "output_tokens": 3, name: value}})
    assert not usage.known
    assert usage.prompt + usage.completion <= 11


@pytest.mark.parametrize("value", [2e300, "2e300", 1e12, -0.01, float("nan"), "Infinity", True, None, "free"], ids=repr)
def test_nonsense_is_no_amount_of_money(value: Any) -> None:
    assert money(value) is None


def test_an_amount_of_money_is_exact() -> None:
    assert money(0.1) == money("0.1") == Decimal("0.1")
