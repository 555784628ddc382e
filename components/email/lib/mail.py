"""A mail, made of a message's body."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_LISTS = ("to", "cc", "bcc")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")  # and halves of characters, which no header can hold
_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", re.ASCII | re.IGNORECASE)


def make_mail(body: Mapping[str, Any], sender: str, message_id: str | None) -> tuple[EmailMessage, list[str]]:
    """Return the mail and all its recipients; raise InvalidInput for an address or an attachment that is none.

    A message that is brought again makes a mail with the same Message-ID, which many servers deliver once.
    """
    mail = EmailMessage()
    mail["Subject"] = _CONTROLS.sub(" ", body.get("subject") or "").strip()
    mail["From"] = read_addresses(sender, "/from")
    recipients: list[str] = []
    for name in _LISTS:
        addresses = read_addresses(body.get(name) or "", f"/{name}")
        recipients.extend(address.addr_spec for address in addresses)
        if addresses and name != "bcc":
            mail[name.capitalize()] = addresses
    if not recipients:
        raise InvalidInput("is missing; map who gets the mail (to, cc or bcc)", pointer="/to")
    domain = mail["From"].addresses[0].domain
    digest = hashlib.sha256(f"{message_id}\0{sorted(recipients)}".encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@{domain}>" if message_id else make_msgid(domain=domain)
    mail["Date"] = formatdate()
    _fill(mail, body)
    return mail, recipients


def read_addresses(written: str, pointer: str) -> list[Address]:
    """Return the addresses of a comma list; a domain with foreign letters is written as the net has it."""
    addresses = []
    for name, address in getaddresses([_CONTROLS.sub(" ", written)]):
        if not (name or address):
            continue
        user, _, domain = address.rpartition("@")
        try:
            addresses.append(Address(_CONTROLS.sub(" ", name), user, domain.encode("idna").decode()))
        except (ValueError, MessageError, IndexError) as error:
            raise InvalidInput(
                f"{address or name!r} is not an address such as ann@example.com", pointer=pointer
            ) from error
        if not user or not domain:
            raise InvalidInput(f"{address or name!r} is not an address such as ann@example.com", pointer=pointer)
    if written.strip() and not addresses:
        raise InvalidInput(f"{written!r} is not a list of addresses", pointer=pointer)
    return addresses


def _fill(mail: EmailMessage, body: Mapping[str, Any]) -> None:
    text, html = body.get("textBody"), body.get("htmlBody")
    if text is not None or html is None:
        mail.set_content(_clean(text or ""))
    if html is not None:
        (mail.add_alternative if text is not None else mail.set_content)(_clean(html), subtype="html")
    for number, attachment in enumerate(body.get("attachments") or ()):
        _attach(mail, attachment, f"/attachments/{number}")


def _attach(mail: EmailMessage, attachment: Mapping[str, Any], pointer: str) -> None:
    name = _CONTROLS.sub(" ", attachment["filename"])
    kind, content = read_attachment(attachment, pointer)
    if isinstance(content, str):
        mail.add_attachment(content, filename=name)
        return
    kinds = (kind, guess_type(name)[0] or "", "application/octet-stream")
    kind = next(each for each in kinds if _TYPE.fullmatch(each))
    main, _, sub = kind.partition("/")
    mail.add_attachment(content, maintype=main, subtype=sub, filename=name)


def read_attachment(attachment: Mapping[str, Any], pointer: str) -> tuple[str, str | bytes]:
    """Return the type, "" if it is not said, and the content: a text, or a data URL's bytes."""
    if "content" in attachment:
        return "", _clean(str(attachment["content"]))
    head, comma, data = str(attachment.get("url", "")).partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise InvalidInput("has no content; map content (text) or url (a data URL)", pointer=pointer)
    try:
        return head.removeprefix("data:").split(";")[0], b64decode(data, validate=True)
    except binascii.Error as error:
        raise InvalidInput(f"has broken base64: {error}", pointer=f"{pointer}/url") from error


def _clean(text: str) -> str:
    """Return the text without halves of characters, which no mail can hold."""
    return text.encode("utf-8", "replace").decode()
