"""`pysailor chat FILE.yaml`: read the file, choose what answers, serve until a signal.

Everything heavy is imported when the command runs, so that declaring it costs nothing.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
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
        from .startup import open_listener  # noqa: PLC0415 - the server, loaded when the settings are known to be good

        with ExitStack() as stack:
            listener = open_listener(args, config, environment, servers or {}, stack)
            _welcome(config, listener, args, environment)
            gc.freeze()  # what is loaded by now stays: looking through it would hold all answers up for some 10 ms
            listener.run()
    except InvalidConfig as error:
        return _fail(MISUSED, *str(error).splitlines(), *_without_key(error, args, servers or {}))
    except OSError as error:
        why = (error.strerror or str(error)).partition(" (while ")[0]  # asyncio adds the address
        text = f"port {args.port} of {args.host} cannot be taken: {why}; choose another with --port, or --host"
        return _fail(FAILED, text)
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


def _welcome(config: Config, listener: Listener, args: argparse.Namespace, environment: Mapping[str, str]) -> None:
    from .budget_store import of_budgets  # noqa: PLC0415 - with the store
    from .config.route import DEFAULT_MODEL  # noqa: PLC0415 - loaded by now
    from .config.warnings import of_models  # noqa: PLC0415 - the table of models

    for notice in (
        *config.warnings,
        *of_budgets(config, environment),
        *of_models(
            config,
            args.offline is not None,
            environment.get("OPENAI_BASE_URL") or None,
            environment.get("OPENAI_MODEL") or DEFAULT_MODEL,
        ),
    ):
        _say(notice)
    from .startup import is_local  # noqa: PLC0415 - loaded by now

    is_open = not is_local(args.host) and not (args.token or environment.get("CHAT_TOKEN"))
    if is_open and args.offline is None:
        _say("anybody who reaches this port can ask on your account; --token asks visitors for a token")
    if is_open and not args.allow_origin:
        _say("it answers under an address in digits only; --allow-origin https://NAME or --token lets a name lead here")
    for route in config.routes:
        sys.stdout.write(f"{route.name}: {listener.url(route.address) if route.address else route.text}\n")
    sys.stdout.flush()
    _say("Ctrl-C ends it")


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
