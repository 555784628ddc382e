"""The sandbox as a server: models, headers, the recorder, and clients that behave badly."""

from __future__ import annotations

import json
import socket
import struct
import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
import requests

from lib.offline.sandbox import KEY, Sandbox
from lib.offline.sandbox.recorder import RecordedRequest, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema_rs import Draft202012Validator

    Ask = Callable[..., requests.Response]
    Golden = Callable[[str], Draft202012Validator]

BODY = json.dumps({"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "hi"}]}).encode()


def head(sandbox: Sandbox, *lines: str, path: str = "/v1/chat/completions", method: str = "POST") -> bytes:
    first = (f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{sandbox.port}", f"Authorization: Bearer {KEY}")
    return ("\r\n".join([*first, *lines]) + "\r\n\r\n").encode()


def spoken(sandbox: Sandbox, data: bytes) -> bytes:
    """Return all that comes back for these bytes until the server hangs up."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_the_models_are_listed_as_the_api_lists_them(
    sandbox: Sandbox, session: requests.Session, golden: Golden
) -> None:
    listed = session.get(f"{sandbox.base_url}/models", timeout=60).json()
    assert golden("models").is_valid(listed)
    ids = [model["id"] for model in listed["data"]]
    assert {"text-embedding-sandbox", "whisper-sandbox", "gpt-sandbox-2"} <= set(ids)
    assert all("not-a-model" in model["owned_by"] for model in listed["data"])
    one = session.get(f"{sandbox.base_url}/models/gpt-sandbox-2", timeout=60).json()
    assert one in listed["data"]


def test_one_model_goes_soon_and_one_much_later(sandbox: Sandbox, session: requests.Session) -> None:
    listed = session.get(f"{sandbox.base_url}/models", timeout=60).json()["data"]
    today = datetime.now(tz=UTC).date()
    days = [(date.fromisoformat(m["shutdown_date"]) - today).days for m in listed if m["shutdown_date"]]
    assert sorted(left < 60 for left in days) == [False, True]


def test_the_headers_that_clients_read_are_there(sandbox: Sandbox, session: requests.Session) -> None:
    url = f"{sandbox.base_url}/chat/completions"
    answers = [session.post(url, data=BODY, headers={"OpenAI-Organization": "org-mine"}, timeout=60) for _ in range(2)]
    for name in ("limit", "remaining", "reset"):
        assert f"x-ratelimit-{name}-requests" in answers[0].headers
        assert f"x-ratelimit-{name}-tokens" in answers[0].headers
    assert answers[0].headers["openai-organization"] == "org-mine"
    assert answers[0].headers["openai-version"] == "2020-10-01"
    assert int(answers[0].headers["openai-processing-ms"]) >= 1
    assert answers[0].headers["x-request-id"] != answers[1].headers["x-request-id"]


def test_what_came_in_is_noted_with_the_key_masked(session: requests.Session) -> None:
    with Sandbox(keys=("sk-0123456789abcdefghijklmnop",)) as sandbox:
        requests.post(
            f"{sandbox.base_url_of('slow')}/chat/completions?x=1",
            json={"a": 1},
            headers={"api-key": "sk-wrong"},
            timeout=60,
        )
        authorization = {"Authorization": "Bearer sk-0123456789abcdefghijklmnop"}
        requests.get(f"{sandbox.base_url}/models", headers=authorization, timeout=60)
        first, second = sandbox.requests
    assert (first.method, first.path, first.scenario, first.body) == ("POST", "/v1/chat/completions", "slow", {"a": 1})
    assert first.headers["api-key"] == "sk******"
    assert second.headers["authorization"] == "Bearer sk-01234*****************mnop"
    assert (second.scenario, second.body) == (None, None)


def test_the_journal_forgets_the_oldest() -> None:
    recorder = Recorder(most=3, most_bytes=100)
    for size in (10, 20, 30, 40):
        recorder.record(RecordedRequest("GET", "/", None, {}, None, size))
    assert [entry.size for entry in recorder.entries()] == [20, 30, 40]
    recorder.record(RecordedRequest("GET", "/", None, {}, None, 500))
    assert [entry.size for entry in recorder.entries()] == [500]


def test_a_body_in_chunks_is_read(sandbox: Sandbox) -> None:
    chunked = head(sandbox, "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    assert spoken(sandbox, chunked).startswith(b"HTTP/1.1 200 ")
    broken = head(sandbox, "Transfer-Encoding: chunked") + b"nonsense\r\n"
    assert spoken(sandbox, broken).startswith(b"HTTP/1.1 400 ")


def test_two_requests_on_one_connection_are_answered_in_turn(sandbox: Sandbox) -> None:
    one = head(sandbox, f"Content-Length: {len(BODY)}") + BODY
    assert spoken(sandbox, one + one).count(b"HTTP/1.1 200 OK") == 2


def test_a_client_that_waits_for_continue_is_told_to(sandbox: Sandbox) -> None:
    asked = head(sandbox, f"Content-Length: {len(BODY)}", "Expect: 100-continue") + BODY
    assert spoken(sandbox, asked).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_head_gets_a_head(sandbox: Sandbox, session: requests.Session) -> None:
    response = session.head(f"{sandbox.base_url}/models", timeout=60)
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["Content-Length"]) > 0
    assert session.head(f"{sandbox.base_url}/nothing", timeout=60).status_code == 404


def test_an_old_client_gets_a_bare_stream(sandbox: Sandbox) -> None:
    body = BODY[:-1] + b', "stream": true}'
    old = head(sandbox, f"Content-Length: {len(body)}").replace(b"HTTP/1.1", b"HTTP/1.0") + body
    answer = spoken(sandbox, old)
    assert b"Transfer-Encoding" not in answer
    assert answer.endswith(b"\n\ndata: [DONE]\n\n")


def test_a_body_that_is_too_large_is_refused_and_the_client_hears_it(
    sandbox: Sandbox, session: requests.Session
) -> None:
    response = session.post(f"{sandbox.base_url}/chat/completions", data=bytes(33 * 1024 * 1024), timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"POST /v1/models HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(sandbox: Sandbox, data: bytes) -> None:
    assert b'"error":{' in spoken(sandbox, data)


def test_a_client_that_vanishes_disturbs_nobody(sandbox: Sandbox, ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    streamed = BODY[:-1] + b', "stream": true, "n": 100}'
    whole = head(sandbox, f"Content-Length: {len(streamed)}", "X-Sandbox-Scenario: stream_stall_comments") + streamed
    for data in (b"", b"POST /v1", head(sandbox, "Content-Length: 50") + b"half", whole):
        with socket.create_connection(("127.0.0.1", sandbox.port), timeout=60) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, not farewell
            connection.sendall(data)
            if data is whole:
                connection.recv(100)
    assert ask("slow").ok
    assert capfd.readouterr().err == ""


def test_closing_ends_waiting_answers_and_frees_the_port() -> None:
    with Sandbox(slow_seconds=60) as sandbox:
        failures: list[Exception] = []
        arrived = threading.Event()
        asking = threading.Thread(target=_ask_slowly, args=(sandbox, failures, arrived))
        asking.start()
        while not sandbox.requests:
            arrived.wait(0.01)
        port = sandbox.port
    asking.join(60)
    assert [type(failure) for failure in failures] == [requests.ConnectionError]
    with Sandbox(port=port) as again:
        assert again.port == port
    again.close()


def _ask_slowly(sandbox: Sandbox, failures: list[Exception], arrived: threading.Event) -> None:
    try:
        requests.post(
            f"{sandbox.base_url_of('slow')}/chat/completions",
            data=BODY,
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=60,
        )
    except requests.RequestException as error:
        failures.append(error)
    arrived.set()


def test_a_port_that_is_taken_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=sandbox.port)


def test_waiting_ends_when_it_is_closed() -> None:
    with Sandbox() as sandbox:
        waiting = threading.Thread(target=sandbox.wait)
        waiting.start()
        sandbox.close()
        waiting.join(60)
        assert not waiting.is_alive()


def test_an_idle_connection_is_closed_when_its_time_is_over() -> None:
    with (
        Sandbox(idle_seconds=0.1) as sandbox,
        socket.create_connection(("127.0.0.1", sandbox.port), timeout=60) as idle,
    ):
        assert idle.recv(1) == b""
