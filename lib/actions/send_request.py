"""Send Request: the message's body goes to the API, the completion goes on as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Message

from .. import request
from ..client import Call, Client
from ..connection import Connection
from ..retry import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context, HttpRequest

    from ..client import Answer


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Send the request and emit the completion; raise ApiError, InvalidInput or InvalidConfig."""
    client = ctx.keep(Client, Connection.of(cfg))
    call = Call(Limits.of(cfg), ctx.logger, ctx.deadline)
    answer = client.complete(request.build(msg.body, cfg), call, ctx.partial)
    return Message(body=answer.body, headers=_told(answer))


def preview(msg: Message, cfg: Mapping[str, Any]) -> HttpRequest:
    """Give the request that process would send."""
    return Client(Connection.of(cfg)).preview(request.build(msg.body, cfg))


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Give the chat models that the credential can use, newest first."""
    client = ctx.keep(Client, Connection.of(cfg))
    return {model["id"]: model["id"] for model in client.models(Call(Limits(timeout=30), ctx.logger))}


def _told(answer: Answer) -> dict[str, str]:
    """Give the message headers: what support will ask for, and how long it took."""
    told = {
        "x-request-id": answer.request_id,
        "x-duration-ms": str(round(answer.seconds * 1000)),
        "x-tries": str(len(answer.tries)),
    }
    return {name: value for name, value in told.items() if value is not None}
