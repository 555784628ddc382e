"""What the mapper could not build otherwise, turned into what it meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_ROUNDS = 3  # a value may need two: an object that becomes a list, whose members are then numbers as text
_ABSENT = object()
ALTERNATIVES = ("type", "anyOf", "oneOf")  # the rules that a value breaks by being of the wrong kind


def coerce(value: Any, validator: Draft202012Validator) -> Any:
    """Return the value with all that can be coerced for certain; the value itself stays as it is."""
    for _ in range(_ROUNDS):
        found = [repair for error in validator.iter_errors(value) for repair in _repairs(error, validator)]
        if not found:
            break
        value = json.loads(json.dumps(value))
        for path, replacement in found:
            _put(value, path, replacement)
    return value


def without(value: Any, members: list[list[str | int]]) -> Any:
    """Return a copy of the value without these members."""
    lighter = json.loads(json.dumps(value))
    for path in members:
        _put(lighter, path, _ABSENT)
    return lighter


def _repairs(error: ValidationError, validator: Draft202012Validator) -> Iterator[tuple[list[str | int], Any]]:
    """Return the replacement for what this error complains about, if one is certain: (path, value or _ABSENT)."""
    path = list(error.absolute_path)
    if not path or error.validator not in ALTERNATIVES:
        return
    if error.instance is None:
        if isinstance(path[-1], str):
            yield path, _ABSENT
        return
    broken = validator.evolve(schema={str(error.validator): error.validator_value})
    candidates = [candidate for candidate in _readings(error.instance) if broken.is_valid(candidate)]
    if candidates:
        whole = validator.evolve(schema=error.schema)
        yield path, min(candidates, key=lambda candidate: sum(1 for _ in whole.iter_errors(candidate)))
        return
    for part in error.context or ():  # inside one alternative, something may be coerced on its own
        if len(part.absolute_path) > len(path):
            yield from _repairs(part, validator)


def _readings(value: Any) -> Iterator[Any]:
    """Return what the mapper may have meant by this value, the likeliest first."""
    if isinstance(value, str):
        try:
            meant = json.loads(value)
        except ValueError:
            return
        if isinstance(meant, (int, float)):  # a yes/no is an int here
            yield meant
    elif isinstance(value, dict):
        yield [value]
        yield list(value.values())


def _put(value: Any, path: list[str | int], replacement: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    if replacement is _ABSENT:
        value.pop(path[-1], None)
    else:
        value[path[-1]] = replacement
