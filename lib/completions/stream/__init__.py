"""Server-sent events to chunks to one completion; no sockets here."""

from .merge import Completion
from .reader import BrokenStream, Stream

__all__ = [
    "BrokenStream",
    "Completion",
    "Stream",
]
