"""The files of a gathered batch are fetched once for all of its messages in a worker, within bounds."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import IO, TYPE_CHECKING, Any

import pytest

from lib.actions import batch_collect
from lib.batches.file_cache import FileCache
from lib.batches.files import read_objects
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY
from pysailor.context import Context
from pysailor.message import Message
from tests.support.broker import eventually
from tests.support.fake_api import FakeApi
from tests.support.send_request import USER, completion

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY = "https://gw.example/v1"
CFG = {"apiKey": KEY, "baseUrl": GATEWAY, "timeout": 20, "maxRetries": 0, "longestRest": 120}
NAMES = [f"{number:012x}" for number in range(30)]


@pytest.fixture
def cache() -> Iterator[FileCache]:
    found = FileCache("owner", most_bytes=100)
    yield found
    found.close()


def writing(content: bytes, calls: list[bytes]) -> Any:
    def fetch(file: IO[bytes]) -> None:
        calls.append(content)
        file.write(content)

    return fetch


def line_of(name: str, text: str) -> bytes:
    response = {"status_code": 200, "request_id": "r", "body": completion(text)}
    return json.dumps({"custom_id": f"{name}-line-1", "response": response, "error": None}).encode() + b"\n"


def test_all_messages_of_a_gathering_are_collected_with_one_download_of_each_file() -> None:
    sent = b"".join(
        json.dumps({"custom_id": f"{name}-line-1", "body": {"messages": [USER]}}).encode() + b"\n" for name in NAMES
    )
    batch = {"id": "batch_1", "status": "completed", "endpoint": "/v1/chat/completions"}
    ctx = Context()
    try:
        with FakeApi() as api:
            files = {"input_file_id": "in", "output_file_id": "out"}
            api.answer("GET", f"{GATEWAY}/batches/batch_1", json={**batch, **files})
            put = api.answer("GET", f"{GATEWAY}/files/in/content", body=sent)
            got = api.answer(
                "GET",
                f"{GATEWAY}/files/out/content",
                body=b"".join(line_of(one, f"Told {one} \u2713") for one in NAMES),
            )
            for name in NAMES:
                body = {"batch_id": "batch_1", "prefix": f"{name}-"}
                answer, total = [one.body for one in batch_collect.process(Message(body=body), CFG, None, ctx)]
                assert answer["choices"][0]["message"]["content"] == f"Told {name} \u2713"
                assert answer["custom_id"] == "line-1"
                assert total["result"]["answered"] == 1
        assert (len(put.received), len(got.received)) == (1, 1)
    finally:
        ctx.kept.close()


def test_a_line_of_another_message_is_not_parsed(cache: FileCache) -> None:
    content = b"{broken\n" + line_of("ours", "x") + line_of("theirs", "y")
    with cache.open("a", writing(content, []), None) as file:
        found = [line for _, line in read_objects(file, "ours-")]
    assert [isinstance(line, dict) and line["custom_id"] for line in found] == ["ours-line-1"]


def test_an_id_that_is_written_with_escapes_is_found(cache: FileCache) -> None:
    content = b'{"custom_id": "\\u006furs-1"}\n{"custom_id": "theirs-1"}\n'
    with cache.open("a", writing(content, []), None) as file:
        assert [line for _, line in read_objects(file, "ours-")] == [{"custom_id": "ours-1"}]


def test_each_reader_has_its_own_place(cache: FileCache) -> None:
    calls: list[bytes] = []
    with cache.open("a", writing(b"1\n2\n", calls), None) as one, cache.open("a", writing(b"", calls), None) as two:
        assert (one.readline(), two.readline(), one.readline(), two.read()) == (b"1\n", b"1\n", b"2\n", b"2\n")
        assert (two.seek(2), two.read(), one.tell()) == (2, b"2\n", 4)
    assert calls == [b"1\n2\n"]


def test_what_is_too_much_is_let_go_and_whoever_reads_it_reads_on(cache: FileCache) -> None:
    calls: list[bytes] = []
    with cache.open("a", writing(b"a" * 80, calls), None) as first:
        cache.open("b", writing(b"b" * 80, calls), None).close()
        assert first.read() == b"a" * 80
    cache.open("b", writing(b"b", calls), None).close()
    cache.open("a", writing(b"a", calls), None).close()
    assert calls == [b"a" * 80, b"b" * 80, b"a"]


def test_what_is_old_is_let_go_though_nobody_asks_for_a_file_any_more() -> None:
    cache = FileCache("owner", seconds=0.01)
    with cache.open("a", writing(b"what a customer said", []), None) as file:
        eventually(lambda: not cache._files)
        assert file.read() == b"what a customer said"
    cache.close()


def test_a_file_larger_than_all_bounds_is_read_all_the_same(cache: FileCache) -> None:
    with cache.open("a", writing(b"a" * 1000, []), None) as file:
        assert len(file.read()) == 1000


def test_a_download_that_failed_is_made_again(cache: FileCache) -> None:
    def fails(_: IO[bytes]) -> None:
        raise ApiError("cut_off")

    with pytest.raises(ApiError):
        cache.open("a", fails, None)
    calls: list[bytes] = []
    cache.open("a", writing(b"a", calls), None).close()
    assert calls == [b"a"]


def test_many_threads_wait_for_one_download_but_not_beyond_their_time(cache: FileCache) -> None:
    begun, goes_on, calls = Event(), Event(), list[bytes]()

    def slow(file: IO[bytes]) -> None:
        calls.append(b"slow")
        begun.set()
        goes_on.wait(120)
        file.write(b"came")

    def read(deadline: float | None) -> bytes:
        with cache.open("a", slow, deadline) as file:
            return file.read()

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(read, None) for _ in range(3)]
        assert begun.wait(120)
        with pytest.raises(ApiError, match="same file"):
            read(time.monotonic())
        goes_on.set()
        assert [one.result() for one in waiting] == [b"came"] * 3
    assert calls == [b"slow"]
