"""The few connections of a store: lent one at a time, opened when needed, waited for within bounds."""

from __future__ import annotations

import io

import pytest

from lib.conversation import StoreUnavailable
from lib.conversation.stores.pool import StorePool


def test_a_connection_that_came_back_is_lent_again() -> None:
    pool = StorePool(io.StringIO, 2)
    with pool.acquire() as first:
        pass
    with pool.acquire() as second:
        assert second is first


def test_a_connection_that_something_went_wrong_with_is_closed_and_not_lent_again() -> None:
    pool = StorePool(io.StringIO, 1)
    with pytest.raises(ZeroDivisionError), pool.acquire() as broken:
        _ = 1 // 0
    assert broken.closed
    with pool.acquire() as other:
        assert other is not broken


def test_who_waits_too_long_for_a_connection_is_told_so_and_may_try_again() -> None:
    pool = StorePool(io.StringIO, 1, wait_seconds=0.01)
    with pool.acquire(), pytest.raises(StoreUnavailable, match="All 1 connections") as busy, pool.acquire():
        pass
    assert busy.value.retryable
    with pool.acquire():
        pass


def test_closing_closes_what_waits_to_be_lent() -> None:
    pool = StorePool(io.StringIO, 1)
    with pool.acquire() as connection:
        pass
    pool.close()
    assert connection.closed
    assert pool.idle == 0
