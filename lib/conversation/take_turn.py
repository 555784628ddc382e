"""One turn of a conversation, from beginning to end: hold it, look back, ask, keep what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import StoreUnavailable, TurnLost, TurnTooLarge
from .window import window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .store import Busy, Conversation, Store
    from .turn import Turn
    from .window import ChatMessage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Memory:
    """Which conversation, and how it is remembered.

    `wait_seconds` is how long to wait for another turn of it, `ttl_seconds` how long it outlives this one (None: for
    ever), `last` how many of its messages go along with the next question (None: all).
    """

    store: Store
    owner: str
    id: str
    wait_seconds: float
    busy: Busy = "wait"
    ttl_seconds: float | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class TurnOutput(Generic[T]):
    """What came of asking: a value for the caller, and what is to be kept of it; without messages nothing is."""

    value: T
    messages: Sequence[ChatMessage] = ()
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TurnResult(Generic[T]):
    """A turn that was taken: its value, the turn as it was kept, or why it could not be kept."""

    value: T
    kept: Turn | None = None
    not_kept: StoreUnavailable | TurnLost | TurnTooLarge | None = None


def take_turn(
    memory: Memory,
    ask: Callable[[list[ChatMessage]], TurnOutput[T]],
    *,
    system: Sequence[ChatMessage] = (),
    examples: Sequence[ChatMessage] = (),
    replaces: int | None = None,
    key: str | None = None,
    replay: Callable[[Turn, list[ChatMessage]], T] | None = None,
) -> TurnResult[T]:
    """Hold the conversation while `ask` is called with what goes along: system text, examples, what was said before.

    `replaces` is the number of the turn whose answer is not wanted any more. Where a turn was kept under `key`, nothing
    is asked: `replay` makes the value of it and of what went along with its question. Raise what `ask` raises, and
    ConversationBusy or StoreUnavailable before anything was asked; once there is a value it is returned, though it may
    not have been kept.
    """
    values: list[T] = []
    try:
        with memory.store.conversation(
            memory.owner,
            memory.id,
            busy=memory.busy,
            wait_seconds=memory.wait_seconds,
            ttl_seconds=memory.ttl_seconds,
        ) as held:
            done = held.find(key) if key and replay else None
            if done is not None and replay is not None:
                values.append(replay(done, _history_before(held, done, memory.last, system, examples)))
            else:
                said = ask(_history(held, memory.last, system, examples, replaces))
                values.append(said.value)
                if said.messages:
                    held.append(said.messages, key=key, result=said.result)
    except (StoreUnavailable, TurnLost, TurnTooLarge) as error:
        if not values:
            raise
        return TurnResult(values[0], not_kept=error)
    return TurnResult(values[0], held.kept)


def drop_replaced(turns: Sequence[Turn], replaces: int | None = None) -> list[Turn]:
    """Return the turns whose answer is still wanted."""
    gone = {turn.result.get("replaces") for turn in turns} | {replaces}
    return [turn for turn in turns if turn.number not in gone]


def _history(
    held: Conversation,
    last: int | None,
    system: Sequence[ChatMessage],
    examples: Sequence[ChatMessage],
    replaces: int | None,
) -> list[ChatMessage]:
    said = [message for turn in _select_turns(held, last, replaces) for message in turn.messages]
    return window(system, [*examples, *said], last=last)


def _history_before(
    held: Conversation,
    turn: Turn,
    last: int | None,
    system: Sequence[ChatMessage],
    examples: Sequence[ChatMessage],
) -> list[ChatMessage]:
    """Return what went along with the question of a turn that is kept."""
    earlier = [one for one in held.turns() if one.number < turn.number]
    said = [message for one in drop_replaced(earlier, turn.result.get("replaces")) for message in one.messages]
    return window(system, [*examples, *said], last=last)


def _select_turns(held: Conversation, last: int | None, replaces: int | None) -> list[Turn]:
    """Return the newest turns that no other turn replaced, with at least `last` messages if there are so many."""
    newest = last  # a turn has a message at least
    while True:
        turns = held.turns(newest)
        wanted = drop_replaced(turns, replaces)
        if newest is None or last is None or len(turns) < newest:
            return wanted
        if sum(len(turn.messages) for turn in wanted) >= last:
            return wanted
        newest *= 2
