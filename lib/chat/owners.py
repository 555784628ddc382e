"""Whose conversations a route keeps, read from a settings file: for commands that look after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..api.connection import Connection
from ..environment import CREDENTIAL
from .config.expression import Expression
from .config.hooks import NamesOnly
from .config.load import load
from .conversation import owner_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .config.route import Route


def owners_of(
    path: Path, environment: Mapping[str, str], *, owner: str = "", key: str = "", source: str = "api"
) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each route and the owner of its conversations; None where only a visitor knows it.

    `owner` and `key` stand for what a visitor brings; `source` is what answered: api, sandbox or local.
    """
    cfg = {name: environment[variable] for variable, name in CREDENTIAL.items() if environment.get(variable)}
    usual = Connection.of(cfg)
    config = load(path, environment=environment, hooks=NamesOnly(), needs_key=False)
    for route in config.routes:
        yield route.name, _owner(route, usual, owner, key, source)


def _owner(route: Route, usual: Connection, owner: str, key: str, source: str) -> str | None:
    given = {name: route.kwargs.get(name) for name in ("owner", "key", "url")}
    named = owner or (given["owner"] if isinstance(given["owner"], str) else "")
    if named or source != "api":
        return owner_at(route, usual, source, named)
    if isinstance(given["owner"], Expression) or isinstance(given["url"], Expression):
        return None
    secret = key or given["key"] or usual.api_key
    if isinstance(secret, Expression):
        return None
    connection = Connection.of({"baseUrl": str(given["url"] or usual.base_url), "apiKey": str(secret)})
    return owner_at(route, connection, source, "")
