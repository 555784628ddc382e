"""The declaration, checked: what the platform needs, and what a designer would miss."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .component import descriptor as declaration
from .component.component import Component
from .errors import BrokenComponent, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .component.component import Loaded
    from .component.descriptor import Field
    from .metadata import Schema

_CHOICES = ("SelectView", "MultiSelectView")
_KNOWN_TO_BE_SECRET = ("key", "secret", "token", "password")


def lint(root: Path) -> list[Fault]:
    """Give everything that is to mend; pointers lead into component.json, or name a schema file first."""
    try:
        document = json.loads((root / "component.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [Fault("component.json", f"cannot be read as JSON: {error}")]
    faults = declaration.faults_of(document)
    return faults or [*_told(document), *_component_faults(Component(root))]


def _told(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Give what is allowed to be missing and yet should not be."""
    if "version" not in document:
        yield Fault("/version", "is missing; each deployment needs its own")
    if document.get("buildType") != "docker":
        yield Fault("/buildType", 'must be "docker": the platform builds nothing else any more')


def _component_faults(component: Component) -> Iterator[Fault]:
    if not component.has("logo.png"):
        yield Fault("logo.png", "is missing; the platform shows it on every step")
    for field in component.descriptor.credentials:
        yield from _field_faults("/credentials", field)
    try:
        component.verifier()
    except BrokenComponent as error:
        yield Fault("/credentials/verifier", str(error))
    names = [function.name for function in component.descriptor.functions]
    for function in component.descriptor.functions:
        at = f"/{function.kind}s/{function.name}"
        if names.count(function.name) > 1:
            yield Fault(at, "stands among the triggers and the actions; a name can be used once")
        try:
            yield from _function_faults(at, component.function(function.name))
        except BrokenComponent as error:
            yield Fault(at, str(error))


def _function_faults(at: str, loaded: Loaded) -> Iterator[Fault]:
    declared = loaded.declared
    if not declared.description:
        yield Fault(f"{at}/description", "is missing; the designer chooses by it")
    for name in ("process", *(("get_meta_model",) if declared.dynamic_metadata else ())):
        if loaded.hook(name) is None:
            yield Fault(f"{at}/main", f"{declared.main} has no function {name}")
    yield from _clashes(at, loaded.fields)
    for field in declared.fields:
        yield from _field_faults(at, field)
        if isinstance(field.model, str) and loaded.hook(field.model) is None:
            yield Fault(f"{at}/fields/{field.name}/model", f"{declared.main} has no function {field.model}")
    for name, written, schema in (
        ("in", declared.input_schema, loaded.input_schema),
        ("out", declared.output_schema, loaded.output_schema),
    ):
        if schema is None and not declared.dynamic_metadata:
            yield Fault(f"{at}/metadata/{name}", "is missing; the mapper would show nothing")
        elif schema is not None:
            yield from _schema_faults(written if isinstance(written, str) else f"{at}/metadata/{name}", schema)


def _clashes(at: str, fields: tuple[Field, ...]) -> Iterator[Fault]:
    """Give the names used twice: the platform puts the fields of the credential and of the step into one cfg."""
    credential = {field.name for field in fields if field.place == "credential"}
    for field in fields:
        if field.place == "step" and field.name in credential:
            yield Fault(f"{at}/fields/{field.name}", "has the name of a credential's field; one would hide the other")


def _field_faults(at: str, field: Field) -> Iterator[Fault]:
    here = f"{at}/fields/{field.name}"
    if not field.help:
        yield Fault(f"{here}/help", "is missing; say what the designer should fill in")
    if field.view_class in _CHOICES and not field.model:
        yield Fault(f"{here}/model", f"is missing; a {field.view_class} offers what its model gives")
    if field.place == "credential" and not field.secret and field.name.lower().endswith(_KNOWN_TO_BE_SECRET):
        yield Fault(f"{here}/viewClass", "looks like a secret; a PasswordFieldView hides it")


def _schema_faults(name: str, schema: Schema) -> Iterator[Fault]:
    for pointer, member in _members(schema.document, ""):
        if not (member.get("title") or member.get("label")):
            yield Fault(f"{name}#{pointer}", "has no title; the mapper would show the bare name")
        if not (member.get("help") or {}).get("description"):
            yield Fault(f"{name}#{pointer}", "has no help; the designer would have to guess")


def _members(schema: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every property that the mapper shows, with its pointer."""
    if not isinstance(schema, dict):
        return
    for holder in ("definitions", "$defs"):
        for name, member in (schema.get(holder) or {}).items():
            yield from _members(member, f"{pointer}/{holder}/{name}")
    for name, member in (schema.get("properties") or {}).items():
        here = f"{pointer}/properties/{name}"
        if isinstance(member, dict) and "$ref" not in member:
            yield here, member
        yield from _members(member, here)
    yield from _members(schema.get("items"), f"{pointer}/items")
