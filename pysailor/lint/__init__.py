"""The declaration, checked: what the platform needs, and what a designer would miss."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..component import descriptor as declaration
from ..component.component import Component
from ..contract import VerifyFunction
from ..errors import BrokenComponent, Fault
from ..wire import json_fault
from .call import find_in_call, find_in_code
from .field import find_in_fields
from .repair import leave_out, repair
from .schema import find_in_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def lint(root: Path) -> list[Fault]:
    """Return everything to fix; pointers lead into component.json, or name a schema file first."""
    twice: list[str] = []
    try:
        text = (root / "component.json").read_text(encoding="utf-8")
        document = json.loads(text, object_pairs_hook=lambda members: _object(members, twice))
    except OSError as error:
        return [Fault("component.json", f"cannot be read: {error.strerror}; lint looked in {root}")]
    except json.JSONDecodeError as error:
        return [Fault("component.json", f"cannot be read as JSON: {json_fault.explain(error)}")]
    except ValueError as error:
        return [Fault("component.json", f"cannot be read as JSON: {error}")]
    faults = declaration.find_faults(document, is_strict=True)
    repeated = [
        Fault("component.json", f'has the key "{name}" twice in one object; the last one counts') for name in twice
    ]
    if not isinstance(document, dict) or (whole := repair(document)) is None:
        return [*repeated, *faults]
    component = Component(root, declaration.describe(whole))
    deeper = [*_find_missing(document), *_find_in_component(component)]
    return [*repeated, *faults, *leave_out(deeper, declaration.find_faults(document))]


def _object(members: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    """Return the object that these members make, and note which names come twice."""
    whole = dict(members)
    names = [name for name, _ in members]
    twice.extend(name for name in whole if names.count(name) > 1)
    return whole


def _find_missing(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is allowed to be missing and yet should not be."""
    if "version" not in document:
        yield Fault("/version", "is missing; each deployment needs its own")
    if document.get("buildType") != "docker":
        yield Fault("/buildType", 'must be "docker": the platform builds nothing else any more')


def _find_in_component(component: Component) -> Iterator[Fault]:
    if not component.has("logo.png"):
        yield Fault("logo.png", "is missing; the platform shows it on every step")
    yield from find_in_fields("/credentials", component.descriptor.credentials)
    yield from _find_in_verifier(component)
    try:
        _ = component.cli
    except BrokenComponent as error:
        yield Fault("lib/cli.py", str(error))
    names = [function.name for function in component.descriptor.functions]
    for function in component.descriptor.functions:
        at = f"/{function.kind}s/{function.name}"
        if names.count(function.name) > 1:
            yield Fault(at, "stands among the triggers and the actions; a name can be used once")
        if not function.description:
            yield Fault(f"{at}/description", "is missing; the designer chooses by it")
        yield from find_in_code(at, component, function)
        yield from find_in_fields(at, function.fields, component.descriptor.credentials)
        yield from find_in_metadata(at, component.root, function)


def _find_in_verifier(component: Component) -> Iterator[Fault]:
    at = "/credentials/verifier"
    try:
        verify = component.verifier()
    except BrokenComponent as error:
        yield Fault(at, str(error))
    else:
        yield from find_in_call(at, "verify", verify, VerifyFunction)
