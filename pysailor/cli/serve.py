"""`pysailor sandbox`, `pysailor local`: servers that a component brings to stand in for its service."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pysailor.component import Component

from .desk import BadUsage, say, start

_HELP = {
    "sandbox": "run the stand-in: it behaves like the service, errors and all, and is no model",
    "local": "run the embedded model: real, very small, without a key",
}
_EXAMPLE = """\
example:
  pysailor {name} --port 8080
  pysailor process sendRequest SAMPLE --cfg baseUrl=http://127.0.0.1:8080/v1 --cfg apiKey=KEY
"""


def add(commands: Any) -> None:
    """Declare the commands."""
    for name, text in _HELP.items():
        parser = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}. It listens on this machine only, until Ctrl-C.",
            epilog=_EXAMPLE.format(name=name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--port", type=int, default=0, help="where to listen (default: any free port)")
        parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until the server ends."""
    servers = getattr(Component.find(args.component).desk, "SERVERS", {})
    if args.command not in servers:
        raise BadUsage("this component brings no such server")
    with start(servers[args.command], args.port) as server:
        say(f"{server.title}; Ctrl-C ends it")
        print(json.dumps(server.cfg()), flush=True)
        server.wait()
    return 0
