"""What holds before a flow begins at the command line: its check finds nothing to correct; and where it listens."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from pysailor.component.fields import bind
from pysailor.errors import SailorError
from pysailor.flow.check import check_flow
from pysailor.flow.document import InvalidFlow
from pysailor.flow.run import open_input

from ..output import printable, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from pysailor.flow.document import FlowFinding
    from pysailor.flow.run import StepPlan

    from .settings import FlowWorkspace

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - looked for


def require_order(workspace: FlowWorkspace, variables: Mapping[str, str], args: argparse.Namespace) -> None:
    """Raise InvalidFlow with what `flow check` finds to correct.

    What only a sample shows is told as a warning where --input brings other messages; everything is with --force.
    """
    needs_nothing = getattr(args, "replay", None) or getattr(args, "form", None)  # no credential, nothing real
    report = check_flow(
        workspace.flow,
        workspace.merge_settings,
        sample=read_first(args.input) if args.input else None,
        is_replaced=args.input is not None,
        answers=(lambda _: True) if needs_nothing else workspace.server_answers,
        variables=variables,
    )
    errors = [finding for finding in report.findings if finding.severity == "error"]
    doubts = [each for each in errors if args.force or (args.input is not None and each.by_sample)]
    if len(doubts) < len(errors):
        raise InvalidFlow([each for each in errors if each not in doubts])
    for doubt in doubts:
        say(printable(str(_soften(doubt))))


def _soften(finding: FlowFinding) -> FlowFinding:
    return replace(finding, severity="warning")


def read_first(name: str) -> Any:
    """Return the first message of an input, None where it cannot be read, or not twice; the run tells why."""
    if not Path(name).is_file():
        return None
    source = open_input(name)
    try:
        return next(source.bodies(), None)
    except SailorError:
        return None
    finally:
        source.close()


def tell_addresses(plans: Iterable[StepPlan]) -> None:
    """Print where each step listens, with a command that tries it."""
    for plan in plans:
        address = plan.function.hook("address")
        url = "" if address is None else address(bind(plan.function.fields, plan.settings))
        if url:
            say(f"{plan.declared.id} takes requests at {url}; try: {_make_command(url, plan.declared.sample)}")


def _make_command(url: str, sample: Any) -> str:
    parts = urlsplit(url)
    if parts.hostname in _EVERYWHERE:
        url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port}"))
    members = sample if isinstance(sample, dict) else {}
    body = {name: value for name, value in members.items() if not name.startswith("_")}
    content = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"curl {url} -H 'Content-Type: application/json' -d {content}"
