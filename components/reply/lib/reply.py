"""Answers the HTTP request that started the flow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from pysailor import Context, InvalidInput, Message, StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = ("127.0.0.1", "::1", "localhost")
_SECONDS = 30.0
_GONE = 410
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN = {"content-length", "transfer-encoding", "connection"}


class NobodyWaits(StepError):
    """The request that started the flow does not wait for an answer, or no longer.

    Set Wait for reply in the webhook that starts the flow; give it more seconds if the flow takes longer.
    """

    code = "nobody_waits"


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the body as it came, once the answer is given: to a webhook on this machine, else to the platform."""
    reply_to = find_reply_address(msg)
    headers = read_headers(msg.body)
    status = read_status(msg.body.get("statusCode", 200))
    if urlsplit(reply_to).hostname in _HERE:
        _send(reply_to, {"statusCode": status, "headers": headers, "body": msg.body["responseBody"]})
    else:
        ctx.http_reply(status, msg.body["responseBody"], headers)
    return Message(body=msg.body)


def find_reply_address(msg: Message) -> str:
    """Return where the answer goes: the message says it, or an earlier step's does; raise NobodyWaits."""
    earlier = (step.get("headers") for step in (msg.passthrough or {}).values() if isinstance(step, dict))
    for headers in (msg.headers, *earlier):
        address = headers.get("reply_to") if isinstance(headers, dict) else None
        if isinstance(address, str) and address:
            return address
    raise NobodyWaits("No HTTP request started this flow: there is nobody to answer.")


def read_headers(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the answer's own headers; raise InvalidInput for a name or a value that HTTP does not allow."""
    named = {**(body.get("customHeaders") or {})}
    if body.get("contentType"):
        named["Content-Type"] = body["contentType"]
    for name, value in named.items():
        if not _NAME.fullmatch(name) or name.lower() in _OWN or re.search(r"[\r\n\0]", str(value)):
            raise InvalidInput("is not a header that an answer may have", pointer=f"/customHeaders/{name}")
    return {name: str(value) for name, value in named.items()}


def read_status(value: Any) -> int:
    """Return the status; raise InvalidInput unless it is one from 200 to 599."""
    if not isinstance(value, int) or not 200 <= value <= 599:  # noqa: PLR2004 - what HTTP allows for an answer
        raise InvalidInput(f"{value!r} is not a status; one from 200 to 599 is", pointer="/statusCode")
    return value


def _send(address: str, answer: dict[str, Any]) -> None:
    try:
        response = requests.post(address, json=answer, timeout=_SECONDS, proxies={"http": "", "https": ""})
    except requests.RequestException as error:
        raise NobodyWaits("The webhook that started the flow is gone, and the request with it.") from error
    if response.status_code == _GONE:
        raise NobodyWaits("The request that started the flow was answered already, or waited too long.")
