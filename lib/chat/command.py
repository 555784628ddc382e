"""`pysailor chat FILE.yaml`: read the file, choose what answers, serve until a signal.

Everything heavy is imported when the command runs, so that declaring it costs nothing.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import ipaddress
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, port
from pysailor import environment as shell_environment

from ..extras import how_to_install

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .config.load import Config
    from .conversation import Service
    from .server.listener import Listener

HELP = "serve conversations over WebSocket, with a page, as a settings file in Gramex' form says"
EPILOG = """\
example:
  pysailor chat samples/chat/hello.yaml --sandbox
  OPENAI_API_KEY=sk-... pysailor chat samples/chat/hello.yaml
"""
DONE, FAILED, MISUSED = 0, 1, 2
NEEDED = ("starlette", "uvicorn", "websockets")
MISSING = f"this needs starlette, uvicorn and websockets: {how_to_install('chat')}"
_PORT = 8765


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", metavar="FILE.yaml", type=Path, help="the settings: url, pattern, handler, kwargs")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    parser.add_argument(
        "--port", type=port, default=_PORT, help="which port to take, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument("--hooks", metavar="FILE.py", type=Path, help="functions for open, prepare and modify")
    parser.add_argument(
        "--store",
        metavar="URL",
        default="memory:",
        help="where conversations are kept, such as sqlite:///chat.sqlite (default: in memory)",
    )
    parser.add_argument(
        "--keep",
        metavar="HOURS",
        type=float,
        default=24,
        help="forget a conversation so long after its last turn (default: %(default)s)",
    )
    parser.add_argument(
        "--token", help="ask every visitor for this token; better given as CHAT_TOKEN in the environment"
    )
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="a further origin whose pages may talk, such as https://example.com; * for all",
    )
    parser.add_argument(
        "--messages",
        metavar="N",
        type=float,
        default=30,
        help="messages a minute from each address (default: %(default)s)",
    )
    parser.add_argument(
        "--connections", metavar="N", type=int, default=2000, help="sockets at once (default: %(default)s)"
    )
    parser.add_argument(
        "--per-address",
        metavar="N",
        type=int,
        default=100,
        help="of them from one address, such as an office's (default: %(default)s)",
    )
    parser.add_argument(
        "--turns", metavar="N", type=int, default=128, help="answers being made at once (default: %(default)s)"
    )
    offline = parser.add_mutually_exclusive_group()
    offline.add_argument(
        "--sandbox",
        action="store_const",
        const="sandbox",
        dest="offline",
        help="let the sandbox answer: no key, no cost, made-up answers",
    )
    offline.add_argument(
        "--local",
        action="store_const",
        const="local",
        dest="offline",
        help="let the embedded model answer: real, very small, no key",
    )
    offline.add_argument(
        "--api", action="store_const", const=None, dest="offline", help="ask the real service (as without an option)"
    )


def run(
    args: argparse.Namespace,
    environment: Mapping[str, str] | None = None,
    servers: Mapping[str, Any] | None = None,
) -> int:
    """Serve until a signal; return the exit code. What is wrong is one line each on standard error.

    `servers` are those that may answer without a key, by the name of their option.
    """
    environment = shell_environment() if environment is None else environment
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return _fail(MISUSED, MISSING)
    try:
        config = _config(args, environment)
        with ExitStack() as stack:
            listener = _listener(args, config, environment, servers or {}, stack)
            _welcome(config, listener, args, environment)
            gc.freeze()  # what is loaded by now stays: looking through it would hold all answers up for some 10 ms
            listener.run()
    except InvalidConfig as error:
        return _fail(MISUSED, *str(error).splitlines(), *_without_key(error, args, servers or {}))
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        return _fail(FAILED, f"port {args.port} of {args.host} cannot be taken: {why}; choose another with --port")
    except RuntimeError as error:
        return _fail(FAILED, str(error))
    return DONE


def _without_key(error: InvalidConfig, args: argparse.Namespace, servers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a hint at what answers without a key, if that is what is missing."""
    if args.offline or not servers or "$OPENAI_API_KEY is not set" not in str(error):
        return ()
    return (f"to try it without a key: {' or '.join(f'--{name}' for name in servers)}",)


def _config(args: argparse.Namespace, environment: Mapping[str, str]) -> Config:
    from .config.hooks import BadHook, HookFunctions  # noqa: PLC0415 - the same
    from .config.load import load  # noqa: PLC0415 - yaml and the schema, which declaring the command does not need

    try:
        hooks = HookFunctions.load(args.hooks) if args.hooks else HookFunctions()
    except BadHook as error:
        raise InvalidConfig(str(error)) from error
    return load(
        args.file,
        environment=environment,
        hooks=hooks,
        needs_key=not environment.get("OPENAI_API_KEY", "").strip(),
        offline=args.offline is not None,
    )


def _listener(
    args: argparse.Namespace,
    config: Config,
    environment: Mapping[str, str],
    servers: Mapping[str, Any],
    stack: ExitStack,
) -> Listener:
    from ..attachments import ALLOW_PRIVATE_URLS, Guard  # noqa: PLC0415 - the same
    from ..conversation import open_store  # noqa: PLC0415 - opened after the settings are known to be good
    from .backend import ApiBackend  # noqa: PLC0415 - the same
    from .budget_store import budget_store  # noqa: PLC0415 - the same
    from .server.access import AccessRules  # noqa: PLC0415 - the same
    from .server.listener import Listener  # noqa: PLC0415 - starlette and uvicorn take a quarter of a second
    from .server.shared import ChatLimits  # noqa: PLC0415 - the same

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
        local=_is_local(args.host),
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


def _limits(args: argparse.Namespace, usual: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415 - needed here only

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
    from ..api.connection import Connection  # noqa: PLC0415 - the same as above
    from ..environment import CREDENTIAL  # noqa: PLC0415 - the same as above
    from .conversation import Service  # noqa: PLC0415 - the same as above

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


def _welcome(config: Config, listener: Listener, args: argparse.Namespace, environment: Mapping[str, str]) -> None:
    from .budget_store import of_budgets  # noqa: PLC0415 - with the store
    from .config.warnings import of_models  # noqa: PLC0415 - the table of models

    for notice in (
        *config.warnings,
        *of_budgets(config, environment),
        *of_models(config, args.offline is not None, environment.get("OPENAI_BASE_URL") or None),
    ):
        _say(notice)
    is_open = not _is_local(args.host) and not (args.token or environment.get("CHAT_TOKEN"))
    if is_open and args.offline is None:
        _say("anybody who reaches this port can ask on your account; --token asks visitors for a token")
    if is_open and not args.allow_origin:
        _say("it answers under an address in digits only; --allow-origin https://NAME or --token lets a name lead here")
    for route in config.routes:
        sys.stdout.write(f"{route.name}: {listener.url(route.address) if route.address else route.text}\n")
    sys.stdout.flush()
    _say("Ctrl-C ends it")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(line: str) -> None:
    sys.stderr.write(f"# {line}\n")


def _fail(code: int, *lines: str) -> int:
    for line in lines:
        sys.stderr.write(f"pysailor chat: {line}\n")
    return code


def main(arguments: Sequence[str] | None = None, servers: Mapping[str, Any] | None = None) -> int:
    """Run the command on its own."""
    parser = argparse.ArgumentParser(
        prog="pysailor chat", description=HELP, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    declare(parser)
    return run(parser.parse_args(arguments), servers=servers)
