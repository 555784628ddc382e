"""JSON, as the sailors in JavaScript write and read it (platform contract, 3)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson

from pysailor.errors import StepError

_LARGEST_EXACT = 2**53
_LONG_NUMBER = re.compile(rb"[0-9]{4300}")
_DIGITS = bytes(ord("0") if byte in b"123456789" else byte for byte in range(256))
"""Turns every digit into a zero, so that long numbers are found at the speed of memory."""
_LONG = b"0" * 19
"""Whole numbers with more digits are more than orjson reads as such; it would round them."""
_LARGE = 262_144
"""Bytes. Longer texts are mostly one long string, which json reads faster than they are searched and read by orjson."""
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_WHOLE = re.compile(rb"\.0(?![0-9])")
"""Perhaps a whole number that Python keeps as a float, perhaps only a text that says 1.0."""


class NotJson(StepError):
    """A value cannot be written as JSON, or a text cannot be read as JSON."""

    code = "not_json"


def write(value: Any) -> bytes:
    """Return the value as compact JSON in UTF-8; raise NotJson if it has no form in JSON.

    As JavaScript does it: NaN and infinities become null, 1.0 becomes 1, half a surrogate pair is written as an
    escape. The common value is written by orjson; what that refuses or writes otherwise is written by json.
    A UUID is written as its text and a member of an Enum as its value.
    """
    try:
        content = orjson.dumps(value, _mapping, _OPTIONS)
    except TypeError:  # a long number, half a surrogate pair, a key that is no text, great depth, or no JSON at all
        return _write_slowly(value)
    return _write_slowly(value) if _WHOLE.search(content) else content


def read(content: bytes) -> Any:
    """Return the value that the JSON text stands for; raise NotJson if it is not JSON."""
    if len(content) <= _LARGE and _LONG not in content.translate(_DIGITS):
        try:
            return orjson.loads(content)
        except ValueError:
            pass  # half a surrogate pair, a number without bound, great depth, or no JSON at all: json knows which
    try:
        return _READER.decode(content.decode())
    except RecursionError as error:
        raise NotJson("The JSON is nested too deeply.") from error
    except ValueError as error:  # also UnicodeDecodeError; its text may quote the content, so it is not repeated
        if _LONG_NUMBER.search(content):
            return _read_long_numbers(content)
        raise NotJson(f"The text is not JSON ({len(content)} bytes, {type(error).__name__}).") from None


def _read_long_numbers(content: bytes) -> Any:
    """Return the value; whole numbers of more digits than Python reads are what JavaScript makes of them: infinite."""
    try:
        return json.JSONDecoder(parse_constant=_refuse, parse_int=_whole_number).decode(content.decode())
    except (ValueError, RecursionError) as error:
        raise NotJson(f"The text is not JSON ({len(content)} bytes, {type(error).__name__}).") from None


def _whole_number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _write_slowly(value: Any) -> bytes:
    try:
        return _utf8(_QUICK.encode(_as_javascript_has_it(value)))
    except RecursionError as error:
        raise NotJson("The value is nested too deeply for JSON, or contains itself.") from error
    except (TypeError, ValueError) as error:
        raise NotJson(f"The value cannot be written as JSON: {error}.") from error


def _as_javascript_has_it(value: Any) -> Any:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {_key(key): _as_javascript_has_it(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_javascript_has_it(item) for item in value]
    return value


def _number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < _LARGEST_EXACT else value


def _key(key: Any) -> Any:
    return str(key) if isinstance(key, float) else key


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: \udXXX is its escape in JSON and in Python alike
        return text.encode(errors="backslashreplace")


def _mapping(value: Any) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Circles are found by the depth of recursion, which costs nothing on the way that has none.
_QUICK = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=_mapping
)
_READER = json.JSONDecoder(parse_constant=_refuse)
