"""What a component may do besides returning a message."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from dataclasses import field
from itertools import repeat
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .errors import Stopped
from .journal.journal import NoJournal
from .values import frozen

if TYPE_CHECKING:
    from decimal import Decimal

    from .journal.journal import Journal
    from .message import Message
    from .store.base import Store

Resource = TypeVar("Resource")


@frozen
class Data:
    """A message for the next step."""

    message: Message


@frozen
class Snapshot:
    """The step's new memory, whole."""

    value: Any


@frozen
class SnapshotUpdate:
    """Members to replace in the step's memory."""

    delta: Mapping[str, Any]


@frozen
class Keys:
    """Fresh values for the credential, to be stored by the platform."""

    keys: Mapping[str, Any]


@frozen
class HttpReply:
    """An answer to the HTTP request that started the flow."""

    status_code: int
    body: Any
    headers: Mapping[str, str]


@frozen
class Partial:
    """A piece of an answer that is still being made; shown to people, never sent on."""

    text: str


@frozen
class CallReport:
    """One call of a service that a step made, with all its tries; for the log and the metrics, never sent on.

    `target` is what was asked, such as a model; there should be few of them, for each has metrics of its own.
    `outcome` is "ok" or the code of an error. `units` counts what was used, by name: `{"input_tokens": 12}`; names
    are plain words joined by `_`. `cost` is None if it is not known. `attributes` are what OpenTelemetry's conventions
    say of such a call, by their names; none of them may hold what was said. `content` returns that, JSON values by the
    names of the conventions (`gen_ai.input.messages`); it is called only where the operator wants it in traces.
    """

    target: str
    outcome: str
    seconds: float
    tries: int = 1
    units: Mapping[str, int] = field(default_factory=dict)
    cost: Decimal | None = None
    currency: str = "USD"
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    content: Callable[[], Mapping[str, Any]] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise TypeError where a member is of another type: whoever counts must not stumble over it."""
        counts = (self.tries, *self.units.values())
        names: tuple[Any, ...] = (self.target, self.outcome, self.currency, *self.units)
        kinds: tuple[tuple[Any, tuple[Any, ...]], ...] = ((str, names), (int, counts), ((int, float), (self.seconds,)))
        for kind, values in kinds:
            if not all(map(isinstance, values, repeat(kind))):
                raise TypeError("A CallReport has text for names, and whole numbers for tries and units.")
        if self.cost is not None:
            from decimal import Decimal  # noqa: PLC0415 - slow to load, and few commands need it

            cost: Any = self.cost
            if not isinstance(cost, Decimal):
                raise TypeError("A CallReport's cost is a Decimal, or None.")


@frozen
class Measure:
    """How much there is of something at this moment, such as money left; for the metrics, never sent on.

    `name` is plain words joined by `_`; a name has the same labels each time, and there should be few values of each.
    """

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise TypeError where a member is of another type: whoever counts must not stumble over it."""
        names: tuple[Any, ...] = (self.name, *self.labels, *self.labels.values())
        value: Any = self.value
        if not isinstance(value, (int, float)) or any(not isinstance(name, str) for name in names):
            raise TypeError("A Measure has text for names and labels, and a number.")


Event = Data | Snapshot | SnapshotUpdate | Keys | HttpReply | Partial
Emit = Callable[[Event], None]
"""Takes one event and returns when it is safe (published and confirmed, or printed); raises when it cannot be."""

Storage = Callable[[str, int], bytes]
"""Returns an object's content by its id, at most so many bytes; raises StepError."""


class Keep:
    """Things that outlive a message: made once a key, shared by the threads, closed together at the end.

    A kept thing that has a `close` method gets it called, in reverse order of making.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._things: dict[Hashable, Any] = {}
        self._stack = ExitStack()

    def get(self, make: Callable[..., Resource], *args: Hashable) -> Resource:
        """Return `make(*args)`, made when first asked for."""
        key = (make, args)
        kept = self._things.get(key, self)  # a dictionary can be read without the lock
        if kept is not self:
            return kept  # type: ignore[no-any-return]
        with self._lock:
            if key not in self._things:
                self._things[key] = thing = make(*args)
                if hasattr(thing, "close"):
                    self._stack.callback(thing.close)
            return self._things[key]  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close what was kept."""
        with self._lock:
            self._things.clear()
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _discard(_: object) -> None:
    """Ignore an event, or a call: nobody listens."""


def open_in_memory() -> Store:
    """Return a store that ends with this process."""
    from .store.memory import MemoryValues  # noqa: PLC0415 - few steps need it

    return MemoryValues()


@frozen
class Context:
    """What `process` and the hooks may use: the logger, the events, the time that is left.

    `deadline` is in seconds on the clock of `time.monotonic`, None for no limit. `storage` reads from the platform's
    object storage, by an object's id and the most bytes to take; None where there is no platform.
    `message_id` is what the message is known by if it is brought again, None if by nothing; others may share it.
    `watched` is whether a person sees what `partial` shows: then an answer that can come in pieces should.
    `report` takes a CallReport when it has ended, well or not: that is what log and metrics know of it; and a Measure
    whenever it changes. `run_id` is what the flow's run is known by, through all its steps, None if by nothing; `step`
    names this step of its flow, "" off the platform. `redelivered` is whether the broker has brought it before.
    `journal` remembers the calls of paid services, so that they are not made again then. `stopping` is set when the
    worker begins to stop, or the run of a flow; None where nothing tells. Wait on it, never set it.
    """

    logger: logging.Logger | logging.LoggerAdapter[logging.Logger] = field(
        default_factory=lambda: logging.getLogger("component")
    )
    emit: Emit = _discard
    flow_variables: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None
    kept: Keep = field(default_factory=Keep)
    storage: Storage | None = None
    message_id: str | None = None
    watched: bool = False
    report: Callable[[CallReport | Measure], None] = _discard
    run_id: str | None = None
    step: str = ""
    open_store: Callable[[], Store] = open_in_memory
    redelivered: bool = False
    journal: Journal = field(default_factory=NoJournal)
    stopping: threading.Event | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether the worker stops: finish soon what is in work, or raise Stopped to give the message back."""
        return self.stopping is not None and self.stopping.is_set()

    def pause(self, seconds: float) -> None:
        """Let time pass, until the deadline if that is sooner; raise Stopped as soon as the worker stops."""
        left = max(0.0, self.seconds_left(seconds))
        if self.stopping is None:
            time.sleep(left)
        elif self.stopping.wait(left):
            raise Stopped("The worker stops while the step waits; the message goes back to its queue.")

    @property
    def store(self) -> Store:
        """What the workers of an operator share (PYSAILOR_JOURNAL); one in this process's memory where none is named.

        Keys begin with a word of the component's own, and hold the ids of whatever must be kept apart.
        """
        return self.kept.get(self.open_store)

    def keep(self, make: Callable[..., Resource], *args: Hashable) -> Resource:
        """Return `make(*args)`, made once in the life of this process and closed at its end: connections, caches."""
        return self.kept.get(make, *args)

    def seconds_left(self, at_most: float) -> float:
        """Return the seconds until the deadline, or `at_most` if that is sooner."""
        return at_most if self.deadline is None else min(at_most, self.deadline - time.monotonic())

    def until(self, seconds: float) -> float:
        """Return the moment so many seconds away on `time.monotonic`'s clock, or the deadline if that is sooner."""
        moment = time.monotonic() + seconds
        return moment if self.deadline is None else min(moment, self.deadline)

    def partial(self, text: str) -> None:
        """Show a piece of an answer that is still being made."""
        self.emit(Partial(text))

    def emit_snapshot(self, value: Any) -> None:
        """Replace the step's memory. The platform keeps 5 KB."""
        self.emit(Snapshot(value))

    def update_snapshot(self, delta: Mapping[str, Any]) -> None:
        """Replace these members of the step's memory. A memory that is no object is replaced; there is no $set."""
        self.emit(SnapshotUpdate(delta))

    def update_keys(self, keys: Mapping[str, Any]) -> None:
        """Store fresh values in the credential."""
        self.emit(Keys(keys))

    def http_reply(self, status_code: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Answer the HTTP request that started the flow."""
        self.emit(HttpReply(status_code, body, headers or {}))
