"""Functions of JSONata that the library has otherwise than 1.8.7: numbers as text, replacements, sorting, times."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.utils import Utils

from .callables import is_function
from .errors import LARGEST, ResultTooLarge
from .json_text import write
from .pattern import BoundedPattern
from .repeated import drop_repeated

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_TIME: Final = re.compile(
    r"\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?", re.ASCII
)
_MONTH: Final = re.compile(r"\d{4}-\d\d", re.ASCII)
_SIGNATURES: Final = {
    "string": "<x-b?:s>",
    "number": "<(nsb)-:n>",
    "lowercase": "<s-:s>",
    "pad": "<s-ns?:s>",
    "replace": "<s-(sf)(sf)n?:s>",
    "split": "<s-(sf)n?:a<s>>",
    "sort": "<af?:a>",
    "distinct": "<x:x>",
    "join": "<a<s>s?:s>",
    "toMillis": "<s-s?:n>",
}


class Own:
    """The functions, by their names in JSONata."""

    @staticmethod
    def string(value: Any, prettify: Any) -> str | None:
        """Return a value as text."""
        if isinstance(value, Utils.JList) and value.outer_wrapper:
            value = value[0]
        if value is None or isinstance(value, str):
            return value
        if is_function(value):
            return ""
        if isinstance(value, float) and not math.isfinite(value):
            raise JException("D3001", -1)
        return write(value, "  " if prettify is True else "")

    @staticmethod
    def number(value: Any) -> Any:
        """Return a text or a truth value as a number."""
        if isinstance(value, str):
            if _NUMBER.fullmatch(value) is None or not math.isfinite(float(value)):
                raise JException("D3030", -1, value)
            return float(value)
        return Functions.number(value)

    @staticmethod
    def lowercase(text: Any) -> Any:
        """Return a text in small letters; `ß` is one."""
        return text.lower() if isinstance(text, str) else Functions.lowercase(text)

    @staticmethod
    def pad(text: Any, width: Any, sign: Any) -> Any:
        """Return a text filled up to a width, unless that is larger than any message."""
        if isinstance(width, (int, float)) and not abs(width) <= LARGEST:
            raise ResultTooLarge
        if isinstance(width, float) and not width.is_integer():
            raise JException("T0410", -1, "$pad")
        return Functions.pad(text, width, sign)

    @staticmethod
    def split(text: Any, separator: Any, limit: Any) -> Any:
        """Return what stands between the separators, without what their groups matched."""
        if not (isinstance(text, str) and isinstance(separator, BoundedPattern)) or (limit is not None and limit < 0):
            return Functions.split(text, separator, limit)
        parts: list[str] = []
        start = 0
        for number, found in enumerate(separator.finditer(text)):
            if limit is not None and number >= limit:
                return parts
            parts.append(text[start : found.start()])
            start = found.end()
        return parts if limit is not None and len(parts) >= limit else [*parts, text[start:]]

    @staticmethod
    def replace(text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
        """Return a text with what a pattern finds replaced."""
        if not isinstance(text, str):
            return Functions.replace(text, pattern, replacement, limit)
        if pattern == "":
            raise JException("D3010", -1)
        if limit is not None and limit < 0:
            raise JException("D3011", -1)
        most = -1 if limit is None else math.ceil(limit)
        if isinstance(pattern, str):
            return _replace_text(text, pattern, replacement, most)
        return _replace_matches(text, pattern, _replacer(replacement), most)

    @staticmethod
    def sort(values: Any, comparator: Any) -> Any:
        """Return a list in order; what is alike stays in the order that it had."""
        if values is None or comparator is None:
            return _sort_plain(values)
        key = _make_key(comparator)
        return sorted(values, key=key)

    @staticmethod
    def distinct(values: Any) -> Any:
        """Return a list without what is equal to something before it; 1 is not equal to true."""
        return drop_repeated(values)

    @staticmethod
    def join(texts: Any, separator: Any) -> Any:
        """Return texts as one, unless that is larger than any message."""
        if isinstance(texts, list) and len(separator or "") * len(texts) + sum(map(len, texts)) > LARGEST:
            raise ResultTooLarge
        return Functions.join(texts, separator)

    @staticmethod
    def to_millis(text: Any, picture: Any) -> Any:
        """Return a time as milliseconds since 1970."""
        if isinstance(text, str) and picture is None:
            if _TIME.fullmatch(text) is None:
                raise JException("D3110", -1, text)
            text = f"{text}-01" if _MONTH.fullmatch(text) else text
        return Functions.datetime_to_millis(text, picture)


def make_functions() -> dict[str, Any]:
    """Return the functions as the engine binds them."""
    names = {"toMillis": "to_millis"}
    return {
        name: Jsonata.JNativeFunction(name, signature, Own, names.get(name, name))
        for name, signature in _SIGNATURES.items()
    }


def _refuse(replacement: Any) -> Any:
    raise JException("D3012", -1, replacement)


def _replace_text(text: str, sought: str, replacement: Any, most: int) -> str:
    if not isinstance(replacement, str):
        return str(_refuse(replacement))
    if len(replacement) > len(sought) and text.count(sought) * (len(replacement) - len(sought)) > LARGEST:
        raise ResultTooLarge
    return text.replace(sought, replacement, most)


def _replace_matches(text: str, pattern: Any, replacer: Callable[[Any], str], most: int) -> str:
    parts, start, size = [], 0, 0
    for number, found in enumerate(pattern.finditer(text) if most else ()):
        if number == most:
            break
        made = replacer(found)
        size += len(made)
        if size > LARGEST:
            raise ResultTooLarge
        parts += [text[start : found.start()], made]
        start = found.end()
    return "".join(parts) + text[start:]


def _replacer(replacement: Any) -> Callable[[Any], str]:
    if isinstance(replacement, str):
        return lambda found: _fill(replacement, found)

    def call(found: Any) -> str:
        given = {"match": found[0], "start": found.start(), "end": found.end(), "groups": list(found.groups())}
        made = Functions.func_apply(replacement, [given])
        return made if isinstance(made, str) else str(_refuse(made))

    return call


def _fill(replacement: str, found: Any) -> str:
    """Return a replacement with `$0` to `$n` as what the pattern and its groups matched, and `$$` as `$`."""
    groups = found.groups()
    digits = len(str(len(groups))) if groups else 1

    def fill(mark: re.Match[str]) -> str:
        number = mark[1]
        if len(number) > 1 and int(number) > len(groups):
            return _group(groups, int(number[:-1])) + number[-1]
        return _group(groups, int(number))

    def one(mark: re.Match[str]) -> str:
        if mark[0] == "$$":
            return "$"
        return str(found[0]) + mark[0][2:] if mark[0][1] == "0" else fill(mark)

    return re.sub(rf"\$\$|\$([0-9]{{1,{digits}}})", one, replacement)


def _group(groups: tuple[str | None, ...], number: int) -> str:
    return groups[number - 1] or "" if 0 < number <= len(groups) else ""


def _sort_plain(values: Any) -> Any:
    if values is None or len(values) < 2:  # noqa: PLR2004 - one alone is in order
        return values
    kinds = {str if isinstance(value, str) else _kind(value) for value in values}
    if kinds not in ({str}, {float}):
        raise JException("D3070", -1)
    return sorted(values)


def _kind(value: Any) -> type:
    return float if isinstance(value, (int, float)) and not isinstance(value, bool) else object


def _make_key(comparator: Any) -> Any:
    """Return a key by which `sorted` orders as a function says: it tells whether its first argument comes later."""

    class Key:
        __slots__ = ("value",)

        def __init__(self, value: Any) -> None:
            self.value = value

        def __lt__(self, other: Key) -> bool:
            comes_later = Functions.func_apply(comparator, [other.value, self.value])
            return bool(comes_later) and comes_later is not Utils.NULL_VALUE

    return Key
