"""Imports pika without asyncio: its package loads every way to connect, and no worker takes the one over asyncio."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_MODULE, _NAME = "pika.adapters.asyncio_connection", "AsyncioConnection"


def import_pika() -> None:
    """Import pika; what it has over asyncio is loaded by whoever asks for it. That takes a twentieth of a start."""
    if "pika" in sys.modules or "asyncio" in sys.modules:  # there is nothing to spare
        return
    empty = ModuleType(_MODULE)
    setattr(empty, _NAME, None)
    sys.modules[_MODULE] = empty
    try:
        from pika import adapters  # noqa: PLC0415 - not before `empty` is in its place
    finally:
        del sys.modules[_MODULE]
    delattr(adapters, _NAME)
    setattr(adapters, "__getattr__", _load)  # noqa: B010 - mypy knows no such member of a module


def _load(name: str) -> Any:
    """Return what `pika.adapters` was asked for and has not."""
    if name != _NAME:
        raise AttributeError(f"module 'pika.adapters' has no attribute {name!r}")
    from pika.adapters.asyncio_connection import AsyncioConnection  # noqa: PLC0415 - on demand

    return AsyncioConnection
