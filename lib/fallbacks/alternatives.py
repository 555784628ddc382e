"""The fallbacks that a step names: models of its own server, or of the credential's second one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pysailor import Fault, InvalidConfig, frozen

from ..api.connection import Connection, second_server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

SECOND = "second"
_FIELDS = {"/baseUrl": "/secondBaseUrl", "/apiKey": "/secondApiKey", "/server": "/secondServer"}
_MOST = 5
_KEPT_THERE = ("previous_response_id", "conversation")


class Alternative(NamedTuple):
    """One fallback: the settings that lead to it, and the model that it is asked for, None for the message's own."""

    cfg: Mapping[str, Any]
    model: str | None
    is_elsewhere: bool = False
    """Whether it leads to the second server."""


@frozen
class Alternatives:
    """The fallbacks of a step, in order."""

    further: tuple[Alternative, ...] = ()

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Self:
        """Read the step's setting; raise InvalidConfig."""
        named = [part.strip() for part in str(cfg.get("fallbacks") or "").replace("\n", ",").split(",") if part.strip()]
        if len(named) > _MOST:
            raise InvalidConfig(f"found {len(named)} fallbacks, allowed: {_MOST}", pointer="/fallbacks")
        return cls(tuple(_read(one, cfg) for one in named))


def body_for(one: Alternative, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body as this fallback is asked for it."""
    return body if one.model is None else {**body, "model": one.model}


def bound_to_server(body: Mapping[str, Any]) -> str:
    """Return why a request can be answered by the step's own server only, "" if that is not so."""
    if body.get("background") is True:
        return "Batch: Collect would not find what is made in the background there"
    known = [name for name in _KEPT_THERE if body.get(name) is not None]
    return f"what {known[0]} names is known to the first server only" if known else ""


def _read(named: str, cfg: Mapping[str, Any]) -> Alternative:
    """Return one fallback; raise InvalidConfig."""
    where, colon, model = named.partition(":")
    if where.strip().lower() != SECOND:
        return Alternative({**cfg, "model": named}, named)
    if not cfg.get("secondBaseUrl"):
        raise InvalidConfig(
            f'"{named}" leads to the second server, and the credential names none; enter its Base URL there',
            pointer="/fallbacks",
        )
    second = second_server(cfg)
    try:
        Connection.of(second)
    except InvalidConfig as error:
        faults = [Fault(_FIELDS.get(fault.pointer, fault.pointer), fault.message) for fault in error.faults]
        raise InvalidConfig(faults=faults) from error
    if not str(cfg.get("secondApiKey") or "").strip():
        raise InvalidConfig("is empty; enter the second server's key, or - if it needs none", pointer="/secondApiKey")
    if colon and not model.strip():
        raise InvalidConfig(f'"{named}" names no model after the colon', pointer="/fallbacks")
    if not colon:
        return Alternative(second, None, is_elsewhere=True)
    return Alternative({**second, "model": model.strip()}, model.strip(), is_elsewhere=True)
