"""What the mapper could not build otherwise, turned into what it meant."""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from .bounded import MOST_FAULTS, build_validator, panics_as_recursion, unexplained
from .dialect import properties, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jsonschema_rs
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_ROUNDS = 3  # a value may need two: an object that becomes a list, whose members are then numbers as text
_ABSENT = object()
_OTHER_KINDS = (None, 0, "")
ALTERNATIVES = ("type", "anyOf", "oneOf")  # the rules that a value breaks by being of the wrong kind


def coerce(value: Any, schema: Any) -> Any:
    """Return the value with what can be corrected for certain, a hundred places a round; the value itself stays."""
    for _ in range(_ROUNDS):
        validator = build_validator(schema)
        found: list[tuple[list[str | int], Any]] = []
        try:
            with panics_as_recursion():
                for error in islice(validator.iter_errors(value), MOST_FAULTS):
                    found.extend(_repairs(error, validator))
            is_last = False
        except unexplained():  # what was found before is still certain
            is_last = True
        if not found:
            break
        value = _copy(value)
        for path, replacement in found:
            _set_at(value, path, replacement)
        if is_last:
            break
    return value


def coerce_plain(value: Any, fast: jsonschema_rs.Draft202012Validator) -> Any:
    """Return the value without refused nulls, and with the numbers and yes/no that came as text: all of it fast."""
    try:
        for _ in range(_ROUNDS):
            found = [repair for error in fast.iter_errors(value) for repair in _plain_repairs(error)]
            if not found:
                break
            value = _replace_all(value, found)
    except ValueError:  # text that is not Unicode, or nested deeper than the fast validator goes
        pass
    return value


def coerce_large(value: Any, root: Mapping[str, Any]) -> Any:
    """Return the same of a large value, as far as the schema has no alternatives: it is walked once."""
    return _walk(value, root, root)


def _walk(value: Any, schema: Any, root: Mapping[str, Any]) -> Any:
    schema = resolve(schema, root)
    if isinstance(value, dict):
        declared, others = properties(schema), schema.get("additionalProperties")
        walked = {name: _walk(member, declared.get(name, others), root) for name, member in value.items()}
        return {name: member for name, member in walked.items() if member is not _ABSENT}
    if isinstance(value, list):
        first = schema.get("prefixItems") or ()
        items = [
            _walk(item, first[at] if at < len(first) else schema.get("items"), root) for at, item in enumerate(value)
        ]
        return [None if item is _ABSENT else item for item in items]
    types = schema.get("type")
    return _mend(value, [types] if isinstance(types, str) else types) if types else value


def _mend(value: Any, types: list[str]) -> Any:
    """Return what a plain value stands for where these types are asked for."""
    if value is None and "null" not in types:
        return _ABSENT
    if isinstance(value, str) and "string" not in types:
        return next((meant for meant in _readings(value) if _is_of(meant, types)), value)
    return value


def _plain_repairs(error: jsonschema_rs.ValidationError) -> Iterator[tuple[list[str | int], Any]]:
    path, types = error.instance_path, _types(error)
    if not path or types is None:
        return
    if error.instance is None and isinstance(path[-1], str):
        yield path, _ABSENT
    elif isinstance(error.instance, str) and types:
        yield from ((path, meant) for meant in _readings(error.instance) if _is_of(meant, types))


def _types(error: jsonschema_rs.ValidationError) -> list[str] | None:
    """Return the types that would do; none if it is more than a type that is asked for, None for another error."""
    kind: Any = error.kind
    if kind.name == "type":
        return list(kind.types)
    if kind.name not in ALTERNATIVES:
        return None
    branches = kind.context
    plain = all(len(branch) == 1 and branch[0].kind.name == "type" for branch in branches)
    here = all(one.instance_path == error.instance_path for branch in branches for one in branch)
    return [name for (one,) in branches for name in one.kind.types] if plain and here else []


def _is_of(value: Any, types: list[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return _is_finite(value) and ("number" in types or ("integer" in types and value == int(value)))


def _replace_all(value: Any, found: list[tuple[list[str | int], Any]]) -> Any:
    """Return the value with the replacements; only the containers on the way to them are copied."""
    root = value.copy()
    copied: dict[tuple[str | int, ...], Any] = {(): root}
    for path, replacement in found:
        for depth in range(1, len(path)):
            place = tuple(path[:depth])
            if place not in copied:
                above = copied[place[:-1]]
                key = _key(above, place[-1])
                above[key] = copied[place] = above[key].copy()
        above = copied[tuple(path[:-1])]
        if replacement is _ABSENT:
            above.pop(_key(above, path[-1]), None)
        else:
            above[_key(above, path[-1])] = replacement
    return root


def _key(container: Any, key: str | int) -> str | int:
    """Return a member's name as text: a path may have it as a number."""
    return str(key) if isinstance(container, dict) else key


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
    candidates = [
        candidate
        for candidate in _readings(error.instance)
        if broken.is_valid(candidate) and _is_admitted(candidate, error.schema, validator)
    ]
    if isinstance(error.instance, dict) and all(map(broken.is_valid, _OTHER_KINDS)):
        candidates = []  # the rule says something of objects only: a list would escape it, not fit
    if candidates:
        whole = validator.evolve(schema=error.schema)
        yield (
            path,
            min(candidates, key=lambda one: sum(1 for _ in islice(whole.iter_errors(one), MOST_FAULTS))),
        )
        return
    for part in error.context or ():  # inside one alternative, something may be corrected on its own
        if len(part.absolute_path) > len(path):
            yield from _repairs(part, validator)


def _is_admitted(value: Any, schema: Any, validator: Draft202012Validator) -> bool:
    """Return whether the type that stands beside a rule, if one does, has room for the value."""
    types = schema.get("type") if isinstance(schema, dict) else None
    return types is None or validator.evolve(schema={"type": types}).is_valid(value)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number larger than any float
        return False


def _readings(value: Any) -> Iterator[Any]:
    """Return what the mapper may have meant by this value, the likeliest first."""
    if isinstance(value, str):
        try:
            meant = json.loads(value)
        except ValueError:
            return
        if isinstance(meant, (int, float)) and _is_finite(meant):  # a yes/no is an int here
            yield meant
    elif isinstance(value, dict):
        yield [value]
        yield list(value.values())


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(member) for name, member in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _set_at(value: Any, path: list[str | int], replacement: Any) -> None:
    for key in path[:-1]:
        value = value[_key(value, key)]
    if replacement is _ABSENT:
        value.pop(_key(value, path[-1]), None)
    else:
        value[_key(value, path[-1])] = replacement
