"""The models that a step's list offers: asked of the server, with the names that its users know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..api.client import CallOptions, Client
from ..api.connection import Connection
from ..api.retry import CallLimits
from ..environment import Environment
from ..models.choices import chat_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LIMITS = CallLimits(timeout=30)


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the chat models that the credential can use, newest first; those that are gone soon are marked."""
    connection = Connection.of(cfg)
    listed = ctx.keep(Client, connection).models(CallOptions(_LIMITS, ctx.logger))
    today = datetime.now(tz=UTC).date()
    return chat_models(listed, today, ctx.keep(Environment).models, public_api=connection.public)
