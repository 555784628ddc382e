"""The models that a step's list offers: asked of the server, with the names that its users know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..api.client import CallOptions, Client
from ..api.connection import Connection
from ..api.retry import CallLimits
from ..completions.endpoint import COMPLETIONS
from ..environment import Environment
from ..models.choices import chat_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LIMITS = CallLimits(timeout=30)


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the chat models that the credential can use, newest first; those that are gone soon are marked.

    Of a server that lists none, return the step's own model, or a line without a value that says so.
    """
    connection = Connection.of(cfg)
    listed = ctx.keep(Client, connection).models(COMPLETIONS, CallOptions(_LIMITS, ctx.logger))
    if listed.note:
        ctx.logger.warning("%s", listed.note)
        model = str(cfg.get("model") or "")
        return {model: f"{model} ({listed.note})" if model else f"{listed.note}; map its name to Model in the message"}
    today = datetime.now(tz=UTC).date()
    return chat_models(listed.entries, today, ctx.keep(Environment).models, public_api=connection.public)
