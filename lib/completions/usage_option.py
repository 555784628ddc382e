"""The option that asks a stream for its usage: added where the server takes it, left out where it was refused. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..endpoint import Relaxed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..api.servers import ServerKind
    from ..errors.api_error import ApiError

_NAME: Final = "stream_options"
_USAGE: Final = "include_usage"
_NAMED: Final = re.compile(r"stream[_ ]?options?|include[_ ]?usage", re.IGNORECASE)
_NOTE: Final = f"the server refused {_NAME}; it was sent without, so the usage may not be told"


def add(sent: dict[str, Any], server: ServerKind) -> dict[str, Any]:
    """Return the body with the option if it is streamed and the server takes it.

    Whoever sets include_usage to false gets none, and no server is sent what some refuse: an option that says nothing.
    """
    options = sent.get(_NAME)
    if isinstance(options, dict) and _USAGE in options:
        others = {name: value for name, value in options.items() if name != _USAGE}
        wants = bool(options[_USAGE]) and (server.takes_usage_option or not sent.get("stream"))
        options = {**others, _USAGE: True} if wants else others
        rest = {name: value for name, value in sent.items() if name != _NAME}
        return {**rest, _NAME: options} if options else rest
    if sent.get("stream") and server.takes_usage_option and options is None:
        return {**sent, _NAME: {_USAGE: True}}
    return sent


def relax(body: Mapping[str, Any], error: ApiError, server: ServerKind) -> Relaxed | None:
    """Return the request without the option if that is what was refused: it costs nothing to ask again."""
    if _NAME not in body or error.begun:
        return None
    told = f"{error.param or ''} {error.text}"
    others = [name for name in body if name != _NAME and re.search(rf"\b{re.escape(name)}\b", told)]
    if not _NAMED.search(told) and (error.code != "unsupported" or error.param or others):
        return None  # something else was refused
    left = {name: value for name, value in body.items() if name != _NAME}
    return Relaxed(left, replace(server, takes_usage_option=False), _NOTE)
