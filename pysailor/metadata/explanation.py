"""What is wrong with a value, in words for a person: where, what was found, what is allowed."""

from __future__ import annotations

import json
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any

from pysailor.errors import Fault

from .bounded import MOST_FAULTS
from .dialect import NOTHING, properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jsonschema.exceptions import ValidationError
    from jsonschema_rs import Draft202012Validator

_LONGEST_QUOTE = 60
_LONGEST_MESSAGE = 300
_MOST_CHOICES = 40
_MOST_LEAVES = 1000
_SHALLOW = 8  # levels; an error holds a copy of all that is below its place, and of the way there
_MOST_COMPARED = 300  # a close match is searched for among so many names
_TYPE_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing (null)",
}


def explain(errors: Iterable[ValidationError]) -> list[Fault]:
    """Return all that is wrong, the most useful first; of two rules of one kind at one place the narrower speaks."""
    single = list(islice((leaf for error in errors for leaf in _leaves(error)), _MOST_LEAVES))
    single.sort(key=lambda error: (len(error.absolute_path), error.validator != "required", _choices(error)))
    worded: dict[tuple[str, str], Fault] = {}
    for error in single:
        if len(worded) > MOST_FAULTS:
            break
        for fault in islice(_describe(error), MOST_FAULTS + 1):
            worded.setdefault((fault.pointer, str(error.validator)), fault)
    return list(dict.fromkeys(worded.values()))


def explain_plainly(fast: Draft202012Validator, value: Any) -> list[Fault]:
    """Return what the fast validator refuses, in its own words."""
    try:
        first = list(islice(fast.iter_errors(value), MOST_FAULTS))
    except ValueError:  # text that is not Unicode, or nested deeper than the fast validator goes
        return []
    return [Fault(pointer_to(error.instance_path), shorten(error.message)) for error in first]


def keep_item(value: Any, path: Sequence[str | int]) -> tuple[Any, str, str]:
    """Return the value with one item only in the first list on a path, the item's pointer then, and its pointer now."""
    containers, depth = [value], 0
    while depth < len(path) and isinstance(containers[-1], dict):
        containers.append(containers[-1][str(path[depth])])
        depth += 1
    if depth == len(path):
        return value, "", ""
    smaller: Any = [containers.pop()[path[depth]]]
    for key, container in zip(reversed(path[:depth]), reversed(containers), strict=True):
        smaller = {**container, str(key): smaller}
    return smaller, pointer_to([*path[:depth], 0]), pointer_to(path[: depth + 1])


def is_small(value: Any, most: int) -> bool:
    """Return whether a value has no more parts than this; those that are nested deep count for more."""
    level, depth, count = [value], 0, 0
    while level:
        depth += 1
        below: list[Any] = []
        for part in level:
            if part.__class__ is dict or part.__class__ is list:
                count += len(part) * (depth // _SHALLOW + 1)
                if count > most:
                    return False
                below.extend(part.values() if part.__class__ is dict else part)
        level = below
    return True


def shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Return the errors that say most: of alternatives, those inside the one that was probably meant."""
    meant = _find_branch(error)
    if meant:
        for inner in meant:
            yield from _leaves(inner)
    else:
        yield error


def _find_branch(error: ValidationError) -> list[ValidationError]:
    if error.validator not in ("anyOf", "oneOf"):
        return []
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(next(iter(inner.schema_path), ""), []).append(inner)
    fitting = [branch for branch in branches.values() if not any(_is_another_kind(inner) for inner in branch)]
    return fitting[0] if len(fitting) == 1 else []


def _is_another_kind(error: ValidationError) -> bool:
    """Return whether an alternative's error means that the value was never meant for it."""
    return not error.path and error.validator in ("type", "const", "enum")


def _choices(error: ValidationError) -> int:
    return len(_any(error.validator_value)) if error.validator == "enum" else 0


def _describe(error: ValidationError) -> Iterator[Fault]:
    pointer = pointer_to(error.absolute_path)
    schema: Any = error.schema
    if "propertyNames" in error.relative_schema_path:
        yield Fault(f"{pointer}{pointer_to([str(error.instance)])}", f"names here are {_describe_schema(schema)}")
        return
    rule, instance = _any(error.validator_value), _any(error.instance)
    if error.validator == "required":
        for name in rule:
            if name not in instance:
                others = [other for other in islice(instance, _MOST_COMPARED) if other not in properties(schema)]
                close = closest(name, others)
                meant = f" (is {close} meant for it?)" if close else ""
                yield Fault(f"{pointer}{pointer_to([name])}", f"is missing{meant}; {_describe_member(schema, name)}")
    elif error.validator == "additionalProperties" and rule is False:
        allowed = list(properties(schema))
        for name in instance:
            if name not in allowed:
                close = closest(str(name), allowed)
                meant = f"did you mean {close}? Allowed" if close else "allowed"
                yield Fault(f"{pointer}{pointer_to([name])}", f"is not known here; {meant}: {_list(allowed)}")
    else:
        yield Fault(pointer, f"found {_quote(error.instance)}, allowed: {_describe_rule(error)}")


def closest(name: str, names: Sequence[str]) -> str:
    """Return the name that was probably meant, "" if none is like it; among many it is not searched for."""
    if len(names) > _MOST_COMPARED or len(name) > _LONGEST_QUOTE:
        return ""
    return next(iter(get_close_matches(name, names, 1)), "")


def _list(choices: Sequence[Any]) -> str:
    shown = [shorten(str(choice)) for choice in choices[:_MOST_CHOICES]]
    return ", ".join(shown) + (f" and {len(choices) - len(shown)} more" if len(choices) > len(shown) else "")


def _describe_member(schema: Mapping[str, Any], name: str) -> str:
    member = properties(schema).get(name)
    allowed = _describe_schema(member) if isinstance(member, dict) else ""
    return f"it takes {allowed}" if allowed else "it is needed here"


def _quote(value: Any) -> str:
    """Quote a value so that it is recognised, in one short line."""
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, list(value)[:5]))}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is not None and not isinstance(value, (str, int, float)):
        return f"a {type(value).__name__}, which is not JSON"
    quoted = json.dumps(value, ensure_ascii=False)
    if len(quoted) > _LONGEST_QUOTE:
        count = f" ({len(value)} characters)" if isinstance(value, str) else ""
        quoted = f"{quoted[:_LONGEST_QUOTE]}…{count}"
    return f"text {quoted}" if isinstance(value, str) else quoted


def _describe_rule(error: ValidationError) -> str:
    """Describe what the broken rule allows, and what stands beside it where that helps."""
    keyword, rule = error.validator, _any(error.validator_value)
    if error.schema is False or (keyword == "not" and rule == NOTHING["not"]):
        return "nothing; the schema has no room for this"
    if keyword in ("anyOf", "oneOf"):
        return " or ".join(dict.fromkeys(filter(None, map(_describe_schema, rule)))) or "one of the documented forms"
    if keyword in ("enum", "const"):
        allowed = _describe_schema({keyword: rule})
        close = closest(str(error.instance), list(map(str, rule))) if keyword == "enum" else ""
        return f"{allowed} (did you mean {close}?)" if close else allowed
    if keyword == "uniqueItems":
        return "a list in which no entry comes twice"
    return _describe_schema(error.schema) or shorten(f"{keyword} {json.dumps(rule)}")


def _any(value: Any) -> Any:
    """Return the value without the "unset" that the library's types admit."""
    return value


def _describe_schema(schema: Any) -> str:
    """Describe in words what a schema asks for."""
    if not isinstance(schema, dict):
        return ""
    if "const" in schema:
        return shorten(json.dumps(schema["const"]))
    if "enum" in schema:
        return _list(schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(dict.fromkeys(filter(None, map(_describe_schema, schema.get("anyOf") or schema["oneOf"]))))
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


_ONE = {"characters": "character", "entries": "entry", "members": "member"}


def _count(thing: str, least: int | None, most: int | None) -> Iterator[str]:
    if least and most:
        yield f"of {least} to {most} {thing}"
    elif least or most:
        bound = least or most
        thing = _ONE.get(thing, thing) if bound == 1 else thing
        yield f"of at {'least' if least else 'most'} {bound} {thing}"


def pointer_to(path: Iterable[str | int]) -> str:
    """Return the JSON pointer of a path of names and numbers."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)
