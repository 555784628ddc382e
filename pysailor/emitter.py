"""What a step emits, on its way out: events become publishes (platform contract, 2.3 to 2.5)."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from .context import Data, Event, HttpReply, Keys, Partial, Snapshot, SnapshotUpdate
from .errors import StepError
from .transport import NotPublished, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .lightweight import Bodies
    from .message import Message
    from .throttle import Throttle
    from .wire.codec import Codec, Publish
    from .wire.headers import Incoming
    from .wire.passthrough import Passthrough

_RANDOM: Final = random.Random()  # noqa: S311 - seeded by the system; ids are no secrets


class DeadlineExceeded(StepError):
    """The time for the message is over (PYSAILOR_MESSAGE_DEADLINE); what the component does with it now is ignored."""

    code = "deadline_exceeded"
    retryable = True


@dataclass(frozen=True, slots=True)
class Outlet:
    """The way out of a step, for all its messages. `store_keys` puts fresh values into the credential."""

    transport: Transport
    codec: Codec
    throttle: Throttle
    passthrough: Passthrough
    bodies: Bodies
    store_keys: Callable[[Mapping[str, Any]], None]

    def publish(self, publish: Publish) -> None:
        """Return when the message is safe; raise NotPublished if it is not. A limited kind waits for its turn first."""
        self.throttle.wait(publish.throttle)
        self.transport.publish(publish)


class Emitter:
    """Publishes what one input emits, one event after the other.

    A publish that failed is remembered: a component that goes on as if nothing had happened does not make its input
    done. What was never sent, because it is too large or not JSON, is the component's to handle.
    """

    def __init__(self, outlet: Outlet, incoming: Incoming, received: Message, shared: Mapping[str, Any]) -> None:
        self.failure: NotPublished | None = None
        self._outlet = outlet
        self._incoming = incoming
        self._received = received
        self._shared = shared
        self._turn = threading.Lock()
        self._over = False

    def __call__(self, event: Event) -> None:
        """Return when the event is safe on the other side."""
        if isinstance(event, Partial):
            return
        with self._turn:
            if self._over:
                raise DeadlineExceeded("The time for this message is over; it has failed already.")
            try:
                if isinstance(event, Keys):
                    self._outlet.store_keys(event.keys)
                else:
                    self._outlet.publish(self._publish(event))
            except NotPublished as error:
                self.failure = self.failure or error
                raise

    def end(self) -> bool:
        """Let nothing out any more; tell whether that came about: not while something is on its way."""
        if not self._turn.acquire(blocking=False):
            return False
        self._over = True
        self._turn.release()
        return True

    def _publish(self, event: Data | Snapshot | SnapshotUpdate | HttpReply) -> Publish:
        codec = self._outlet.codec
        if isinstance(event, Data):
            return self._data(event.message)
        if isinstance(event, HttpReply):
            return codec.http_reply(event, self._shared, new_id=new_id())
        if isinstance(event, Snapshot):
            return codec.snapshot(event.value, self._shared, new_id=new_id())
        return codec.update_snapshot(event.delta, self._shared, new_id=new_id())

    def _data(self, message: Message) -> Publish:
        """Give the publish for the next step. The order matters: the step's own entry must carry its reference."""
        outlet = self._outlet
        carried = outlet.passthrough.carried(message, self._received, self._incoming.step_id)
        moved = outlet.bodies.outgoing(carried, self._incoming.message_id)
        whole = outlet.passthrough.completed(moved)
        return outlet.codec.data(whole, self._shared, now_ms=now_ms(), new_id=new_id())


def now_ms() -> int:
    """Give the time as headers have it."""
    return int(time.time() * 1000)


def new_id() -> str:
    """Give a fresh id, a UUID.

    It names a message and hides nothing, so it is not worth the system call that uuid4 makes: one message needs two.
    """
    return str(UUID(int=_RANDOM.getrandbits(128), version=4))
