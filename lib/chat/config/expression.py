"""`{function: …}`: a value computed from the visitor's request, in a small part of Python's grammar; no Python is run.

The text is parsed once, at the start, and everything that is not on the lists of `grammar` is refused then. Computing
walks the tree; no name but `handler` means anything, no attribute is looked up but those named there, and nothing can
loop.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .grammar import OF_TEXT, is_from_visitor, parse_tree
from .handler import ClientRequest, Handler, MissingArgument

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "min": min,
    "max": max,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


class NotComputed(Exception):
    """This visitor's request gives no value.

    The text is for the visitor; `reason` is for the operator, and holds neither the expression nor a value.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    source: str
    tree: ast.expr

    @classmethod
    def parse(cls, source: str) -> Expression:
        """Check the text; raise NotAllowed."""
        return cls(source, parse_tree(source))

    @property
    def is_from_visitor(self) -> bool:
        """Whether the value can only be what the visitor sent."""
        return is_from_visitor(self.tree)

    @property
    def texts(self) -> frozenset[str]:
        """The texts that stand in it, which are the operator's."""
        parts = ast.walk(self.tree)
        return frozenset(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))

    def value(self, handler: Handler) -> Any:
        """Compute the value, of which JSON can be made; raise NotComputed."""
        try:
            return _plain(_value(self.tree, handler))
        except MissingArgument as error:
            raise NotComputed(str(error), str(error)) from error
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
            raise NotComputed("this address gives no value for it", type(error).__name__) from error


def _value(node: ast.AST, handler: Handler) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of part
    match node:
        case ast.Constant():
            return node.value
        case ast.Attribute():
            return _attribute(node, handler)
        case ast.Call():
            return _call(node, handler)
        case ast.BoolOp():
            return _first(node, handler)
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, handler)
        case ast.UnaryOp():
            return -_value(node.operand, handler)
        case ast.IfExp():
            return _value(node.body if _value(node.test, handler) else node.orelse, handler)
        case ast.Compare():
            return _compare(node, handler)
        case ast.List():
            return [_value(member, handler) for member in node.elts]
        case ast.Tuple():
            return tuple(_value(member, handler) for member in node.elts)
        case ast.Dict():
            members = zip(node.keys, node.values, strict=True)
            return {str(_value(key, handler)): _value(value, handler) for key, value in members if key is not None}
        case ast.JoinedStr():
            return "".join(str(_value(part, handler)) for part in node.values)
        case ast.FormattedValue():
            return str(_value(node.value, handler))
        case ast.Subscript():
            return _value(node.value, handler)[_value(node.slice, handler)]
    raise TypeError("a part that was never allowed")  # parse() lets none through


def _attribute(node: ast.Attribute, handler: Handler) -> Any:
    owner: Handler | ClientRequest = handler if isinstance(node.value, ast.Name) else handler.request
    return getattr(owner, node.attr)  # parse() lets only the names of the two lists through


def _call(node: ast.Call, handler: Handler) -> Any:
    arguments = [_value(argument, handler) for argument in node.args]
    named = {str(keyword.arg): _value(keyword.value, handler) for keyword in node.keywords}
    if isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*arguments)
    method = node.func
    if not isinstance(method, ast.Attribute):
        raise TypeError("a part that was never allowed")
    if isinstance(method.value, ast.Name):
        return getattr(handler, method.attr)(*arguments, **named)  # parse() lets only those of _HANDLER_METHODS through
    owner = _value(method.value, handler)
    if isinstance(owner, Mapping) and method.attr == "get":
        return owner.get(*arguments)
    if isinstance(owner, str) and method.attr in OF_TEXT:
        return getattr(owner, method.attr)(*arguments)
    raise TypeError(f"{type(owner).__name__} has no {method.attr}()")


def _first(node: ast.BoolOp, handler: Handler) -> Any:
    """Return what and/or give: the value that decides, and nothing after it is computed."""
    value: Any = None
    for part in node.values:
        value = _value(part, handler)
        if bool(value) is isinstance(node.op, ast.Or):
            return value
    return value


def _compare(node: ast.Compare, handler: Handler) -> bool:
    left = _value(node.left, handler)
    for op, part in zip(node.ops, node.comparators, strict=True):
        right = _value(part, handler)
        if not _COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("JSON has no such number")
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    raise TypeError(f"{type(value).__name__} is not a value for a setting")
