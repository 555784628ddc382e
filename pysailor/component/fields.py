"""What a designer filled in, bound to what the component declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import Fault, InvalidConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .descriptor import Field

_TICKED = (True, "on", "true")
_UNTICKED = (False, "off", "false")


class BoundSettings(Mapping[str, Any]):
    """Read-only settings, hashed by identity: usable as a key for what is derived from them."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    __hash__ = object.__hash__


def bind(fields: Iterable[Field], cfg: Mapping[str, Any]) -> BoundSettings:
    """Return the settings that a component sees: typed, with defaults, empty ones absent.

    A form sends text for numbers, "on" for a ticked box, and "" or null for what was left empty. A field whose
    declared default is a number is a number. What nobody declared stays as it is. Raise InvalidConfig with every fault.
    """
    bound = dict(cfg)
    faults: list[Fault] = []
    for field in fields:
        value = bound.pop(field.name, None)
        if value in (None, ""):
            value = field.default
        if value is not None:
            bound[field.name], fault = _convert(field, value)
        else:
            fault = _explain_missing(field) if field.required else ""
        if fault:
            faults.append(Fault(f"/{field.name}", fault))
    if faults:
        raise InvalidConfig(faults=faults)
    return BoundSettings(bound)


def bind_form(fields: Iterable[Field], cfg: Mapping[str, Any]) -> BoundSettings:
    """Return the settings of a form that is being filled in: a required field of the step may still be empty."""
    return bind((replace(field, required=field.required and field.place == "credential") for field in fields), cfg)


def _explain_missing(field: Field) -> str:
    return f'"{field.label}" is missing; fill it in on the {field.place}'


def _convert(field: Field, value: Any) -> tuple[Any, str]:
    """Return the value in the type of its field, and what is wrong with it ("" for nothing)."""
    if field.view_class == "CheckBoxView":
        return value in _TICKED, "" if value in (*_TICKED, *_UNTICKED) else f'"{field.label}" is either ticked or not'
    if field.view_class == "MultiSelectView":
        return value, "" if isinstance(value, list) else f'"{field.label}" takes a list'
    if isinstance(field.default, (int, float)):
        return _number(field, value)
    if isinstance(field.model, dict) and str(value) not in field.model:
        return value, f'"{field.label}" takes one of: {", ".join(field.model)}'
    if field.view_class in ("TextFieldView", "TextAreaView", "PasswordFieldView", "SelectView"):
        return str(value) if isinstance(value, (int, float)) else value, _text_fault(field, value)
    return value, ""


def _text_fault(field: Field, value: Any) -> str:
    return "" if isinstance(value, (str, int, float)) else f'"{field.label}" takes text'


def _number(field: Field, value: Any) -> tuple[Any, str]:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return value, f'"{field.label}" takes a number, for example {field.default}'
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN is what differs from itself
        return value, f'"{field.label}" takes a number, for example {field.default}'
    return int(number) if number.is_integer() else number, ""


def secrets_in(fields: Iterable[Field], cfg: Mapping[str, Any]) -> Iterator[str]:
    """Yield each text in a cfg that must never be shown or logged: what is in a secret field, however deep."""
    for field in fields:
        if field.secret:
            yield from texts(cfg.get(field.name))


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
