"""Tests whether the mail server takes the login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, InvalidCredentials, StepError

from .server import connect

if TYPE_CHECKING:
    from collections.abc import Mapping


def verify(cfg: Mapping[str, Any], ctx: Context) -> None:
    """Return if the server can be used; raise InvalidCredentials with the reason."""
    try:
        with connect(cfg, ctx.seconds_left(20.0)) as server:
            server.noop()
    except (InvalidConfig, StepError) as error:
        raise InvalidCredentials(str(error)) from error
