"""What one message makes a component emit: checked, passed on, remembered where it is the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from .context import CallReport, Data, Emit, Event, HttpReply, Keys, Measure, Partial, Snapshot, SnapshotUpdate
from .errors import Defect
from .journal.journal import NoJournal
from .message import Message
from .values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger, LoggerAdapter
    from threading import Event as StopEvent

    from .journal.journal import Journal
    from .snapshot import CurrentSnapshot


def _ignore(_: CallReport | Measure) -> None:
    """Nobody counts calls here."""


@frozen
class Invocation:
    """What one message brings along: where events go, the logger, the deadline (on the clock of time.monotonic).

    `message_id` is what the transport knows the message by, None if by nothing. `watched` is whether a person sees the
    pieces of an answer. `report` takes the calls of services that the component made, and what it measures. `run_id`
    and `step` name the flow's run and the step of the flow, where a platform tells them. `is_heavy` is whether the
    message is so large that looking at it would hold up others. `emit_last`, where a runner has it,
    takes the message that `process` returned, to be sent afterwards. `stopping` is set when the runner begins to stop.
    """

    emit: Emit
    logger: Logger | LoggerAdapter[Logger]
    deadline: float | None = None
    message_id: str | None = None
    watched: bool = False
    redelivered: bool = False
    journal: Journal = field(default_factory=NoJournal)
    report: Callable[[CallReport | Measure], None] = _ignore
    is_heavy: bool = False
    run_id: str | None = None
    step: str = ""
    emit_last: Callable[[Data], None] | None = None
    stopping: StopEvent | None = None


class Emission:
    """Emits the events of one invocation and keeps the snapshot in step; `failure` is what emitting raised.

    An event of the wrong shape is a defect of the component, and is told as one before anything is sent.
    """

    def __init__(self, invocation: Invocation, snapshot: CurrentSnapshot) -> None:
        self._invocation, self._snapshot = invocation, snapshot
        self.failure: Exception | None = None

    def __call__(self, event: Event) -> None:
        check_event(event)
        if isinstance(event, (Snapshot, SnapshotUpdate)):
            self._snapshot.change(event, self._emit, self._invocation.logger)
        else:
            self._emit(event)

    def give(self, message: Message) -> None:
        """Emit a message that has been checked."""
        self._emit(Data(message))

    def give_last(self, message: Message) -> None:
        """Emit what `process` returned, a message that has been checked: nothing comes after it."""
        self._emit(Data(message), self._invocation.emit_last)

    def _emit(self, event: Any, emit: Callable[[Any], None] | None = None) -> None:
        try:
            (emit or self._invocation.emit)(event)
        except Exception as error:
            self.failure = error
            raise


def check_event(event: Any) -> None:
    """Raise Defect for what is no event, or holds what it cannot hold."""
    match event:
        case Data(message):
            check_message(message)
        case Keys(keys):
            _demand_object("the keys of update_keys", keys)
        case HttpReply(status_code, _, headers):
            if isinstance(status_code, bool) or not isinstance(status_code, int):
                raise Defect(f"The status code of http_reply must be a whole number; it is a {_kind(status_code)}.")
            _demand_object("the headers of http_reply", headers)
        case Partial(text):
            if not isinstance(text, str):
                raise Defect(f"partial shows text; it got a {_kind(text)}.")
        case Snapshot() | SnapshotUpdate():
            return  # the snapshot itself looks at these
        case _:
            raise Defect(f"Only events can be emitted, not a {_kind(event)}.")


def check_message(message: Any) -> None:
    """Raise Defect for a message whose members are not what a message's are; its body is looked at elsewhere."""
    if not isinstance(message, Message):
        raise Defect(f"Only a Message can be emitted as data, not a {_kind(message)}.")
    for name in ("headers", "attachments", "extra"):
        if getattr(message, name) != {}:
            _demand_object(f"a message's {name}", getattr(message, name))
    if message.passthrough is not None:
        _demand_object("a message's passthrough", message.passthrough)
    identity: Any = message.id
    if identity is not None and not isinstance(identity, str):
        raise Defect(f"A message's id must be text; it is a {_kind(identity)}.")


def _demand_object(what: str, value: Any) -> None:
    if value.__class__ is not dict and not isinstance(value, Mapping):  # asking the abstract class takes a while
        raise Defect(f"{what[0].upper()}{what[1:]} must be an object, names to values; it is a {_kind(value)}.")
    for name in value:
        if not isinstance(name, str):
            raise Defect(f"{what[0].upper()}{what[1:]} must have text for names; one is a {_kind(name)}.")


def _kind(value: Any) -> str:
    return type(value).__name__
