"""Messages that bring their requests one by one go into one batch together, and each gets its own answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from lib.actions import batch_submit
from lib.batches.gathering import Gathered, Gathering
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY
from pysailor.context import Context
from pysailor.errors import InvalidConfig, Rebound
from pysailor.message import Message
from pysailor.store import open_store
from tests.support.batches import created, lines_of, run, uploaded
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lib.offline.sandbox import Sandbox
    from pysailor.store import Store

GATEWAY = "https://gw.example/v1"
LINES = b'{"custom_id":"x","body":{}}\n'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/store.sqlite") as opened:
        yield opened


def submit(to: Sandbox | str, store: Store, name: str, **more: Any) -> dict[str, Any] | None:
    """Return what a worker emits for one message, None if it is put off."""
    address = to if isinstance(to, str) else to.base_url
    cfg = {"apiKey": KEY, "baseUrl": address, "model": "gpt-sandbox-2", "timeout": 20, "maxRetries": 0}
    ctx = Context(message_id=name, open_store=lambda: store)
    body = {"requests": [f"Question of {name}"]}
    try:
        made = batch_submit.process(Message(body=body), {**cfg, "gather": "3", "gatherMinutes": 60, **more}, None, ctx)
    except Rebound:
        return None
    emitted: dict[str, Any] = made.body
    return emitted


def test_so_many_requests_become_one_batch_and_each_message_gets_its_part(sandbox: Sandbox, store: Store) -> None:
    assert [submit(sandbox, store, name) for name in "ab"] == [None, None]
    made = {name: submit(sandbox, store, name) for name in "cab"}
    assert len(created(sandbox)) == 1
    assert len(lines_of(uploaded(sandbox)[0])) == 3
    for name, emitted in made.items():
        assert emitted is not None
        named = {"batch_id": emitted["batch_id"], "prefix": emitted["prefix"]}
        answer, summary = [one.body for one in run("batchCollect", named, sandbox.base_url)]
        assert f"Question of {name}" in answer["choices"][0]["message"]["content"]
        assert answer["custom_id"] == "line-1"
        assert summary["result"]["answered"] == 1


def test_a_message_that_is_brought_again_is_gathered_once(sandbox: Sandbox, store: Store) -> None:
    assert [submit(sandbox, store, "a") for _ in range(5)] == [None] * 5
    assert created(sandbox) == []


def test_the_next_gathering_begins_when_one_is_submitted(sandbox: Sandbox, store: Store) -> None:
    for name in "abc":
        submit(sandbox, store, name)
    assert [submit(sandbox, store, name) for name in "de"] == [None, None]
    assert submit(sandbox, store, "f") is not None
    assert len(created(sandbox)) == 2


def test_what_is_wrong_is_refused_at_once_and_not_gathered(sandbox: Sandbox, store: Store) -> None:
    with pytest.raises(InvalidConfig):
        submit(sandbox, store, "a", gather="1")
    assert list(store.scan("gather")) == []


def test_a_submission_that_may_succeed_later_is_put_off_and_loses_nobody(store: Store) -> None:
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches", json={"error": {"message": "busy"}}, status=500)
        assert [submit(GATEWAY, store, name) for name in "abc"] == [None] * 3
    with FakeApi() as api:
        assert lines_sent(api, store, "a") == 3


def test_who_cannot_submit_fails_alone_and_the_others_go_on(store: Store) -> None:
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches", json={"error": {"message": "no"}}, status=403)
        assert [submit(GATEWAY, store, name) for name in "ab"] == [None] * 2
        with pytest.raises(ApiError):
            submit(GATEWAY, store, "c")
    with FakeApi() as api:
        assert lines_sent(api, store, "d") == 3


def lines_sent(api: FakeApi, store: Store, name: str) -> int:
    """Return how many lines are submitted when this message comes."""
    api.answer("GET", f"{GATEWAY}/batches", json={"data": []})
    api.post(f"{GATEWAY}/files", json={"id": "file-1"})
    api.post(f"{GATEWAY}/batches", json={"id": "batch_1", "status": "validating"})
    made = submit(GATEWAY, store, name)
    assert made is not None
    assert made["batch_id"] == "batch_1"
    return len(lines_of(next(one.body.decode() for one in api.received if one.url.endswith("/files"))))


def test_many_workers_at_once_make_one_batch_of_every_line(sandbox: Sandbox, store: Store) -> None:
    names = [f"m{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: submit(sandbox, store, name, gather="12"), names))
        made = list(pool.map(lambda name: submit(sandbox, store, name, gather="12"), names))
    assert len(created(sandbox)) == 1
    assert len({one["batch_id"] for one in made if one}) == 1
    assert sum(one is not None for one in made) == 12


def test_who_died_while_submitting_is_replaced_when_its_time_is_over(store: Store) -> None:
    died = Gathering(store, "g", 1, 60, hold=0)
    claimed = died.join("a", LINES, 1)
    other = Gathering(store, "g", 1, 60, hold=60)
    taken = other.join("a", LINES, 1)
    assert (taken.id, taken.members) == (claimed.id, claimed.members)
    died.finish(claimed, ["a"], "batch_of_the_dead")
    with pytest.raises(Rebound, match="another worker"):
        Gathering(store, "g", 1, 60, hold=60).join("a", LINES, 1)


def test_after_the_time_what_has_come_is_submitted(store: Store) -> None:
    with pytest.raises(Rebound, match="1 of 9"):
        Gathering(store, "g", 9, 60, hold=60).join("a", LINES, 1)
    assert list(Gathering(store, "g", 9, 0, hold=60).join("b", LINES, 1).members) == ["a", "b"]


def test_a_gathering_that_is_full_is_submitted_without_the_one_that_does_not_fit(store: Store) -> None:
    with pytest.raises(Rebound):
        Gathering(store, "g", 60_000, 60, hold=60).join("a", LINES, 50_000)
    assert list(Gathering(store, "g", 60_000, 60, hold=60).join("b", LINES, 1).members) == ["a"]


def test_the_looks_last_for_the_time_with_the_platform_s_twenty_rebounds(store: Store) -> None:
    for seconds in (60.0, 900.0, 86_400.0):
        with pytest.raises(Rebound) as caught:
            Gathering(store, f"g{seconds}", 9, seconds, hold=60).join("a", LINES, 1)
        longest = caught.value.longest
        assert longest is not None
        assert sum(min(15 * 2**n, longest) for n in range(20)) > seconds


@pytest.mark.parametrize("held", [b"", b"null", b"[]", b'{"id": 1}', b"\xff", b'{"members": {"a": 1}}'])
def test_what_cannot_be_read_in_the_store_is_nothing(held: bytes) -> None:
    assert Gathered.read(held) is None
