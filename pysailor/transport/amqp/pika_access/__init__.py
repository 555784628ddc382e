"""The only package that touches what pika does not document, and the public way for a pika that looks different.

What is relied on, one line each; `find_differences` tries all of it when the first transport is made:

_adapter_emit_data(data)        every byte that pika writes goes through this method of a connection
_transport                      what that method writes to; None when the socket is gone
_transport._sock                the socket; shut down to end a try to connect, at whose closing pika fails. Without it
                                the try ends by itself, in 15 seconds
_transport._tx_buffers          what is not written yet; while it is empty, what comes is written at once, since pika
                                would ask the system to tell when it may, each time. Over TLS pika does it all
_transport._MAX_RECV_BYTES      how much one read takes; pika's 4,096 bytes make hundreds of reads of a large message
_transport._MAX_CONSUME_BYTES   after how much a turn of reads ends; pika reads once more to find that there is nothing
_on_data_available(data)        every byte that was read goes through this method of a connection
_frame_buffer                   what that method has not used yet
_read_frame()                   takes the first frame off the buffer: (bytes taken, frame or None)
_trim_frame_buffer(n)           drops those bytes, _process_frame(frame) does what the frame asks for
bytes_received, frames_received, bytes_sent, frames_sent
                                what the heartbeat tells life by; counted here for the frames that are ours

With them a batch is written in one piece (pika makes a system call for each frame, three a message), the frames that
each message needs are read and written by `frames`, and a message's properties by `properties` (pika fails at some).
Pika keeps the handshake, heartbeats, TLS, closing and every other frame. Without these internals all works as pika has
it: slower, no fractions in headers, no time after the year 9999.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from .fast import FastAccess
from .interface import OnConfirm, OnDelivery, Outgoing, PikaAccess
from .probe import find_differences
from .public import PublicAccess

__all__ = [
    "FastAccess",
    "OnConfirm",
    "OnDelivery",
    "Outgoing",
    "PikaAccess",
    "PublicAccess",
    "access",
    "choose",
    "find_differences",
]

LOG = logging.getLogger(__name__)


def choose(differences: list[str]) -> PikaAccess:
    """Return the fast access if nothing is different, else the public one, with a warning."""
    if not differences:
        return FastAccess()
    LOG.warning(
        "this version of pika differs from those known in %s: its public interface is used, which is slower",
        ", ".join(differences),
    )
    return PublicAccess()


@lru_cache(maxsize=1)
def access() -> PikaAccess:
    """Return the access to the pika that is installed; what is different is logged once."""
    return choose(find_differences())
