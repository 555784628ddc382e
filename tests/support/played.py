"""An API that says what a test wants, in place of the component's client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lib.chat.backend import ChatAnswer
from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import parse
from lib.completions.answer.outcome import Outcome
from lib.errors.api_error import ApiError

if TYPE_CHECKING:
    from lib.api.cancel import Cancel
    from lib.api.connection import Connection
    from lib.chat.answer_settings import AnswerSettings
    from lib.chat.config.route import Route
    from lib.chat.server.listener import Listener

PLAIN = """
url:
  chat:
    pattern: /chat
    handler: ChatGPTHandler
    kwargs: {key: sk-of-the-operator, model: a-model}
"""

Show = Callable[[str], None]
Serve = Callable[..., "Listener"]
Play = Callable[[Mapping[str, Any], Show, "Cancel"], ChatAnswer | None]


@dataclass
class Played:
    """An API that says `pieces` to everything, or what a test's own function gives; it keeps what it was asked."""

    pieces: tuple[str, ...] = ("Hel", "lo")
    outcome: Outcome = Outcome.COMPLETE
    play: Play | None = None
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def ask(
        self,
        connection: Connection,
        body: Mapping[str, Any],
        timeout: float,
        show: Show,
        cancel: Cancel,
        answers: AnswerSettings | None = None,  # noqa: ARG002 - what this says, it says at once
    ) -> ChatAnswer:
        """ChatAnswer."""
        assert timeout > 0
        self.asked.append(body)
        self.connections.append(connection)
        own = self.play(body, show, cancel) if self.play else None
        if own is not None:
            return own
        for piece in self.pieces:
            if body.get("stream"):
                show(piece)
        return answer("".join(self.pieces), self.outcome)

    def close(self) -> None:
        """Close nothing."""

    def said(self, turn: int = -1) -> list[str]:
        """Return the texts that were sent with a question."""
        return [message["content"] for message in self.asked[turn]["messages"]]


def answer(text: str, outcome: Outcome = Outcome.COMPLETE) -> ChatAnswer:
    """Return an answer with usage and cost."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if outcome == Outcome.TOOL_CALLS:
        message |= {"content": None, "tool_calls": [{"type": "function", "function": {"name": "look_up"}}]}
    completion = {"choices": [{"message": message}]}
    return ChatAnswer(text, outcome, completion, {"total": 7}, {"amount": 0.25, "currency": "USD"})


@dataclass
class Gate:
    """An answer that waits after its first piece until the test opens it, or it is cancelled."""

    first: str = "first "
    begun: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __call__(self, body: Mapping[str, Any], show: Show, cancel: Cancel) -> ChatAnswer:
        """Show a piece, wait, show the rest."""
        if body.get("stream"):
            show(self.first)
        self.begun.set()
        for _ in range(2000):
            if cancel.wait(0.005):
                self.cancelled.set()
                raise ApiError("cancelled")
            if self.opened.is_set():
                break
        if body.get("stream"):
            show("second")
        return answer(f"{self.first}second")


def routes(text: str = PLAIN, hooks: HookFunctions | None = None) -> tuple[Route, ...]:
    """Read settings."""
    return parse(text, "chat.yaml", environment={}, hooks=hooks or HookFunctions(), needs_key=True).routes
