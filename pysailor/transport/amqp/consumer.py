"""Deliveries, the threads that work on them, and the acknowledgements."""

from __future__ import annotations

import logging
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from pika.exceptions import ChannelClosedByBroker

from pysailor.transport.base import DeliveryOutcome, InputMissing, Stopped
from pysailor.wire.envelope import Delivery

from .exchange import ExchangeCheck
from .finished import FinishedMemory
from .settled import SettledMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from pysailor.transport.base import IdOf, OnDelivery

    from .broker import Broker
    from .channel import RecoveringConnection
    from .io_thread import IoThread
    from .pika_access import PikaAccess
    from .properties import ReceivedProperties

LOG = logging.getLogger(__name__)


class Work:
    """A delivery in work; `tag` and `generation` are those of the latest time that the broker brought it.

    `left` is whether its thread has left it, to be finished when its last publish is confirmed.
    """

    __slots__ = ("delivery", "generation", "left", "settled", "tag")

    def __init__(self, delivery: Delivery, generation: int, tag: int) -> None:
        self.delivery = delivery
        self.generation = generation
        self.tag = tag
        self.settled = self.left = False


class Consumer:
    """Has at most *prefetch* deliveries in work at a time, each on a thread, and acknowledges each when it is finished.

    When the channel goes, work goes on: the broker brings its message again on the next channel (the next
    *generation*), and that delivery is taken for the old one's. Each unsettled work claims one such delivery, with the
    same id and content; ids alone do not tell messages apart, since other sailors send several with one id.
    What is not claimed is new work. All state belongs to the I/O thread.
    """

    def __init__(self, io: IoThread, connection: RecoveringConnection, broker: Broker, pika: PikaAccess) -> None:
        self._pika = pika
        self._io = io
        self._connection = connection
        self._broker = broker
        self._on_delivery: OnDelivery
        self._id_of: IdOf
        self._on_started: Callable[[Exception | None], None]
        self._exchange = ExchangeCheck(broker.exchange)
        self._wanted = False
        self._started = False
        self._generation = 0
        self._consumer_tag = ""
        self._count = 0
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._works: dict[int, Work] = {}
        self._orphans: dict[int, Work] = {}
        self._settled = SettledMemory()
        self._finished = FinishedMemory()
        self._threads = 0
        self._engaged = 0
        self._stuck = 0
        self._watchers: list[threading.Event] = []

    def start(self, on_delivery: OnDelivery, id_of: IdOf, on_started: Callable[[Exception | None], None]) -> None:
        """Consume from now on; call `on_started` once, with the error if the queue cannot be read.

        While the exchange is missing that messages go to, none is taken, though this counts as started.
        """
        self._on_delivery, self._id_of, self._on_started = on_delivery, id_of, on_started
        self._wanted = True
        if self._connection.channel is not None:
            self._begin(self._connection.channel)

    def on_open(self, channel: Any) -> None:
        """Consume on this channel from now on, if that is wanted."""
        self._generation += 1
        if self._wanted:
            self._begin(channel)

    def _begin(self, channel: Any) -> None:
        self._exchange.begin(channel)
        channel.add_on_cancel_callback(self._on_cancelled)
        channel.basic_qos(prefetch_count=self._broker.prefetch, callback=lambda _frame: self._consume(channel))

    def on_lost(self, reason: Exception) -> None:
        """Forget what was not begun; keep what is in work until it is brought again."""
        self._generation += 1
        self._consumer_tag = ""
        for work in self._take_unstarted():
            self._drop(work)
        self._orphans = dict(self._works)
        if self._exchange.explains(reason):
            if self._wanted and self._exchange.is_missing:
                self._await_exchange()
        elif self._wanted and not self._started and isinstance(reason, ChannelClosedByBroker):
            self._wanted = False
            self._on_started(
                InputMissing(f"Messages cannot be read from the queue {self._broker.queue!r}: {reason.reply_text}")
            )

    @property
    def is_consuming(self) -> bool:
        """Whether the broker brings messages."""
        return bool(self._consumer_tag) and self._is_open()

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Acknowledge, reject or give back; nothing if that was done before."""
        work = self._works.pop(delivery.number, None)
        if work is None:
            return
        work.settled = True
        if self._orphans:
            self._orphans.pop(delivery.number, None)
        if work.generation == self._generation and self._is_open():
            self._settle(work.tag, outcome)
            if outcome is not DeliveryOutcome.RETURNED:
                self._settled.add(delivery, outcome, self._generation)
        elif outcome is not DeliveryOutcome.RETURNED:
            self._finished.add(self._identify(delivery), delivery, outcome)
        self._notify_idle()

    def finish_early(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Finish work that its thread has left, or may never come back from: then another thread takes its place."""
        work = self._works.get(delivery.number)
        if work is None:
            return
        if not work.left:
            self._stuck += 1
        self.finish(delivery, outcome)
        if not work.left:
            self._ensure_thread()

    def stop(self) -> None:
        """Take no more deliveries, and give back those that were not begun."""
        self._wanted = False
        if self._consumer_tag and self._is_open():
            self._connection.channel.basic_cancel(self._consumer_tag)
            self._consumer_tag = ""
        for work in self._take_unstarted():
            self._drop(work)
            if work.generation == self._generation and self._is_open():
                self._settle(work.tag, DeliveryOutcome.RETURNED)
        self._notify_idle()

    def watch(self, event: threading.Event) -> None:
        """Set the event as soon as nothing is in work."""
        self._watchers.append(event)
        self._notify_idle()

    def dismiss(self) -> None:
        """Let the threads end when they are done."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _consume(self, channel: Any) -> None:
        if self._wanted and channel.is_open:
            self._consumer_tag = self._pika.consume(channel, self._broker.queue, self._deliver, self._on_consuming)

    def _on_consuming(self, _frame: Any) -> None:
        self._connection.prove()
        if self._started:
            LOG.info("consuming again")
        self._tell_started()

    def _await_exchange(self) -> None:
        self._exchange.complain()
        self._tell_started()

    def _tell_started(self) -> None:
        if not self._started:
            self._started = True
            self._on_started(None)

    def _on_cancelled(self, _frame: Any) -> None:
        LOG.warning("the broker cancelled consuming from %r: beginning anew", self._broker.queue)
        self._connection.reopen()

    def _deliver(self, tag: int, redelivered: bool, received: ReceivedProperties, content: bytes) -> None:
        if not (self._wanted and self._is_open()):
            # On its way when consuming ended. A channel that closes gives it back by itself.
            if self._is_open():
                self._settle(tag, DeliveryOutcome.RETURNED)
            return
        self._count += 1
        delivery = Delivery(self._count, content, received.headers, received.others, redelivered)
        if redelivered and (self._orphans or self._finished) and self._recognise(delivery, tag):
            return
        outcome = self._settled.take(delivery, self._generation)
        if outcome is not None:
            self._settle_again(delivery, tag, outcome)
            return
        work = Work(delivery, self._generation, tag)
        self._works[delivery.number] = work
        self._engaged += 1
        self._ensure_thread()
        self._queue.put(work)

    def _recognise(self, delivery: Delivery, tag: int) -> bool:
        """Return whether this is a message that is in work already, or was finished while the broker was away."""
        known_by = self._identify(delivery)
        if known_by is None:
            return False
        for work in self._orphans.values():
            if work.delivery.content == delivery.content and self._identify(work.delivery) == known_by:
                work.generation, work.tag = self._generation, tag
                del self._orphans[work.delivery.number]
                return True
        outcome = self._finished.take(known_by, delivery)
        if outcome is None:
            return False
        self._settle(tag, outcome)
        self._settled.add(delivery, outcome, self._generation)
        return True

    def _settle_again(self, delivery: Delivery, tag: int, outcome: DeliveryOutcome) -> None:
        """Settle what was settled before the connection went, which the broker did not get to know."""
        LOG.info("delivery %d was finished before the connection was lost: it is not run again", delivery.number)
        self._settle(tag, outcome)
        self._settled.add(delivery, outcome, self._generation)

    def _identify(self, delivery: Delivery) -> Hashable:
        try:
            return self._id_of(delivery)
        except Exception:
            LOG.exception("delivery %d has no id that can be read: it is not known again", delivery.number)
            return None

    def _settle(self, tag: int, outcome: DeliveryOutcome) -> None:
        accept, requeue = outcome is DeliveryOutcome.DONE, outcome is DeliveryOutcome.RETURNED
        self._pika.settle(self._connection.channel, tag, accept=accept, requeue=requeue)

    def _is_open(self) -> bool:
        """Return whether a delivery of this generation can be settled; a channel may be closing under our feet."""
        return self._connection.channel is not None and self._connection.channel.is_open

    def _notify_idle(self) -> None:
        if self._watchers and not self._works:
            for event in self._watchers:
                event.set()
            self._watchers.clear()

    def _take_unstarted(self) -> list[Work]:
        """Take back what no thread has got yet: each work is got by one side only."""
        works: list[Work] = []
        while True:
            try:
                work = self._queue.get_nowait()
            except Empty:
                return works
            if work is not None:
                works.append(work)

    def _drop(self, work: Work) -> None:
        self._engaged -= 1
        self._works.pop(work.delivery.number, None)

    def _ensure_thread(self) -> None:
        """Start a thread if all are busy; those that never come back are not counted."""
        if self._threads < self._engaged and self._threads - self._stuck < self._broker.prefetch:
            self._threads += 1
            threading.Thread(target=self._serve, name=f"pysailor-worker-{self._threads}", daemon=True).start()

    def _serve(self) -> None:
        while (work := self._queue.get()) is not None:
            outcome = self._attempt(work.delivery)
            self._io.post(self._on_work_done, work, outcome)
            del work

    def _attempt(self, delivery: Delivery) -> DeliveryOutcome | None:
        try:
            return self._on_delivery(delivery)
        except Stopped:
            return DeliveryOutcome.RETURNED
        except Exception:
            # It should have returned an outcome. Giving the delivery back would bring it again for ever.
            LOG.exception("delivery %d ended in an error that nobody handled: rejected", delivery.number)
            return DeliveryOutcome.FAILED

    def _on_work_done(self, work: Work, outcome: DeliveryOutcome | None) -> None:
        self._engaged -= 1
        if work.settled:
            self._stuck -= 1
        elif outcome is None:
            work.left = True
        else:
            self.finish(work.delivery, outcome)
