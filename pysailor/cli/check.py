"""`pysailor check`: say what is wrong with samples, without sending anything."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from pysailor.context import Context, Keep
from pysailor.errors import Fault, InvalidConfig
from pysailor.fields import bind

from .desk import Desk, Sample, add_settings
from .process import examples, loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.component import Loaded
    from pysailor.message import Message

_EXAMPLE = """\
example:
  pysailor check sendRequest samples/sendRequest/*.json

Each sample gives one line: {"sample", "ok", "errors": [{"pointer", "message"}], "warnings": [...]}.
Pointers lead into the message's body; those that begin with /cfg lead into the settings.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "check",
        help="say what is wrong with samples, without sending them",
        description="Check samples as the step would before it sends anything. Needs no key and no network.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    parser.add_argument("samples", metavar="SAMPLE", nargs="+", help="a sample file, or - for standard input")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; give 1 if any sample is not in order."""
    with Desk(args) as desk:
        function = loaded(desk, args.function)
        reports = [report(function, Sample.read(name), desk.given) for name in args.samples]
    for told in reports:
        print(json.dumps(told, ensure_ascii=False))
    return 0 if all(told["ok"] for told in reports) else 1


def report(function: Loaded, sample: Sample, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what `pysailor check` prints for one sample."""
    cfg = {**sample.cfg, **given}
    errors = _of_settings(function, cfg)
    warnings: list[Fault] = []
    message = sample.message
    if function.takes is not None:
        body, faults = function.takes.fit(message.body)
        message = message.with_body(body)
        errors += faults
        warnings += function.takes.unknown(body)
    if not errors:
        found, doubts = _of_the_component(function, sample, message, cfg)
        errors += found
        warnings += [doubt for doubt in doubts if doubt.pointer not in {warning.pointer for warning in warnings}]
    return {
        "sample": sample.name,
        "ok": not errors,
        "errors": [fault.to_json() for fault in errors],
        "warnings": [fault.to_json() for fault in warnings],
    }


def _of_settings(function: Loaded, cfg: Mapping[str, Any]) -> list[Fault]:
    """Check the settings that are there; those that are not come later, from the credential or the step."""
    try:
        bind([field for field in function.fields if field.name in cfg], cfg)
    except InvalidConfig as error:
        return [Fault(f"/cfg{fault.pointer}", fault.message) for fault in error.faults]
    return []


def _of_the_component(
    function: Loaded, sample: Sample, message: Message, cfg: Mapping[str, Any]
) -> tuple[list[Fault], list[Fault]]:
    """Ask the component's own rules, if it has any; settings that are missing get a word in their place."""
    rules = function.hook("check")
    if rules is None:
        return [], []
    bound = bind(function.fields, {**examples(function), **cfg})
    try:
        with Keep() as kept:
            found: tuple[list[Fault], list[Fault]] = rules(message, bound, sample.snapshot, Context(kept=kept))
    except InvalidConfig as error:
        return [Fault(f"/cfg{fault.pointer}", fault.message) for fault in error.faults], []
    return found
