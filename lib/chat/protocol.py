"""What goes over the socket. Pure: text in, text out.

Text, as Gramex has it: a frame is a question; the answer is one frame, or one frame a piece, and an empty frame ends
the turn; `[ERROR] …` says what went wrong. JSON (`?format=json`, or the subprotocol `json`): see docs/chat.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..completions.answer.content import join_surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUBPROTOCOLS = ("json", "text")
_encode = json.JSONEncoder(separators=(",", ":")).encode  # dumps() would make one for each frame
_HIGH_SURROGATE = range(0xD800, 0xDC00)


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture or file that comes with a question; `data` is its content in base64, not looked at yet."""

    name: str
    data: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question."""

    text: str
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the answer that is being made, and forget the questions that wait."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask the last question again, or a changed one, in place of the last one's answer.

    `uploads` take the place of what was sent along; None leaves that.
    """

    text: str | None = None
    uploads: tuple[Upload, ...] | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Forget this conversation."""


@dataclass(frozen=True, slots=True)
class Token:
    """The visitor's token."""

    token: str


ClientMessage = Ask | Stop | Retry | Delete | Token


class Unreadable(Exception):
    """A frame that nobody understands; the text says what is allowed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a socket begins with. `source` is api, sandbox or local; `messages` are those of an earlier socket.

    `known` is False where the client wants a conversation to go on that nothing is kept of. A message may have
    `message_bytes` at most; `attachments` tells what may be sent along, None if nothing.
    """

    conversation: str
    title: str
    model: str
    source: str
    note: str
    messages: Sequence[Mapping[str, Any]] = ()
    known: bool = True
    message_bytes: int = 0
    attachments: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A turn that came to an end.

    `streamed` says whether the text has gone out in pieces already; `remark` is a sentence about an answer that is not
    complete; `kept` whether the conversation holds this turn.
    """

    text: str
    outcome: str
    remark: str
    usage: Mapping[str, Any] | None
    cost: Mapping[str, Any] | None
    kept: bool
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A turn, or a whole socket, that came to nothing: a stable code and a sentence."""

    code: str
    message: str
    retryable: bool = False


class Format(Protocol):
    """How events become frames."""

    name: str
    streams: bool
    """Whether an answer comes in pieces where the settings do not say."""
    has_numbers: bool
    """Whether frames tell which turn they belong to; without, they have to come in the order of the messages."""

    def read(self, frame: str) -> ClientMessage:
        """Understand a frame; raise Unreadable."""

    def ask_for_token(self) -> list[str]: ...

    def open(self, opened: Opened) -> list[str]:
        """Return what the socket begins with."""

    def confirm_delete(self) -> list[str]:
        """Return the frame that says the conversation is forgotten."""

    def begin(self, turn: int) -> list[str]: ...

    def piece(self, turn: int, text: str) -> list[str]:
        """Return a piece of the answer."""

    def end(self, turn: int, answered: Answered) -> list[str]: ...

    def fail(self, turn: int | None, failed: Failed) -> list[str]:
        """End a turn that failed; None is a failure outside any turn."""


class Text:
    """Frames of plain text."""

    name = "text"
    streams = False
    has_numbers = False

    def read(self, frame: str) -> ClientMessage:
        """Every frame is a question."""
        if not frame.strip():
            raise Unreadable("An empty message asks nothing.")
        return Ask(frame)

    def ask_for_token(self) -> list[str]:
        """Return nothing: the client knows."""
        return []

    def open(self, opened: Opened) -> list[str]:  # noqa: ARG002 - the other format tells it
        return []

    def confirm_delete(self) -> list[str]:
        return []

    def begin(self, turn: int) -> list[str]:  # noqa: ARG002 - the other format tells it
        return []

    def piece(self, turn: int, text: str) -> list[str]:  # noqa: ARG002 - turns follow each other
        return [join_surrogates(text)]

    def end(self, turn: int, answered: Answered) -> list[str]:  # noqa: ARG002 - turns follow each other
        """Return the answer unless it has gone out, a remark if there is one, and the end."""
        whole = [join_surrogates(answered.text)] if answered.text and not answered.streamed else []
        remark = [f"[ERROR] {answered.remark}"] if answered.remark else []
        return [*whole, *remark, ""]

    def fail(self, turn: int | None, failed: Failed) -> list[str]:  # noqa: ARG002 - turns follow each other
        """Return the sentence and the end."""
        return [f"[ERROR] {join_surrogates(failed.message)}", ""]


class Json:
    """Frames of JSON, each an object with a type."""

    name = "json"
    streams = True
    has_numbers = True

    def read(self, frame: str) -> ClientMessage:
        """Understand {"type": "ask", "text": …} and its like."""
        allowed = 'allowed: {"type": "ask", "text": "…"}, {"type": "stop"}, {"type": "retry"}, {"type": "delete"}'
        try:
            said = json.loads(frame)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"This is not JSON; {allowed}.") from error
        match said:
            case {"type": "ask", "text": str(text)} if text.strip() or said.get("attachments"):
                return Ask(text, _uploads(said) or ())
            case {"type": "stop"}:
                return Stop()
            case {"type": "retry", "text": str(text)} if text.strip() or said.get("attachments"):
                return Retry(text, _uploads(said))
            case {"type": "retry"} if "text" not in said:
                return Retry(None, _uploads(said))
            case {"type": "delete"}:
                return Delete()
            case {"type": "token", "token": str(token)}:
                return Token(token)
        raise Unreadable(f"This message is not known; {allowed}.")

    def ask_for_token(self) -> list[str]:
        return [_event("token_needed")]

    def open(self, opened: Opened) -> list[str]:
        """Return the conversation's id, what will answer, and what was said before."""
        told = {name: getattr(opened, name) for name in ("conversation", "title", "model", "source", "note")}
        limits = {"messageBytes": opened.message_bytes, "attachments": opened.attachments}
        return [_event("open", **told, messages=list(opened.messages), known=opened.known, limits=limits)]

    def confirm_delete(self) -> list[str]:
        """Return that the conversation is forgotten."""
        return [_event("deleted")]

    def begin(self, turn: int) -> list[str]:
        """Return the turn's number, which all its events carry."""
        return [_event("start", turn=turn)]

    def piece(self, turn: int, text: str) -> list[str]:
        return [_event("delta", turn=turn, text=text)]

    def end(self, turn: int, answered: Answered) -> list[str]:
        """Return usage and cost as far as they are known, the outcome, and the whole answer."""
        frames = []
        if answered.usage is not None:
            frames.append(_event("usage", turn=turn, usage=answered.usage))
        if answered.cost is not None:
            frames.append(_event("cost", turn=turn, cost=answered.cost))
        frames.append(_event("outcome", turn=turn, outcome=answered.outcome, remark=answered.remark))
        return [*frames, _event("done", turn=turn, text=answered.text, kept=answered.kept)]

    def fail(self, turn: int | None, failed: Failed) -> list[str]:
        """Return code and sentence; within a turn, its end too."""
        error = _event("error", turn=turn, code=failed.code, message=failed.message, retryable=failed.retryable)
        return [error] if turn is None else [error, _event("done", turn=turn, text="", kept=False)]


def format_of(query: Sequence[str], subprotocols: Sequence[str]) -> tuple[Format, str | None]:
    """Return the format that the address or the handshake names, and the subprotocol to confirm, if one was."""
    chosen = next((name for name in subprotocols if name in SUBPROTOCOLS), None)
    wanted = query[-1] if query else chosen
    return (Json() if wanted == "json" else Text()), chosen


class Joiner:
    """Holds back half a character at the end of a piece until the other half comes."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, piece: str) -> str:
        """Return what is whole so far."""
        if piece.isascii() and not self._held:
            return piece
        text = self._held + piece
        self._held = text[-1:] if text and ord(text[-1]) in _HIGH_SURROGATE else ""
        return join_surrogates(text[: len(text) - len(self._held)])


def _uploads(said: Mapping[str, Any]) -> tuple[Upload, ...] | None:
    """Return what is sent along, None where the message has no member for it; raise Unreadable."""
    given = said.get("attachments")
    if given is None:
        return None
    if isinstance(given, list) and all(map(_is_upload, given)):
        return tuple(Upload(each["name"], each["data"]) for each in given)
    raise Unreadable('"attachments" is not a list of {"name": "…", "type": "image/png", "data": base64}.')


def _is_upload(given: Any) -> bool:
    return isinstance(given, dict) and isinstance(given.get("name"), str) and isinstance(given.get("data"), str)


def _event(kind: str, **members: Any) -> str:
    return _encode({"type": kind, **members})
