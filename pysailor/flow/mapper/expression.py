"""One expression of a flow file: compiled once, evaluated for each message, on any thread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..document import FlowFinding, InvalidFlow
from . import analysis
from .errors import WORDS, MappingFailed, describe
from .moment import Moment, make_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..document import FlowExpression
    from .analysis import Reference
    from .engine import Engine


class _Undefined:
    """What an expression gives that finds nothing: it is left out, where null would stay."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = _Undefined()
_DEEPEST_RESULT: Final = 200
_EXACT: Final = 2**53
_SIGNATURES: Final = {
    "Type parameters can only be applied to functions and arrays": "S0401",
    "Choice groups containing parameterized types are not supported": "S0402",
}
"""JSONata's codes of what the library says of a function's signature."""


@dataclass(frozen=True, slots=True)
class MapContext:
    """What expressions see besides the body: earlier steps' messages by step id, and the flow variables."""

    passthrough: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


class CompiledExpression:
    """An expression with what it refers to.

    `path` are the names of a plain path (`a.b`), which is followed without the engine; `literal` is the value of a
    literal text, number or truth value. Both are None for anything else.
    """

    def __init__(self, source: FlowExpression, engine: Engine, found: analysis.Analysis) -> None:
        self.source = source
        self.references: tuple[Reference, ...] = tuple(found.references)
        self._engine = engine
        self.path = analysis.plain_path(engine.ast)
        self.literal = analysis.literal(engine.ast)
        self._reads_elasticio = found.reads_elasticio

    def evaluate(self, body: Any, context: MapContext) -> Any:
        """Return what it gives for a body, UNDEFINED for nothing, alike; raise MappingFailed, with its place."""
        if self.path is not None and not self._reads_elasticio:
            found = _follow(self.path, body)
            if found is not _NOT_PLAIN:
                return found
        root = self._root(body, context)
        bindings = {
            "getPassthrough": _getter(context.passthrough),
            "getFlowVariables": _getter(context.variables),
            "moment": _moment(),
        }
        try:
            return _plain(self._engine.run(_given(root), bindings))
        except MappingFailed as error:
            raise self._failure(str(error), error.reason) from error
        except Exception as error:
            raise self._failure(*describe(error), error) from error

    def _root(self, body: Any, context: MapContext) -> Any:
        if not (self._reads_elasticio and isinstance(body, dict)):
            return body
        if analysis.ELASTICIO in body:
            raise self._failure("the body has a member elasticio of its own; read $getPassthrough() instead", "")
        return {**body, analysis.ELASTICIO: context.passthrough}

    def _failure(self, words: str, reason: str, error: BaseException | None = None) -> MappingFailed:
        location = getattr(error, "location", 0)
        offset = location - 1 if isinstance(location, int) and location > 0 else 0
        return MappingFailed(f"{self.source.at(offset)}: {words}: {_shorten(self.source.text)}", reason=reason)


def compile_expression(source: FlowExpression, path: str = "") -> CompiledExpression:
    """Compile an expression; raise InvalidFlow for what is no JSONata, or not known on the platform."""
    from .engine import Engine  # noqa: PLC0415 - loading it takes longer than reading the flow

    try:
        engine = Engine(source.text)
    except Exception as error:
        raise InvalidFlow([FlowFinding(source.at(_location(error)), _describe_syntax(error, source), path)]) from error
    found = analysis.analyse(engine.ast)
    if found.faults:
        raise InvalidFlow(FlowFinding(source.at(offset), message, path) for offset, message in found.faults)
    return CompiledExpression(source, engine, found)


def _unsaid_code(error: Exception, text: str) -> str:
    """Return JSONata's code of a mistake at which the library stumbles, "" for others."""
    if isinstance(error, KeyError):
        return "S0204"
    if isinstance(error, IndexError) and "/*" in text:
        return "S0106"
    return _SIGNATURES.get(str(error), "")


def _describe_syntax(error: Exception, source: FlowExpression) -> str:
    if not source.text.strip():
        return "the expression is empty; leave the member out, or write null"
    code = str(getattr(error, "error", ""))
    if code == "S0301P":
        return (
            "a regular expression repeats what can be read in several ways (a repetition, or alternatives that begin "
            "alike), which may take for ever; write it without"
        )
    if code == "S0301R":
        return f"this is not a valid regular expression: {getattr(error, 'current', '')}"
    if code := _unsaid_code(error, source.text):
        words = WORDS.get(code, str(error)).format_map({"token": error.args[0], "expected": ""})
        return f"{words} (JSONata {code})"
    words, known = describe(error)
    return words if known else "this is no JSONata"


def _location(error: Exception) -> int:
    location = getattr(error, "location", 0)
    return location - 1 if isinstance(location, int) and location > 0 else 0


_NOT_PLAIN: Final = object()


def _follow(path: tuple[str, ...], value: Any) -> Any:
    """Follow names through objects; what meets a list on the way is for the engine."""
    for name in path:
        if type(value) is not dict:
            return _NOT_PLAIN if isinstance(value, list) else UNDEFINED
        if name not in value:
            return UNDEFINED
        value = value[name]
    return value


def _getter(value: Any) -> Any:
    from .engine import function  # noqa: PLC0415 - loaded already

    return function(lambda *_: value)


def _moment() -> Any:
    from .engine import function  # noqa: PLC0415 - loaded already

    return function(make_moment)


def _given(root: Any) -> Any:
    """Return a body as the engine has it."""
    from .engine import NULL  # noqa: PLC0415 - loaded already

    return NULL if root is None else None if root is UNDEFINED else root


def _plain(value: Any) -> Any:
    """Return the engine's value as JSON has it, UNDEFINED for nothing and for a function."""
    from .engine import is_function, is_null  # noqa: PLC0415 - loaded already

    def convert(value: Any, depth: int) -> Any:
        if depth > _DEEPEST_RESULT:
            raise MappingFailed("what it gives is nested too deep")
        if isinstance(value, Moment):
            return value.to_json()
        if isinstance(value, dict):
            members = ((name, convert(member, depth + 1)) for name, member in value.items())
            return {name: member for name, member in members if member is not UNDEFINED}
        if isinstance(value, list):
            return [None if (made := convert(item, depth + 1)) is UNDEFINED else made for item in value]
        if isinstance(value, float):
            return _whole(value) if math.isfinite(value) else None
        if isinstance(value, (str, int)):
            return value
        return None if is_null(value) or (depth and value is None) else _leftover(value)

    def _leftover(value: Any) -> Any:
        if value is None or is_function(value):
            return UNDEFINED
        return list(value) if isinstance(value, (tuple, range)) else UNDEFINED

    return convert(value, 0)


def _whole(value: float) -> float:
    """Return a number without a fraction as such: in JSON it is 7, not 7.0."""
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"  # noqa: PLR2004 - a line at a terminal
