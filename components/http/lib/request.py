"""Sends an HTTP request and returns its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlunsplit

from pysailor import Context, HttpRequest, InvalidInput, Message

from .exchange import HttpCall, split_address
from .policy import apply_policy
from .reported import ask

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return `{"statusCode", "HTTPHeaders", "responseBody"}`; an error status is what the step's policy makes of it."""
    return apply_policy(ask(ctx, build_call(msg.body, cfg), cfg), cfg)


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that would be sent."""
    call = build_call(msg.body, cfg)
    return HttpRequest(call.method, call.url, call.headers, call.content)


def build_call(body: Mapping[str, Any], cfg: Mapping[str, Any]) -> HttpCall:
    """Return the call that the message and the step describe; the message's members go before the step's."""
    url = body.get("url") or cfg.get("url")
    if not url:
        raise InvalidInput("is missing; map it, or fill in the field URL", pointer="/url")
    headers = {name: str(value) for name, value in (body.get("headers") or {}).items() if value is not None}
    if cfg.get("authorization"):
        headers["Authorization"] = cfg["authorization"]
    content = body.get("body")
    if content is not None and not isinstance(content, str):
        content = json.dumps(content, ensure_ascii=False)
        headers = {"Content-Type": "application/json", **headers}
    method = (body.get("method") or cfg["method"]).upper()
    return HttpCall(method, add_query(url, body.get("query") or {}), headers, content)


def add_query(url: str, query: Mapping[str, Any]) -> str:
    """Return the address with these members in its query; null is left out, a list is repeated."""
    if not query:
        return url
    parts = split_address(url)
    added = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))
