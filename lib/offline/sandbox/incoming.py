"""A request as it came: its scenario, its path, its body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENARIO_HEADER = "x-sandbox-scenario"
_SCENARIO_PATH = "/scenarios/"


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """One HTTP request; header names are in lower case, `path` is without its `query`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""


def scenario_and_path(call: IncomingRequest) -> tuple[str | None, str]:
    """Return the scenario's name, from the header before the address, and the path as the API has it."""
    name, path = None, call.path
    if path.startswith(_SCENARIO_PATH):
        name, _, rest = path.removeprefix(_SCENARIO_PATH).partition("/")
        name, path = unquote(name), f"/{rest}"
    return call.headers.get(SCENARIO_HEADER, name), path


def parse_body(call: IncomingRequest) -> Any:
    """Return the JSON of the body, or raise ErrorReply."""
    media = call.headers.get("content-type", "application/json")
    if media.partition(";")[0].strip().lower() != "application/json":
        raise errors.wrong_media(media)
    try:
        return json.loads(call.body, parse_constant=_no_constant)
    except ValueError as error:
        raise errors.no_json() from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is Python's, not JSON's")
