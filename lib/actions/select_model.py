"""The models that a step's list offers: asked of the server, with the names that its users know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..api.client import CallOptions, Client
from ..api.connection import Connection
from ..api.model_list import list_models
from ..api.retry import CallLimits
from ..completions.auto_model import AutoModel
from ..completions.endpoint import COMPLETIONS
from ..environment import Environment
from ..errors.api_error import ApiError
from ..models.auto import AUTO, choose_model
from ..models.choices import chat_models, list_embedding_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LIMITS = CallLimits(timeout=30)


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the chat models that the credential can use, newest first; those that are gone soon are marked.

    Of a server that lists none, return the step's own model, or a line without a value that says so.
    """
    connection = Connection.of(cfg)
    listed = list_models(ctx.keep(Client, connection), COMPLETIONS, CallOptions(_LIMITS, ctx.logger))
    if listed.note:
        model = str(cfg.get("model") or "")
        return {model: f"{model} ({listed.note})" if model else f"{listed.note}; map its name to Model in the message"}
    today, table = datetime.now(tz=UTC).date(), ctx.keep(Environment).models
    choices = chat_models(listed.entries, today, table, public_api=connection.public)
    chosen = choose_model(choices, table, today)
    return {AUTO: f"Automatic: the least expensive that lasts (now {chosen})", **choices} if chosen else choices


def embedding_models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the embedding models that the credential can use, newest first; the step's own if none are listed."""
    from ..embeddings import EMBEDDINGS  # noqa: PLC0415 - only Embed's form asks for these

    connection = Connection.of(cfg)
    listed = list_models(ctx.keep(Client, connection), EMBEDDINGS, CallOptions(_LIMITS, ctx.logger))
    model = str(cfg.get("embeddingModel") or "")
    return list_embedding_models(listed.entries) or {model: f"{model} ({listed.note})"}


def resolve_model(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Return the settings with the model that "auto" stands for; other settings as they are. Raise InvalidConfig.

    The server is asked for its models once an hour. Where it does not answer, and there are fallbacks, the table tells.
    """
    if cfg.get("model") != AUTO:
        return cfg
    connection = Connection.of(cfg)
    try:
        return {**cfg, "model": ctx.keep(_AutoModel, connection).name(ctx.keep(Client, connection), ctx)}
    except ApiError:
        if not cfg.get("fallbacks"):
            raise
        return guess_model(cfg, ctx)


def guess_model(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Return the settings with the model that "auto" would stand for if the key may use every one; asks nobody."""
    if cfg.get("model") != AUTO:
        return cfg
    table = ctx.keep(Environment).models
    return {**cfg, "model": choose_model(table.rows, table, datetime.now(tz=UTC).date()) or AUTO}


class _AutoModel(AutoModel):
    """Kept for each connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
