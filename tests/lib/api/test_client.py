"""The client, over a real socket against the sandbox, and against answers that no sandbox gives."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.client import CallOptions, Client
from lib.api.connection import PUBLIC_API, Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY, Sandbox
from tests.support.fake_api import FakeApi
from tests.support.silent import Silent
from tests.support.sockets import listening

from ..conftest import HELLO, LOGGER

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

ONCE = CallLimits(timeout=60, max_retries=0)
ENDPOINT = f"{PUBLIC_API}/chat/completions"


def failure(client: Client, limits: CallLimits = ONCE) -> ApiError:
    with pytest.raises(ApiError) as raised:
        client.ask(COMPLETIONS, HELLO, CallOptions(limits, LOGGER))
    return raised.value


def test_the_answer_comes_as_the_api_gave_it(client_of: Callable[..., Client]) -> None:
    answer = client_of().ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert answer.body["object"] == "chat.completion"
    assert str(answer.request_id).startswith("req_sandbox_")
    assert [t.outcome for t in answer.tries] == ["answered"]


def test_a_client_that_was_closed_connects_anew(client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    client.close()
    assert client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER)).body["object"] == "chat.completion"


@pytest.mark.parametrize("scenario", ["rate_limit", "server_error", "overloaded"])
def test_what_passes_is_tried_again_and_every_try_is_told(client_of: Callable[..., Client], scenario: str) -> None:
    answer = client_of(scenario).ask(COMPLETIONS, HELLO, CallOptions(CallLimits(timeout=20, max_retries=2), LOGGER))
    assert [t.outcome for t in answer.tries] == [scenario, "answered"]


@pytest.mark.parametrize("scenario", ["quota", "bad_key", "forbidden", "drops_midway"])
def test_what_cannot_help_or_may_have_been_billed_is_not_tried_again(
    client_of: Callable[..., Client], scenario: str
) -> None:
    assert len(failure(client_of(scenario), CallLimits(timeout=5, max_retries=3)).tries) == 1


def test_a_time_out_is_not_tried_again_unless_the_step_says_so(client_of: Callable[..., Client]) -> None:
    silent = failure(client_of("slow"), CallLimits(timeout=0.3, max_retries=2))
    assert (silent.code, len(silent.tries)) == ("timeout", 1)
    assert "may still bill" in str(silent)


def test_one_deadline_holds_over_all_tries(client_of: Callable[..., Client]) -> None:
    start = time.monotonic()
    error = failure(client_of("drops"), CallLimits(timeout=1, max_retries=10))
    assert time.monotonic() - start < 10
    assert error.code in ("dropped", "timeout")


def test_the_runner_s_deadline_goes_before_the_step_s(client_of: Callable[..., Client]) -> None:
    with pytest.raises(ApiError) as raised:
        client_of("slow").ask(COMPLETIONS, HELLO, CallOptions(CallLimits(timeout=60), LOGGER, time.monotonic() + 0.3))
    assert raised.value.code == "timeout"


def test_nothing_is_sent_when_no_time_is_left(sandbox: Sandbox, client_of: Callable[..., Client]) -> None:
    before = len(sandbox.requests)
    with pytest.raises(ApiError, match="Nothing was left"):
        client_of().ask(COMPLETIONS, HELLO, CallOptions(CallLimits(timeout=60), LOGGER, time.monotonic() - 1))
    assert len(sandbox.requests) == before


@pytest.fixture(params=[b"Content-Length: 100000\r\n", b"", b"Content-Type: text/event-stream\r\n"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """Serve one byte of its answer every tenth of a second, for ever."""
    done = threading.Event()

    def drip(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n%b\r\n" % request.param)
            while not done.wait(0.1):
                connection.sendall(b" ")

    with listening(drip) as port:
        yield f"http://127.0.0.1:{port}/v1"
        done.set()


def test_a_server_that_drips_gets_no_more_time_than_a_silent_one(dripping: str) -> None:
    client = Client(Connection(dripping, "key"))
    start = time.monotonic()
    assert failure(client, CallLimits(timeout=0.5, max_retries=0)).code in ("timeout", "cut_off")
    assert time.monotonic() - start < 20
    client.close()


def test_an_answer_that_ends_with_its_connection_is_whole() -> None:
    body = b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'
    for head in (b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 70\r\n\r\n"):
        server = Silent(head + body, hangs_up=True)
        with server.listening() as address:
            client = Client(Connection(address, "key"))
            assert (
                client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER)).body["choices"][0]["message"]["content"]
                == "Hi"
            )
            client.close()


def test_the_request_carries_key_organization_project_and_an_id(sandbox: Sandbox) -> None:
    Client(Connection(sandbox.base_url, KEY, "org-1", "proj_1")).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    headers = {name.lower(): value for name, value in sandbox.requests[-1].headers.items()}
    assert headers["openai-organization"] == "org-1"
    assert headers["openai-project"] == "proj_1"
    assert headers["user-agent"].startswith("chatgpt-component/")
    assert len(headers["x-client-request-id"]) == 36


def test_a_key_from_netrc_never_replaces_ours(sandbox: Sandbox, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert Client(Connection(sandbox.base_url, KEY)).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))


def test_the_proxy_of_the_environment_is_used(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{sandbox.port}")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ApiError):
        Client(Connection("http://api.example/v1", KEY)).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert sandbox.requests[-1].path.endswith("chat/completions")


@pytest.mark.parametrize(
    ("choice", "is_warned"),
    [({"finish_reason": "stop"}, False), ({"finish_reason": None}, True), ({"finish_reason": ""}, True), ({}, True)],
)
@pytest.mark.parametrize("streams", [True, False])
def test_an_answer_that_does_not_say_why_it_ended_has_a_warning(
    choice: dict[str, Any], *, is_warned: bool, streams: bool
) -> None:
    message = {"role": "assistant", "content": "Half of"}
    body = json.dumps({"choices": [{"index": 0, "delta" if streams else "message": message, **choice}]}).encode()
    with FakeApi() as api:
        content = b"data: %b\n\ndata: [DONE]\n\n" % body if streams else body
        api.post(
            ENDPOINT, body=content, headers={"content-type": "text/event-stream" if streams else "application/json"}
        )
        answer = Client(Connection(PUBLIC_API, "key")).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert bool(answer.warnings) == is_warned
    assert all("finish_reason" in warning and "choice 0" in warning for warning in answer.warnings)


def test_the_service_s_own_hint_is_told_when_there_is_no_time_to_follow_it() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, headers={"Retry-After": "30"}, json={"error": {"code": "rate_limit_exceeded"}})
        error = failure(Client(Connection(PUBLIC_API, "key")), CallLimits(timeout=5, max_retries=3))
    assert error.retry_after == 30
    assert "asks to wait 30 seconds" in str(error)


LIMITED = {"error": {"code": "rate_limit_exceeded", "message": "Please try again in 600ms."}}
ANSWER = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}


def test_a_wait_that_one_call_is_told_holds_back_the_others_of_its_client() -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, json=LIMITED)
        api.post(ENDPOINT, json=ANSWER)
        client = Client(Connection(PUBLIC_API, "key"))
        start = time.monotonic()
        with pytest.raises(ApiError):
            client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
        client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
        assert time.monotonic() - start > 0.5


def test_a_call_without_the_time_to_be_held_back_is_made_at_once_and_another_client_s_too() -> None:
    limited = {"error": {"code": "rate_limit_exceeded", "message": "Please try again in 60s."}}
    with FakeApi() as api:
        api.post(ENDPOINT, status=429, json=limited)
        api.post(ENDPOINT, json=ANSWER)
        client = Client(Connection(PUBLIC_API, "key"))
        with pytest.raises(ApiError):
            client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
        start = time.monotonic()
        client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
        Client(Connection(PUBLIC_API, "other")).ask(COMPLETIONS, HELLO, CallOptions(CallLimits(timeout=90), LOGGER))
        assert time.monotonic() - start < 30
