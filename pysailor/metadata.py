"""A schema as the platform's mapper reads it, and what it says about a value.

The files are JSON Schema 2020-12 with one twist: `required: true` stands inside each property (platform contract, 6.5).
This module alone knows the twist. It accepts fast (jsonschema-rs, microseconds) and explains slowly (jsonschema).
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import jsonschema_rs

from .errors import BrokenComponent, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_OF_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_OF_ONE_SCHEMA = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
_ROUNDS_OF_MENDING = 3  # a value may need two: an object that becomes a list, whose members are then numbers as text
_LONGEST_QUOTE = 60
_DEEPEST_TREE = 12  # a schema may refer to itself; the mapper's tree must end

_TYPE_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing (null)",
}


class Schema:
    """What a body must look like.

    `document` is the schema as it was written (for the mapper); `standard` is the same in plain JSON Schema 2020-12.
    """

    def __init__(self, document: Mapping[str, Any], name: str = "schema") -> None:
        """Translate and compile; raise BrokenComponent if the document is not a schema."""
        self.document = document
        self.standard: dict[str, Any] = _standard(document)
        try:
            self._fast = jsonschema_rs.Draft202012Validator(self.standard)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise BrokenComponent(f"{name} is not a JSON Schema: {error}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the schema from a file; raise BrokenComponent if that cannot be done."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BrokenComponent(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise BrokenComponent(f"{path} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise BrokenComponent(f"{path} must hold a JSON object")
        return cls(document, str(path))

    @staticmethod
    def for_mapper(standard: Mapping[str, Any]) -> dict[str, Any]:
        """Give plain JSON Schema as the mapper reads it: titles, help, and `required` inside each property."""
        return _dialect(standard, standard, required=None, depth=0)

    @cached_property
    def _slow(self) -> Draft202012Validator:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - 45 ms that an accepted message does not need

        return Draft202012Validator(self.standard)

    def accepts(self, value: Any) -> bool:
        """Say whether the value fits, in microseconds."""
        try:
            return self._fast.is_valid(value)
        except ValueError:  # text that is not Unicode, or nested deeper than the fast validator goes
            return self._slow.is_valid(value)

    def fit(self, value: Any) -> tuple[Any, list[Fault]]:
        """Give the value, mended where the mapper could not build it otherwise, and what is still wrong with it."""
        if self.accepts(value):
            return value, []
        mended = self.mend(value)
        return mended, self.faults(mended)

    def mend(self, value: Any) -> Any:
        """Turn what the platform's mapper can build into what the schema asks for, as far as that is certain.

        The mapper delivers numbers and yes/no as text, cannot build a list of plain values (it builds an object
        instead), and sends null for what was left empty. A copy is mended; the value itself stays as it is.
        """
        for _ in range(_ROUNDS_OF_MENDING):
            repairs = [repair for error in self._slow.iter_errors(value) for repair in _repairs(error, self._slow)]
            if not repairs:
                break
            value = json.loads(json.dumps(value))
            for path, replacement in repairs:
                _put(value, path, replacement)
        return value

    def faults(self, value: Any) -> list[Fault]:
        """Give everything that is wrong with the value, the most useful first."""
        errors = [leaf for error in self._slow.iter_errors(value) for leaf in _leaves(error)]
        errors.sort(key=lambda error: (len(error.absolute_path), error.validator != "required", _choices(error)))
        told: dict[tuple[str, str], Fault] = {}  # of two rules of one kind at one place, the narrower speaks
        for error in errors:
            for fault in _told(error):
                told.setdefault((fault.pointer, str(error.validator)), fault)
        return list(told.values()) or self._faults_seen_fast(value)

    def _faults_seen_fast(self, value: Any) -> list[Fault]:
        """Give what only the fast validator refuses: to Python `$` is also the place before a last line break."""
        try:
            return [Fault(_pointer(error.instance_path), error.message) for error in self._fast.iter_errors(value)]
        except ValueError:
            return []

    def unknown(self, value: Any) -> list[Fault]:
        """Give the members that no property declares, each with the declared name that it may be meant for."""
        return list(_unknown(value, self.standard, self.standard, ""))


def _standard(schema: Any) -> Any:
    """Translate the platform's dialect to standard JSON Schema."""
    if not isinstance(schema, dict):
        return schema
    plain = {key: _standard_member(key, value) for key, value in schema.items() if not _is_flag(key, value)}
    flagged = [name for name, member in _properties(schema).items() if _is_required(member)]
    if flagged:
        plain["required"] = list(dict.fromkeys([*plain.get("required", []), *flagged]))
    return plain


def _standard_member(key: str, value: Any) -> Any:
    if key in _OF_NAMED_SCHEMAS and isinstance(value, dict):
        return {name: _standard(member) for name, member in value.items()}
    if key in _OF_SCHEMAS and isinstance(value, list):
        return [_standard(member) for member in value]
    return _standard(value) if key in _OF_ONE_SCHEMA else value


def _dialect(schema: Any, root: Mapping[str, Any], *, required: bool | None, depth: int) -> dict[str, Any]:
    """Translate standard JSON Schema to the platform's dialect; what repeats itself ends as an open object."""
    if depth > _DEEPEST_TREE or not isinstance(schema, dict):
        return {}
    schema = _plain_of_nullable(_resolved(schema, root), root)
    told = {key: schema[key] for key in ("type", "enum", "examples", "title") if key in schema}
    if "const" in schema:
        told["enum"] = [schema["const"]]
    if "description" in schema:
        told["help"] = {"description": schema["description"]}
    if required is not None:
        told["required"] = required
    if _properties(schema):
        needed = schema.get("required") or ()
        told["properties"] = {
            name: {"title": name, **_dialect(member, root, required=name in needed, depth=depth + 1)}
            for name, member in _properties(schema).items()
        }
    if isinstance(schema.get("items"), dict):
        told["items"] = _dialect(schema["items"], root, required=None, depth=depth + 1)
    return told


def _plain_of_nullable(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the one alternative to null, with null as a second type: the mapper cannot show a choice."""
    others = [part for part in schema.get("anyOf") or () if isinstance(part, dict) and part.get("type") != "null"]
    if len(others) != 1 or len(schema["anyOf"]) == 1:
        return schema
    plain = {**{key: value for key, value in schema.items() if key != "anyOf"}, **_resolved(others[0], root)}
    if isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    if "enum" in plain:
        plain["enum"] = [*plain["enum"], None]
    return plain


def _is_flag(key: str, value: Any) -> bool:
    return key == "required" and not isinstance(value, list)


def _is_required(member: Any) -> bool:
    return isinstance(member, dict) and member.get("required") in (True, "true")


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


# --- mending -----------------------------------------------------------------------------------------------------

_ABSENT = object()


def _repairs(error: ValidationError, validator: Draft202012Validator) -> Iterator[tuple[list[str | int], Any]]:
    """Give the replacement for what this error complains about, if one is certain: (path, value or _ABSENT)."""
    path = list(error.absolute_path)
    if not path or error.validator not in ("type", "anyOf", "oneOf"):
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
    for part in error.context or ():  # inside one alternative, something may be mended on its own
        if len(part.absolute_path) > len(path):
            yield from _repairs(part, validator)


def _readings(value: Any) -> Iterator[Any]:
    """Give what the mapper may have meant by this value, the likeliest first."""
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


# --- telling -----------------------------------------------------------------------------------------------------


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Give the errors that say most: of alternatives, those inside the one that was probably meant."""
    meant = _branch_meant(error)
    if meant:
        for inner in meant:
            yield from _leaves(inner)
    else:
        yield error


def _branch_meant(error: ValidationError) -> list[ValidationError]:
    if error.validator not in ("anyOf", "oneOf"):
        return []
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [branch for branch in branches.values() if not any(_is_another_kind(inner) for inner in branch)]
    return fitting[0] if len(fitting) == 1 else []


def _is_another_kind(error: ValidationError) -> bool:
    """Say whether an alternative's error means that the value was never meant for it."""
    return not error.path and error.validator in ("type", "const", "enum")


def _choices(error: ValidationError) -> int:
    return len(_any(error.validator_value)) if error.validator == "enum" else 0


def _told(error: ValidationError) -> Iterator[Fault]:
    pointer = _pointer(error.absolute_path)
    schema: Any = error.schema
    if "propertyNames" in error.relative_schema_path:
        yield Fault(f"{pointer}{_pointer([str(error.instance)])}", f"names here are {_allowed(schema)}")
        return
    rule, instance = _any(error.validator_value), _any(error.instance)
    if error.validator == "required":
        for name in rule:
            if name not in instance:
                yield Fault(f"{pointer}{_pointer([name])}", f"is missing; {_wanted(schema, name)}")
    elif error.validator == "additionalProperties" and rule is False:
        allowed = list(_properties(schema))
        for name in instance:
            if name not in allowed:
                yield Fault(f"{pointer}{_pointer([name])}", f"is not known here; allowed: {', '.join(allowed)}")
    else:
        yield Fault(pointer, f"found {_found(error.instance)}, allowed: {_allowed_by(error)}")


def _wanted(schema: Mapping[str, Any], name: str) -> str:
    member = _properties(schema).get(name)
    allowed = _allowed(member) if isinstance(member, dict) else ""
    return f"it takes {allowed}" if allowed else "it is needed here"


def _found(value: Any) -> str:
    """Quote a value so that it is recognised, in one short line."""
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, list(value)[:5]))}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    quoted = json.dumps(value, ensure_ascii=False)
    kind = "text " if isinstance(value, str) else ""
    return kind + (quoted if len(quoted) <= _LONGEST_QUOTE else f"{quoted[:_LONGEST_QUOTE]}… ({len(value)} characters)")


def _allowed_by(error: ValidationError) -> str:
    """Say what the broken rule allows, and what stands beside it where that helps."""
    keyword, rule = error.validator, _any(error.validator_value)
    if keyword in ("anyOf", "oneOf"):
        return " or ".join(dict.fromkeys(filter(None, map(_allowed, rule)))) or "one of the documented forms"
    if keyword in ("enum", "const"):
        allowed = _allowed({keyword: rule})
        close = get_close_matches(str(error.instance), [str(choice) for choice in rule], 1) if keyword == "enum" else []
        return f"{allowed} (did you mean {close[0]}?)" if close else allowed
    return _allowed(error.schema) or f"{keyword} {json.dumps(rule)}"


def _any(value: Any) -> Any:
    """Give the value without the "unset" that the library's types admit."""
    return value


def _allowed(schema: Any) -> str:
    """Say in words what a schema asks for."""
    if not isinstance(schema, dict):
        return ""
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return ", ".join(str(choice) for choice in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(dict.fromkeys(filter(None, map(_allowed, schema.get("anyOf") or schema["oneOf"]))))
    if list(schema) == ["required"]:
        return f"one with {' and '.join(schema['required'])}"
    types = schema.get("type", "string" if "pattern" in schema else [])
    words = " or ".join(_TYPE_WORDS.get(kind, str(kind)) for kind in ([types] if isinstance(types, str) else types))
    return " ".join(filter(None, [words, *_bounds(schema)]))


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        yield f"from {low} to {high}"
    elif low is not None or high is not None:
        yield f"not below {low}" if high is None else f"not above {high}"
    for thing, least, most in (
        ("characters", "minLength", "maxLength"),
        ("entries", "minItems", "maxItems"),
        ("members", "minProperties", "maxProperties"),
    ):
        yield from _count(thing, schema.get(least), schema.get(most))
    if "pattern" in schema:
        yield f"that matches {schema['pattern']}"
        yield from (f"(such as {example})" for example in schema.get("examples", [])[:1])


def _count(thing: str, least: int | None, most: int | None) -> Iterator[str]:
    if least and most:
        yield f"of {least} to {most} {thing}"
    elif least or most:
        yield f"of at least {least} {thing}" if least else f"of at most {most} {thing}"


def _pointer(path: Iterable[str | int]) -> str:
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


# --- what nobody declared ----------------------------------------------------------------------------------------


def _unknown(value: Any, schema: Any, root: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    schema = _resolved(schema, root)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, schema.get("items"), root, f"{pointer}/{index}")
    elif isinstance(value, dict) and "properties" in schema:
        declared = schema["properties"]
        for name, member in value.items():
            here = pointer + _pointer([name])
            if name in declared:
                yield from _unknown(member, declared[name], root, here)
            else:
                close = get_close_matches(name, declared, 1)
                yield Fault(here, "is not a known field" + (f"; did you mean {close[0]}?" if close else ""))


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the document."""
    if not isinstance(schema, dict):
        return {}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Any = root
        for key in reference[2:].split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        return _resolved(target, root)
    return schema
