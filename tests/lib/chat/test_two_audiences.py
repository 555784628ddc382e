"""A visitor reads what a visitor can do; the operator's log has the reason, and neither has a secret."""

from __future__ import annotations

import contextlib
import logging
import socket as sockets
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from lib.chat.server.client_faults import ClientFaultLog
from lib.conversation import StoreUnavailable
from lib.errors.api_error import ApiError
from lib.errors.catalog import CATALOG
from pysailor import InvalidInput, StepError
from tests.support.chat_client import settings, socket, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.played import Played, Serve

SECRETS = ("sk-of-the-operator", "http://10.1.2.3/v1", "org-4711", "platform.example/billing", "More headers")


class Faulty(StepError):
    """An error that no catalogue knows."""

    code = "nobody_knows"


def api_error(code: str) -> ApiError:
    return ApiError(code, why="; ".join(SECRETS), text="; ".join(SECRETS), status=400)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda code=code: api_error(code) for code in sorted(CATALOG)),
        lambda: InvalidInput("; ".join(SECRETS), pointer="/messages"),
        lambda: StoreUnavailable("; ".join(SECRETS)),
        lambda: Faulty("; ".join(SECRETS)),
        lambda: RuntimeError("; ".join(SECRETS)),
    ],
)
def test_no_failure_tells_a_visitor_anything_of_the_operators(
    serve: Serve, played: Played, make: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def play(*_: object) -> None:
        raise make()

    played.play = play
    with socket(serve()) as ws:
        told = " ".join(turn(ws, "Hi"))
    assert not [secret for secret in SECRETS if secret in told]
    warned = [record.getMessage() for record in caplog.records]
    assert "sk-of-the-operator" not in " ".join(warned)


def test_the_log_has_the_sentence_that_the_visitor_does_not_read(
    serve: Serve, played: Played, caplog: pytest.LogCaptureFixture
) -> None:
    def play(*_: object) -> None:
        raise api_error("quota")

    played.play = play
    with socket(serve()) as ws:
        assert "whoever runs this chat" in turn(ws, "Hi")[0]
    assert "org-4711" in caplog.text


def test_a_setting_from_the_operators_own_text_is_not_quoted(serve: Serve) -> None:
    text = settings("user: {function: \"['planted', handler.get_arg('a', '')]\"}")
    with socket(serve(text)) as ws:
        assert turn(ws) == [
            (
                "[ERROR] This address asks for the impossible: "
                "user: this address gives no value that can be used; allowed: text."
            )
        ]


def test_who_has_no_token_costs_one_line_of_log_however_much_is_sent(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(port=0)
    for _ in range(5):
        with pytest.raises(InvalidStatus), socket(server, origin="https://evil.example"):
            pass
        for head in (b"nonsense\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000):
            with (
                sockets.create_connection(("127.0.0.1", server.port)) as raw,
                contextlib.suppress(ConnectionError),  # the server may close before it has read all of it
            ):
                raw.sendall(head)
                raw.recv(100)
        with contextlib.suppress(ConnectionError), socket(server) as ws:
            ws.socket.sendall(b"\x81\x82\0\0\0\0\xff\xfe")  # a frame that is not UTF-8
            ws.socket.recv(100)
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) <= 2  # one for each server of this process, which share the web server's log
    assert "Traceback" not in caplog.text


def test_an_address_that_gives_no_settings_costs_one_line_too(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    server = serve(settings("user: {function: handler.get_arg('who')}"))
    for _ in range(5):
        with socket(server) as ws:
            assert "lacks the argument" in turn(ws)[0]
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith('The function of "user" gave no value')


def test_what_was_held_back_is_counted_in_the_next_line(caplog: pytest.LogCaptureFixture) -> None:
    now = [1.0]
    faults = ClientFaultLog(logging.getLogger("test"), 60, lambda: now[0])
    for _ in range(4):
        faults.add("Refused")
    now[0] = 62.0
    faults.add("Refused")
    assert [record.getMessage() for record in caplog.records] == [
        "Refused",
        "Refused (3 more of such since the last line)",
    ]
