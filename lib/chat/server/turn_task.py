"""A turn of a socket while it is being made: it waits for the conversation, asks on a thread, and can be stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...api.cancel import Cancel
from ..protocol import Failed
from ..turn import Done, Question, stopped_answer, take_turn
from .text_queue import TextQueue

if TYPE_CHECKING:
    from ..conversation import Chat
    from .shared import SharedState

_BUSY = Failed(
    "conversation_busy",
    "Another message of this conversation is still being answered. Send this one again when that is done.",
    retryable=True,
)


class TurnTask:
    """One question on its way to an answer."""

    def __init__(self, chat: Chat, question: Question, shared: SharedState) -> None:
        """Enter the queue of the conversation."""
        self._chat, self._question, self._shared = chat, question, shared
        self._cancel, self.texts = Cancel(), TextQueue(shared.waker)
        self._turn = shared.turns.ask(chat.place)
        self._work: asyncio.Future[Done] | None = None

    async def begin(self) -> None:
        """Wait for the conversation's turn, without a thread, and let a thread begin."""
        await asyncio.wait([self._turn], timeout=self._shared.limits.wait_for_turn)
        if not self._turn.done() or not self._turn.result():
            self.texts.end()
            return
        work = self._work = asyncio.get_running_loop().run_in_executor(
            self._shared.threads,
            take_turn,
            self._chat,
            self._question,
            self._shared.context,
            self.texts.put,
            self._cancel,
        )
        work.add_done_callback(lambda _: self._over())

    async def done(self) -> Done:
        """Return what came of it; of a stopped one that cannot be stopped at once, that it was stopped."""
        if self._work is None:
            return Done(stopped_answer() if self._cancel.is_set() else _BUSY)
        await asyncio.wait([self._work], timeout=self._shared.limits.stop if self._cancel.is_set() else None)
        return self._work.result() if self._work.done() else Done(stopped_answer())

    def stop(self) -> None:
        """Stop the call, or the waiting for it."""
        self._cancel.set()
        self.texts.close()
        if not self._turn.done():
            self._turn.set_result(False)

    def end(self) -> None:
        """Stop everything of it. A thread that cannot be stopped keeps the conversation's turn until it ends."""
        self.stop()
        if self._work is None:
            self._leave()

    def _over(self) -> None:
        self.texts.end()
        self._leave()

    def _leave(self) -> None:
        self._shared.turns.leave(self._chat.place, self._turn)
