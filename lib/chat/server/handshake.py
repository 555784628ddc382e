"""How a socket begins: the visitor shows the token if one is asked for, and learns which conversation this is."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysailor import StepError

from ...conversation import drop_replaced
from ...errors.catalog import visitor_text
from ..attachments import read_stored
from ..config.hooks import HookFailed
from ..conversation import Chat, NotOpened, check_conversation, open_chat
from ..protocol import Failed, Opened, Token, Unreadable
from ..turn import Question
from .socket import INTERNAL, LATER, POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...conversation import Turn
    from ..config.handler import Handler
    from ..config.route import Route
    from .limits import Slot
    from .shared import SharedState
    from .socket import Socket

_LOG = logging.getLogger(__name__)
_MAX_SHOWN = 200
_WRONG_TOKEN = Failed("bad_token", "The token is wrong or missing; ask the operator for it.")
_FULL = Failed("full", "There is no room for another conversation now; try again later.", retryable=True)
_SHARED = Failed("full", "Too many pages have this conversation open; close one of them.", retryable=True)


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a socket begins with: the conversation, its last question, and under which number that was kept."""

    chat: Chat
    slot: Slot
    last: Question | None = None
    last_kept: int | None = None


async def authenticate(socket: Socket, shared: SharedState, shown: str | None, slot: Slot, address: str) -> None:
    """Return when the visitor has shown the token, or none is asked for; else close the socket and raise Disconnected.

    `shown` is the token of the address or a header; who showed none is asked. `slot` counts
    as unauthenticated until the token is known.
    """
    if shared.access.knows(shown):
        return
    if shown is None:
        await socket.send(socket.format.ask_for_token())
        shown = await _receive_token(socket, shared.limits.token)
    if not shared.access.knows(shown):
        if shown is not None:
            shared.client_faults.add(f"A wrong token came from {address}")
            await asyncio.sleep(shared.limits.wrong_token)  # whoever guesses guesses slowly
        await socket.refuse(_WRONG_TOKEN, POLICY)
    if not slot.move(shared.connections):
        await socket.refuse(_FULL, LATER)


async def _receive_token(socket: Socket, seconds: float) -> str | None:
    try:
        async with asyncio.timeout(seconds):
            frame = await socket.receive()
    except TimeoutError:
        return None
    if socket.format.name == "text":
        return (frame or "").strip()
    try:
        said = socket.format.read(frame or "")
    except Unreadable:
        return None
    return said.token if isinstance(said, Token) else None


async def open_conversation(socket: Socket, route: Route, handler: Handler, shared: SharedState) -> Handshake:
    """Compute what the socket talks with and tell the visitor; else close the socket and raise Disconnected."""
    resumed = handler.get_arg("conversation", None)
    try:
        name = check_conversation(resumed) if resumed else secrets.token_urlsafe(18)
        chat = await _compute(socket, route, handler, shared, name)
        turns = await _read_turns(chat, shared) if resumed else []
    except NotOpened as error:
        if error.reason:
            shared.client_faults.add(error.reason)
        await socket.refuse(Failed(error.code, str(error)), POLICY)
    except StepError as error:
        _LOG.warning("A socket could not be opened (%s): %s", error.code, error)
        told = visitor_text(error.code, retryable=error.retryable)
        await socket.refuse(Failed(error.code, told, error.retryable), INTERNAL)
    except HookFailed as error:
        _LOG.exception("The function %s failed", error.name)
        await socket.refuse(Failed("hook_failed", visitor_text("hook_failed", retryable=False)), INTERNAL)
    slot = shared.conversations.acquire(chat.place) or await socket.refuse(_SHARED, LATER)
    try:
        await socket.send(socket.format.open(_open_event(chat, turns, shared, known=not resumed or bool(turns))))
    except BaseException:
        slot.release()
        raise
    if not turns:
        return Handshake(chat, slot)
    return Handshake(chat, slot, _last_question(turns[-1]), turns[-1].number)


def _last_question(turn: Turn) -> Question:
    kept = read_stored(turn.result.get("attachments"), turn.messages[0].get("content"))
    return Question(str(turn.result.get("question", "")), attachments=kept)


async def _compute(socket: Socket, route: Route, handler: Handler, shared: SharedState, name: str) -> Chat:
    def compute() -> Chat:
        return open_chat(route, handler, shared.service, name, streams=socket.format.streams)

    if "open" in route.hooks:  # the operator's function may take its time
        return await asyncio.get_running_loop().run_in_executor(shared.openers, compute)
    return compute()


async def _read_turns(chat: Chat, shared: SharedState) -> list[Turn]:
    def read() -> list[Turn]:
        return drop_replaced(shared.context.store.turns(*chat.place, 2 * _MAX_SHOWN))

    return await asyncio.get_running_loop().run_in_executor(shared.openers, read)


def _open_event(chat: Chat, turns: Sequence[Turn], shared: SharedState, *, known: bool) -> Opened:
    messages = [message for turn in turns[-_MAX_SHOWN:] for message in _to_messages(turn)]
    service = shared.service
    return Opened(
        chat.conversation,
        chat.title,
        chat.model,
        service.source,
        service.note,
        messages,
        known,
        shared.limits.message_bytes,
        chat.attachments.to_json() if chat.attachments else None,
    )


def _to_messages(turn: Turn) -> list[dict[str, Any]]:
    """Return a kept turn as the visitor saw it."""
    question, answer = turn.messages[0], turn.messages[-1]
    asked = turn.result.get("question", question.get("content"))
    described = turn.result.get("attachments")
    return [
        {"role": "user", "content": asked, **({"attachments": described} if described else {})},
        {"role": "assistant", "content": answer.get("content"), "outcome": turn.result.get("outcome")},
    ]
