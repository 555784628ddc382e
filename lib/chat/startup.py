"""What `pysailor chat` begins with: its server, what keeps conversations, and what answers, of options and environment.

Heavy: only a command that runs loads it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from ..api.connection import Connection
from ..attachments import ALLOW_PRIVATE_URLS, Guard
from ..conversation import open_store
from ..environment import CREDENTIAL
from .backend import ApiBackend
from .budget_store import budget_store
from .conversation import Service
from .server.access import AccessRules
from .server.listener import Listener
from .server.shared import ChatLimits

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from contextlib import ExitStack

    from .config.load import Config


def open_listener(
    args: argparse.Namespace,
    config: Config,
    environment: Mapping[str, str],
    servers: Mapping[str, Any],
    stack: ExitStack,
) -> Listener:
    """Return the server of these settings, which the stack closes; raise InvalidConfig, RuntimeError or OSError."""
    limits = _limits(args, ChatLimits())
    store = stack.enter_context(open_store(args.store))
    service = _service(args, environment, servers, stack)
    guard = Guard(allow_private=environment.get(ALLOW_PRIVATE_URLS, "").lower() == "true")
    backend = ApiBackend(guard, budget_store(environment))
    stack.callback(backend.close)
    origins = frozenset(origin.rstrip("/").lower() for origin in args.allow_origin)
    access = AccessRules(
        origins,
        args.token or environment.get("CHAT_TOKEN") or None,
        local=is_local(args.host),
        secret=environment.get("CHAT_SECRET", ""),
    )
    return Listener(
        config.routes,
        service,
        backend,
        store,
        host=args.host,
        port=args.port,
        access=access,
        limits=limits,
    )


def _limits(args: argparse.Namespace, usual: ChatLimits) -> ChatLimits:
    for name in ("keep", "messages", "connections", "per_address", "turns"):
        if not getattr(args, name) > 0:
            raise InvalidConfig(f"--{name.replace('_', '-')} is {getattr(args, name):g}; allowed: a number above 0")
    return replace(
        usual,
        keep=args.keep * 3600,
        messages_a_minute=max(1.0, args.messages),
        connections=args.connections,
        connections_of_an_address=args.per_address,
        turns_at_once=args.turns,
    )


def _service(
    args: argparse.Namespace, environment: Mapping[str, str], servers: Mapping[str, Any], stack: ExitStack
) -> Service:
    """Return what answers; start a sandbox or model only if one is asked for."""
    if not args.offline:
        cfg = {name: environment[variable] for variable, name in CREDENTIAL.items() if environment.get(variable)}
        usual = {"model": cfg["model"]} if "model" in cfg else {}
        return Service(Connection.of(cfg), **usual)
    kind: Any = servers.get(args.offline)
    if kind is None:
        raise InvalidConfig(f"--{args.offline} needs a server that is not installed here")
    reason = kind.unavailable()
    if reason:
        raise RuntimeError(reason)
    server = stack.enter_context(kind())
    cfg = server.cfg()
    return Service(Connection.of(cfg), cfg["model"], args.offline, f"Answers come from {server.title}.")


def is_local(host: str) -> bool:
    """Return whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
