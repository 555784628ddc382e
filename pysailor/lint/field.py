"""What a designer would miss in the fields of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..component.descriptor import Field

_TEXT_VIEWS = ("TextFieldView", "TextAreaView", "SelectView", "PasswordFieldView", "CodeFieldView")
_CHOICES = ("SelectView", "MultiSelectView")
_KNOWN_TO_BE_SECRET = ("key", "secret", "token", "password")


def find_in_fields(at: str, fields: Sequence[Field], credential: Sequence[Field] = ()) -> Iterator[Fault]:
    """Yield what is wrong with a form; the fields of the credential go into the same cfg."""
    yield from _clashes(at, fields, credential)
    yield from _order_faults(at, fields)
    names = {field.name for field in (*credential, *fields)}
    for field in fields:
        yield from _field_faults(at, field)
        for other in field.require:
            if other not in names:
                yield Fault(f"{at}/fields/{field.name}/require", f'names "{other}", but there is no such field')


def _clashes(at: str, fields: Sequence[Field], credential: Sequence[Field]) -> Iterator[Fault]:
    """Yield the names used twice: the platform puts the fields of the credential and of the step into one cfg."""
    names = {field.name for field in credential}
    for field in fields:
        if field.name in names:
            yield Fault(f"{at}/fields/{field.name}", "has the name of a credential's field; one would hide the other")


def _order_faults(at: str, fields: Sequence[Field]) -> Iterator[Fault]:
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
