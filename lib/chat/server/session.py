"""One socket from its opening to its end: questions in their order, one at a time, answers as they come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from pysailor import StepError

from ...errors.catalog import visitor_text
from ..attachments import Attachment, AttachmentRefused, read_attachments
from ..protocol import Ask, ClientMessage, Delete, Failed, Retry, Stop, Unreadable
from ..turn import Question, stopped_answer
from .handshake import Handshake, authenticate, open_conversation
from .limits import address_of
from .socket import GOING_AWAY, POLICY, RESTART, Disconnected
from .turn_task import TurnTask

if TYPE_CHECKING:
    from ..config.handler import Handler
    from ..config.route import Route
    from .limits import Slot
    from .shared import SharedState
    from .socket import Socket
    from .text_queue import TextQueue

_SECONDS_TO_END = 1.0
_LARGE = 64 * 1024  # characters of a frame; a longer one is read aside, so that it holds no other socket up


class Session:
    """One visitor's socket, accepted already."""

    def __init__(self, socket: Socket, route: Route, handler: Handler, shared: SharedState) -> None:
        self._socket, self._route, self._handler, self._shared = socket, route, handler, shared
        self._address = address_of(handler.request.remote_ip)
        self._handshake: Handshake | None = None
        self._waiting: list[Question | Failed | None] = []  # few; an empty deque is 0.7 KiB
        """What is still to be told, in this order: an answer, a refusal, or (None) that a question was stopped."""
        self._work: asyncio.Task[None] | None = None
        self._task: TurnTask | None = None
        self._turns = 0
        self._last: Question | None = None
        self._last_kept: int | None = None
        self._over_limit = 0
        self._leaving = False

    async def run(self, shown: str | None, slot: Slot) -> None:
        """Serve the socket until either side closes it; nothing of it runs after that.

        `shown` is the token that came with the request; `slot` is the visitor's slot, released by the caller.
        """
        try:
            await authenticate(self._socket, self._shared, shown, slot, self._address)
            handshake = self._handshake = await open_conversation(
                self._socket, self._route, self._handler, self._shared
            )
            self._last, self._last_kept = handshake.last, handshake.last_kept
            if handshake.chat.attachments is not None:
                self._socket.allow_more(handshake.chat.attachments.frame_bytes)
            while not self._leaving:
                await self._handle(await self._socket.receive())
        except Disconnected:
            pass
        finally:
            await self._end()

    async def leave(self, grace: float) -> None:
        """Close the socket once its answer is given, or cut it off after so many seconds."""
        self._leaving = True
        self._waiting.clear()
        if self._work is not None:
            await asyncio.wait([self._work], timeout=grace)
        cut_off = self._is_busy
        self._stop()
        await self._socket.close(RESTART if cut_off else GOING_AWAY, "the server stops")

    async def _end(self) -> None:
        self._leaving = True
        self._waiting.clear()
        self._stop()
        if self._work is not None:
            await asyncio.wait([self._work], timeout=_SECONDS_TO_END)
            self._work.cancel()
        if self._handshake is not None:
            self._handshake.slot.release()

    @property
    def _is_busy(self) -> bool:
        return self._work is not None and not self._work.done()

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _handle(self, frame: str | None) -> None:
        """Handle one frame; every frame counts against the rate."""
        if frame is not None and len(frame) > _LARGE:
            loop = asyncio.get_running_loop()
            said, attachments = await loop.run_in_executor(self._shared.openers, self._read, frame)
        else:
            said, attachments = self._read(frame)
        is_in_time = self._shared.rates.take(self._address, asyncio.get_running_loop().time())
        if isinstance(said, Stop):  # honoured at any rate: it saves work
            self._stop_all()
        if not is_in_time:
            await self._slow_down()
            return
        self._over_limit = 0
        if isinstance(said, Failed):
            await self._send_failure(said)
        elif isinstance(said, Ask):
            await self._queue(Question(said.text, attachments=attachments or ()))
        elif isinstance(said, Retry):
            await self._retry(said.text, attachments)
        elif isinstance(said, Delete):
            await self._delete()

    def _read(self, frame: str | None) -> tuple[ClientMessage | Failed, tuple[Attachment, ...] | None]:
        """Return what a frame says, or why it says nothing, and what was sent along with it."""
        most = self._shared.limits.message_bytes
        rules = self._handshake.chat.attachments if self._handshake else None
        too_long = Failed("too_long", f"A message may have {most} bytes at most; shorten it.")
        if frame is None:
            return Failed("not_text", "Only frames of text are understood."), None
        if _size(frame) > most + (rules.frame_bytes if rules else 0):
            return too_long, None
        try:
            said = self._socket.format.read(frame)
            uploads = said.uploads if isinstance(said, Ask | Retry) else None
            attachments = None if uploads is None else read_attachments(uploads, rules)
        except Unreadable as error:
            return Failed("not_understood", str(error)), None
        except AttachmentRefused as error:
            return Failed(error.code, str(error)), None
        if _size(frame) > most and (not attachments or _size(getattr(said, "text", None) or "") > most):
            return too_long, None
        return said, attachments

    async def _slow_down(self) -> None:
        """Send `too_fast`; close the socket of a client that goes on regardless."""
        self._over_limit += 1
        allowed = f"{self._shared.limits.messages_a_minute:g} a minute are allowed"
        failed = Failed("too_fast", f"Too many messages ({allowed}); wait a little.", retryable=True)
        if self._over_limit > self._shared.limits.over_limit:
            await self._socket.refuse(failed, POLICY)
        await self._send_failure(failed)

    async def _retry(self, text: str | None, attachments: tuple[Attachment, ...] | None) -> None:
        if self._last is None:
            await self._send_failure(Failed("nothing_to_retry", "Nothing was asked yet."))
        elif attachments is None and not all(each.is_whole for each in self._last.attachments):
            told = "The attachments of this question were too large to be kept; add them again."
            await self._send_failure(Failed("attachment_not_kept", told))
        elif self._is_busy:
            await self._send_failure(Failed("busy", "An answer is being made; stop it first."))
        else:
            text = self._last.text if text is None else text
            again = self._last.attachments if attachments is None else attachments
            await self._queue(Question(text, self._last_kept, again))

    async def _delete(self) -> None:
        """Forget the conversation, and what was asked last."""
        if self._handshake is None:
            return
        store, place = self._shared.context.store, self._handshake.chat.place
        self._stop_all()
        try:
            await asyncio.get_running_loop().run_in_executor(self._shared.openers, store.delete, *place)
        except StepError as error:
            told = visitor_text(error.code, retryable=error.retryable)
            await self._send_failure(Failed(error.code, told, error.retryable))
            return
        self._last = self._last_kept = None
        await self._socket.send(self._socket.format.confirm_delete())

    async def _queue(self, question: Question) -> None:
        questions = sum(isinstance(each, Question) for each in self._waiting)
        heavy = sum(isinstance(each, Question) and bool(each.attachments) for each in self._waiting)
        if questions >= self._shared.limits.waiting_questions or (question.attachments and heavy):
            await self._send_failure(
                Failed("too_many", "Too many questions wait for an answer already; wait for one.", retryable=True)
            )
            return
        if self._leaving:
            await self._send_failure(Failed("stopping", "The server stops; open the page again in a moment."))
            return
        self._waiting.append(question)
        if not self._is_busy:
            self._work = asyncio.create_task(self._answer_all())

    async def _send_failure(self, failed: Failed) -> None:
        """Send a failure outside any turn; where turns have no numbers, in its order among them."""
        if self._is_busy and not self._socket.format.has_numbers:
            self._waiting.append(failed)
        else:
            await self._socket.send(self._socket.format.fail(None, failed))

    def _stop_all(self) -> None:
        """Stop the answer that is being made; the questions that wait are told to be stopped too."""
        self._waiting = [None if isinstance(each, Question) else each for each in self._waiting]
        self._stop()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.stop()

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                match self._waiting.pop(0):
                    case Question() as question:
                        await self._answer(question)
                    case Failed() as failed:
                        await self._socket.send(self._socket.format.fail(None, failed))
                    case None:
                        await self._skip()
        except Disconnected:
            self._waiting.clear()

    async def _skip(self) -> None:
        """End a question that was stopped before its turn began."""
        self._turns += 1
        spoken = self._socket.format
        await self._socket.send([*spoken.begin(self._turns), *spoken.end(self._turns, stopped_answer())])

    async def _answer(self, question: Question) -> None:
        """Take one turn and send all of it."""
        if self._handshake is None:
            return
        chat, spoken = self._handshake.chat, self._socket.format
        self._turns += 1
        # until another answer is kept, the one that was not wanted is what stands in the conversation
        turn, self._last, self._last_kept = self._turns, question, question.replaces
        task = self._task = TurnTask(chat, question, self._shared)
        try:
            await self._socket.send(spoken.begin(turn))
            await task.begin()
            streamed = await self._forward(turn, task.texts, streams=chat.streams)
            done = await task.done()
        finally:
            self._task = None
            task.end()
        self._last_kept = question.replaces if done.number is None else done.number
        if isinstance(done.event, Failed):
            await self._socket.send(spoken.fail(turn, done.event))
        else:
            await self._socket.send(spoken.end(turn, replace(done.event, streamed=streamed)))

    async def _forward(self, turn: int, texts: TextQueue, *, streams: bool) -> bool:
        """Send the pieces as they come, if the visitor wants them; return whether any were sent."""
        any_sent = False

        def forward(text: str) -> bool:
            """Send without a change of task; some servers stream though nobody asked them to."""
            nonlocal any_sent
            sent = not streams or self._socket.send_now(self._socket.format.piece(turn, text))
            any_sent = any_sent or (sent and streams)
            return sent

        texts.forward = forward
        while (text := await texts.take()) is not None:
            if streams:
                await self._socket.send(self._socket.format.piece(turn, text))
                any_sent = True
        return any_sent


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
