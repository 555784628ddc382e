"""The declaration, checked: what the platform needs, and what a designer would miss."""

from __future__ import annotations

import inspect
import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from .component import descriptor as declaration
from .component.component import Component
from .contract import OPTIONAL_FUNCTIONS, ModelFunction, ProcessFunction, VerifyFunction
from .errors import BrokenComponent, Fault
from .metadata import BrokenSchema, Schema
from .wire import json_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .component.component import Loaded
    from .component.descriptor import Field, Function

_TEXT_VIEWS = ("TextFieldView", "TextAreaView", "SelectView", "PasswordFieldView", "CodeFieldView")
_CHOICES = ("SelectView", "MultiSelectView")
_KNOWN_TO_BE_SECRET = ("key", "secret", "token", "password")


_KEYWORDS = (
    *(
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$id",
        "$ref",
        "$schema",
        "additionalProperties",
    ),
    *("allOf", "anyOf", "const", "contains", "contentEncoding", "contentMediaType", "contentSchema", "default"),
    *("definitions", "dependentRequired", "dependentSchemas", "deprecated", "description", "else", "enum", "examples"),
    *("exclusiveMaximum", "exclusiveMinimum", "format", "help", "if", "items", "label", "maxContains", "maxItems"),
    *("maxLength", "maxProperties", "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum"),
    *("multipleOf", "not", "note", "oneOf", "order", "pattern", "patternProperties", "prefixItems", "properties"),
    *("propertyNames", "readOnly", "required", "then", "title", "type", "unevaluatedItems", "unevaluatedProperties"),
    *("uniqueItems", "writeOnly", "advanced", "example", "enumNames", "nullable", "min", "max"),
)
_ALIKE = 0.8  # of a keyword; other names may be the platform's


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
    if declaration.find_faults(document):
        return faults
    repeated = (
        Fault("component.json", f'has the key "{name}" twice in one object; the last one counts') for name in twice
    )
    return [*repeated, *faults, *_find_missing(document), *_component_faults(Component(root))]


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


def _component_faults(component: Component) -> Iterator[Fault]:
    if not component.has("logo.png"):
        yield Fault("logo.png", "is missing; the platform shows it on every step")
    for field in component.descriptor.credentials:
        yield from _field_faults("/credentials", field)
    yield from _order_faults("/credentials", component.descriptor.credentials)
    try:
        verify = component.verifier()
    except BrokenComponent as error:
        yield Fault("/credentials/verifier", str(error))
    else:
        yield from _call_faults("/credentials/verifier", "verify", verify, VerifyFunction)
    try:
        _ = component.cli
    except BrokenComponent as error:
        yield Fault("lib/cli.py", str(error))
    names = [function.name for function in component.descriptor.functions]
    for function in component.descriptor.functions:
        at = f"/{function.kind}s/{function.name}"
        if names.count(function.name) > 1:
            yield Fault(at, "stands among the triggers and the actions; a name can be used once")
        broken = [*_broken_schemas(at, component.root, function)]
        yield from broken
        try:
            loaded = None if broken else component.function(function.name)
        except BrokenComponent as error:
            yield Fault(at, str(error))
        else:
            yield from _function_faults(at, loaded) if loaded else ()


def _broken_schemas(at: str, root: Path, function: Function) -> Iterator[Fault]:
    """Yield what keeps the metadata from being read."""
    for name, written in (("in", function.input_schema), ("out", function.output_schema)):
        try:
            if isinstance(written, str):
                Schema.load(root / written)
            elif written is not None:
                Schema(written)
        except BrokenSchema as error:
            yield Fault(_place(at, name, written) + error.pointer, error.reason)
        except BrokenComponent as error:
            yield Fault(f"{at}/metadata/{name}", str(error))


def _function_faults(at: str, loaded: Loaded) -> Iterator[Fault]:
    declared = loaded.declared
    if not declared.description:
        yield Fault(f"{at}/description", "is missing; the designer chooses by it")
    yield from _code_faults(at, loaded)
    yield from _clashes(at, loaded.fields)
    yield from _order_faults(at, declared.fields)
    names = {field.name for field in loaded.fields}
    for field in declared.fields:
        yield from _field_faults(at, field)
        for other in field.require:
            if other not in names:
                yield Fault(f"{at}/fields/{field.name}/require", f'names "{other}", but there is no such field')
    yield from _metadata_faults(at, loaded)


def _code_faults(at: str, loaded: Loaded) -> Iterator[Fault]:
    """Yield what is wrong with the functions of the module: the runtime calls each with what its protocol says."""
    declared = loaded.declared
    for name in ("process", *(("get_meta_model",) if declared.dynamic_metadata else ())):
        if loaded.hook(name) is None:
            yield Fault(f"{at}/main", f"{declared.main} has no function {name}")
    for name, protocol in {"process": ProcessFunction, **OPTIONAL_FUNCTIONS}.items():
        yield from _call_faults(f"{at}/main", name, loaded.hook(name), protocol)
    for field in declared.fields:
        if isinstance(field.model, str):
            here = f"{at}/fields/{field.name}/model"
            if loaded.hook(field.model) is None:
                yield Fault(here, f"{declared.main} has no function {field.model}")
            yield from _call_faults(here, field.model, loaded.hook(field.model), ModelFunction)


def _call_faults(at: str, name: str, function: Any, protocol: type) -> Iterator[Fault]:
    """Yield what keeps a function from being called as the runtime does; nothing for one that is not there."""
    if function is None:
        return
    if not callable(function):
        yield Fault(at, f"{name} is not a function")
        return
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield Fault(at, f"{name} is async; the runtime calls plain functions, on threads: write def")
    elif inspect.isgeneratorfunction(function) and protocol is not ProcessFunction:
        yield Fault(at, f"{name} yields; only process may, this one returns its result")
    wanted = _arguments(protocol)
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError:
        yield Fault(at, f"{name}{inspect.signature(function)} cannot be called with ({', '.join(wanted)})")
    except ValueError:  # written in C: it does not say what it takes
        return


def _arguments(protocol: Any) -> list[str]:
    return list(inspect.signature(protocol.__call__).parameters)[1:]


def _metadata_faults(at: str, loaded: Loaded) -> Iterator[Fault]:
    declared = loaded.declared
    sides = {
        "in": (declared.input_schema, loaded.input_schema),
        "out": (declared.output_schema, loaded.output_schema),
    }
    for name, (written, schema) in sides.items():
        is_needed = not declared.dynamic_metadata and (name, declared.kind) != ("in", "trigger")
        if schema is not None:
            yield from _schema_faults(_place(at, name, written), schema)
        elif is_needed:
            yield Fault(f"{at}/metadata/{name}", "is missing; the mapper would show nothing")


def _place(at: str, side: str, written: Any) -> str:
    """Return where a schema is written, for pointers into it to follow: in a file of its own, or in component.json."""
    return f"{written}#" if isinstance(written, str) else f"{at}/metadata/{side}"


def _clashes(at: str, fields: tuple[Field, ...]) -> Iterator[Fault]:
    """Yield the names used twice: the platform puts the fields of the credential and of the step into one cfg."""
    credential = {field.name for field in fields if field.place == "credential"}
    for field in fields:
        if field.place == "step" and field.name in credential:
            yield Fault(f"{at}/fields/{field.name}", "has the name of a credential's field; one would hide the other")


def _order_faults(at: str, fields: tuple[Field, ...]) -> Iterator[Fault]:
    """Yield the fields whose place in the form another has, too: which comes first is then left to chance."""
    first: dict[float, str] = {}
    for field in fields:
        if field.order is not None and first.setdefault(field.order, field.name) != field.name:
            other = first[field.order]
            yield Fault(f"{at}/fields/{field.name}/order", f"is {field.order:g}, as that of {other}; give each its own")


def _field_faults(at: str, field: Field) -> Iterator[Fault]:
    here = f"{at}/fields/{field.name}"
    if not field.help:
        yield Fault(f"{here}/help", "is missing; say what the designer should fill in")
    if field.view_class in _CHOICES and not field.model:
        yield Fault(f"{here}/model", f"is missing; a {field.view_class} offers what its model gives")
    if field.default is not None and (wrong := _default_fault(field)):
        yield Fault(f"{here}/default", wrong)
    if field.place == "credential" and not field.secret and field.name.lower().endswith(_KNOWN_TO_BE_SECRET):
        yield Fault(f"{here}/viewClass", "looks like a secret; a PasswordFieldView hides it")


def _default_fault(field: Field) -> str:
    """Return what is wrong with a field's default, "" for nothing."""
    default, view = field.default, field.view_class
    if view == "CheckBoxView":
        return "" if isinstance(default, bool) else f"must be true or false in a {view}"
    if view == "MultiSelectView":
        return "" if isinstance(default, list) else f"must be a list in a {view}"
    if isinstance(field.model, dict):
        return "" if default in field.model else f"must be one of the choices: {', '.join(field.model)}"
    if view in _TEXT_VIEWS and (isinstance(default, bool) or not isinstance(default, (str, int, float))):
        return f"must be text or a number in a {view}"
    return ""


def _schema_faults(name: str, schema: Schema) -> Iterator[Fault]:
    for pointer, member in _members(schema.document, ""):
        at = f"{name}{pointer}"
        if not (member.get("title") or member.get("label")):
            yield Fault(at, "has no title; the mapper would show the bare name")
        yield from _help_faults(at, member.get("help"))
        if not isinstance(member.get("required", False), (bool, list)):
            yield Fault(f"{at}/required", f"found {json.dumps(member['required'])}, allowed: true or false")
        for key in member:
            meant = get_close_matches(key, _KEYWORDS, 1, _ALIKE) if key not in _KEYWORDS and "-" not in key else []
            if meant:
                yield Fault(f"{at}/{key}", f"is not known here; did you mean {meant[0]}?")


def _help_faults(at: str, written: Any) -> Iterator[Fault]:
    if written is not None and not isinstance(written, dict):
        yield Fault(f"{at}/help", 'must be an object: {"description": "…"}')
    elif not (written or {}).get("description"):
        yield Fault(at, "has no help; the designer would have to guess")


def _members(schema: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every property that the mapper shows, with its pointer."""
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
