"""`pysailor flow export`: a flow file in the platform's forms."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from ..extras import EXPRESSIONS, require
from ..output import as_json, say
from .import_ import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pysailor.flow.document import FlowFile, FlowFinding

_DIALECTS = ("api", "recipe", "hydrated")
_EXAMPLE = """\
example:
  pysailor flow export flow.yaml --as api --workspace 5d2f… -o flow.json
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "export",
        help="write a flow file in the platform's form",
        description="Write a flow file as the platform has it: api (for POST /v2/flows), recipe, or hydrated (the "
        "export by names, for the IPaaS Core component). Each thing that is lost is told.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="the flow file")
    parser.add_argument(
        "--as", dest="dialect", choices=_DIALECTS, default="api", help="the form (default: %(default)s)"
    )
    parser.add_argument(
        "--replace",
        metavar="COMPONENT=TEAM/REPOSITORY@VERSION",
        action="append",
        type=_component,
        help="what the platform calls a component of the file. May be given several times",
    )
    parser.add_argument(
        "--credential",
        metavar="NAME=ID",
        action="append",
        type=_pair,
        help="the id that a credential of the file has on the platform. May be given several times",
    )
    parser.add_argument("--workspace", metavar="ID", default="", help="the workspace that the flow goes to")
    parser.add_argument("-o", "--output", metavar="FILE", help="write here, instead of to standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write the document, and what is lost to standard error."""
    require("flow", *EXPRESSIONS)
    from pysailor.flow.document import read_flow  # noqa: PLC0415 - not needed by the other commands
    from pysailor.flow.platform import ExportSettings, export_flow  # noqa: PLC0415 - as above

    flow = read_flow(args.file)
    _check(flow)
    settings = ExportSettings(_dict(args.replace), _dict(args.credential), args.workspace)
    document, notes = export_flow(flow, args.dialect, settings)
    for note in notes:
        say(str(note))
    write_text(as_json(document, indent=2) + "\n", args.output)
    return 0


def _check(flow: FlowFile) -> None:
    """Raise InvalidFlow for expressions that the platform's JSONata does not know."""
    from pysailor.flow.document import InvalidFlow  # noqa: PLC0415 - as above
    from pysailor.flow.mapper import compile_expression, compile_mapping  # noqa: PLC0415 - as above

    findings: list[FlowFinding] = []
    for step in flow.all_steps:
        try:
            compile_mapping(step)
            if step.after is not None and step.after.condition is not None:
                compile_expression(step.after.condition, f"steps.{step.id}.after")
        except InvalidFlow as error:
            findings += error.findings
    if findings:
        raise InvalidFlow(findings)


def _dict(pairs: Iterable[tuple[str, str]] | None) -> dict[str, str]:
    return dict(pairs or ())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=VALUE')
    return name, value


def _component(text: str) -> tuple[str, str]:
    name, value = _pair(text)
    if not re.fullmatch(r"[^/@:\s]+/[^/@:\s]+(@[^/@:\s]+)?", value):
        raise argparse.ArgumentTypeError(f'"{value}" is not a name such as team/repository@version')
    return name, value
