"""A component: a directory with a component.json, and the Python files that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..context import Context
from ..errors import BrokenComponent, Defect, InvalidConfig, InvalidCredentials, describe_kind
from ..metadata import Schema
from ..values import frozen
from . import descriptor as declaration
from .code import INSTALLED, ComponentCode, locate

if TYPE_CHECKING:
    from types import ModuleType

    from .descriptor import Descriptor, Field, Function

Model = Callable[[Mapping[str, Any], Context], Mapping[str, str]]


@frozen
class Loaded:
    """A declared function with its code and its schemas."""

    declared: Function
    fields: tuple[Field, ...]
    module: ModuleType
    input_schema: Schema | None
    output_schema: Schema | None

    def get_function(self, name: str) -> Callable[..., Any]:
        """Return the module's function of this name; raise BrokenComponent if it has none."""
        found = getattr(self.module, name, None)
        if not callable(found):
            raise BrokenComponent(f'Method "{name}" is not found in "{self.declared.name}" ({self.declared.main}).')
        return cast("Callable[..., Any]", found)

    def hook(self, name: str) -> Callable[..., Any] | None:
        """Return the module's optional function of this name."""
        return getattr(self.module, name, None)


class Component(ComponentCode):
    """What stands in one directory. Nothing is imported before it is asked for."""

    def __init__(self, root: Path, descriptor: Descriptor | None = None) -> None:
        """Read the declaration, unless it was read already; raise BrokenComponent if it is none."""
        super().__init__(root)
        self.descriptor: Descriptor = descriptor or declaration.read(self.root / "component.json")

    @classmethod
    def find(cls, path: str | Path | None = None, installed: Path = INSTALLED) -> Component:
        """Find the component: at the path, else in the working directory, else the one that is installed."""
        return cls(locate(path, installed))

    def function(self, name: str) -> Loaded:
        """Load an action or trigger; raise BrokenComponent if it, its file or its schemas cannot be had."""
        declared = self.descriptor.function(name)
        return Loaded(
            declared=declared,
            fields=(*self.descriptor.credentials, *declared.fields),
            module=self.module(declared.main),
            input_schema=self._schema(declared.input_schema),
            output_schema=self._schema(declared.output_schema, is_tolerant=True),
        )

    def verifier(self) -> Callable[[Mapping[str, Any], Context], None] | None:
        """Return the function that tests a credential; None if the component names none."""
        if self.descriptor.verifier is None:
            return None
        verify = getattr(self.module(self.descriptor.verifier), "verify", None)
        if verify is None:
            raise BrokenComponent(f"{self.descriptor.verifier} has no function verify.")
        return cast("Callable[[Mapping[str, Any], Context], None]", verify)

    def _schema(self, declared: Mapping[str, Any] | str | None, *, is_tolerant: bool = False) -> Schema | None:
        if isinstance(declared, str):
            return Schema.load(self.root / declared, is_tolerant=is_tolerant)
        return None if declared is None else Schema(declared, is_tolerant=is_tolerant)


def component_at(path: str, directory: str | Path | None) -> Component:
    """Return the component: in the directory if one is named, else at the path, else as `Component.find` finds it.

    The platform's path begins at the working directory, with or without a slash. Raise BrokenComponent in its words.
    """
    named = Path(directory) if directory else Path.cwd() / path.lstrip("/") if path else None
    try:
        return Component.find(named)
    except BrokenComponent as error:
        where = named or Path.cwd()
        reason = f": {error}" if (where / "component.json").exists() else ""
        raise BrokenComponent(f"Failed to load component.json from {where}{reason}") from error


def choices(loaded: Loaded, name: str, cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return a select field's choices, value to label: those declared, or those its model function finds."""
    for field in loaded.fields:
        if field.name == name and isinstance(field.model, Mapping):
            return field.model
        if name in (field.name, field.model) and isinstance(field.model, str):
            found = cast("Model", loaded.get_function(field.model))(cfg, ctx)
            if not isinstance(found, Mapping):
                raise Defect(
                    f"{field.model} must return the choices as value to label; it returned {describe_kind(found)}."
                )
            return found
    selects = ", ".join(field.name for field in loaded.fields if field.model is not None)
    raise InvalidConfig(f'"{name}" is not a select field of {loaded.declared.name}; there is: {selects or "none"}.')


def read_verification(found: Any) -> Mapping[str, Any]:
    """Return `{"verified", "reason"?}` for what a verifier returned; only None, True and its own yes are a yes."""
    if isinstance(found, Mapping) and "verified" in found:
        return found
    return {"verified": found is None or found is True}


def require_verified(found: Any) -> None:
    """Raise InvalidCredentials unless what a verifier returned is a yes."""
    answer = read_verification(found)
    if answer["verified"] is not True:
        raise InvalidCredentials(str(answer.get("reason") or "The verifier did not say yes."))


def metadata(loaded: Loaded, cfg: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Return `{"in", "out"}`: the schemas as they were written, or those that the function makes for these settings."""
    if loaded.declared.dynamic_metadata:
        made = loaded.get_function("get_meta_model")(cfg, ctx)
        if not isinstance(made, Mapping) or not {"in", "out"} & set(made):
            raise Defect(f'get_meta_model must return {{"in": …, "out": …}}; it returned {describe_kind(made)}.')
        return dict(made)
    schemas = {"in": loaded.input_schema, "out": loaded.output_schema}
    return {name: schema.document for name, schema in schemas.items() if schema is not None}


def schemas(loaded: Loaded, cfg: Mapping[str, Any], ctx: Context) -> tuple[Schema | None, Schema | None]:
    """Return what a function takes and gives with these settings; None where it does not say."""
    if not loaded.declared.dynamic_metadata:
        return loaded.input_schema, loaded.output_schema
    made = metadata(loaded, cfg, ctx)
    takes, gives = made.get("in"), made.get("out")
    return (
        None if takes is None else Schema(takes),
        None if gives is None else Schema(gives, is_tolerant=True),
    )
