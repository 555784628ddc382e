"""A small store of values by key, shared by threads, processes and machines: what a worker must not forget."""

from .base import Store, Ticket
from .open import open_store

__all__ = ["Store", "Ticket", "open_store"]
