"""Mail goes out by SMTP: to a real server on this machine."""

from __future__ import annotations

import email
import email.policy
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from pysailor import Data, InvalidConfig, InvalidCredentials, InvalidInput, StepError
from pysailor.component.builtin import locate_builtin
from pysailor.testing import run_step, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

ROOT = locate_builtin("email")


class Mailbox:
    """What a server took, and whom it refuses with which reply."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused: dict[str, str] = {}
        self.reply = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.recipients.append(envelope.rcpt_tos)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.reply


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=isinstance(login, LoginPassword) and login.password == b"open sesame", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def cfg(mailbox: Mailbox) -> Iterator[dict[str, Any]]:
    """Run the server and return the credential that leads there."""
    login: dict[str, Any] = {"authenticator": authenticate, "auth_require_tls": False, "enable_SMTPUTF8": True}
    controller = Controller(mailbox, hostname="127.0.0.1", port=0, **login)
    with suppress(OSError):  # it asks itself at the port that it was given, which is 0
        controller.start()
    port = controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    yield {"host": "127.0.0.1", "port": str(port), "security": "none", "from": "Flows <flows@example.com>"}
    controller.stop(no_assert=True)


def send(cfg: dict[str, Any], **body: Any) -> Any:
    (event,) = run_step(ROOT, "send", {"to": "ann@example.com", **body}, cfg=cfg)
    assert isinstance(event, Data)
    return event.message.body


def test_a_mail_arrives_with_all_that_it_has(cfg: dict[str, Any], mailbox: Mailbox) -> None:
    body = {
        "to": "Änn <ann@example.com>, bob@bücher.example",
        "bcc": "cid@example.com",
        "subject": "Grüße\r\nBcc: evil@example.com",
        "textBody": "Hällo",
        "htmlBody": "<b>Hällo</b>",
        "attachments": [
            {"filename": "a.txt", "content": "é"},
            {"filename": "b.pdf", "url": "data:application/pdf;base64,JVBERg=="},
        ],
    }
    result = send(cfg, **body)
    (mail,) = mailbox.mails
    assert result == {
        "messageId": mail["Message-ID"],
        "accepted": ["ann@example.com", "bob@xn--bcher-kva.example", "cid@example.com"],
        "rejected": {},
    }
    assert (mail["Subject"], mail["To"], mail["Bcc"]) == (
        "Grüße Bcc: evil@example.com",
        "Änn <ann@example.com>, bob@xn--bcher-kva.example",
        None,
    )
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert (text.get_content().strip(), html.get_content().strip()) == ("Hällo", "<b>Hällo</b>")
    assert [
        (
            part.get_filename(),
            part.get_content().replace("\r\n", "\n") if part.get_content_maintype() == "text" else part.get_content(),
        )
        for part in mail.iter_attachments()
    ] == [
        ("a.txt", "é\n"),
        ("b.pdf", b"%PDF"),
    ]
    assert mailbox.recipients == [result["accepted"]]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"to": ""}, "/to: is missing; map who gets the mail"),
        ({"to": "ann"}, "/to: 'ann' is not an address"),
        ({"cc": "a@b, @c"}, "/cc: "),
        ({"attachments": [{"filename": "a"}]}, "/attachments/0: has no content"),
        ({"attachments": [{"filename": "a", "url": "data:x/y;base64,A"}]}, "/attachments/0/url: has broken base64"),
    ],
)
def test_what_cannot_be_sent_is_told_before_sending(cfg: dict[str, Any], body: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        send(cfg, **body)


def test_who_is_refused_is_told_and_the_others_get_it(cfg: dict[str, Any], mailbox: Mailbox) -> None:
    mailbox.refused = {"bob@example.com": "550 No such user"}
    result = send(cfg, to="ann@example.com, bob@example.com")
    assert (result["accepted"], result["rejected"]) == (["ann@example.com"], {"bob@example.com": "550 No such user"})


@pytest.mark.parametrize(
    ("refused", "reply", "told", "retryable"),
    [
        ("550 No such user", "250 OK", "does not take any of the recipients: 550 No such user", False),
        ("450 Busy", "250 OK", "does not take any of the recipients now: 450 Busy", True),
        ("", "554 Spam", "does not take the mail: 554 Spam", False),
    ],
)
def test_a_refusal_says_whether_it_may_pass(
    cfg: dict[str, Any], mailbox: Mailbox, refused: str, reply: str, told: str, retryable: bool
) -> None:
    mailbox.refused = {"ann@example.com": refused} if refused else {}
    mailbox.reply = reply
    with pytest.raises(StepError, match=told) as caught:
        send(cfg)
    assert caught.value.to_json()["retryable"] is retryable
    assert send({**cfg, "dontThrowErrorFlg": True})["error"]["retryable"] is retryable


def test_a_credential_is_tested(cfg: dict[str, Any]) -> None:
    verify(ROOT, cfg)
    verify(ROOT, {**cfg, "username": "flows", "password": "open sesame"})
    with pytest.raises(InvalidCredentials, match="/password: is refused by the mail server: 535"):
        verify(ROOT, {**cfg, "username": "flows", "password": "wrong"})
    with pytest.raises(InvalidCredentials, match=r"/security: does not fit: .* does not offer STARTTLS"):
        verify(ROOT, {**cfg, "security": "starttls"})
    with pytest.raises(InvalidCredentials, match="/security: does not fit"):
        verify(ROOT, {**cfg, "security": "tls"})


def test_a_server_that_is_away_is_named() -> None:
    cfg = {"host": "127.0.0.1", "port": "1", "security": "none", "from": "flows@example.com"}
    with pytest.raises(StepError, match=r"The mail server 127\.0\.0\.1:1 cannot be reached: Connection refused"):
        send(cfg)
    with pytest.raises(InvalidConfig, match="security"):
        send({**cfg, "security": "some"})


def test_what_no_header_can_hold_is_left_out(cfg: dict[str, Any], mailbox: Mailbox) -> None:
    odd = ("text/x\r\nX-Y: 1", "multipart/mixed", "message/rfc822", "/", "text/csv")
    attachments = [{"filename": "a\r\nb", "url": f"data:{kind};base64,QQ=="} for kind in odd]
    send(cfg, subject="a\ud800\r\nBcc: eve@example.com", textBody="\ud800", attachments=attachments)
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["Bcc"], mailbox.recipients) == ("a Bcc: eve@example.com", None, [["ann@example.com"]])
    kinds = [part.get_content_type() for part in mail.iter_attachments()]
    assert kinds == [*["application/octet-stream"] * 4, "text/csv"]
