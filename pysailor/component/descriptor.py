"""component.json, read (platform contract, 6): what a component declares about itself."""

from __future__ import annotations

import json
from dataclasses import field
from pathlib import Path
from typing import Any

from ..errors import BrokenComponent, Fault
from ..metadata import Schema
from ..values import frozen
from ..wire import json_fault

SECRET_VIEWS = ("PasswordFieldView", "OAuthFieldView")
"""The views whose values the platform hides."""
_ORDER = {"type": ["number", "string"]}
SHAPE = Path(__file__).with_name("descriptor.schema.json")


@frozen
class Field:
    """One setting that a designer fills in; `place` says in which form it stands: "credential" or "step"."""

    name: str
    place: str
    label: str
    view_class: str
    required: bool = False
    default: Any = None
    model: Any = None
    require: tuple[str, ...] = ()
    help: str = ""
    placeholder: str = ""
    order: float | None = None

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown."""
        return self.view_class in SECRET_VIEWS


@frozen
class Function:
    """One action or trigger. The schemas are metadata.in and .out as written: a schema, a path or None."""

    name: str
    kind: str
    title: str
    main: str
    description: str = ""
    help: str = ""
    fields: tuple[Field, ...] = ()
    input_schema: dict[str, Any] | str | None = None
    output_schema: dict[str, Any] | str | None = None
    dynamic_metadata: bool = False
    resolves_references: bool = True
    cooperative: bool = False


@frozen
class Descriptor:
    """The whole declaration; `document` is component.json as it was written."""

    title: str
    description: str
    version: str
    credentials: tuple[Field, ...]
    verifier: str | None
    functions: tuple[Function, ...]
    document: dict[str, Any] = field(repr=False)

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields: the credential's, then each function's."""
        return (*self.credentials, *(field for function in self.functions for field in function.fields))

    def function(self, name: str) -> Function:
        """Return the action or trigger of this name; raise BrokenComponent, naming those there are."""
        for function in self.functions:
            if function.name == name:
                return function
        known = ", ".join(function.name for function in self.functions)
        raise BrokenComponent(f'Trigger or action "{name}" is not found in component.json! There is: {known}.')


def read(path: Path) -> Descriptor:
    """Read component.json; raise BrokenComponent with every structural fault, one per line."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        instead = "name a component's directory with --component, or begin one: pysailor new NAME"
        raise BrokenComponent(f"There is no {path.name} in {path.parent}; {instead}.") from error
    except OSError as error:
        raise BrokenComponent(f"{path} cannot be read: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        raise BrokenComponent(f"{path} is not valid JSON: {json_fault.explain(error)}.") from error
    except ValueError as error:
        raise BrokenComponent(f"{path} is not valid JSON: {error}.") from error
    faults = find_faults(document)
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise BrokenComponent(f"{path} does not describe a component:\n{lines}")
    return describe(document)


def find_faults(document: Any, *, is_strict: bool = False) -> list[Fault]:
    """Return what keeps a document from being a component.json; a strict look finds keys that nobody knows, too.

    Of a value of the wrong type only that is said: what does not follow from it is found once the type is right.
    """
    written = json.loads(SHAPE.read_text(encoding="utf-8"))
    del written["anyOf"]  # said below, in plainer words
    shape = Schema(written if is_strict else _loosen(written), SHAPE.name)
    faults = [] if shape.accepts(document) else shape.faults(document)
    if isinstance(document, dict) and not any(document.get(name, {}) != {} for name in ("actions", "triggers")):
        faults.append(Fault("/actions", "is missing or empty; a component has at least one action or trigger"))
    return sorted(faults, key=lambda fault: fault.pointer) if is_strict else faults


def _loosen(shape: Any) -> Any:
    """Return the schema as a platform reads it: it may know more keys than we do, and takes an order as text."""
    if isinstance(shape, list):
        return [_loosen(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        name: _ORDER if name == "order" else _loosen(member)
        for name, member in shape.items()
        if name != "additionalProperties" or member is not False
    }


def describe(document: dict[str, Any]) -> Descriptor:
    """Return what a document declares, in which `find_faults` found nothing that keeps it from being read."""
    credentials = document.get("credentials") or {}
    return Descriptor(
        title=document["title"],
        description=document.get("description", ""),
        version=document.get("version", "0.0.0"),
        credentials=_fields(credentials, "credential"),
        verifier=credentials.get("verifier"),
        functions=tuple(
            _function(kind, name, declared)
            for kind in ("trigger", "action")  # a name that is both means the trigger
            for name, declared in (document.get(f"{kind}s") or {}).items()
        ),
        document=document,
    )


def _function(kind: str, name: str, declared: dict[str, Any]) -> Function:
    metadata = declared.get("metadata") or {}
    return Function(
        name=name,
        kind=kind,
        title=declared["title"],
        main=declared["main"],
        description=declared.get("description", ""),
        help=_help(declared),
        fields=_fields(declared, "step"),
        input_schema=metadata.get("in"),
        output_schema=metadata.get("out"),
        dynamic_metadata=bool(declared.get("dynamicMetadata")),
        resolves_references=declared.get("autoResolveObjectReferences", True),
        cooperative=declared.get("cooperative") is True,
    )


def _fields(holder: dict[str, Any], place: str) -> tuple[Field, ...]:
    """Return the declared fields in the order of the form: highest `order` first."""
    fields = [_field(name, place, declared) for name, declared in (holder.get("fields") or {}).items()]
    return tuple(sorted(fields, key=lambda field: -(field.order or 0)))


def _field(name: str, place: str, declared: dict[str, Any]) -> Field:
    return Field(
        name=name,
        place=place,
        label=declared["label"],
        view_class=declared["viewClass"],
        required=bool(declared.get("required", False)),
        default=declared.get("default"),
        model=declared.get("model"),
        require=tuple(declared.get("require") or ()),
        help=_help(declared) or declared.get("note", ""),
        placeholder=str(declared.get("placeholder", "")),
        order=float(declared["order"]) if "order" in declared else None,
    )


def _help(declared: dict[str, Any]) -> str:
    return str((declared.get("help") or {}).get("description", ""))
