"""Workers that share a store go by one pace: they slow down together, and stop together when there is no money."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lib.api.client import CallOptions, Client
from lib.api.connection import PUBLIC_API, Connection
from lib.api.pace import FIRST_PROBE, MinuteRate
from lib.api.pacer import Pacer, Paused
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError
from pysailor import InvalidConfig, Measure, Rebound, StoreUnavailable
from pysailor.store.memory import MemoryValues
from tests.support.fake_api import FakeApi
from tests.support.send_request import HELLO, completion

ENDPOINT = f"{PUBLIC_API}/chat/completions"
LOGGER = logging.getLogger(__name__)
NO_QUOTA = {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota."}}
LIMITED = {"error": {"code": "rate_limit_exceeded", "message": "Please try again in 600ms."}}
CONNECTION = Connection(PUBLIC_API, "key")


class Clock:
    """The store's clock, which tests put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Workers:
    """Two workers, each with a client and a pacer of its own, on one store."""

    def __init__(self, connection: Connection = CONNECTION) -> None:
        self.clock, self.measures = Clock(), list[Measure]()
        store = MemoryValues(self.clock)
        self.pacers = [Pacer(connection, store) for _ in range(2)]
        self.clients = [Client(connection) for _ in range(2)]

    def ask(self, worker: int, timeout: float = 30, max_retries: int = 0) -> dict[str, Any]:
        limits = CallLimits(timeout=timeout, max_retries=max_retries)
        call = CallOptions(limits, LOGGER, None, None, self.pacers[worker], self.measures.append, may_rebound=True)
        self.pacers[worker]._looked = 0.0  # as if a second had gone by
        return self.clients[worker].ask(COMPLETIONS, HELLO, call).body


def test_when_one_worker_is_told_to_wait_the_others_wait_too() -> None:
    workers = Workers()
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, json=LIMITED)
        api.post(ENDPOINT, json=completion("Hi"))
        start = time.monotonic()
        with pytest.raises(ApiError):
            workers.ask(0)
        workers.ask(1)
        assert 0.5 < time.monotonic() - start < 20


def test_a_wait_that_is_longer_than_the_message_s_time_puts_it_off_before_it_runs_into_the_wall() -> None:
    workers = Workers()
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, headers={"Retry-After": "60"}, json={"error": {"code": "rate_limit_exceeded"}})
        with pytest.raises(ApiError):
            workers.ask(0)
        with pytest.raises(Rebound, match="the service asked this credential to wait"):
            workers.ask(1)
        assert len(api.received) == 1


def test_a_call_that_was_asked_to_wait_a_little_is_put_off_where_meanwhile_all_have_to_wait_for_long() -> None:
    workers = Workers()

    class OtherCall(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "the next follows" in record.getMessage():
                workers.pacers[0].hold(60)

    handler = OtherCall()
    LOGGER.addHandler(handler)
    try:
        with FakeApi() as api:
            api.post(ENDPOINT, status=429, json={"error": {"message": "Please try again in 1ms."}})
            with pytest.raises(Rebound, match="the service asked this credential to wait"):
                workers.ask(0, max_retries=2)
            assert len(api.received) == 1
    finally:
        LOGGER.removeHandler(handler)


def test_a_store_that_answers_late_holds_up_one_thread_and_no_other() -> None:
    looks, go_on = threading.Event(), threading.Event()

    class LateStore(MemoryValues):
        def get(self, key: str) -> bytes | None:
            if not looks.is_set():
                looks.set()
                go_on.wait(60)
            return super().get(key)

    pacer = Pacer(Connection(PUBLIC_API, "key", requests_per_minute=600), LateStore())
    looking = threading.Thread(target=pacer.check, args=(lambda _: None,))
    looking.start()
    assert looks.wait(60)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(pacer.wait, 100).result(60) == (0.0, False)
        go_on.set()
    looking.join(60)


def test_an_answer_that_leaves_nothing_of_a_limit_holds_the_next_call_until_it_is_renewed() -> None:
    workers = Workers()
    told = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "700ms"}
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"), headers=told)
        api.post(ENDPOINT, json=completion("Hi"))
        start = time.monotonic()
        workers.ask(0)
        workers.ask(1)
        assert time.monotonic() - start > 0.6


def test_without_quota_nothing_is_sent_until_a_probe_passes() -> None:
    workers = Workers()
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, json=NO_QUOTA)
        with pytest.raises(ApiError, match="quota"):
            workers.ask(0)
        for worker in (0, 1, 1):
            with pytest.raises(Rebound, match=r"no quota left \(You exceeded your current quota.*tried in \d+ s"):
                workers.ask(worker)
        assert len(api.received) == 1
        workers.clock.ahead += FIRST_PROBE + 1
        api.post(ENDPOINT, json=completion("Hi"))
        workers.ask(1)  # the probe
        workers.ask(0)
        assert len(api.received) == 3
    assert [measure.value for measure in workers.measures] == [1.0, 1.0, 0.0]


def test_a_probe_that_is_refused_keeps_the_others_waiting_twice_as_long_and_is_put_off_itself() -> None:
    workers = Workers()
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, json=NO_QUOTA)
        with pytest.raises(ApiError):
            workers.ask(0)
        workers.clock.ahead += FIRST_PROBE + 1
        with pytest.raises(Rebound, match="quota") as put_off:
            workers.ask(0)
        assert put_off.value.code == "quota"
        assert len(api.received) == 2
        workers.clock.ahead += FIRST_PROBE + 1
        with pytest.raises(Rebound):
            workers.ask(1)
        assert len(api.received) == 2


def test_the_credential_s_own_limit_holds_for_all_threads_and_workers_together() -> None:
    connection = Connection(PUBLIC_API, "key", requests_per_minute=60)
    store = MemoryValues()
    pacers = [Pacer(connection, store) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        went = list(pool.map(lambda number: pacers[number % 2].wait(100) == (0.0, False), range(40)))
    assert went.count(True) == 6  # a tenth of a minute's at once
    assert pacers[0].wait(100)[1]


def test_tokens_are_counted_as_the_service_told_them() -> None:
    pacer = Pacer(Connection(PUBLIC_API, "key", tokens_per_minute=6000))
    assert pacer.wait(400) == (0.0, False)
    pacer.learn({}, 400, 5000, print)
    waits = [pacer.wait(400) for _ in range(3)]
    assert any(seconds > 1 for seconds, _ in waits)


def test_who_has_no_rebound_gets_an_error_that_says_why_nothing_was_sent() -> None:
    client = Client(CONNECTION)
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, json=NO_QUOTA)
        for said in ("exceeded your current quota", "nothing is sent until"):
            with pytest.raises(ApiError, match=said) as caught:
                client.ask(COMPLETIONS, HELLO, CallOptions(CallLimits(timeout=5), LOGGER))
            assert caught.value.code == "quota"
        assert len(api.received) == 1


def test_a_store_that_is_away_leaves_each_worker_its_own_pace() -> None:
    class Away(MemoryValues):
        def now_or_never(self) -> float:
            raise StoreUnavailable("gone")

    store = Away()
    store.now = store.now_or_never
    pacer = Pacer(CONNECTION, store)
    pacer.check(print)
    pacer.hold(60)
    assert pacer.wait(1)[0] > 50
    pacer.trip("no money", print)
    with pytest.raises(Paused):
        pacer.check(print)


def test_a_call_that_may_go_costs_microseconds() -> None:
    pacer = Pacer(CONNECTION, MemoryValues())
    start = time.thread_time()
    for _ in range(10_000):
        pacer.check(print)
        pacer.wait(100)
        pacer.learn({}, 100, 10, print)
    assert time.thread_time() - start < 10_000 * 500e-6


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", "9" * 40])
def test_a_limit_that_is_none_is_named(given: str) -> None:
    with pytest.raises(InvalidConfig, match="/requestsPerMinute"):
        Connection.of({"apiKey": "k", "requestsPerMinute": given})
    assert Connection.of({"apiKey": "k", "requestsPerMinute": "5,000"}).requests_per_minute == 5000


def test_a_call_goes_without_a_look_only_where_nothing_can_hold_it() -> None:
    fresh, limited = Pacer(CONNECTION), Pacer(Connection(PUBLIC_API, "key", requests_per_minute=600))
    assert fresh.is_free()
    assert not limited.is_free()
    fresh.hold(30)
    assert not fresh.is_free()
    broke = Pacer(CONNECTION)
    broke.trip("no money", lambda _: None)
    assert not broke.is_free()


def test_a_worker_that_shares_a_store_looks_into_it_once_a_second() -> None:
    pacer = Pacer(CONNECTION, MemoryValues())
    pacer._looked = 0.0
    assert not pacer.is_free()
    assert pacer.check(lambda _: None) is False
    assert pacer.is_free()


def test_a_call_that_waits_for_its_tokens_uses_up_no_requests() -> None:
    pacer = Pacer(Connection(PUBLIC_API, "key", requests_per_minute=600, tokens_per_minute=600))
    assert pacer.wait(4 * 60) == (0.0, False)
    assert all(pacer.wait(4 * 60)[0] > 1 for _ in range(300))
    assert pacer._pace.take("requests", MinuteRate(600), 30, pacer._now())[1] == 0
