"""What every store promises, asked of all of them as they really are."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import eventually as wait_until

if TYPE_CHECKING:
    from pysailor.store import Store


def add_one(value: bytes | None) -> bytes:
    return str(int(value or 0) + 1).encode()


def test_what_was_put_is_got_by_its_key_and_no_other(store: Store, key: str) -> None:
    store.put(key, b"\x00\xff", 60)
    assert store.get(key) == b"\x00\xff"
    assert store.get(f"{key}x") is None


def test_an_empty_value_is_a_value(store: Store, key: str) -> None:
    store.put(key, b"", 60)
    assert store.get(key) == b""
    assert store.add(key, b"other", 60) == b""


def test_a_value_is_replaced_and_deleted(store: Store, key: str) -> None:
    store.put(key, b"one", 60)
    store.put(key, b"two", 60)
    assert store.get(key) == b"two"
    store.delete(key)
    store.delete(key)
    assert store.get(key) is None


def test_a_value_of_megabytes_is_kept_whole(store: Store, key: str) -> None:
    value = bytes(range(256)) * 20_000
    store.put(key, value, 60)
    assert store.get(key) == value


def test_the_first_add_wins_and_the_others_get_what_it_put(store: Store, key: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: store.add(key, str(number).encode(), 60), range(40)))
    winner = store.get(key)
    assert found.count(None) == 1
    assert set(found) - {None} == {winner}


def test_many_are_put_at_once(store: Store, key: str) -> None:
    values = {f"{key}/{number}": str(number).encode() for number in range(1200)}
    store.put_many(values, 60)
    assert dict(store.scan(f"{key}/")) == values


@pytest.mark.parametrize("prefix", ["a*", "a_", "a[b]", "a?", "a\\", "ä%"])
def test_a_prefix_is_taken_by_the_letter(store: Store, key: str, prefix: str) -> None:
    store.put(f"{key}{prefix}1", b"here", 60)
    store.put(f"{key}aXb", b"not here", 60)
    assert list(store.scan(key + prefix)) == [(f"{key}{prefix}1", b"here")]


def test_an_update_is_one_piece_over_all_threads(store: Store, key: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.update(key, add_one, 60), range(200)))
    assert store.get(key) == b"200"


def test_an_update_to_nothing_forgets_the_value(store: Store, key: str) -> None:
    store.put(key, b"one", 60)
    assert store.update(key, lambda _: None, 60) is None
    assert store.get(key) is None


def test_an_update_that_raises_changes_nothing_and_disturbs_nobody(store: Store, key: str) -> None:
    def refuse(_: bytes | None) -> bytes:
        raise LookupError("no")

    store.put(key, b"one", 60)
    with ThreadPoolExecutor(8) as threads:
        others = [threads.submit(store.put, f"{key}/{number}", b"x", 60) for number in range(50)]
        with pytest.raises(LookupError):
            store.update(key, refuse, 60)
        for other in others:
            other.result()
    assert store.get(key) == b"one"
    assert len(list(store.scan(f"{key}/"))) == 50


def test_the_writes_of_one_key_keep_their_order(store: Store, key: str) -> None:
    assert store.add(key, b"one", 60) is None
    store.submit_put(key, b"two", 60)
    assert store.add(key, b"three", 60) == b"two"
    store.submit_delete(key)
    store.submit_put(key, b"four", 60)
    store.submit_touch(key, 30)
    store.submit_put(key, b"five", 60).wait()
    assert store.get(key) == b"five"


def test_what_is_kept_soon_is_encoded_by_then(store: Store, key: str) -> None:
    store.submit_put(key, b"value", 60, bytes.upper).wait()
    assert store.get(key) == b"VALUE"


def test_what_has_expired_is_not_there_and_can_be_added_again(store: Store, key: str) -> None:
    store.put(key, b"old", 0.2)
    wait_until(lambda: store.get(key) is None)
    assert list(store.scan(key)) == []
    assert store.add(key, b"new", 60) is None
    assert store.get(key) == b"new"


def test_a_touch_changes_when_a_value_expires_and_makes_none(store: Store, key: str) -> None:
    store.put(key, b"long", 60)
    store.submit_touch(key, 0.1).wait()
    store.submit_touch(f"{key}/none", 60).wait()
    wait_until(lambda: store.get(key) is None)
    assert store.get(f"{key}/none") is None


def test_what_has_expired_is_purged(store: Store, key: str) -> None:
    store.put(f"{key}/old", b"x", 0.05)
    store.put(f"{key}/new", b"x", 60)
    wait_until(lambda: store.get(f"{key}/old") is None)
    store.purge()
    assert dict(store.scan(key)) == {f"{key}/new": b"x"}


def test_its_clock_tells_the_time(store: Store) -> None:
    assert abs(store.now() - time.time()) < 5


def test_what_was_begun_is_there_after_close(shared_url: str, key: str) -> None:
    from pysailor.store import open_store  # noqa: PLC0415

    with open_store(shared_url) as store:
        for number in range(300):
            store.submit_put(f"{key}/{number}", b"x", 60)
    with open_store(shared_url) as store:
        assert len(list(store.scan(f"{key}/"))) == 300
