"""What the model "auto" stands for at one server, for one credential: asked of the server once an hour."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pysailor import InvalidConfig

from ..api.client import CallOptions
from ..api.model_list import list_models
from ..api.retry import CallLimits
from ..environment import Environment
from ..models.auto import AUTO, choose_model
from ..models.choices import chat_models
from .endpoint import COMPLETIONS

if TYPE_CHECKING:
    from pysailor import Context

    from ..api.client import Client

_LIMITS = CallLimits(timeout=30)
_SECONDS_KEPT = 3600.0


class AutoModel:
    """The model that the table chooses of those that the server lists."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name, self._until = "", 0.0

    def name(self, client: Client, ctx: Context) -> str:
        """Return its name; raise InvalidConfig, or ApiError."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._name, self._until = _choose(client, ctx), time.monotonic() + _SECONDS_KEPT
            return self._name


def _choose(client: Client, ctx: Context) -> str:
    listed = list_models(client, COMPLETIONS, CallOptions(_LIMITS, ctx.logger))
    today, table = datetime.now(tz=UTC).date(), ctx.keep(Environment).models
    choices = chat_models(listed.entries, today, table, public_api=client.connection.public)
    chosen = choose_model(choices, table, today)
    if chosen is None:
        why = listed.note or "the table of models knows none of those that the key may use"
        raise InvalidConfig(f'"{AUTO}" cannot be resolved: {why}; choose a model', pointer="/model")
    ctx.logger.info("The model is %s, chosen automatically", chosen)
    return chosen
