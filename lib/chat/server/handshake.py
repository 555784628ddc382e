"""How a socket begins: the visitor shows the token if one is asked for, and learns which conversation this is."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysailor import StepError

from ...conversation import without_replaced
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
    from .limits import Seat
    from .shared import House
    from .socket import Line

_LOG = logging.getLogger(__name__)
_MOST_SHOWN = 200
_WRONG_TOKEN = Failed("bad_token", "The token is wrong or missing; ask the operator for it.")
_FULL = Failed("full", "There is no room for another conversation now; try again later.", retryable=True)
_SHARED = Failed("full", "Too many pages have this conversation open; close one of them.", retryable=True)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a socket begins with: the conversation, its last question, and under which number that was kept."""

    chat: Chat
    seat: Seat
    last: Question | None = None
    last_kept: int | None = None


async def let_in(line: Line, house: House, shown: str | None, seat: Seat, address: str) -> None:
    """Return when the visitor has shown the token, or none is asked for; else close the socket and raise Gone.

    `shown` is the token of the address or a header; who showed none is asked. `seat` is the visitor's place, which is
    one of the strangers' until the token is known.
    """
    if house.guard.knows(shown):
        return
    if shown is None:
        await line.send(line.format.token_needed())
        shown = await _told_token(line, house.allowances.token)
    if not house.guard.knows(shown):
        if shown is not None:
            _LOG.warning("A wrong token came from %s", address)
            await asyncio.sleep(house.allowances.wrong_token)  # whoever guesses guesses slowly
        await line.refuse(_WRONG_TOKEN, POLICY)
    if not seat.move(house.inside):
        await line.refuse(_FULL, LATER)


async def _told_token(line: Line, seconds: float) -> str | None:
    try:
        async with asyncio.timeout(seconds):
            frame = await line.receive()
    except TimeoutError:
        return None
    if line.format.name == "text":
        return (frame or "").strip()
    try:
        said = line.format.read(frame or "")
    except Unreadable:
        return None
    return said.token if isinstance(said, Token) else None


async def begin(line: Line, route: Route, handler: Handler, house: House) -> Begun:
    """Compute what the socket talks with and tell the visitor; else close the socket and raise Gone."""
    resumed = handler.get_arg("conversation", None)
    try:
        name = check_conversation(resumed) if resumed else secrets.token_urlsafe(18)
        chat = await _computed(line, route, handler, house, name)
        turns = await _kept(chat, house) if resumed else []
    except NotOpened as error:
        await line.refuse(Failed(error.code, str(error)), POLICY)
    except StepError as error:
        await line.refuse(Failed(error.code, str(error), error.retryable), INTERNAL)
    except HookFailed as error:
        _LOG.exception("The function %s failed", error.name)
        told = f'The server\'s function "{error.name}" failed; its operator finds why in the log.'
        await line.refuse(Failed("hook_failed", told), INTERNAL)
    seat = house.conversations.seat(chat.place) or await line.refuse(_SHARED, LATER)
    try:
        await line.send(line.format.opened(_opened(chat, turns, house)))
    except BaseException:
        seat.leave()
        raise
    if not turns:
        return Begun(chat, seat)
    return Begun(chat, seat, Question(str(turns[-1].result.get("question", ""))), turns[-1].number)


async def _computed(line: Line, route: Route, handler: Handler, house: House, name: str) -> Chat:
    def compute() -> Chat:
        return open_chat(route, handler, house.service, name, streams=line.format.streams)

    if "open" in route.hooks:  # the operator's function may take its time
        return await asyncio.get_running_loop().run_in_executor(house.openers, compute)
    return compute()


async def _kept(chat: Chat, house: House) -> list[Turn]:
    def read() -> list[Turn]:
        return without_replaced(house.desk.store.turns(*chat.place, 2 * _MOST_SHOWN))

    return await asyncio.get_running_loop().run_in_executor(house.openers, read)


def _opened(chat: Chat, turns: Sequence[Turn], house: House) -> Opened:
    messages = [message for turn in turns[-_MOST_SHOWN:] for message in _shown(turn)]
    service = house.service
    return Opened(chat.conversation, chat.title, chat.model, service.source, service.note, messages)


def _shown(turn: Turn) -> list[dict[str, Any]]:
    """Give a kept turn as the visitor saw it."""
    question, answer = turn.messages[0], turn.messages[-1]
    asked = turn.result.get("question", question.get("content"))
    return [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": answer.get("content"), "outcome": turn.result.get("outcome")},
    ]
