"""What a step emits, on its way out: events become publishes (platform contract, 2.3 to 2.5)."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
import time
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..context import Data, Event, HttpReply, Keys, Partial, Snapshot, SnapshotUpdate
from ..digest import feed
from ..errors import SailorError, StepError
from ..platform.api import PlatformApiError
from ..platform.object_storage import ObjectStorageError
from ..pool import offload
from ..transport.base import NotPublished, Transport
from ..values import frozen
from ..wire.headers import EVENT_ID
from .stopping import Stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..message import Message
    from ..wire.codec import Codec
    from ..wire.envelope import Delivery, Publish
    from ..wire.headers import Incoming
    from ..wire.passthrough import Passthrough
    from .bodies import Bodies
    from .throttle import Throttle

_INPUT: Final = (EVENT_ID, "reboundIteration")
_UNNAMED_INPUT: Final = ("messageId", "parentMessageId", "threadId", "stepId", "start", "end", "reboundIteration")
_END: Final = 64
_JSON_BEGINS: Final = b"{ \t\r\n"
"""The first bytes of an error message, which alone is not encrypted; base64 begins with none of them."""
_VARIANTS: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_RANDOM: Final = random.Random()  # noqa: S311 - seeded by the system; ids are no secrets


class DeadlineExceeded(StepError):
    """The time for the message is over (PYSAILOR_MESSAGE_DEADLINE); what the component does with it now is ignored."""

    code = "deadline_exceeded"
    retryable = True

    def __init__(self, message: str = "The time for this message is over; it has failed already.") -> None:
        super().__init__(message)


class TooLate(StepError):
    """The message is finished, and its input acknowledged; a thread that the component left running goes on."""

    code = "too_late"

    def __init__(self) -> None:
        super().__init__("This message is finished: emit what belongs to it before process returns.")


@frozen
class Output:
    """The way out of a step, for all its messages. `store_keys` puts fresh values into the credential."""

    transport: Transport
    codec: Codec
    throttle: Throttle
    passthrough: Passthrough
    bodies: Bodies
    store_keys: Callable[[Mapping[str, Any]], None]
    stopping: Stopping = field(default_factory=Stopping)

    def publish(self, publish: Publish) -> None:
        """Return when the message is safe; raise NotPublished if it is not. A limited kind waits for its turn first."""
        self.throttle.wait(publish.throttle, self.stopping.pause)
        self.transport.publish(publish)


class Emitter:
    """Publishes what one input emits, one event after the other.

    What did not get through is remembered, be it a publish, a body on its way to the object storage, or fresh keys: a
    component that goes on as if nothing had happened does not make its input done. What was never sent, because it is
    too large or not JSON, is the component's to handle.
    """

    def __init__(
        self,
        output: Output,
        incoming: Incoming,
        received: Message,
        shared: Mapping[str, Any],
        next_header: Callable[[], dict[str, Any]],
        *,
        is_heavy: bool = False,
    ) -> None:
        self._is_heavy = is_heavy
        self._failure: SailorError | None = None
        self.has_given = False
        self.last: Publish | None = None
        self._output = output
        self._incoming = incoming
        self._received = received
        self._shared = shared
        self._next_header = next_header
        self._turn = threading.Lock()
        self._over: type[DeadlineExceeded | TooLate] | None = None

    def __call__(self, event: Event) -> None:
        """Return when the event is safe on the other side."""
        if isinstance(event, Partial):
            return
        with self._turn:
            if self._over is not None:
                raise self._over
            try:
                if isinstance(event, Keys):
                    self._output.store_keys(event.keys)
                else:
                    self.has_given = self.has_given or isinstance(event, (Data, HttpReply))
                    self._output.publish(self._publish(event))
            except (NotPublished, ObjectStorageError, PlatformApiError) as error:
                self._failure = self._failure or error
                raise

    def keep_last(self, event: Data) -> None:
        """Keep the publish of the last event in `last`; send it now if an earlier one failed, as that is told then."""
        if self._failure is not None:
            self(event)
            return
        with self._turn:
            if self._over is not None:
                raise self._over
            self.has_given = True
            try:
                publish = self._publish(event)
                self._output.throttle.wait(publish.throttle, self._output.stopping.pause)
            except (NotPublished, ObjectStorageError) as error:
                self._failure = error
                raise
            self.last = publish

    def finish(self) -> SailorError | None:
        """Wait for what is on its way, then refuse further events; return the first failure, if any."""
        with self._turn:
            self._over = self._over or TooLate
            return self._failure

    def interrupt(self, *, wait: bool = False) -> bool:
        """Refuse further events, since time is over; return whether that came about.

        Without waiting it does not while something is on its way.
        """
        if not self._turn.acquire(blocking=wait):
            return False
        self._over = self._over or DeadlineExceeded
        self._turn.release()
        return True

    def _publish(self, event: Data | Snapshot | SnapshotUpdate | HttpReply) -> Publish:
        codec = self._output.codec
        if isinstance(event, Data):
            return self._data(event.message)
        shared = self._name()
        if isinstance(event, HttpReply):
            return codec.http_reply(event, shared, new_id=new_id())
        if isinstance(event, Snapshot):
            return codec.snapshot(event.value, shared, new_id=new_id())
        return codec.update_snapshot(event.delta, shared, new_id=new_id())

    def _name(self) -> dict[str, Any]:
        """Return the headers for one event."""
        return {**self._shared, **self._next_header()}

    def _data(self, message: Message) -> Publish:
        """Return the publish for the next step. The order matters: the step's own entry must carry its reference."""
        output = self._output
        carried = output.passthrough.carry(message, self._received, self._incoming.step_id)
        moved = output.bodies.outgoing(carried, self._incoming.message_id)
        whole = output.passthrough.complete(moved)
        write = partial(output.codec.data, whole, self._name(), now_ms=now_ms(), new_id=new_id())
        return offload(write) if self._is_heavy else write()


def event_headers(delivery: Delivery, step_id: str) -> Callable[[], dict[str, Any]]:
    """Return what gives the events of one input the header that names them, one after the other.

    The same input brought again has the same names given out: whoever gets an event twice after a crash can tell. What
    makes up the same input is the name that it came with, if the step before was one of ours, and its content; else its
    id, its thread, its times and its content, as other sailors send several messages with one id. An input without an
    id cannot be told from others like it; its events have no names.
    """
    headers = delivery.headers
    if not (headers.get(EVENT_ID) or headers.get("messageId")):
        return dict
    count = itertools.count()
    seed = b""

    def next_header() -> dict[str, Any]:
        nonlocal seed
        if not seed:
            names = _INPUT if headers.get(EVENT_ID) else _UNNAMED_INPUT
            known_by = repr([step_id, *map(headers.get, names)]).encode(errors="replace")
            found = hashlib.blake2b(known_by, digest_size=32)
            feed(found, _distinctive(delivery.content))
            seed = found.digest()
        number = next(count).to_bytes(8, "big")
        return {EVENT_ID: _uuid(hashlib.blake2b(number, key=seed, digest_size=16).hexdigest(), "5")}

    return next_header


def _distinctive(content: bytes) -> bytes:
    """Return what tells a content from all others: its length and its end, or all of one that may be JSON.

    Any other is encrypted in blocks, a chain: the end depends on all of it, and a digest of a megabyte takes a
    millisecond.
    """
    return content if content[:1] in _JSON_BEGINS else b"%d %b" % (len(content), content[-_END:])


def now_ms() -> int:
    """Return the time as headers have it."""
    return int(time.time() * 1000)


def new_id() -> str:
    """Return a fresh id, a UUID.

    It names a message and hides nothing, so it is not worth the system call that uuid4 makes: one message needs two.
    """
    return _uuid(f"{_RANDOM.getrandbits(128):032x}", "4")


def _uuid(digits: str, version: str) -> str:
    """Return 32 digits as a UUID, without making an object of it first."""
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
