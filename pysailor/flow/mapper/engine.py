"""JSONata's engine, brought nearer to the platform's: JavaScript's arithmetic, no runaway, no 2.x syntax.

Loading it takes 60 ms and sets the interpreter's limit of recursion, so it is imported when the first expression is
compiled. Expressions are compiled once and evaluated on any thread.
"""

from __future__ import annotations

import copy
import math
import re
import time
from typing import Any, Final

import jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

from .callables import function, is_function
from .errors import LARGEST, ResultTooLarge
from .functions import Own, make_functions
from .letters import join_halves
from .pattern import BoundedPattern, limit_time

__all__ = ["NULL", "Engine", "function", "is_function", "is_null"]

NULL: Final = Utils.NULL_VALUE
DEEPEST: Final = 800
"""How deep evaluation may nest; a function that calls itself takes about four levels."""
LONGEST: Final = 2.0
"""Seconds that one evaluation may take."""
_EVERY: Final = 256  # steps between two looks at the clock
_FUNCTIONS: Final = make_functions()
_UNBOUNDED: Final = re.compile(r"(?<!\\)[+*]|\{\d+,\}")
_ANY, _SIGN = "\x00", "\x01"  # what stands for a class of signs, and for an escaped one
_REPEATED_GROUP: Final = re.compile(r"\((\?[:=!]|\?<[=!]|\?<\w+>)?([^()]*)\)([+*]|\{\d+,\}|\{(?:\d+,)?\d\d+\})?")


class Engine(jsonata.Jsonata):  # type: ignore[misc]  # a library without types
    """One compiled expression."""

    def __init__(self, text: str) -> None:
        super().__init__(text, _compile_pattern)
        if "\\u" in text:
            join_halves(self.ast)
        self.set_validate_input(False)  # bodies come from JSON
        self.set_output_convert_nulls(False)  # so that null and undefined can be told apart

    def run(self, value: Any, bindings: dict[str, Any]) -> Any:
        """Return what it gives: NULL for null, None for undefined; the value is given alike."""
        guard = _Guard()
        limit_time(LONGEST)
        mine = copy.copy(self)
        jsonata.Jsonata.CURRENT.jsonata = mine  # $eval would leave an engine of its own there
        guards = {"__evaluate_entry": guard.enter, "__evaluate_exit": guard.leave}
        return mine.evaluate(value, {**_FUNCTIONS, **bindings, **guards})

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        """Join two values as text."""
        return (Own.string(lhs, None) or "") + (Own.string(rhs, None) or "")

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: str | None) -> Any:
        """Compute as JavaScript does: a division by 0 is Infinity or NaN, which nothing can be computed with."""
        for code, side in (("T2001", lhs), ("T2002", rhs)):
            if side is not None and (isinstance(side, bool) or not isinstance(side, int | float)):
                raise JException(code, -1, op, side)
        if lhs is None or rhs is None:
            return None
        left, right = float(lhs), float(rhs)
        if not (math.isfinite(left) and math.isfinite(right)):
            raise JException("D1001", -1, op)
        return _number(_compute(left, right, op))


def is_null(value: Any) -> bool:
    """Return whether a value is null, as the engine has it."""
    return value is NULL


class _Guard:
    """Stops what runs away: on every step of an evaluation its depth and what it made, now and then the clock."""

    __slots__ = ("_count", "_depth", "_until")

    def __init__(self) -> None:
        self._until = 0.0
        self._depth = self._count = 0

    def enter(self, *_: Any) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST:
            raise JException("D1011", -1)
        if not self._count % _EVERY:
            self._look_at_the_clock()

    def leave(self, expression: Any, given: Any, environment: Any, result: Any) -> None:  # noqa: ARG002 - as it is called
        self._depth -= 1
        if isinstance(result, (str, list)) and len(result) > LARGEST:
            raise ResultTooLarge

    def _look_at_the_clock(self) -> None:
        now = time.thread_time()  # its own work: a slow moment of the machine changes no result
        self._until = self._until or now + LONGEST
        if now > self._until:
            raise JException("D1012", -1)


def _compute(left: float, right: float, operator: str | None) -> float:
    try:
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        return math.fmod(left, right) if operator == "%" else left / right
    except (ZeroDivisionError, ValueError):
        is_infinite = operator == "/" and left != 0 and not math.isnan(left)
        return math.copysign(math.inf, left) * math.copysign(1, right) if is_infinite else math.nan


def _number(value: float) -> Any:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _compile_pattern(pattern: str, flags: Any) -> BoundedPattern:
    """Compile a regular expression; refuse one that may take for ever: on the platform nothing would stop it."""
    if _nests_repetitions(pattern):
        raise JException("S0301P", -1, pattern)
    meant = (re.IGNORECASE if flags.case_insensitive else 0) | (re.MULTILINE if flags.multiline else 0)
    try:
        return BoundedPattern(_to_python(pattern), meant)
    except re.error as error:
        raise JException("S0301R", -1, f"{pattern}: {error}") from error


def _to_python(pattern: str) -> str:
    r"""Return JavaScript's pattern as Python writes it: (?<name>…), \d for ASCII digits."""
    return re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern).replace(r"\d", "[0-9]") if "[" not in pattern else re.sub(
        r"\(\?<(?=[A-Za-z_])", "(?P<", pattern
    )  # fmt: skip


def _nests_repetitions(pattern: str) -> bool:
    """Return whether a group that is often repeated can read one text in several ways.

    It does where it repeats something without end itself, or where two of its alternatives can begin alike.
    """
    plain = re.sub(r"\\.", _escape, re.sub(r"\[(?:\\.|[^\]\\])*\]", _ANY, pattern))
    while (inner := _REPEATED_GROUP.search(plain)) is not None:
        is_open = bool(_UNBOUNDED.search(inner[2])) or _begin_alike(inner[2].split("|"))
        if inner[3] and is_open:
            return True
        within = _ANY if "|" in inner[2] else inner[2][:1]
        plain = plain[: inner.start()] + within + ("+" if is_open or inner[3] else "") + plain[inner.end() :]
    return False


def _escape(found: re.Match[str]) -> str:
    r"""Return what stands for an escape: a sign itself, or (for \d, \w and the like) any."""
    return _ANY if found[0][1].isalnum() else _SIGN


def _begin_alike(alternatives: list[str]) -> bool:
    begins = [alternative[:1] for alternative in alternatives]
    return len(begins) > 1 and (len(set(begins)) < len(begins) or bool({"", _ANY, ".", _SIGN} & set(begins)))
