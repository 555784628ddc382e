"""The models that a step's list offers: asked of the server, with the names that its users know."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from ..api.client import CallOptions, Client
from ..api.connection import Connection
from ..api.retry import CallLimits
from ..completions.endpoint import COMPLETIONS
from ..environment import Environment
from ..models.auto import AUTO, choose_model
from ..models.choices import chat_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LIMITS = CallLimits(timeout=30)
_SECONDS_KEPT = 3600.0


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the chat models that the credential can use, newest first; those that are gone soon are marked.

    Of a server that lists none, return the step's own model, or a line without a value that says so.
    """
    connection = Connection.of(cfg)
    listed = ctx.keep(Client, connection).models(COMPLETIONS, CallOptions(_LIMITS, ctx.logger))
    if listed.note:
        model = str(cfg.get("model") or "")
        return {model: f"{model} ({listed.note})" if model else f"{listed.note}; map its name to Model in the message"}
    today, table = datetime.now(tz=UTC).date(), ctx.keep(Environment).models
    choices = chat_models(listed.entries, today, table, public_api=connection.public)
    chosen = choose_model(choices, table, today)
    return {AUTO: f"Automatic: the least expensive that lasts (now {chosen})", **choices} if chosen else choices


def resolve_model(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Return the settings with the model that "auto" stands for; other settings as they are. Raise InvalidConfig.

    The server is asked for its models once an hour.
    """
    if cfg.get("model") != AUTO:
        return cfg
    connection = Connection.of(cfg)
    return {**cfg, "model": ctx.keep(_AutoModel, connection).name(ctx)}


def guess_model(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Return the settings with the model that "auto" would stand for if the key may use every one; asks nobody."""
    if cfg.get("model") != AUTO:
        return cfg
    table = ctx.keep(Environment).models
    return {**cfg, "model": choose_model(table.rows, table, datetime.now(tz=UTC).date()) or AUTO}


class _AutoModel:
    """What "auto" stands for at one server, for one credential."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._name, self._until = "", 0.0

    def name(self, ctx: Context) -> str:
        with self._lock:
            if time.monotonic() >= self._until:
                self._name, self._until = self._choose(ctx), time.monotonic() + _SECONDS_KEPT
            return self._name

    def _choose(self, ctx: Context) -> str:
        listed = ctx.keep(Client, self._connection).models(COMPLETIONS, CallOptions(_LIMITS, ctx.logger))
        today, table = datetime.now(tz=UTC).date(), ctx.keep(Environment).models
        choices = chat_models(listed.entries, today, table, public_api=self._connection.public)
        chosen = choose_model(choices, table, today)
        if chosen is None:
            why = listed.note or "the table of models knows none of those that the key may use"
            raise InvalidConfig(f'"{AUTO}" cannot be resolved: {why}; choose a model', pointer="/model")
        ctx.logger.info("The model is %s, chosen automatically", chosen)
        return chosen
