"""A call is stopped from another thread, wherever its answer stands."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lib.api.cancel import Cancel
from lib.api.client import CallOptions, Client
from lib.api.connection import Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError
from tests.support.certificate import write_certificate
from tests.support.silent import Silent

from ..conftest import HELLO, LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lib.offline.sandbox import Sandbox

ONCE = CallLimits(timeout=60, max_retries=0)


def failure(client: Client, limits: CallLimits = ONCE) -> ApiError:
    with pytest.raises(ApiError) as raised:
        client.ask(COMPLETIONS, HELLO, CallOptions(limits, LOGGER))
    return raised.value


def cancelled_while_waiting(server: Silent, limits: CallLimits = ONCE) -> ApiError:
    """Ask, cancel once the server has the request, and return the error."""
    cancel = Cancel()
    with server.listening() as address, ThreadPoolExecutor(1) as threads:
        client = Client(Connection(address, "key"))
        asking = threads.submit(client.ask, COMPLETIONS, HELLO, CallOptions(limits, LOGGER, cancel=cancel))
        assert server.asked.wait(60)
        cancel.set()
        assert server.gone.wait(60), "the connection is still open"
        with pytest.raises(ApiError) as raised:
            asking.result(60)
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
