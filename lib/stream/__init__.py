"""Server-sent events to chunks to one completion; no sockets here."""

from .drained import drained
from .merge import Completion, Piece
from .reading import BrokenStream, Stream
from .sse import Event, EventReader, EventTooLong, looks_like_sse

__all__ = [
    "BrokenStream",
    "Completion",
    "Event",
    "EventReader",
    "EventTooLong",
    "Piece",
    "Stream",
    "drained",
    "looks_like_sse",
]
