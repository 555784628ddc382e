"""Send Request: the body goes to the API; the completion goes on as it came, and beside it what it is worth."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Fault, Message, Schema

from ..budgets import Pays, split_key
from ..completions.preflight import find_missing_sources
from ..completions.unknown_members import find_misspelled
from ..fallbacks import Fallbacks
from ..responses.route import CHAT
from .select_model import guess_model, models, resolve_model

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from pysailor import Context, HttpRequest

    from ..api.stream import Piece
    from ..endpoint import CheckResult
    from ..result import Result

__all__ = ["check", "models", "preview", "process"]
_SCHEMA = Path(__file__).parents[1] / "schemas" / "sendRequest.in.json"


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message | Iterator[Message]:
    """Send the request and return the completion, or yield its pieces first if the step wants them.

    Raise InvalidInput, OverBudget, ApiError or BadAnswer.
    """
    body, key = split_key(msg.body)
    pipeline = Fallbacks.of_step(CHAT, resolve_model(cfg, ctx), ctx, snapshot, msg.attachments, Pays(key))
    if cfg.get("emitPieces"):
        return _emit_all(pipeline.pieces(body), msg, ctx)
    return _emitted(pipeline.result(body), msg, ctx)


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return what is wrong with a request, and what may be, without sending it."""
    found = Fallbacks.of_step(CHAT, guess_model(cfg, ctx), ctx, snapshot).check(split_key(msg.body)[0])
    missing = (Fault(pointer, problem) for pointer, problem in find_missing_sources(msg.body, msg.attachments))
    return replace(found, errors=(*found.errors, *missing))


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that process would send, before files are fetched."""
    return Fallbacks.of_step(CHAT, guess_model(cfg, ctx), ctx).preview(split_key(msg.body)[0])


def _emitted(result: Result, msg: Message, ctx: Context) -> Message:
    """Return the completion with its report, and with what seems misspelled in the request."""
    result = result.with_warnings(map(str, find_misspelled(ctx.keep(Schema.load, _SCHEMA), msg.body)))
    return Message(body={**result.completion, "result": result.to_json()}, headers=result.headers())


def _emit_all(pieces: Generator[Piece, None, Result], msg: Message, ctx: Context) -> Iterator[Message]:
    yield _emitted((yield from _emit_pieces(pieces)), msg, ctx)


def _emit_pieces(pieces: Generator[Piece, None, Result]) -> Generator[Message, None, Result]:
    with closing(pieces):
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                result: Result = end.value
                return result
            if piece.kind == "content":
                yield _message(piece)


def _message(piece: Piece) -> Message:
    """Return a piece in the form of a whole answer, so that the next step finds it in the same place."""
    choice = {
        "index": piece.choice,
        "message": {"role": "assistant", "content": piece.text},
        "finish_reason": None,
    }
    body = {"object": "chat.completion.chunk", "choices": [choice], "result": {"outcome": "piece"}}
    return Message(body=body, headers={"x-outcome": "piece"})
