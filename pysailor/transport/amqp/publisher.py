"""Publishes that are waited for until the broker has them."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from pika.exceptions import ChannelClosedByBroker, ChannelWrongStateError, ConnectionClosedByBroker

from pysailor.transport.base import Refused, Stopped, TooLarge, Unconfirmed, Unroutable

from .exchange import TOPOLOGY
from .outage_log import level_of
from .properties import Properties

if TYPE_CHECKING:
    from pysailor.transport.base import OnFate
    from pysailor.wire.envelope import Publish

    from .broker import Broker
    from .channel import RecoveringConnection
    from .io_thread import IoThread
    from .pika_access import PikaAccess

LOG = logging.getLogger(__name__)

UNREADABLE = (501, 502, 505)
"""A frame that the broker cannot read: something in one message, for which it closes the whole connection."""
FRAME_OVERHEAD = 20
"""Bytes of a header frame that are not properties."""
TOO_LARGE = re.compile(r"larger than (?:configured )?max size (\d+)")
LONGEST_KEY = 255
"""Bytes."""


class Job:
    """One publish on its way. When its fate is known, `on_fate` is told, or `gate` opens if somebody waits."""

    __slots__ = ("error", "failures", "gate", "on_fate", "over", "properties", "publish", "returned")

    def __init__(self, publish: Publish, on_fate: OnFate | None = None) -> None:
        self.publish = publish
        self.properties = properties_of(publish)
        self.failures = 0
        self.returned: str | None = None
        self.over = False
        self.error: Exception | None = None
        self.on_fate = on_fate
        self.gate = threading.Lock()
        self.gate.acquire()

    def end(self, error: Exception | None) -> None:
        """Make its fate known."""
        self.over = True
        self.error = error
        if self.on_fate is None:
            self.gate.release()
            return
        try:
            self.on_fate(error)
        except Exception:
            # The connection is in order: it must not pay for this.
            LOG.exception("what follows a publish failed")


class Publisher:
    """Sends what `publish` is given, as often as it takes, and keeps count of what the broker has not confirmed yet.

    `publish` is for the worker threads, everything else happens on the I/O thread. What was sent and not confirmed
    when the channel went is sent again on the next one: it may arrive twice, it does not get lost.
    """

    def __init__(self, io: IoThread, connection: RecoveringConnection, broker: Broker, pika: PikaAccess) -> None:
        self._pika = pika
        self._io = io
        self._connection = connection
        self._broker = broker
        self._ready = False
        self._stopped = False
        self._size_limit: int | None = None
        self._sent = 0
        self._waiting: deque[Job] = deque()
        self._unconfirmed: dict[int, Job] = {}
        self._resting: set[Job] = set()
        self._suspects: set[Job] = set()

    def publish(self, publish: Publish, seconds: float | None) -> None:
        """Return when the broker has confirmed the message; raise NotPublished when it will not."""
        job = Job(publish)
        self._io.post(self._take, job)
        if not job.gate.acquire(timeout=-1 if seconds is None else max(0.0, seconds)):
            self._io.post(self._end, job, Unconfirmed("The broker did not confirm the message in the time given."))
            job.gate.acquire()
        if job.error is not None:
            raise job.error

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        """Have `on_fate` called, on the I/O thread, with what `publish` would raise, or None."""
        self._io.post(self._take, Job(publish, on_fate))

    def on_open(self, channel: Any, on_ready: Any) -> None:
        """Publish on this channel from now on, once it is in confirm mode."""

        def ready(_frame: Any) -> None:
            self._ready = True
            self._sent = 0
            self._flush()
            on_ready()

        channel.add_on_return_callback(self._on_returned)
        self._pika.confirm(channel, self._on_confirmed, ready)

    def on_lost(self, reason: Exception) -> None:
        """Keep what was not confirmed for the next channel."""
        self._ready = False
        jobs, self._unconfirmed = [job for job in self._unconfirmed.values() if not job.over], {}
        if not jobs:
            return
        number = 1 + min(job.failures for job in jobs)
        LOG.log(level_of(number), "%d messages were not confirmed yet: sending them again", len(jobs))
        if self._learn_limit(reason) or not _is_about_a_message(reason):
            self._waiting.extendleft(reversed(jobs))
        elif getattr(reason, "reply_code", None) in TOPOLOGY:
            for job in jobs:
                self._retry_later(job, str(reason))
        elif len(jobs) == 1:
            self._end(jobs[0], Refused(f"The broker refused the message and closed the channel for it: {reason}"))
        else:
            # One of them is one that the broker never takes, and takes the others along: send them one at a time.
            self._suspects.update(jobs)
            self._waiting.extendleft(reversed(jobs))

    def stop(self) -> None:
        """End every wait with Stopped."""
        self._stopped = True
        for job in [*self._waiting, *self._unconfirmed.values(), *self._resting]:
            self._end(job, Stopped("The worker stops; the message was not confirmed."))

    def _learn_limit(self, reason: Exception) -> bool:
        """Return whether the broker says how large a message may be; larger ones are not sent again."""
        found = TOO_LARGE.search(getattr(reason, "reply_text", ""))
        if found:
            self._size_limit = int(found[1])
        return found is not None

    def _take(self, job: Job) -> None:
        self._resting.discard(job)
        if self._stopped:
            self._end(job, Stopped("The worker stops; the message was not sent."))
            return
        self._waiting.append(job)
        self._flush()

    def _flush(self) -> None:
        while self._ready and self._waiting and not (self._suspects and self._unconfirmed):
            job = self._waiting.popleft()
            if not job.over:
                self._send(job)

    def _send(self, job: Job) -> None:
        publish = job.publish
        job.returned = None
        if (too_large := self._too_large(job)) is not None:
            self._end(job, too_large)
            return
        try:
            self._pika.publish(
                self._connection.channel,
                self._broker.exchange,
                publish.routing_key,
                (job.properties, publish.content),
                mandatory=publish.mandatory,
            )
        except ChannelWrongStateError:
            # Closing under our feet: `on_lost` follows.
            self._ready = False
            self._waiting.appendleft(job)
        except Exception as error:  # noqa: BLE001 - what pika cannot put into frames is the publisher's error
            # Not in its words: they may quote what did not fit.
            self._end(job, Refused(f"The message cannot be put into frames ({type(error).__name__})."))
        else:
            self._sent += 1
            self._unconfirmed[self._sent] = job

    def _too_large(self, job: Job) -> TooLarge | None:
        """Return why the broker cannot take the message: it would close the channel, or the connection, for it."""
        size, limit = len(job.publish.content), self._size_limit
        if limit is not None and size > limit:
            return TooLarge(f"The message has {size} bytes; the broker takes at most {limit}.")
        frame = self._connection.channel.connection.params.frame_max
        size = len(job.properties) + FRAME_OVERHEAD
        if frame and size > frame:
            return TooLarge(f"The headers of the message have {size} bytes; they must fit into one frame of {frame}.")
        return None

    def _on_confirmed(self, tag: int, multiple: bool, refused: bool) -> None:
        for job in self._pop(tag, multiple=multiple):
            if refused:
                self._retry_later(job, "the queue is full")
            elif job.returned is None:
                self._end(job, None)
            else:
                self._end(job, Unroutable(job.returned))
        self._connection.prove()
        if self._waiting:
            self._flush()

    def _pop(self, tag: int, *, multiple: bool) -> list[Job]:
        if not multiple:
            job = self._unconfirmed.pop(tag, None)
            return [] if job is None else [job]
        # Sent in this order, so that the first ones are the oldest.
        tags = []
        for sent in self._unconfirmed:
            if sent > tag:
                break
            tags.append(sent)
        return [self._unconfirmed.pop(sent) for sent in tags]

    def _on_returned(self, _channel: Any, method: Any, _properties: Any, content: bytes) -> None:
        """Mark the message as unroutable; its confirm comes after this.

        A return does not say which message it means. They come back in the order of sending, and two that are equal
        in key and content are equal in fate.
        """
        for job in self._unconfirmed.values():
            known = job.publish
            if job.returned is None and known.routing_key == method.routing_key and known.content == content:
                job.returned = (
                    f"No queue takes messages with routing key {method.routing_key!r} from exchange"
                    f" {method.exchange!r} ({method.reply_code} {method.reply_text})."
                )
                return
        LOG.error("a message came back that was not sent: routing key %r", method.routing_key)

    def _retry_later(self, job: Job, reason: str) -> None:
        """Try again later, or not at all when it was tried often enough."""
        job.failures += 1
        limit = self._broker.publish_attempts
        if job.over:
            return
        if self._stopped or (limit is not None and job.failures >= limit):
            self._end(job, Refused(f"The broker turned the message down {job.failures} times: {reason}"))
            return
        delay = min(self._broker.publish_max_delay, self._broker.publish_delay * 2.0 ** min(job.failures - 1, 64))
        told = "publish turned down (%s), trying again in %.1f s, retry %d"
        LOG.log(level_of(job.failures), told, reason, delay, job.failures)
        job.publish = job.publish.retry(job.failures)
        job.properties = properties_of(job.publish)
        self._suspects.discard(job)
        self._resting.add(job)
        self._io.later(delay, self._take, job)

    def _end(self, job: Job, error: Exception | None) -> None:
        if job.over:
            return
        self._resting.discard(job)
        self._suspects.discard(job)
        job.end(error)


def _is_about_a_message(reason: Exception) -> bool:
    """Return whether the broker closed the channel or the connection because of something that it was sent."""
    if isinstance(reason, ConnectionClosedByBroker):
        return reason.reply_code in UNREADABLE
    return isinstance(reason, ChannelClosedByBroker)


def properties_of(publish: Publish) -> Properties:
    """Return them as they are sent; raise Refused if they, or the routing key, cannot be."""
    size = len(publish.routing_key.encode(errors="replace"))
    if size > LONGEST_KEY:
        raise Refused(f"The routing key has {size} bytes; RabbitMQ takes at most {LONGEST_KEY}.")
    try:
        return Properties(publish.headers, publish.properties)
    except ValueError as error:
        raise Refused(f"The message cannot be sent to RabbitMQ: {error}.") from error
