"""How an environment variable is declared and read (platform contract, 1.2).

Parsing follows the platform's Node sailor where the platform sets a value, with two differences: 0 is a value, and
what was not understood is remarked upon instead of passed over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, fields
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeVar

from ..errors import InvalidSettings
from ..values import frozen

PREFIX: Final = "ELASTICIO_"
MOST: Final = 2**31 - 1
"""The most that a whole number may be, unless its variable says otherwise."""
LONGEST: Final = 86_400.0
"""Seconds; the longest time that can be set."""
LONGEST_MS: Final = 86_400_000
OWN_PREFIX: Final = "PYSAILOR_"
_NEARLY: Final = 0.85
_MOST_DIGITS: Final = 30
_LONG_NUMBER: Final = 10**15
Kind = Literal["text", "secret", "whole number", "number", "yes/no"]
Remark = Callable[[str], None]
Group = TypeVar("Group")

_FLAGS: Final = frozenset(("", "false", "true", "1", "yes", "on"))
_OURS, _WORDS = "PYSAILOR_", {"yes": True, "no": False}
"""Variables of our own understand these; to the platform's any text but false is a yes, as in Node."""
_WHOLE: Final = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(\d+))", re.ASCII)
# lodash's idea of a word, which is what header names are made by: FLOW_VERSION, v2Beta and X_1ST are all in it
_WORD: Final = re.compile(
    r"[A-Z]?[a-z]+(?=[^A-Za-z0-9]|[A-Z]|$)|[A-Z]+(?=[^A-Za-z0-9]|[A-Z][a-z]|$)|[A-Z]?[a-z]+|[A-Z]+"
    r"|\d*(?:1ST|2ND|3RD|(?![123])\dTH)(?=\b|[a-z_])|\d*(?:1st|2nd|3rd|(?![123])\dth)(?=\b|[A-Z_])|\d+"
)


_LOGGED: Final = (
    *("API_USERNAME", "COMP_ID", "COMP_NAME", "CONTAINER_ID", "CONTRACT_ID", "EXEC_ID", "EXEC_TYPE"),
    *("EXECUTION_RESULT_ID", "FLOW_ID", "FLOW_VERSION", "FUNCTION", "STEP_ID", "TASK_USER_EMAIL", "TENANT_ID"),
    *("USER_ID", "WORKSPACE_ID"),
)


@frozen
class Variable:
    """One environment variable. If it is mandatory it must be set and not empty; its default is then never used."""

    name: str
    kind: Kind
    help: str
    default: Any = ""
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()
    mandatory: bool = False
    check: Callable[[str], str] | None = None
    """Returns what is wrong with a text, in words that do not repeat it; an empty text if nothing is."""

    def read(self, environ: Mapping[str, str], remark: Remark) -> Any:
        """Return the value that the environment holds, or the default; raise InvalidSettings if it is out of range.

        yes/no: unset is the default, empty and "false" are no, anything else is yes. A whole number is what the text
        begins with, as JavaScript's parseInt reads it. Empty text is as good as unset.
        """
        found = environ.get(self.name)
        if self.kind == "yes/no":
            return self._flag(found, remark)
        if not found:
            return self.default
        if self.check is not None and (wrong := self.check(found)):
            raise InvalidSettings(f"{self.name} {wrong}.")
        value = found if self.kind in ("text", "secret") else self._number(found, remark)
        if self.choices and value not in self.choices:
            return self._choice(value, remark)
        return value

    def _choice(self, value: Any, remark: Remark) -> Any:
        """Return what stands for a value that is not among the choices: of variables of our own, the default."""
        is_ours, same = self.name.startswith(_OURS), str(value).strip().lower()
        if is_ours and same in self.choices:
            return same
        known = " or ".join(map(repr, self.choices))
        instead = f"; {self.default!r} is used" if is_ours else ""
        remark(f"{self.name} is {value!r}, which is not known; it should be {known}{instead}.")
        return self.default if is_ours else value

    def _flag(self, found: str | None, remark: Remark) -> Any:
        if found is not None and self.name.startswith(_OURS) and found.lower() in _WORDS:
            return _WORDS[found.lower()]
        if found is not None and found.lower() not in _FLAGS:
            remark(f"{self.name} is {found[:40]!r}, which counts as yes; it should be 'true' or 'false'.")
        return self.default if found is None else found not in ("", "false")

    def _number(self, found: str, remark: Remark) -> Any:
        value = _number(found) if self.kind == "number" else _whole_number(found)
        if self.kind == "whole number" and self.name.startswith(_OURS):
            value = self._own_whole_number(found)
        elif self.kind == "whole number" and value is not None and _WHOLE.sub("", found, count=1).strip():
            remark(f"{self.name} is {found[:40]!r}, which is not a whole number; {_shorten(value)} is used.")
        if value is None:
            instead = "it is taken as unset" if self.default is None else f"{self.default} is used"
            remark(f"{self.name} is not a number; {instead}.")
            return self.default
        if self.least is not None and value < self.least:
            raise InvalidSettings(f"{self.name} is {_shorten(value)}; it must be {_shorten(self.least)} or more.")
        if self.most is not None and value > self.most:
            raise InvalidSettings(f"{self.name} is {_shorten(value)}; it must be {_shorten(self.most)} or less.")
        return value

    def _own_whole_number(self, found: str) -> int:
        """Return a number however it is written; what is none is refused, for nobody expects 1e6 to be 1."""
        exact = _number(found)
        if exact is None or not exact.is_integer():
            raise InvalidSettings(f"{self.name} is {found[:40]!r}; it must be a whole number.")
        return int(found) if found.strip().isdecimal() else int(exact)


def mandatory(name: str, description: str, kind: Kind = "text", *, check: Callable[[str], str] | None = None) -> Any:
    """Declare a field that the platform must set: the variable's name, and a description."""
    return _declare(Variable(name, kind, description, mandatory=True, check=check))


def text(
    name: str,
    default: str | None,
    description: str,
    kind: Kind = "text",
    *,
    choices: tuple[Any, ...] = (),
    check: Callable[[str], str] | None = None,
) -> Any:
    """Declare a field that may be set."""
    return _declare(Variable(name, kind, description, default, choices=choices, check=check))


def flag(name: str, default: bool | None, description: str) -> Any:
    """Declare a field that is yes or no; None is neither, for a worker that sees for itself."""
    return _declare(Variable(name, "yes/no", description, default))


def whole(
    name: str,
    default: int | None,
    unit: str,
    description: str,
    *,
    least: int = 0,
    most: int | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """Declare a field that counts something, and the least and the most that it may be."""
    if most is None:
        most = LONGEST_MS if unit == "ms" else MOST
    return _declare(Variable(name, "whole number", description, default, unit, least, most, choices))


def seconds(name: str, default: float | None, description: str, *, least: float = 0, most: float = LONGEST) -> Any:
    """Declare a field that is a time; parts of seconds are all right."""
    return _declare(Variable(name, "number", description, default, "s", least, most))


def _declare(declared: Variable) -> Any:
    metadata = {"variable": declared}
    if declared.mandatory:
        return field(repr=declared.kind != "secret", metadata=metadata)
    return field(default=declared.default, repr=declared.kind != "secret", metadata=metadata)


def variables_of(group: type[Any]) -> dict[str, Variable]:
    """Return the variables that a dataclass declares, by field."""
    return {each.name: each.metadata["variable"] for each in fields(group)}


def variable(group: type[Any], name: str) -> Variable:
    """Return the variable of one field."""
    return variables_of(group)[name]


def read(group: type[Group], environ: Mapping[str, str], remark: Remark) -> Group:
    """Return the group with every field read from the environment."""
    return group(**{name: each.read(environ, remark) for name, each in variables_of(group).items()})


def list_missing(group: type[Any], environ: Mapping[str, str]) -> list[str]:
    """Return a fault for each mandatory variable of the group that is missing, in the platform's words."""
    mandatory_ones = (each.name for each in variables_of(group).values() if each.mandatory)
    return [f"{name} is missing" for name in mandatory_ones if not environ.get(name)]


def list_invalid(group: type[Any], environ: Mapping[str, str]) -> list[str]:
    """Return a fault for each variable of the group whose value is out of range."""
    faults: list[str] = []
    for each in variables_of(group).values():
        try:
            each.read(environ, lambda _remark: None)
        except InvalidSettings as error:
            faults.append(str(error))
    return faults


def find_misspelled(environ: Mapping[str, str], names: Collection[str]) -> Iterator[str]:
    """Return a remark for each variable of ours that nobody reads, and that is nearly the name of one that is read."""
    for name in environ:
        if name.startswith(OWN_PREFIX) and name not in names:
            close = get_close_matches(name, names, 1, _NEARLY)
            if close:
                yield f"{name} is not known; did you mean {close[0]}?"


def require(environ: Mapping[str, str], name: str) -> str:
    """Return a variable that a service needs; raise InvalidSettings, in the platform's words, if it is missing."""
    value = environ.get(PREFIX + name)
    if not value:
        raise InvalidSettings(f"{PREFIX}{name} is not provided")
    return value


def additional_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the operator asked for: ELASTICIO_ADDITIONAL_VARS_FOR_HEADERS names the variables."""
    names = [name.strip() for name in environ.get(PREFIX + "ADDITIONAL_VARS_FOR_HEADERS", "").split(",")]
    return {_camel_case(name.removeprefix(PREFIX)): environ[name] for name in names if name in environ}


def log_context(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the part of the environment that the platform wants in every log line."""
    names = (PREFIX + name for name in _LOGGED)
    context = {name: environ[name] for name in names if name in environ}
    flow = environ.get(PREFIX + "FLOW_ID")
    return context if flow is None else {**context, "tag": flow}


def _camel_case(name: str) -> str:
    words = [word.lower() for word in _WORD.findall(name)]
    return "".join(words[:1] + [word[0].upper() + word[1:] for word in words[1:]])


def _whole_number(written: str) -> int | None:
    found = _WHOLE.match(written)
    if found is None:
        return None
    sign, sixteen, ten = found.groups()
    digits = (sixteen or ten).lstrip("0")[:_MOST_DIGITS] or "0"  # more of them change nothing: it is too much
    value = int(digits, 16 if sixteen else 10)
    return -value if sign == "-" else value


def _shorten(value: float) -> str:
    if abs(value) >= _LONG_NUMBER:
        return f"{value:.3g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
