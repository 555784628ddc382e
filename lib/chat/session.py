"""One socket from its opening to its end: questions in their order, one at a time, answers as they come."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketDisconnect

from pysailor import StepError

from ..response import Cancel
from .guard import Allowance
from .hooks import HookFailed
from .opening import Chat, NotOpened, check_conversation, open_chat
from .pieces import Pieces
from .protocol import Answered, Ask, Failed, Format, Opened, Retry, Stop, Token, Unreadable
from .turn import Desk, Done, Question, stopped, take_turn, without_replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from starlette.websockets import WebSocket

    from ..conversation import Turn
    from .config import Route
    from .guard import Guard
    from .opening import Service
    from .visit import Handler

_LOG = logging.getLogger(__name__)
_MOST_SHOWN = 200
_SECONDS_TO_STOP = 1.0
_SECONDS_TO_CLOSE = 2.0
GOING_AWAY, UNSUPPORTED, POLICY, TOO_BIG, INTERNAL, RESTART, LATER = 1001, 1003, 1008, 1009, 1011, 1012, 1013


@dataclass(frozen=True, slots=True)
class Limits:
    """What a visitor may do, and what the server does at once. Sizes in bytes, times in seconds."""

    message_bytes: int = 64 * 1024
    messages_a_minute: float = 30
    waiting_questions: int = 8
    connections: int = 2000
    turns_at_once: int = 128
    slow_reader: float = 30
    token: float = 15
    ping: float = 20
    keep: float = 24 * 3600
    wait_for_turn: float = 60
    grace: float = 5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sockets share."""

    service: Service
    desk: Desk
    guard: Guard
    limits: Limits
    threads: Executor


class Gone(Exception):
    """The socket is of no use any more."""


class Session:
    """One visitor's socket, accepted already."""

    def __init__(
        self, socket: WebSocket, route: Route, handler: Handler, spoken: Format, surroundings: Surroundings
    ) -> None:
        """Be ready; `run` does the rest."""
        self._socket, self._route, self._handler, self._format = socket, route, handler, spoken
        self._around = surroundings
        self._abort: Callable[[], None] | None = getattr(socket.state, "abort", None)
        self._allowance = Allowance(surroundings.limits.messages_a_minute, asyncio.get_running_loop().time())
        self._chat: Chat | None = None
        self._waiting: deque[Question] = deque()
        self._work: asyncio.Task[None] | None = None
        self._running: tuple[Cancel, Pieces] | None = None
        self._turns = 0
        self._last: Question | None = None
        self._last_kept: int | None = None
        self._leaving = False

    async def run(self) -> None:
        """Talk until either side has enough; then nothing of this socket runs any more."""
        try:
            await self._let_in()
            self._chat = await self._open()
            while not self._leaving:
                await self._hear(await self._receive())
        except (Gone, WebSocketDisconnect):
            pass
        finally:
            await self._end()

    async def leave(self, grace: float) -> None:
        """Close the socket once its answer is given, or cut it off after so many seconds."""
        self._leaving = True
        self._waiting.clear()
        if self._work is not None:
            await asyncio.wait([self._work], timeout=grace)
        cut_off = self._work is not None and not self._work.done()
        self._stop()
        await self._close(RESTART if cut_off else GOING_AWAY, "the server stops")

    # --- coming in ---------------------------------------------------------------------------------------------------

    async def _let_in(self) -> None:
        """Return when the visitor has shown the token, if one is asked for."""
        guard, request = self._around.guard, self._handler.request
        bearer = self._socket.headers.get("authorization", "")
        shown = self._handler.get_arg("token", None) or bearer.removeprefix("Bearer ").strip() or None
        if guard.token is None or (shown is not None and guard.knows(shown)):
            return
        if shown is None:
            await self._send(self._format.token_needed())
            shown = await self._told_token()
        if not guard.knows(shown):
            _LOG.warning("A wrong token came from %s", request.remote_ip)
            await self._refuse(Failed("bad_token", "The token is wrong or missing; ask the operator for it."), POLICY)

    async def _told_token(self) -> str | None:
        try:
            async with asyncio.timeout(self._around.limits.token):
                frame = await self._receive()
        except TimeoutError:
            return None
        if self._format.name == "text":
            return frame.strip()
        try:
            said = self._format.read(frame)
        except Unreadable:
            return None
        return said.token if isinstance(said, Token) else None

    async def _open(self) -> Chat:
        """Compute what the socket talks with and tell the visitor; raise Gone if it cannot be."""
        resumed = self._handler.get_arg("conversation", None)
        try:
            name = check_conversation(resumed) if resumed else secrets.token_urlsafe(18)
            chat = await self._computed(name)
            turns = await self._kept(chat) if resumed else []
        except NotOpened as error:
            await self._refuse(Failed(error.code, str(error)), POLICY)
        except StepError as error:
            await self._refuse(Failed(error.code, str(error), error.retryable), INTERNAL)
        except HookFailed as error:
            _LOG.exception("The function %s failed", error.name)
            told = f'The server\'s function "{error.name}" failed; its operator finds why in the log.'
            await self._refuse(Failed("hook_failed", told), INTERNAL)
        if turns:
            self._last = Question(str(turns[-1].result.get("question", "")))
            self._last_kept = turns[-1].number
        service = self._around.service
        messages = [message for turn in turns[-_MOST_SHOWN:] for message in _shown(turn)]
        await self._send(
            self._format.opened(Opened(name, chat.title, chat.model, service.source, service.note, messages))
        )
        return chat

    async def _computed(self, name: str) -> Chat:
        def compute() -> Chat:
            return open_chat(self._route, self._handler, self._around.service, name, streams=self._format.streams)

        if "open" in self._route.hooks:  # the operator's function may take its time
            return await asyncio.get_running_loop().run_in_executor(self._around.threads, compute)
        return compute()

    async def _kept(self, chat: Chat) -> list[Turn]:
        def read() -> list[Turn]:
            return without_replaced(self._around.desk.store.turns(chat.owner, chat.conversation, 2 * _MOST_SHOWN))

        return await asyncio.get_running_loop().run_in_executor(self._around.threads, read)

    # --- hearing -----------------------------------------------------------------------------------------------------

    async def _receive(self) -> str:
        """Give the next frame of text; raise Gone when there is none any more."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise Gone
            text = message.get("text")
            if text is not None:
                return str(text)
            await self._complain("not_text", "Only frames of text are understood.")

    async def _hear(self, frame: str) -> None:
        """Do what the visitor wants."""
        limits = self._around.limits
        if len(frame.encode("utf-8", "replace")) > limits.message_bytes:
            await self._complain("too_long", f"A message may have {limits.message_bytes} bytes at most; shorten it.")
            return
        try:
            said = self._format.read(frame)
        except Unreadable as error:
            await self._complain("not_understood", str(error))
            return
        if isinstance(said, Stop):
            self._stop()
        elif not self._allowance.take(asyncio.get_running_loop().time()):
            a_minute = f"{limits.messages_a_minute:g} a minute"
            await self._complain("too_fast", f"That are too many messages ({a_minute} are allowed); wait a little.")
        elif isinstance(said, Ask):
            await self._queue(Question(said.text))
        elif isinstance(said, Retry):
            await self._retry()

    async def _retry(self) -> None:
        if self._last is None:
            await self._complain("nothing_to_retry", "Nothing was asked yet.")
        elif self._waiting or (self._work and not self._work.done()):
            await self._complain("busy", "An answer is being made; stop it first.")
        else:
            await self._queue(Question(self._last.text, self._last_kept))

    async def _queue(self, question: Question) -> None:
        if len(self._waiting) >= self._around.limits.waiting_questions:
            await self._complain("too_many", "Too many questions wait for an answer already; wait for one.")
            return
        if self._leaving:
            await self._complain("stopping", "The server stops; open the page again in a moment.")
            return
        self._waiting.append(question)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())

    def _stop(self) -> None:
        """Stop the answer that is being made, and forget what waits."""
        self._waiting.clear()
        if self._running is not None:
            cancel, pieces = self._running
            cancel.set()
            pieces.close()

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._waiting.popleft())
        except (Gone, WebSocketDisconnect):
            self._stop()

    async def _answer(self, question: Question) -> None:
        """Take one turn and tell all of it."""
        chat = self._chat
        if chat is None:
            return
        self._turns += 1
        turn, self._last, self._last_kept = self._turns, question, None
        cancel, pieces = self._running = Cancel(), Pieces()
        work = asyncio.get_running_loop().run_in_executor(
            self._around.threads, take_turn, chat, question, self._around.desk, pieces.put, cancel
        )
        work.add_done_callback(lambda _: pieces.end())
        try:
            await self._send(self._format.started(turn))
            streamed = await self._pass_on(turn, pieces, chat)
            event, self._last_kept = await _settled(work, cancel)
        finally:
            self._running = None
            cancel.set()
            pieces.close()
        if isinstance(event, Failed):
            await self._send(self._format.failed(turn, event))
        else:
            await self._send(self._format.answered(turn, replace(event, streamed=streamed)))

    async def _pass_on(self, turn: int, pieces: Pieces, chat: Chat) -> bool:
        """Send the pieces as they come, if the visitor wants them; tell whether any were sent."""
        any_sent = False
        while (text := await pieces.take()) is not None:
            if chat.streams:  # some servers stream though nobody asked them to
                await self._send(self._format.piece(turn, text))
                any_sent = True
        return any_sent

    # --- sending, ending ---------------------------------------------------------------------------------------------

    async def _complain(self, code: str, sentence: str) -> None:
        """Tell of a message that leads to no turn."""
        await self._send(self._format.failed(None, Failed(code, sentence)))

    async def _refuse(self, failed: Failed, code: int) -> Any:
        """Tell why this socket cannot be used and close it; raise Gone."""
        await self._send(self._format.failed(None, failed))
        await self._close(code, failed.code)
        raise Gone

    async def _send(self, frames: Sequence[str]) -> None:
        """Send; a visitor who does not read is waited for, for a while, and then let go. Raise Gone."""
        try:
            async with asyncio.timeout(self._around.limits.slow_reader):
                for frame in frames:
                    await self._socket.send_text(frame)
        except TimeoutError as error:
            _LOG.warning("A visitor did not read for %g seconds and was let go", self._around.limits.slow_reader)
            self._hang_up()
            raise Gone from error
        except (WebSocketDisconnect, RuntimeError, OSError) as error:  # closed by then, which starlette tells so
            raise Gone from error

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                await self._socket.close(code, reason)
        except TimeoutError:
            self._hang_up()
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # it was closed by then

    def _hang_up(self) -> None:
        """End the connection without a word: a close frame would wait behind what is not read."""
        self._leaving = True
        if self._abort is not None:
            self._abort()

    async def _end(self) -> None:
        self._leaving = True
        self._stop()
        if self._work is not None:
            await asyncio.wait([self._work], timeout=_SECONDS_TO_STOP)
            self._work.cancel()


async def _settled(work: asyncio.Future[Done], cancel: Cancel) -> tuple[Answered | Failed, int | None]:
    """Give what came of the turn; of a stopped one that cannot be stopped at once, that it was stopped."""
    seconds = _SECONDS_TO_STOP if cancel.is_set() else None
    await asyncio.wait([work], timeout=seconds)
    if work.done():
        done = work.result()
        return done.event, done.number
    return stopped(), None


def _shown(turn: Turn) -> list[dict[str, Any]]:
    """Give a kept turn as the visitor saw it."""
    question, answer = turn.messages[0], turn.messages[-1]
    asked = turn.result.get("question", question.get("content"))
    return [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": answer.get("content"), "outcome": turn.result.get("outcome")},
    ]
