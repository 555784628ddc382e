"""Text that a model wrote to a value that fits a schema, or to the faults that say where it does not."""

from __future__ import annotations

import json
import math
from itertools import islice
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, Final, NoReturn

import jsonschema_rs

from pysailor import BrokenComponent, Fault, Schema, pointer_to

from ..json_schema import BYTES_OF_A_PATTERN, BadSchema, compile_schema, refuse_to_fetch, shorten

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

_LONG_NUMBER: Final = "it holds a whole number of more than 4,300 digits"
_MOST_DATES: Final = 100
_OTHER_FORMATS: Final = (
    *("date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "iri"),
    *("uri-reference", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex", "uuid"),
)
_AROUND: Final = 20  # characters quoted on each side of a place that is not JSON


class Unusable(ValueError):
    """The text is not JSON; `fault` says where."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.fault = Fault("", message)


def parse_json(text: str) -> Any:
    """Return the value of JSON as the standard has it: no NaN, nothing after the value; raise Unusable."""
    try:
        return _STRICT.decode(text)
    except JSONDecodeError as error:
        raise Unusable(_describe(text, error)) from error
    except RecursionError as error:
        raise Unusable("is not usable JSON: it is nested too deep") from error
    except ValueError as error:
        is_long = "int_max_str_digits" in str(error)  # the interpreter's own words, which would tell nobody anything
        raise Unusable(f"is not usable JSON: {_LONG_NUMBER}" if is_long else f"is not JSON: {error}") from error


def find_faults(value: Any, schema: Any) -> list[Fault]:
    """Return what keeps the value from fitting a JSON Schema (2020-12), with pointers; raise BadSchema."""
    fast = compile_schema(schema)
    if not isinstance(schema, dict):
        return _explain_plainly(fast, value)
    try:
        checked = Schema(schema, "the schema")
    except BrokenComponent as error:
        raise BadSchema(shorten(str(error))) from error
    return _find_bad_dates(value, schema) if checked.accepts(value) else checked.faults(value)


def _find_bad_dates(value: Any, schema: dict[str, Any]) -> list[Fault]:
    """Return the texts that are no dates where the schema has the format date.

    Other formats only say what is meant, as JSON Schema has it: models write times without a zone, and still usably.
    """
    if '"format": "date"' not in json.dumps(schema):
        return []
    checker = jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        formats=dict.fromkeys(_OTHER_FORMATS, _accept_any),
        retriever=refuse_to_fetch,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=BYTES_OF_A_PATTERN),
    )
    found = islice(checker.iter_errors(value), _MOST_DATES)
    allowed = "allowed: a date like 2026-12-31"
    return [
        Fault(pointer_to(error.instance_path), f"found text {shorten(json.dumps(error.instance))}, {allowed}")
        for error in found
    ]


def _accept_any(_: str) -> bool:
    return True


def _explain_plainly(fast: Draft202012Validator, value: Any) -> list[Fault]:
    """Describe the first fault in the fast validator's words."""
    try:
        fast.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [Fault(pointer_to(error.instance_path), shorten(error.message))]
    except ValueError:
        return [Fault("", "cannot be checked: it is nested too deep, or holds broken characters")]
    return []


def _describe(text: str, error: JSONDecodeError) -> str:
    values = _count_values(text) if error.msg == "Extra data" else 0
    if values > 1:
        return f"is not JSON: {values} values run together, the second at character {error.pos + 1}"
    if not text.strip():
        return "is not JSON: there is no text"
    place = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()):
        return f"is not JSON: it ends too early, at {place} ({error.msg})"
    near = text[max(0, error.pos - _AROUND) : error.pos + _AROUND]
    return f"is not JSON at {place} ({error.msg}), near {json.dumps(near, ensure_ascii=False)}"


def _count_values(text: str) -> int:
    """Return how many values stand one after the other; 0 if something else stands between them."""
    count, place = 0, 0
    while rest := text[place:].lstrip():
        try:
            _, length = _STRICT.raw_decode(rest)
        except (ValueError, RecursionError):
            return 0
        place = len(text) - len(rest) + length
        count += 1
    return count


def _parse_finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {shorten(text)} is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it does not know {name}")


_STRICT: Final = json.JSONDecoder(parse_float=_parse_finite, parse_constant=_refuse_constant)
