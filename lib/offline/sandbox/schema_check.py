"""Whether a request body is one that the API's own schema takes, and which error says that it is not.

`request.json` is the API's schema, not this component's, so that the sandbox finds what the component overlooked. It
is taken from openai/openai-openapi (MIT licence, info.version 2.3.0, commit f85dbe223d40), widened to what
openai-python 3.51.0 types.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Schema

from . import errors
from .errors import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError

_CHAT = Path(__file__).with_name("request.json")
_ARTICLES = {"object": "an object", "array": "an array", "integer": "an integer", "null": "null", "number": "a decimal"}
_TYPES = ((bool, "boolean"), (int, "integer"), (float, "decimal"), (str, "string"), (list, "array"), (dict, "object"))
_DISCRIMINATORS = ("role", "type")
_SIDES = {"maximum": "above", "minimum": "below"}


_load = cache(Schema.load)


class SchemaCheck:
    """The API's request schema, compiled once in a process: it is large, and tests start many sandboxes."""

    def __init__(self, path: Path = _CHAT) -> None:
        self._schema = _load(path)
        self._fields = frozenset(self._schema.document["properties"])

    def first_error(self, body: Any) -> ErrorReply | None:
        """Return what is wrong with the body, or None; the first thing only, as the API does."""
        if not self._schema.accepts(body):
            return self._explain(body)
        unknown = [name for name in body if name not in self._fields]
        return errors.unknown_parameter(unknown[0]) if unknown else None

    def _explain(self, body: Any) -> ErrorReply:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - 45 ms that an accepted request does not need

        faults = Draft202012Validator(self._schema.standard).iter_errors(body)
        return _error_reply(min(faults, key=_order))


def param(path: Iterable[str | int]) -> str:
    """Return a path as the API writes it: messages[0].content."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def quote(value: Any) -> str:
    """Return a plain value as the API quotes it."""
    return f"'{value}'" if isinstance(value, str) else kind_of(value)


def kind_of(value: Any) -> str:
    """Return the word for a value's type, with its article."""
    name = next((name for kind, name in _TYPES if isinstance(value, kind)), "null")
    return _with_article(name)


def _with_article(name: str) -> str:
    return _ARTICLES.get(name, f"a {name}")


def _order(error: ValidationError) -> tuple[bool, list[str]]:
    return error.validator != "required", [str(key) for key in error.absolute_path]


def _error_reply(error: ValidationError) -> ErrorReply:
    """Word the error as the API does; of alternatives, the error inside the one that was meant."""
    keyword = str(error.validator)
    name = param(error.absolute_path)
    if keyword in ("anyOf", "oneOf"):
        return _error_in_alternatives(error)
    if keyword in _WORDINGS:
        return _WORDINGS[keyword](name, _any(error.validator_value), _any(error.instance))
    if keyword in _SIDES:
        kind = "integer" if "integer" in _any(error.schema)["type"] else "decimal"
        return errors.out_of_bounds(name, _any(error.instance), _any(error.validator_value), _SIDES[keyword], kind)
    if keyword == "additionalProperties":
        declared = _any(error.schema).get("properties", {})
        return errors.unknown_parameter(_inside(name, next(key for key in _any(error.instance) if key not in declared)))
    return ErrorReply(f"Invalid value for '{name}'.", param=name or None, code="invalid_value")


def _inside(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


_WORDINGS: Mapping[str, Callable[[str, Any, Any], ErrorReply]] = {
    "required": lambda name, rule, found: errors.missing(_inside(name, next(key for key in rule if key not in found))),
    "type": lambda name, rule, found: errors.wrong_type(name, _one_of(_names(rule)), kind_of(found)),
    "enum": lambda name, rule, found: errors.wrong_choice(name, quote(found), _join_choices(rule)),
    "minItems": lambda name, _rule, _found: errors.empty_array(name),
    "maxItems": lambda name, rule, found: errors.too_long(name, "array", len(found), rule),
    "maxLength": lambda name, rule, found: errors.too_long(name, "string", len(found), rule),
}


def _error_in_alternatives(error: ValidationError) -> ErrorReply:
    """Choose the alternative that was meant, by its type or by its discriminator; else say which ones there are."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [inside for inside in branches.values() if not any(_is_other_alternative(error, inner) for inner in inside)]
    if meant:
        return _error_reply(min(meant[0], key=_order))
    return _no_alternative_meant(error, [inner for inside in branches.values() for inner in _flatten(inside)])


def _is_other_alternative(outer: ValidationError, inner: ValidationError) -> bool:
    """Return whether this error shows that the alternative was not the one that was meant."""
    below = list(inner.absolute_path)[len(outer.absolute_path) :]
    if inner.validator in ("anyOf", "oneOf") and not below:
        return all(_is_other_alternative(outer, deeper) for deeper in inner.context or ())
    if not below:
        return inner.validator in ("type", "enum") or _lacks_discriminator(inner)
    return len(below) == 1 and below[0] in _DISCRIMINATORS and inner.validator in ("enum", "type")


def _lacks_discriminator(error: ValidationError) -> bool:
    rule: Any = error.validator_value
    found: Any = error.instance
    return error.validator == "required" and any(name in rule and name not in found for name in _DISCRIMINATORS)


def _flatten(nested: list[ValidationError]) -> Iterator[ValidationError]:
    for error in nested:
        if error.validator in ("anyOf", "oneOf"):
            yield from _flatten(list(error.context or ()))
        else:
            yield error


def _no_alternative_meant(error: ValidationError, inner: list[ValidationError]) -> ErrorReply:
    """Refuse a value that no alternative was meant for: by its discriminator, else by what it is."""
    found: Any = error.instance
    where = list(error.absolute_path)
    for member in _DISCRIMINATORS:
        asked = [deeper for deeper in inner if list(deeper.absolute_path) == [*where, member]]
        if asked:
            return _refuse_value(asked)
        if any(_lacks_discriminator(deeper) and member in _any(deeper.validator_value) for deeper in inner):
            return errors.missing(param([*where, member]))
    return _refuse_value([deeper for deeper in inner if list(deeper.absolute_path) == where], found)


def _refuse_value(found_errors: list[ValidationError], found: Any = None) -> ErrorReply:
    """Refuse a value by all that was allowed instead: its choices if it is a text, else its types."""
    name = param(found_errors[0].absolute_path)
    found = found_errors[0].instance if found is None else found
    choices = [choice for error in found_errors if error.validator == "enum" for choice in _any(error.validator_value)]
    if choices and isinstance(found, str):
        return errors.wrong_choice(name, quote(found), _join_choices(choices))
    kinds = [
        kind for error in found_errors if error.validator == "type" for kind in _names(_any(error.validator_value))
    ]
    return errors.wrong_type(name, _one_of(kinds or ["string"]), kind_of(found))


def _names(rule: Any) -> list[str]:
    return [rule] if isinstance(rule, str) else list(rule)


def _one_of(names: list[str]) -> str:
    words = [_with_article(name) for name in dict.fromkeys(names) if name != "null"] or ["null"]
    return words[0] if len(words) == 1 else f"one of {', '.join(words[:-1])} or {words[-1]}"


def _join_choices(choices: Iterable[Any]) -> str:
    words = [f"'{choice}'" for choice in dict.fromkeys(choices) if choice is not None]
    comma = "," if len(words) > 2 else ""  # noqa: PLR2004 - two need none
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])}{comma} and {words[-1]}"


def _any(value: Any) -> Any:
    """Return the value without the "unset" that the library's types admit."""
    return value
