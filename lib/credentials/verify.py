"""Test a credential by one cheap call, and tell in words what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, InvalidCredentials

from ..api.client import CallOptions, Client
from ..api.connection import Connection, second_server
from ..api.model_list import list_models
from ..api.retry import CallLimits
from ..completions.endpoint import COMPLETIONS
from ..errors.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_LIMITS = CallLimits(timeout=20, max_retries=1)
_NO_ANSWER = (
    f"No answer came within {_LIMITS.timeout} seconds. Check the network, the proxy and the Base URL in the credential."
)


def verify(cfg: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Return that the API accepts the credential, and a `reason` if that is all that could be found out.

    Raise InvalidCredentials, which tells why not and what to do.
    """
    notes = [_verify(Connection.of(cfg), ctx)]
    if cfg.get("secondBaseUrl"):
        try:
            notes.append(_verify(Connection.of(second_server(cfg)), ctx))
        except (InvalidCredentials, InvalidConfig) as error:
            raise InvalidCredentials(f"The second server: {error}") from error
    note = "; ".join(filter(None, notes))
    if not note:
        return {"verified": True}
    return {"verified": True, "reason": f"The API is there, but {note}; enter the name of a model yourself."}


def _verify(connection: Connection, ctx: Context) -> str:
    """Return a note if that is all that could be found out; raise InvalidCredentials."""
    try:
        return list_models(ctx.keep(Client, connection), COMPLETIONS, CallOptions(_LIMITS, ctx.logger)).note
    except ApiError as error:
        raise InvalidCredentials(_NO_ANSWER if error.code == "timeout" else str(error)) from error
