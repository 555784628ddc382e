"""One socket from its opening to its end: questions in their order, one at a time, answers as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ..protocol import Ask, Failed, Retry, Said, Stop, Unreadable
from ..turn import Question, stopped
from .handshake import Begun, begin, let_in
from .limits import address_of
from .socket import GOING_AWAY, POLICY, RESTART, Gone
from .turn_task import Running

if TYPE_CHECKING:
    from ..config.handler import Handler
    from ..config.route import Route
    from .limits import Seat
    from .shared import House
    from .socket import Line
    from .text_queue import Pieces

_SECONDS_TO_END = 1.0


class Session:
    """One visitor's socket, accepted already."""

    def __init__(self, line: Line, route: Route, handler: Handler, house: House) -> None:
        """Be ready; `run` does the rest."""
        self._line, self._route, self._handler, self._house = line, route, handler, house
        self._address = address_of(handler.request.remote_ip)
        self._begun: Begun | None = None
        self._waiting: deque[Question | Failed | None] = deque()
        """What is still to be told, in this order: an answer, a refusal, or (None) that a question was stopped."""
        self._work: asyncio.Task[None] | None = None
        self._running: Running | None = None
        self._turns = 0
        self._last: Question | None = None
        self._last_kept: int | None = None
        self._excess = 0
        self._leaving = False

    async def run(self, shown: str | None, seat: Seat) -> None:
        """Talk until either side has enough; then nothing of this socket runs any more.

        `shown` is the token that came with the request; `seat` is the visitor's place, kept by the caller.
        """
        try:
            await let_in(self._line, self._house, shown, seat, self._address)
            begun = self._begun = await begin(self._line, self._route, self._handler, self._house)
            self._last, self._last_kept = begun.last, begun.last_kept
            while not self._leaving:
                await self._hear(await self._line.receive())
        except Gone:
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
        await self._line.close(RESTART if cut_off else GOING_AWAY, "the server stops")

    async def _end(self) -> None:
        self._leaving = True
        self._waiting.clear()
        self._stop()
        if self._work is not None:
            await asyncio.wait([self._work], timeout=_SECONDS_TO_END)
            self._work.cancel()
        if self._begun is not None:
            self._begun.seat.leave()

    @property
    def _is_busy(self) -> bool:
        return self._work is not None and not self._work.done()

    # --- hearing -----------------------------------------------------------------------------------------------------

    async def _hear(self, frame: str | None) -> None:
        """Do what the visitor wants; every frame counts, whatever it is."""
        said = self._understood(frame)
        is_in_time = self._house.paces.take(self._address, asyncio.get_running_loop().time())
        if isinstance(said, Stop):  # heeded at any pace: it saves work
            self._stop_all()
        if not is_in_time:
            await self._slow_down()
            return
        self._excess = 0
        if isinstance(said, Failed):
            await self._complain(said)
        elif isinstance(said, Ask):
            await self._queue(Question(said.text))
        elif isinstance(said, Retry):
            await self._retry()

    def _understood(self, frame: str | None) -> Said | Failed:
        """Give what a frame says, or why it says nothing."""
        most = self._house.allowances.message_bytes
        if frame is None:
            return Failed("not_text", "Only frames of text are understood.")
        if len(frame.encode("utf-8", "replace")) > most:
            return Failed("too_long", f"A message may have {most} bytes at most; shorten it.")
        try:
            return self._line.format.read(frame)
        except Unreadable as error:
            return Failed("not_understood", str(error))

    async def _slow_down(self) -> None:
        """Tell that this was one too many; close the socket of whoever does not listen."""
        self._excess += 1
        allowed = f"{self._house.allowances.messages_a_minute:g} a minute are allowed"
        failed = Failed("too_fast", f"That are too many messages ({allowed}); wait a little.", retryable=True)
        if self._excess > self._house.allowances.excess:
            await self._line.refuse(failed, POLICY)
        await self._complain(failed)

    async def _retry(self) -> None:
        if self._last is None:
            await self._complain(Failed("nothing_to_retry", "Nothing was asked yet."))
        elif self._is_busy:
            await self._complain(Failed("busy", "An answer is being made; stop it first."))
        else:
            await self._queue(Question(self._last.text, self._last_kept))

    async def _queue(self, question: Question) -> None:
        questions = sum(isinstance(each, Question) for each in self._waiting)
        if questions >= self._house.allowances.waiting_questions:
            await self._complain(
                Failed("too_many", "Too many questions wait for an answer already; wait for one.", retryable=True)
            )
            return
        if self._leaving:
            await self._complain(Failed("stopping", "The server stops; open the page again in a moment."))
            return
        self._waiting.append(question)
        if not self._is_busy:
            self._work = asyncio.create_task(self._answer_all())

    async def _complain(self, failed: Failed) -> None:
        """Tell of a message that leads to no turn; where turns have no numbers, in its order among them."""
        if self._is_busy and not self._line.format.has_numbers:
            self._waiting.append(failed)
        else:
            await self._line.send(self._line.format.failed(None, failed))

    def _stop_all(self) -> None:
        """Stop the answer that is being made; the questions that wait are told to be stopped too."""
        self._waiting = deque(None if isinstance(each, Question) else each for each in self._waiting)
        self._stop()

    def _stop(self) -> None:
        if self._running is not None:
            self._running.stop()

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                match self._waiting.popleft():
                    case Question() as question:
                        await self._answer(question)
                    case Failed() as failed:
                        await self._line.send(self._line.format.failed(None, failed))
                    case None:
                        await self._pass_over()
        except Gone:
            self._waiting.clear()

    async def _pass_over(self) -> None:
        """Tell of a question that was stopped before anybody looked at it."""
        self._turns += 1
        spoken = self._line.format
        await self._line.send([*spoken.started(self._turns), *spoken.answered(self._turns, stopped())])

    async def _answer(self, question: Question) -> None:
        """Take one turn and tell all of it."""
        if self._begun is None:
            return
        chat, spoken = self._begun.chat, self._line.format
        self._turns += 1
        # until another answer is kept, the one that was not wanted is what stands in the conversation
        turn, self._last, self._last_kept = self._turns, question, question.replaces
        running = self._running = Running(chat, question, self._house)
        try:
            await self._line.send(spoken.started(turn))
            await running.begin()
            streamed = await self._pass_on(turn, running.pieces, streams=chat.streams)
            done = await running.done()
        finally:
            self._running = None
            running.end()
        self._last_kept = question.replaces if done.number is None else done.number
        if isinstance(done.event, Failed):
            await self._line.send(spoken.failed(turn, done.event))
        else:
            await self._line.send(spoken.answered(turn, replace(done.event, streamed=streamed)))

    async def _pass_on(self, turn: int, pieces: Pieces, *, streams: bool) -> bool:
        """Send the pieces as they come, if the visitor wants them; tell whether any were sent."""
        any_sent = False
        while (text := await pieces.take()) is not None:
            if streams:  # some servers stream though nobody asked them to
                await self._line.send(self._line.format.piece(turn, text))
                any_sent = True
        return any_sent
