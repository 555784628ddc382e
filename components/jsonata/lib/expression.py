"""JSONata as the platform has it: 1.8.7 with the passthrough and the flow variables, bounded in time and depth."""

from __future__ import annotations

import copy
import math
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import jsonata
import regex
from jsonata.functions import Functions

from pysailor import InvalidConfig, StepError

if TYPE_CHECKING:
    from pysailor import Context, Message

MISSING: Final = object()
"""What an expression gives that finds nothing; null is None."""

LONGEST: Final = 2.0
_DEEPEST: Final = 800
_EVERY: Final = 64  # steps between two looks at the clock
_LARGEST: Final = 16 << 20  # characters or items: more than any message can hold
_ANY, _SIGN = "\x00", "\x01"  # what stands for a class of signs, and for an escaped one
_BRACE: Final = re.compile(r"\\.|\{(?!\d+(?:,\d*)?\})")  # one that repeats nothing: `regex` reads more into it
_UNBOUNDED: Final = re.compile(r"[+*]|\{\d+,\}")
_GROUP: Final = re.compile(r"\((\?[:=!]|\?<[=!]|\?<\w+>)?([^()]*)\)([+*]|\{\d+,\}|\{(?:\d+,)?\d\d+\})?")


class ExpressionFailed(StepError):
    """A JSONata expression cannot be evaluated on this message.

    The message has the reason. A number written as text needs $number(…), a member that may be null a test before it.
    """

    code = "expression_failed"


class Expression:
    """One expression, compiled once; threads share it. `ctx.keep` makes one for each text.

    `seconds` is how long one evaluation may take.
    """

    def __init__(self, text: str, pointer: str = "/expression", seconds: float = LONGEST) -> None:
        self.text = text
        self._seconds = seconds
        self._compiled = compile_expression(text, pointer)

    @classmethod
    def of(cls, text: str, ctx: Context, pointer: str = "/expression") -> Expression:
        """Return the expression, compiled once; raise InvalidConfig if it is not JSONata."""
        return ctx.keep(cls, text, pointer)

    def evaluate(self, msg: Message, ctx: Context) -> Any:
        """Return what the expression gives for a message's body, MISSING for nothing.

        Raise ExpressionFailed if this body does not suit it.
        """
        passed = dict(msg.passthrough or {})
        is_read = "elasticio" in self.text  # else it would stand among what * and ** find
        body = {**msg.body, "elasticio": passed} if is_read and isinstance(msg.body, dict) else msg.body
        guard = _Guard(self._seconds)
        bindings = {
            "getPassthrough": _function(passed),
            "getFlowVariables": _function(dict(ctx.flow_variables)),
            "pad": jsonata.Jsonata.JLambda(_pad),
            "__evaluate_entry": guard.enter,
            "__evaluate_exit": guard.leave,
        }
        _CLOCK.until = time.thread_time() + self._seconds
        mine = copy.copy(self._compiled)
        jsonata.Jsonata.CURRENT.jsonata = mine  # the library's functions look there for what they belong to
        try:
            found = mine.evaluate(body, bindings)
        except ZeroDivisionError:
            return None  # JavaScript's Infinity, which is null in JSON
        except TimeoutError as error:
            raise ExpressionFailed(f"{self.text[:200]}: takes too long; does it ever end?") from error
        except RecursionError as error:
            raise ExpressionFailed(f"{self.text[:200]}: goes too deep") from error
        except Exception as error:  # the library raises its own errors and Python's, as they come
            raise ExpressionFailed(f"{self.text[:200]}: {_describe(error)}") from error
        return _plain(found["v"]) if "v" in found else MISSING


class _Guard:
    """Ends an evaluation that takes too long, or goes too deep."""

    def __init__(self, seconds: float) -> None:
        self._until = time.thread_time() + seconds
        self._depth = self._steps = 0

    def enter(self, *_: Any) -> None:
        self._depth += 1
        self._steps += 1
        if self._depth > _DEEPEST:
            raise RecursionError
        if not self._steps % _EVERY and time.thread_time() > self._until:
            raise TimeoutError

    def leave(self, expression: Any, given: Any, environment: Any, result: Any) -> None:  # noqa: ARG002 - so called
        self._depth -= 1
        if isinstance(result, (str, list)):
            _check_size(len(result))


def _check_size(size: float) -> None:
    if not abs(size) <= _LARGEST:
        raise OverflowError(
            f"makes a text or a list that is too large; at most {_LARGEST} characters or items are allowed"
        )


def _pad(text: Any = None, width: Any = None, sign: Any = None, *_: Any) -> Any:
    if isinstance(width, (int, float)):
        _check_size(width)
    return Functions.pad(text, width, sign)


def _function(value: Any) -> Any:
    return jsonata.Jsonata.JLambda(lambda *_: value)


def compile_expression(text: str, pointer: str) -> Any:
    """Return the compiled expression, which gives `{"v": value}` or `{}`; raise InvalidConfig with what is wrong."""
    if operator := find_newer_operator(text):
        raise InvalidConfig(
            f"has {operator}, which JSONata 1.8.7 on the platform does not know; write a ? b : c", pointer=pointer
        )
    try:
        jsonata.Jsonata(text, _compile_pattern)  # by itself first: what is wrong is told with its own places
        return jsonata.Jsonata(f'{{"v": ({text}\n)}}', _compile_pattern)
    except RecursionError as error:
        raise InvalidConfig("goes too deep to be read", pointer=pointer) from error
    except Exception as error:  # as above
        raise InvalidConfig(f"is not JSONata: {_describe(error)}", pointer=pointer) from error


class _Clock(threading.local):
    """When the evaluation that this thread is in has to end."""

    until = float("inf")


_CLOCK: Final = _Clock()


class _BoundedPattern:
    """A regular expression that raises TimeoutError when time is over: `re` could not be stopped, `regex` can.

    What is allowed in a pattern, and in a replacement, is still what `re` allows.
    """

    def __init__(self, pattern: str, flags: int) -> None:
        self._allowed = re.compile(pattern, flags)
        self._pattern = regex.compile(_BRACE.sub(lambda found: "\\" * (found[0] == "{") + found[0], pattern), flags)

    def search(self, text: str) -> Any:
        return self._pattern.search(text, timeout=self._left())

    def finditer(self, text: str) -> Any:
        return self._pattern.finditer(text, timeout=self._left())

    def split(self, text: str, count: int = 0) -> Any:
        return self._pattern.split(text, count, timeout=self._left())

    def sub(self, replacement: Any, text: str, count: int = 0) -> Any:
        if isinstance(replacement, str):
            self._allowed.sub(replacement, "")  # JSONata reads the error of `re` for a group that there is not
        return self._pattern.sub(replacement, text, count, timeout=self._left())

    def _left(self) -> float:
        return max(0.001, min(_CLOCK.until - time.thread_time(), LONGEST))


def _compile_pattern(pattern: str, flags: Any) -> _BoundedPattern:
    """Compile a regular expression; refuse one that may take for ever: on the platform nothing would stop it."""
    if can_run_away(pattern):
        raise ValueError(
            f"/{pattern}/ repeats what can be read in several ways (a repetition, or alternatives that begin alike), "
            "which may take for ever"
        )
    meant = (re.IGNORECASE if flags.case_insensitive else 0) | (re.MULTILINE if flags.multiline else 0)
    return _BoundedPattern(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern), meant)


def can_run_away(pattern: str) -> bool:
    """Return whether a group that is often repeated can read one text in several ways."""
    plain = re.sub(r"\\.", _escape, re.sub(r"\[(?:\\.|[^\]\\])*\]", _ANY, pattern))
    while (group := _GROUP.search(plain)) is not None:
        begins = [each[:1] for each in group[2].split("|")]
        is_open = len(set(begins)) < len(begins) or bool(begins[1:] and {"", ".", _ANY, _SIGN} & set(begins))
        is_open = is_open or bool(_UNBOUNDED.search(group[2]))
        if group[3] and is_open:
            return True
        within = _ANY if begins[1:] else begins[0]
        plain = plain[: group.start()] + within + ("+" if is_open or group[3] else "") + plain[group.end() :]
    return False


def _escape(found: re.Match[str]) -> str:
    return _ANY if found[0][1].isalnum() else _SIGN


def find_newer_operator(text: str) -> str:
    """Return the operator of JSONata 2 that a text has outside of its strings and comments, "" for none."""
    place = 0
    while place < len(text):
        if text[place] in "\"'`":
            place = _end_of_string(text, place)
        elif text.startswith("/*", place):
            place = (text.find("*/", place) + 1) or len(text)
        elif text[place : place + 2] in ("??", "?:"):
            return text[place : place + 2]
        place += 1
    return ""


def _end_of_string(text: str, place: int) -> int:
    quote, place = text[place], place + 1
    while place < len(text) and text[place] != quote:
        place += 2 if text[place] == "\\" and quote != "`" else 1
    return place


def _plain(value: Any) -> Any:
    """Return the value as JSON has it: numbers that JSON cannot have are null, functions are empty."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int, bool)) else ""


def _describe(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
