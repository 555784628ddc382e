"""Checks samples as the step would before it sends anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor.component.component import schemas
from pysailor.component.fields import bind
from pysailor.context import Context, Keep
from pysailor.errors import Fault, InvalidConfig, InvalidInput

from .defects import component_code
from .dry_run import ask_rules, placeholders
from .output import in_cfg, print_json
from .sample import Samples, display_name
from .usage import BadUsage, unknown_settings
from .workspace import open_workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pysailor.component.component import Loaded

    from .sample import Sample
    from .workspace import Workspace


def check_samples(args: argparse.Namespace) -> int:
    """Print a report on each sample; return 1 if any is not in order, 2 if one could not be read."""
    with open_workspace(args) as workspace:
        function = workspace.function(args.function)
        samples = Samples(args, function, workspace.offers)
        return max(_check_one(workspace, function, samples, name) for name in samples.names)


def _check_one(workspace: Workspace, function: Loaded, samples: Samples, name: str) -> int:
    """Print the report on one sample; return the exit code."""
    try:
        found = report(function, samples.read(name), workspace.given)
    except BadUsage as error:
        print_json(_report(display_name(name), [Fault("", str(error))], []), workspace.results)
        return 2
    print_json(found, workspace.results)
    return 0 if found["ok"] else 1


def report(function: Loaded, sample: Sample, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `pysailor check` prints for one sample."""
    errors: list[Fault] = []
    warnings: list[Fault] = []
    cost = ""
    try:
        with Keep() as kept, component_code():
            errors, warnings, cost = _check_sample(function, sample, {**sample.cfg, **given}, Context(kept=kept))
    except InvalidInput as error:
        errors = list(error.faults)
    except InvalidConfig as error:
        errors = in_cfg(error)
    strange = [Fault(f"/cfg{fault.pointer}", fault.message) for fault in unknown_settings(sample.cfg, function.fields)]
    doubts = [Fault("", doubt) for doubt in sample.doubts]
    found = _report(sample.name, errors, [*doubts, *strange, *warnings])
    return {**found, "cost": cost} if cost and not errors else found


def _report(name: str, errors: list[Fault], warnings: list[Fault]) -> dict[str, Any]:
    return {
        "sample": name,
        "ok": not errors,
        "errors": [fault.to_json() for fault in errors],
        "warnings": [fault.to_json() for fault in warnings],
    }


def _check_sample(
    function: Loaded, sample: Sample, given: Mapping[str, Any], context: Context
) -> tuple[list[Fault], list[Fault], str]:
    """Return errors and warnings: of the settings, of the body, and of the component's own rules if it has any.

    Then a sentence on what it costs at most beside what is allowed, "" where the component says none.

    Settings that are missing come later, from the credential or the step; here they get a word in their place.
    """
    cfg = bind(function.fields, {**placeholders(function), **given})
    input_schema, _ = schemas(function, cfg, context)
    if input_schema is None:
        return [], [], ""
    body, errors = input_schema.fit(sample.message.body)
    warnings = input_schema.find_unknown(body)
    if not errors:
        found = ask_rules(function, sample.message.with_body(body), cfg, sample.snapshot, context)
        if found is None:
            return errors, warnings, ""
        known = {warning.pointer for warning in warnings}
        errors = [*found.errors]
        wrong = {error.pointer for error in errors}
        warnings += [doubt for doubt in found.warnings if doubt.pointer not in known]
        warnings = [warning for warning in warnings if warning.pointer not in wrong]
        return errors, warnings, str(getattr(found, "cost", ""))
    return errors, warnings, ""
