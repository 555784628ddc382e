"""The mail server, and what its refusals mean for a step."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class MailServerUnavailable(StepError):
    """The mail server cannot be reached, or cannot take the mail now.

    Look whether host and port are right, and whether the server is up; then send the message again.
    """

    code = "mail_server_unavailable"
    retryable = True


class MailRefused(StepError):
    """The mail server takes neither the sender nor any of the recipients, or not this mail.

    The message has the server's words. Mend the addresses or the mail.
    """

    code = "mail_refused"


@contextmanager
def connect(cfg: Mapping[str, Any], seconds: float) -> Iterator[smtplib.SMTP]:
    """Connect and log in; raise InvalidConfig if the login is refused, MailServerUnavailable if nobody answers."""
    host, security = cfg["host"], cfg["security"]
    port = int(cfg.get("port") or _PORTS[security])
    place = f"{host}:{port}"
    try:
        server = _open(host, port, security, max(seconds, 1.0))
    except ssl.SSLError as error:
        raise InvalidConfig(
            f"does not fit: {place} does not speak TLS so ({error.reason or error})", pointer="/security"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise InvalidConfig(f"does not fit: {place} does not offer STARTTLS", pointer="/security") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerUnavailable(f"The mail server {place} cannot be reached: {_describe(error)}") from error
    with server:
        _log_in(server, cfg)
        yield server


def _open(host: str, port: int, security: str, seconds: float) -> smtplib.SMTP:
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=seconds, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=seconds)
    try:
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _log_in(server: smtplib.SMTP, cfg: Mapping[str, Any]) -> None:
    if not cfg.get("username"):
        return
    try:
        server.login(cfg["username"], cfg.get("password", ""))
    except smtplib.SMTPNotSupportedError as error:
        raise InvalidConfig("is given, but the mail server takes no login here", pointer="/username") from error
    except smtplib.SMTPAuthenticationError as error:
        raise InvalidConfig(f"is refused by the mail server: {_describe(error)}", pointer="/password") from error
    except smtplib.SMTPException as error:
        raise MailServerUnavailable(f"The mail server broke off the login: {_describe(error)}") from error


def describe_reply(code: int, text: bytes | str) -> str:
    """Return a server's reply as a line."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:300]


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return describe_reply(error.smtp_code, error.smtp_error)
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error) or type(error).__name__
