"""Messages over RabbitMQ: two connections, one thread that owns them, and as many workers as the prefetch allows.

broker      where it is, and how patient to be
io_thread   the thread; others post to it
pika_access what pika does not document, and the way without it
frames      the frames that every message needs, to bytes and back
properties  properties and headers, to bytes and back
channel     a connection with a channel that comes back by itself
publisher   out: confirms, returns, retries
consumer    in: deliveries, worker threads, acknowledgements
transport   all of it behind the interface of `pysailor.transport`
"""

from .broker import Broker
from .transport import Amqp

__all__ = ["Amqp", "Broker"]
