"""Commands that run the servers of a component, which answer in place of the real service."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.shell import port

from .output import as_json, say
from .workspace import component_of, start

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pysailor.component.component import Component

_EXAMPLE = """\
example:
  pysailor {name} --port 8080

The settings that lead to it are printed on standard output as JSON, a command that uses them on standard error.

exit codes:
  0  it ran until Ctrl-C
  1  it could not be started
"""


def add(commands: Any, servers: Mapping[str, Any]) -> None:
    """Declare a command for each server that the component brings."""
    for name, server in servers.items():
        text = getattr(server, "help", f"run the component's server {name}")
        parser = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}. It listens on this machine only, until Ctrl-C.",
            epilog=_EXAMPLE.format(name=name),
        )
        parser.add_argument("--port", type=port, default=0, help="where to listen (default: any free port)")
        parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C, or until the server ends by itself."""
    component = component_of(args)
    servers = getattr(component.cli, "SERVERS", {})
    try:
        with start(servers[args.command], args.port) as server:
            say(f"{server.title}; Ctrl-C ends it. In another terminal:")
            say(_command(component, server.cfg()))
            print(as_json(server.cfg()), flush=True)  # the last: whoever reads it knows that all is ready
            server.wait()
    except KeyboardInterrupt:  # how it is meant to end
        return 0
    return 0


def _command(component: Component, cfg: Mapping[str, str]) -> str:
    """Return a command that asks the server."""
    function = component.descriptor.functions[0].name
    samples = sorted((component.root / "samples" / function).glob("*.json"))
    sample = next((file for file in samples if file.stem == "hello"), (samples or [Path("SAMPLE.json")])[0])
    near = sample.relative_to(Path.cwd()) if sample.is_relative_to(Path.cwd()) else sample
    settings = [part for name, value in cfg.items() if name[0] != "_" for part in ("--cfg", f"{name}={value}")]
    return shlex.join(["pysailor", "process", function, str(near), *settings])
