"""Tests a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidCredentials, StepError

from .client import Client

if TYPE_CHECKING:
    from collections.abc import Mapping


def verify(cfg: Mapping[str, Any], ctx: Context) -> None:
    """Ask for the queues, which costs nothing; raise InvalidCredentials if that fails."""
    try:
        Client.of(cfg, ctx).get("/queues", ctx)
    except StepError as error:
        raise InvalidCredentials(str(error)) from error
