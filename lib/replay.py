"""A call and its answer in the journal: a message that is brought again gets the answer it got, and pays nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from pysailor import SailorError

from .api.client import ApiAnswer
from .api.stream import Piece, drain
from .endpoint import BuiltRequest
from .errors.api_error import ApiError, Try

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from pysailor import Context, OnUnknown

MAY_REPEAT = (
    "this was asked before by a worker that ended meanwhile, and whether it was answered is not known; "
    "it may have been paid for twice"
)
_WHOLE = BuiltRequest({}, None)
_TOLD = ("why", "text", "status", "api_code", "param", "request_id", "retry_after")
_LOST = ("timeout", "cut_off", "dropped", "cancelled")
"""How a call ends that may have been answered, and paid for, all the same."""


class Asked(NamedTuple):
    """What was asked in the end, and where; its answer, what was changed on the way, what was learnt of the server."""

    answer: ApiAnswer
    request: BuiltRequest
    path: str
    notes: tuple[str, ...] = ()
    learned: Mapping[str, Any] | None = None
    replayed: bool = False


def ask_once(
    ctx: Context,
    on_unknown: OnUnknown,
    wanted: Any,
    request: BuiltRequest,
    ask: Callable[[BuiltRequest], Generator[Piece, None, Asked]],
) -> Generator[Piece, None, Asked]:
    """Ask, unless the journal has an answer to an earlier attempt: then yield its pieces and return that.

    `wanted` is what the message makes the step ask, before what the step has learnt of the server changes it.
    Raise FateUnknown or Rebound if the step wants that where an earlier attempt's fate is not known.
    """
    with ctx.journal.open(_canonical(wanted), on_unknown=on_unknown) as entry:
        if entry.answer is not None:
            return (yield from _give_again(ctx, entry.answer, request))
        if entry.refused is not None:
            raise _refuse_again(entry.refused)
        pieces: list[Piece] = []
        try:
            asked = yield from _note(ask(request), pieces)
        except ApiError as error:
            if entry.may_repeat:
                error.why = f"{error.why} Besides, {MAY_REPEAT}.".strip()
            if error.code not in _LOST and not any(one.is_lost for one in error.tries):
                entry.refuse(_write_refusal(error))
            raise
        except SailorError:  # no budget, or no turn: nothing was sent
            entry.forget()
            raise
        if entry.may_repeat:
            asked = asked._replace(notes=(*asked.notes, MAY_REPEAT))
        entry.keep(_write(asked, request, pieces))
        return asked


def ask_whole_once(ctx: Context, on_unknown: OnUnknown, wanted: Any, ask: Callable[[], ApiAnswer]) -> Asked:
    """Ask for an answer that comes as a whole, unless an earlier attempt at this message got it; see ask_once.

    `wanted` is all that makes one request differ from another. A message may ask several times, in the same order.
    """

    def once(request: BuiltRequest) -> Generator[Piece, None, Asked]:
        yield from ()
        return Asked(ask(), request, "")

    return drain(ask_once(ctx, on_unknown, wanted, _WHOLE, once))


def _note(source: Generator[Piece, None, Asked], pieces: list[Piece]) -> Generator[Piece, None, Asked]:
    """Pass the pieces on and keep them: those that are given again must be the same ones."""
    try:
        while True:
            try:
                piece = next(source)
            except StopIteration as end:
                asked: Asked = end.value
                return asked
            pieces.append(piece)
            yield piece
    finally:
        source.close()


def _give_again(ctx: Context, kept: bytes, request: BuiltRequest) -> Generator[Piece, None, Asked]:
    document = json.loads(kept)
    if document["learned"]:
        ctx.update_snapshot(document["learned"])
    for choice, kind, text in document["pieces"]:
        yield Piece(choice, kind, text)
    answer = document["answer"]
    tries = tuple(Try(*each) for each in answer["tries"])
    got = ApiAnswer(answer["body"], answer["request_id"], tries, answer["seconds"], tuple(answer["warnings"]))
    sent = request if document["sent"] is None else BuiltRequest(document["sent"], request.family, request.notes)
    return Asked(got, sent, document["path"], tuple(document["notes"]), document["learned"], replayed=True)


def _write(asked: Asked, request: BuiltRequest, pieces: list[Piece]) -> bytes:
    got = asked.answer
    answer = {
        "body": got.body,
        "request_id": got.request_id,
        "tries": _tries(got.tries),
        "seconds": got.seconds,
        "warnings": got.warnings,
    }
    sent = None if asked.request is request else asked.request.body
    learned = asked.learned or None
    document = {
        "answer": answer,
        "sent": sent,
        "path": asked.path,
        "notes": asked.notes,
        "learned": learned,
        "pieces": pieces,
    }
    return _dump(document)


def _write_refusal(error: ApiError) -> bytes:
    told = {name: getattr(error, name) for name in _TOLD}
    return _dump({"code": error.code, **told, "tries": _tries(error.tries)})


def _refuse_again(kept: bytes) -> ApiError:
    """Return the error that the service answered with, so that what was asked after it is asked after it again."""
    document = json.loads(kept)
    tries = tuple(Try(*each) for each in document.pop("tries"))
    error = ApiError(**document)
    error.tries = tries
    return error


def _tries(tries: Sequence[Try]) -> list[list[Any]]:
    return [[one.outcome, one.seconds, one.request_id] for one in tries]


def _canonical(document: Any) -> bytes:
    """Return JSON in one fixed order of members."""
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number of more than 64 bits, half a character
        return json.dumps(document, sort_keys=True).encode()


def _dump(document: Any) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode()
