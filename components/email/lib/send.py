"""Sends a mail by SMTP."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING, Any

from pysailor import Context, Message, StepError

from .mail import make_mail
from .server import MailRefused, MailServerUnavailable, connect, describe_reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage

_LONGEST = 60.0
_LASTING = 500  # replies of SMTP from here on are final


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return who gets the mail and who was refused; raise if nobody does, unless errors are to be results."""
    mail, recipients = make_mail(msg.body, cfg["from"], ctx.message_id)
    try:
        rejected = send(mail, recipients, cfg, ctx.seconds_left(_LONGEST))
    except StepError as error:
        if not cfg["dontThrowErrorFlg"]:
            raise
        return Message(body={"accepted": [], "rejected": {}, "error": error.to_json()})
    accepted = [address for address in recipients if address not in rejected]
    return Message(body={"messageId": mail["Message-ID"], "accepted": accepted, "rejected": rejected})


def send(mail: EmailMessage, recipients: list[str], cfg: Mapping[str, Any], seconds: float) -> dict[str, str]:
    """Send the mail and return the recipients that were refused, each with the server's words."""
    sender = mail["From"].addresses[0].addr_spec
    with connect(cfg, seconds) as server:
        try:
            refused = server.send_message(mail, sender, recipients)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(
                [(code, text) for code, text in error.recipients.values()], "any of the recipients"
            ) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal([(error.smtp_code, error.smtp_error)], "the mail") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerUnavailable(
                f"The mail server broke off: {error}. Whether it has the mail is open."
            ) from error
    return {address: describe_reply(code, text) for address, (code, text) in refused.items()}


def _refusal(replies: list[tuple[int, bytes | str]], what: str) -> StepError:
    words = "; ".join(dict.fromkeys(describe_reply(code, text) for code, text in replies))
    if all(code < _LASTING for code, _ in replies):
        return MailServerUnavailable(f"The mail server does not take {what} now: {words}")
    return MailRefused(f"The mail server does not take {what}: {words}")
