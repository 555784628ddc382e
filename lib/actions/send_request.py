"""Send Request: the body goes to the API; the completion goes on as it came, and beside it what it is worth."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from pysailor import Message

from ..api.client import Client
from ..completions import request
from ..completions.pipeline import Exchange
from ..environment import Surroundings
from ..setup import setup
from .select_model import models

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from pysailor import Context, HttpRequest

    from ..api.stream import Piece
    from ..completions.request import Request, Verdict
    from ..completions.result import Result

__all__ = ["check", "models", "preview", "process"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Send the request and emit the completion; raise InvalidInput, OverBudget, ApiError or BadAnswer."""
    given = setup(cfg, ctx)
    client = ctx.keep(Client, given.connection)
    exchange = Exchange(client, given.terms, ctx, snapshot, msg.attachments)
    asked = _request(msg, cfg, client, ctx)
    if cfg.get("emitPieces"):
        result = yield from _emitting_pieces(exchange, asked)
    else:
        result = exchange.result(asked)
    yield Message(body={**result.completion, "result": result.to_json()}, headers=result.headers())


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Verdict:
    """Say what is wrong with a request, and what may be, without sending it."""
    given = setup(cfg, ctx)
    client = ctx.keep(Client, given.connection)
    return Exchange(client, given.terms, ctx, snapshot).verdict(_request(msg, cfg, client, ctx))


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Give the request that process would send, before files are fetched."""
    client = ctx.keep(Client, setup(cfg, ctx).connection)
    return client.preview(_request(msg, cfg, client, ctx).body)


def _request(msg: Message, cfg: Mapping[str, Any], client: Client, ctx: Context) -> Request:
    return request.build(msg.body, cfg, ctx.keep(Surroundings).models, client.connection.server)


def _emitting_pieces(exchange: Exchange, asked: Request) -> Generator[Message, None, Result]:
    with closing(exchange.pieces(asked)) as answering:
        while True:
            try:
                piece = next(answering)
            except StopIteration as end:
                result: Result = end.value
                return result
            if piece.kind == "content":
                yield _message(piece)


def _message(piece: Piece) -> Message:
    """Give a piece in the form of a whole answer, so that the next step finds it in the same place."""
    choice = {
        "index": piece.choice,
        "message": {"role": "assistant", "content": piece.text},
        "finish_reason": None,
    }
    body = {"object": "chat.completion.chunk", "choices": [choice], "result": {"outcome": "piece"}}
    return Message(body=body, headers={"x-outcome": "piece"})
