"""`{function: …}`: a value computed from the visitor's request, in a small part of Python's grammar; no Python is run.

The text is parsed once, at the start, and everything that is not on the lists below is refused then. Computing walks
the tree; no name but `handler` means anything, no attribute is looked up but those named here, and nothing can loop.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .visit import Handler, MissingArgument, Request

ALLOWED = (
    "handler.get_arg('name', default, first=False), handler.args, path, path_args, path_kwargs, headers, cookies, "
    "session and request; 'text', numbers, lists, mappings; and, or, not, ==, <, in, is, x if y else z; "
    "int(), float(), str(), bool(), min(), max(); .get(), .strip(), .lower(), .upper(), .split(), "
    ".startswith(), .endswith(); f'{x}'"
)
_LONGEST = 1000
_MOST_NODES = 200
_DEEPEST = 20

_OF_HANDLER = frozenset({"args", "path", "path_args", "path_kwargs", "headers", "cookies", "session", "request"})
_OF_REQUEST = frozenset({"path", "query", "uri", "host", "remote_ip", "headers", "cookies"})
_ASKED = frozenset(
    {"get_arg", "get_args", "get_cookie", "get_argument", "get_query_argument", "get_arguments", "get_arglist"}
)
_OF_TEXT = frozenset({"strip", "lower", "upper", "split", "startswith", "endswith"})
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
_KEYWORDS = frozenset({"default", "first"})


class NotAllowed(Exception):
    """The expression holds what no expression may; the text says what. Raised at the start."""


class NotComputed(Exception):
    """This visitor's request gives no value; the text says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    source: str
    tree: ast.expr

    @classmethod
    def parse(cls, source: str) -> Expression:
        """Check the text; raise NotAllowed."""
        if len(source) > _LONGEST:
            raise NotAllowed(f"the expression is longer than {_LONGEST} characters")
        try:
            tree = ast.parse(source.strip(), mode="eval").body
        except SyntaxError as error:
            raise NotAllowed(f"this is not an expression: {error.msg}") from error
        except (ValueError, MemoryError, RecursionError) as error:
            raise NotAllowed("this cannot be read as an expression") from error
        if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
            raise NotAllowed(f"the expression has more than {_MOST_NODES} parts")
        for fault in _faults(tree, 0):
            raise NotAllowed(fault)
        return cls(source, tree)

    def value(self, handler: Handler) -> Any:
        """Compute the value, of which JSON can be made; raise NotComputed."""
        try:
            return _plain(_value(self.tree, handler))
        except MissingArgument as error:
            raise NotComputed(str(error)) from error
        except (TypeError, ValueError, KeyError, IndexError, OverflowError, RecursionError) as error:
            reason = " ".join(str(error).split())[:200]
            raise NotComputed(f"{self.source.strip()} gives no value here: {type(error).__name__}: {reason}") from error


# --- at the start: what may stand where ------------------------------------------------------------------------------


def _faults(node: ast.AST, depth: int) -> Iterator[str]:
    """Give what is wrong in this part and the parts inside it."""
    if depth > _DEEPEST:
        yield f"the expression is nested deeper than {_DEEPEST}"
        return
    fault = _fault(node)
    if fault:
        yield fault
        return
    for part in _parts(node):
        yield from _faults(part, depth + 1)


def _fault(node: ast.AST) -> str | None:  # noqa: C901, PLR0911 - one line for each kind of part
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str()):
            return None
        case ast.Attribute():
            return None if _is_known_attribute(node) else f'"{_shown(node)}" is not allowed'
        case ast.Call():
            return _fault_of_call(node)
        case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
            return None
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return None
        case ast.FormattedValue() if node.conversion != -1 or node.format_spec is not None:
            return "an f'…' may hold plain {x} only, without !r and without a format"
        case ast.Dict() if any(key is None for key in node.keys):
            return "** is not allowed"
        case ast.BoolOp() | ast.IfExp() | ast.List() | ast.Tuple() | ast.Dict():
            return None
        case ast.JoinedStr() | ast.FormattedValue():
            return None
        case ast.Subscript() if not isinstance(node.slice, ast.Slice):
            return None
        case ast.Name(id="handler"):
            return '"handler" alone is no value'
        case ast.Name():
            return f'"{node.id}" is not known'
    return f'"{_shown(node)}" is not allowed'


def _is_known_attribute(node: ast.Attribute) -> bool:
    match node.value:
        case ast.Name(id="handler"):
            return node.attr in _OF_HANDLER - {"request"}
        case ast.Attribute(value=ast.Name(id="handler"), attr="request"):
            return node.attr in _OF_REQUEST
    return False


def _fault_of_call(node: ast.Call) -> str | None:
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return "* is not allowed"
    names = {keyword.arg for keyword in node.keywords}
    match node.func:
        case ast.Name(id=name) if name in _FUNCTIONS and not names:
            return None
        case ast.Attribute(value=ast.Name(id="handler"), attr=name) if name in _ASKED and names <= _KEYWORDS:
            return None
        case ast.Attribute(value=ast.Name(id="handler")):
            return f'"{_shown(node.func)}" is not allowed'
        case ast.Attribute(attr=name) if name in _OF_TEXT | {"get"} and not names:
            return None
    return f'"{_shown(node.func)}" may not be called'


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Give the parts that are values themselves; what was already looked at as a whole is none."""
    match node:
        case ast.Attribute():
            return
        case ast.Call(func=func):
            if isinstance(func, ast.Attribute) and not _is_handler(func.value):
                yield func.value
            yield from node.args
            yield from (keyword.value for keyword in node.keywords)
        case _:
            yield from (part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))


def _is_handler(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "handler"


def _shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits into a line


# --- for each visitor: the value -------------------------------------------------------------------------------------


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
            return _compared(node, handler)
        case ast.List() | ast.Tuple():
            return [_value(member, handler) for member in node.elts]
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
    owner: Handler | Request = handler if isinstance(node.value, ast.Name) else handler.request
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
        return getattr(handler, method.attr)(*arguments, **named)  # parse() lets only those of _ASKED through
    owner = _value(method.value, handler)
    if isinstance(owner, Mapping) and method.attr == "get":
        return owner.get(*arguments)
    if isinstance(owner, str) and method.attr in _OF_TEXT:
        return getattr(owner, method.attr)(*arguments)
    raise TypeError(f"{type(owner).__name__} has no {method.attr}()")


def _first(node: ast.BoolOp, handler: Handler) -> Any:
    """Give what and/or give: the value that decides, and nothing after it is computed."""
    value: Any = None
    for part in node.values:
        value = _value(part, handler)
        if bool(value) is isinstance(node.op, ast.Or):
            return value
    return value


def _compared(node: ast.Compare, handler: Handler) -> bool:
    left = _value(node.left, handler)
    for op, part in zip(node.ops, node.comparators, strict=True):
        right = _value(part, handler)
        if not _COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    raise TypeError(f"{type(value).__name__} is no value for a setting")
