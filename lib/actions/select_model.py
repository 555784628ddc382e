"""The models that a step's list offers: asked of the server, with the names that its users know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..api.client import Call, Client
from ..api.connection import Connection
from ..api.retry import Limits
from ..environment import Surroundings
from ..models.choices import chat_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LIMITS = Limits(timeout=30)


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Give the chat models that the credential can use, newest first; those that are gone soon are marked."""
    connection = Connection.of(cfg)
    listed = ctx.keep(Client, connection).models(Call(_LIMITS, ctx.logger))
    today = datetime.now(tz=UTC).date()
    return chat_models(listed, today, ctx.keep(Surroundings).models, public_api=connection.public)
