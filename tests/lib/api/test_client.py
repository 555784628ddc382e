"""The client, over a real socket against the stand-in, and against answers that no stand-in gives."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.api.cancel import Cancel
from lib.api.client import CallOptions, Client
from lib.api.connection import PUBLIC_API, Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError
from lib.errors.catalog import CATALOG
from lib.offline.sandbox import KEY, Sandbox
from pysailor import InvalidConfig
from tests.support.certificate import write_certificate
from tests.support.silent import Silent

from ..conftest import HELLO, LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ONCE = CallLimits(timeout=5, max_retries=0)
ENDPOINT = f"{PUBLIC_API}/chat/completions"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def failure(client: Client, limits: CallLimits = ONCE) -> ApiError:
    with pytest.raises(ApiError) as raised:
        client.ask(COMPLETIONS, HELLO, CallOptions(limits, LOGGER))
    return raised.value


def test_the_answer_comes_as_the_api_gave_it(client_of: Callable[..., Client]) -> None:
    answer = client_of().ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert answer.body["object"] == "chat.completion"
    assert str(answer.request_id).startswith("req_sandbox_")
    assert [t.outcome for t in answer.tries] == ["answered"]


def test_the_connection_is_kept_between_calls(
    client_of: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of()
    with caplog.at_level(logging.DEBUG, "urllib3"):
        for _ in range(3):
            client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert caplog.text.count("Starting new HTTP connection") == 1


def test_a_client_that_was_closed_connects_anew(client_of: Callable[..., Client]) -> None:
    client = client_of()
    client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    client.close()
    assert client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER)).body["object"] == "chat.completion"


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("quota", "quota"),
        ("forbidden", "no_permission"),
        ("bad_key", "bad_key"),
        ("context_length", "context_length"),
        ("html", "server_error"),
        ("html_ok", "unreadable"),
        ("invalid_json", "unreadable"),
        ("empty", "unreadable"),
        ("no_choices", "unreadable"),
        ("drops", "dropped"),
        ("drops_midway", "cut_off"),
        ("rate_limit", "rate_limit"),
        ("server_error", "server_error"),
        ("overloaded", "overloaded"),
    ],
)
def test_each_way_to_fail_has_its_name(client_of: Callable[..., Client], scenario: str, code: str) -> None:
    assert failure(client_of(scenario)).code == code


def test_a_wrong_key_and_an_unknown_model_are_told_apart(sandbox: Sandbox, client_of: Callable[..., Client]) -> None:
    assert failure(Client(Connection(sandbox.base_url, "wrong"))).code == "bad_key"
    with pytest.raises(ApiError) as raised:
        client_of().ask(COMPLETIONS, {**HELLO, "model": "no-such-model"}, CallOptions(ONCE, LOGGER))
    assert raised.value.code == "model_not_found"


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
    assert time.monotonic() - start < 2
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
    """Give a server that sends one byte of its answer every tenth of a second, for ever."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n%b\r\n" % request.param)
                with suppress(OSError):
                    while not done.wait(0.1):
                        connection.sendall(b" ")

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        done.set()
        thread.join()


def test_a_server_that_drips_gets_no_more_time_than_a_silent_one(dripping: str) -> None:
    client = Client(Connection(dripping, "key"))
    start = time.monotonic()
    assert failure(client, CallLimits(timeout=0.5, max_retries=0)).code in ("timeout", "cut_off")
    assert time.monotonic() - start < 1.5
    client.close()


def cancelled_while_waiting(server: Silent, limits: CallLimits = ONCE) -> ApiError:
    """Ask, cancel once the server has the request, and give the error."""
    cancel = Cancel()
    with server.listening() as address, ThreadPoolExecutor(1) as threads:
        client = Client(Connection(address, "key"))
        asking = threads.submit(client.ask, COMPLETIONS, HELLO, CallOptions(limits, LOGGER, cancel=cancel))
        assert server.asked.wait(10)
        cancel.set()
        assert server.gone.wait(2), "the connection is still open"
        with pytest.raises(ApiError) as raised:
            asking.result(2)
        client.close()
    return raised.value


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n\r\n{",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\n\r\ndata: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n',
    ],
    ids=["no answer yet", "half a head", "the head", "a body without a length", "an error", "a stream"],
)
def test_a_call_is_cancelled_at_once_however_far_its_answer_is(sent: bytes) -> None:
    error = cancelled_while_waiting(Silent(sent), CallLimits(timeout=30, max_retries=3, after_timeout=True))
    assert error.code == "cancelled"
    assert [each.outcome for each in error.tries] == ["cancelled"]


def test_a_call_over_tls_is_cancelled_while_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cryptography")
    certificate, key = write_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert cancelled_while_waiting(Silent(tls=context)).code == "cancelled"


def test_a_call_that_was_cancelled_before_is_not_sent(sandbox: Sandbox, client_of: Callable[..., Client]) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(ApiError) as raised:
        client_of().ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER, cancel=cancel))
    assert (raised.value.code, raised.value.tries) == ("cancelled", ())
    assert not sandbox.requests


def test_a_cancel_that_comes_late_does_not_touch_the_next_call(client_of: Callable[..., Client]) -> None:
    client, cancel = client_of(), Cancel()
    client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER, cancel=cancel))
    pieces = client.stream(COMPLETIONS, {**HELLO, "stream": True}, CallOptions(ONCE, LOGGER))
    next(pieces)  # over the same connection
    cancel.set()
    assert "".join(piece.text for piece in pieces)


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


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(Client(Connection(f"http://127.0.0.1:{port}/v1", "key")))
    assert error.code == "unreachable"
    assert f"Nobody listens at 127.0.0.1:{port}." in str(error)


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


def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    error = failure(Client(Connection("https://127.0.0.1:9/v1", KEY)))
    assert error.code == "untrusted"
    assert "/no/such/file.pem" in str(error)


def test_no_log_line_has_the_key_or_the_body(
    client_of: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "component"):
        client_of("server_error").ask(
            COMPLETIONS, {**HELLO, "user": "private"}, CallOptions(CallLimits(timeout=10), LOGGER)
        )
    assert caplog.records
    assert KEY not in caplog.text
    assert "private" not in caplog.text


def test_a_redirect_is_told_and_a_paid_request_is_never_sent_on() -> None:
    with responses.RequestsMock() as api:
        api.post(ENDPOINT, status=308, headers={"Location": "https://elsewhere.example/"})
        assert failure(Client(Connection(PUBLIC_API, "key"))).code == "redirected"


@pytest.mark.parametrize(
    "address", ["http://a..b/v1", "http://*.x/v1", "http://%zz/v1", f"http://{'x' * 70}/v1", "http://\u00fc..de"]
)
def test_an_address_that_is_none_is_named_and_not_tried_again(address: str) -> None:
    error = failure(Client(Connection(address, "key")), CallLimits(timeout=5, max_retries=3))
    assert error.code in ("wrong_address", "unreachable")
    assert "Base URL" in str(error)
    assert len(error.tries) <= 1


def test_a_proxy_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://a..b:3128")
    monkeypatch.setenv("no_proxy", "")
    assert failure(Client(Connection("http://api.example/v1", "key"))).code == "unreachable"


@pytest.mark.parametrize("cut", [0, 470, 490])
def test_what_the_service_says_is_told_without_the_secrets_that_it_repeats(cut: int) -> None:
    connection = Connection(
        "https://gw.example/v1?api-version=2024-10-21&key=query-s%20cret",
        "sk-of-the-operator",
        more_headers=(("X-Token", "Basic header-secret"), ("X-Title", "shop")),
    )
    said = f"{'.' * cut} Bearer sk-of-the-operator, header-secret, query-s cret for the shop since 2024-10-21"
    with responses.RequestsMock() as api:
        api.post("https://gw.example/v1/chat/completions", status=401, json={"error": {"message": said, "code": said}})
        error = failure(Client(connection))
    told = f"{error} {error.to_json()} {error!r} {error.text}"
    for secret in ("of-the-operator", "header-s", "query-s"):
        assert secret not in told
    if not cut:
        assert error.text == " Bearer ***, ***, *** for the shop since 2024-10-21"


def test_a_secret_in_a_stream_s_error_is_not_told_either() -> None:
    with responses.RequestsMock() as api:
        api.post(ENDPOINT, body=b'data: {"error": {"message": "no sk-of-the-operator"}}\n\n')
        assert failure(Client(Connection(PUBLIC_API, "sk-of-the-operator"))).text == "no ***"


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
    with responses.RequestsMock() as api:
        api.post(ENDPOINT, body=b"data: %b\n\ndata: [DONE]\n\n" % body if streams else body)
        answer = Client(Connection(PUBLIC_API, "key")).ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    assert bool(answer.warnings) == is_warned
    assert all("finish_reason" in warning and "choice 0" in warning for warning in answer.warnings)


def test_a_no_inside_a_200_is_a_no() -> None:
    with responses.RequestsMock() as api:
        api.post(ENDPOINT, json={"error": {"message": "Out of credit", "code": 402}})
        assert failure(Client(Connection(PUBLIC_API, "key"))).code == "quota"


def test_the_service_s_own_hint_is_told_when_there_is_no_time_to_follow_it() -> None:
    with responses.RequestsMock() as api:
        api.post(ENDPOINT, status=429, headers={"Retry-After": "30"}, json={"error": {"code": "rate_limit_exceeded"}})
        error = failure(Client(Connection(PUBLIC_API, "key")), CallLimits(timeout=5, max_retries=3))
    assert error.retry_after == 30
    assert "asks to wait 30 seconds" in str(error)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("baseUrl", "api.openai.com/v1"),
        ("baseUrl", "ftp://x/v1"),
        ("baseUrl", "https://"),
        ("baseUrl", "http://[::1"),
        ("baseUrl", "http://host:port/v1"),
        ("baseUrl", "http://a..b"),
        ("baseUrl", "http://*.x/v1"),
        ("baseUrl", "http://%zz/v1"),
        ("baseUrl", f"http://{'x' * 70}.de/v1"),
        ("baseUrl", f"http://{'x.' * 130}de/v1"),
        ("apiKey", "sk-1\nX-Evil: 1"),
        ("apiKey", "sk-ключ"),
        ("organization", "org\r\n"[:5]),
    ],
)
def test_settings_that_no_request_can_be_made_with_are_named(setting: str, value: str) -> None:
    with pytest.raises(InvalidConfig) as raised:
        Connection.of({"apiKey": "key", setting: value})
    assert raised.value.faults[0].pointer == f"/{setting}"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(status=st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500, 599]), body=JSON | st.binary(max_size=40))
def test_any_answer_at_all_is_a_completion_or_a_named_error(status: int, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with responses.RequestsMock() as api:
        api.post(ENDPOINT, status=status, body=content)
        outcome = outcome_of(Client(Connection(PUBLIC_API, "key")))
    assert outcome == "answered" or outcome in CATALOG


def outcome_of(client: Client) -> str:
    try:
        answer = client.ask(COMPLETIONS, HELLO, CallOptions(ONCE, LOGGER))
    except ApiError as error:
        return error.code if "\n" not in str(error) else str(error)
    return "answered" if isinstance(answer.body["choices"], list) else "choices are no list"
