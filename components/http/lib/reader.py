"""Sends an HTTP request that is written as the platform's REST API component has it: its parts are expressions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, InvalidInput, Message

from .exchange import HttpCall
from .expression import MISSING, Expression
from .policy import apply_policy
from .reported import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return `{"statusCode", "HTTPHeaders", "responseBody"}`; an error status is what the step's policy makes of it."""
    call = build_call(msg, cfg, ctx)
    return apply_policy(ask(ctx, call, cfg), cfg)


def build_call(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpCall:
    """Return the call that the reader describes: url, the headers' values and the body are evaluated on the message."""
    reader = cfg["reader"]
    if not isinstance(reader, dict) or not isinstance(reader.get("url"), str):
        raise InvalidConfig('takes an object with method and url, {"method": "GET", "url": "…"}', pointer="/reader")
    url = _evaluate(reader["url"], msg, ctx, "/reader/url")
    if not isinstance(url, str):
        raise InvalidInput(f"The expression of the URL gives no text: {reader['url'][:200]}")
    headers = _read_headers(reader.get("headers") or (), msg, ctx)
    if cfg.get("authorization"):
        headers["Authorization"] = cfg["authorization"]
    written = _read_body(reader.get("body") or {})
    found = _evaluate(written["raw"], msg, ctx, "/reader/body/raw") if written.get("raw") else MISSING
    content = None if found is MISSING else _text(found)
    if content is not None and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = written.get("contentType") or "application/json"
    return HttpCall(str(reader.get("method") or "GET").upper(), url, headers, content)


def _read_body(written: Any) -> Mapping[str, Any]:
    if not isinstance(written, dict) or not isinstance(written.get("raw") or "", str):
        raise InvalidConfig('takes an object whose raw is an expression, {"raw": "…"}', pointer="/reader/body")
    return written


def _read_headers(written: Sequence[Mapping[str, Any]], msg: Message, ctx: Context) -> dict[str, str]:
    if not isinstance(written, list | tuple) or not all(isinstance(header, dict) for header in written):
        raise InvalidConfig('takes a list of headers, [{"key": "…", "value": "…"}]', pointer="/reader/headers")
    headers = {}
    for number, header in enumerate(written):
        value = _evaluate(header.get("value") or '""', msg, ctx, f"/reader/headers/{number}/value")
        if header.get("key") and value is not MISSING:
            headers[str(header["key"])] = _text(value)
    return headers


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _evaluate(text: str, msg: Message, ctx: Context, pointer: str) -> Any:
    return Expression.of(text, ctx, pointer).evaluate(msg, ctx)
