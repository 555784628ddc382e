"""Send Request: the body goes to the API; the completion goes on as it came, and beside it what it is worth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput, Message

from .. import request
from ..client import Call, Client
from ..connection import Connection
from ..exchange import Exchange, Terms
from ..model_list import chat_models
from ..retry import Limits
from ..surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from pysailor import Context, HttpRequest

    from ..exchange import Result
    from ..request import Request
    from ..stream import Piece


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Send the request and emit the completion; raise InvalidInput, OverBudget, ApiError or BadAnswer."""
    client = ctx.keep(Client, Connection.of(cfg))
    exchange = Exchange(client, Terms.of(cfg), ctx, snapshot)
    answering = exchange.pieces(_request(msg, cfg, ctx))
    result = yield from _answered(answering, ctx, emit_pieces=cfg.get("emitPieces", False))
    yield Message(body={**result.completion, "result": result.to_json()}, headers=_told(result))


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> tuple[list[Fault], list[Fault]]:
    """Give the errors and the warnings of a request, without sending it."""
    client = ctx.keep(Client, Connection.of(cfg))
    try:
        asked = _request(msg, cfg, ctx)
        return [], list(Exchange(client, Terms.of(cfg), ctx, snapshot).warnings(asked))
    except InvalidInput as error:
        return list(error.faults), []


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Give the request that process would send."""
    return ctx.keep(Client, Connection.of(cfg)).preview(_request(msg, cfg, ctx).body)


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Give the chat models that the credential can use, newest first; those that are gone soon are marked."""
    connection = Connection.of(cfg)
    listed = ctx.keep(Client, connection).models(Call(Limits(timeout=30), ctx.logger))
    today = datetime.now(tz=UTC).date()
    return chat_models(listed, today, ctx.keep(Surroundings).models, public_api=connection.public)


def _request(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> Request:
    return request.build(msg.body, cfg, ctx.keep(Surroundings).models)


def _answered(
    answering: Generator[Piece, None, Result], ctx: Context, *, emit_pieces: bool
) -> Generator[Message, None, Result]:
    """Show, or emit, each piece as it comes; return the result."""
    while True:
        try:
            piece = next(answering)
        except StopIteration as end:
            result: Result = end.value
            return result
        if piece.choice == 0 and piece.kind in ("content", "refusal"):
            ctx.partial(piece.text)
        if emit_pieces and piece.kind == "content":
            yield _piece(piece)


def _piece(piece: Piece) -> Message:
    """Give a piece in the form of a whole answer, so that the next step finds it in the same place."""
    choice = {
        "index": piece.choice,
        "message": {"role": "assistant", "content": piece.text},
        "finish_reason": None,
    }
    body = {"object": "chat.completion.chunk", "choices": [choice], "result": {"outcome": "piece"}}
    return Message(body=body, headers={"x-outcome": "piece"})


def _told(result: Result) -> dict[str, str]:
    """Give the message headers: what to route on, what support will ask for, and how long it took."""
    told = {
        "x-outcome": result.report["outcome"],
        "x-request-id": result.request_id,
        "x-duration-ms": str(round(result.seconds * 1000)),
        "x-tries": str(len(result.tries)),
        "x-warnings": "; ".join(result.warnings)[:1000] or None,
    }
    return {name: value for name, value in told.items() if value is not None}
