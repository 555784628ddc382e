"""What OpenTelemetry's conventions for generative AI say of a call. Nothing of what was said is in it."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .connection import Connection

_PROVIDERS = {"openai": "openai", "azure": "azure.ai.openai"}
_LONGEST = 200


def call_attributes(
    connection: Connection, operation: str, answer: Mapping[str, Any] | None = None
) -> dict[str, str | int]:
    """Return the attributes of a call, by the conventions' names.

    The operation is chat or embeddings; moderations and batches have no name there, and go by that of their endpoint.
    """
    told: dict[str, str | int] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": _PROVIDERS.get(connection.server.name, connection.server.name),
        **_server(connection.base_url),
    }
    for name, member in (("gen_ai.response.model", "model"), ("gen_ai.response.id", "id")):
        value = (answer or {}).get(member)
        if isinstance(value, str) and value:
            told[name] = value[:_LONGEST]
    return told


@lru_cache(maxsize=64)
def _server(base_url: str) -> Mapping[str, str | int]:
    server = urlsplit(base_url)
    told: dict[str, str | int] = {"server.address": server.hostname or ""}
    with suppress(ValueError):  # a port that is no number: the call itself tells so
        told["server.port"] = server.port or (80 if server.scheme == "http" else 443)
    return told
