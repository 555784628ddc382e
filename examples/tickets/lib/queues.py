"""The queues of the ticket service, for the forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client import Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context


def queues(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the queues, name to label."""
    return {queue["name"]: queue["label"] for queue in Client.of(cfg, ctx).get("/queues", ctx)}
