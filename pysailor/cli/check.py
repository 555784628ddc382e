"""`pysailor check`: say what is wrong with samples, without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor.component.component import schemas
from pysailor.component.fields import bind
from pysailor.context import Context, Keep
from pysailor.errors import Fault, InvalidConfig, InvalidInput

from .output import as_json, in_cfg
from .process import examples
from .sample import Sample, display_name
from .usage import BadUsage, add_samples, add_settings, demand_samples, unknown_settings
from .workspace import Workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pysailor.component.component import Loaded

_EXAMPLE = """\
example:
  pysailor check greet samples/greet/*.json

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
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    add_samples(parser)
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; return 1 if any sample is not in order, 2 if one could not be read."""
    with Workspace(args) as workspace:
        function = workspace.function(args.function)
        return max(_check_file(function, file, workspace.given) for file in demand_samples(args))


def _check_file(function: Loaded, file: str, given: Mapping[str, Any]) -> int:
    """Print the report on one file; return the exit code."""
    try:
        told = report(function, Sample.read(file), given)
    except BadUsage as error:
        print(as_json(_report(display_name(file), [Fault("", str(error))], [])))
        return 2
    print(as_json(told))
    return 0 if told["ok"] else 1


def report(function: Loaded, sample: Sample, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `pysailor check` prints for one sample."""
    errors: list[Fault] = []
    warnings: list[Fault] = []
    try:
        with Keep() as kept:
            errors, warnings = _check_sample(function, sample, {**sample.cfg, **given}, Context(kept=kept))
    except InvalidInput as error:
        errors = list(error.faults)
    except InvalidConfig as error:
        errors = in_cfg(error)
    strange = [Fault(f"/cfg{fault.pointer}", fault.message) for fault in unknown_settings(sample.cfg, function.fields)]
    return _report(sample.name, errors, [*strange, *warnings])


def _report(name: str, errors: list[Fault], warnings: list[Fault]) -> dict[str, Any]:
    return {
        "sample": name,
        "ok": not errors,
        "errors": [fault.to_json() for fault in errors],
        "warnings": [fault.to_json() for fault in warnings],
    }


def _check_sample(
    function: Loaded, sample: Sample, given: Mapping[str, Any], context: Context
) -> tuple[list[Fault], list[Fault]]:
    """Return errors and warnings: of the settings, of the body, and of the component's own rules if it has any.

    Settings that are missing come later, from the credential or the step; here they get a word in their place.
    """
    cfg = bind(function.fields, {**examples(function), **given})
    input_schema, _ = schemas(function, cfg, context)
    if input_schema is None:
        return [], []
    body, errors = input_schema.fit(sample.message.body)
    warnings = input_schema.find_unknown(body)
    rules = function.hook("check")
    if not errors and rules is not None:
        verdict = rules(sample.message.with_body(body), cfg, sample.snapshot, context)
        known = {warning.pointer for warning in warnings}
        errors = [*verdict.errors]
        warnings += [doubt for doubt in verdict.warnings if doubt.pointer not in known]
    return errors, warnings
