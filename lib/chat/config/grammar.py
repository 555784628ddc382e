"""What an expression may hold, checked once, at the start. Pure."""

from __future__ import annotations

import ast
import inspect
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from .handler import Handler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALLOWED = (
    "handler.get_arg('name', default, first=False), handler.args, path, path_args, path_kwargs, headers, cookies, "
    "session and request; 'text', numbers, lists, mappings; and, or, not, ==, <, in, is, x if y else z; "
    "int(), float(), str(), bool(), min(), max(); .get(), .strip(), .lower(), .upper(), .split(), "
    ".startswith(), .endswith(); f'{x}'"
)
_LONGEST = 1000
_PLACE = re.compile(r" *\(?(?:detected at|on) line \d+\)?")  # a line of the expression, which is not the file's
_MOST_NODES = 200
_DEEPEST = 20

_OF_HANDLER = frozenset({"args", "path", "path_args", "path_kwargs", "headers", "cookies", "session", "request"})
_OF_REQUEST = frozenset({"path", "query", "uri", "host", "remote_ip", "headers", "cookies"})
_HANDLER_METHODS = frozenset(
    {"get_arg", "get_args", "get_cookie", "get_argument", "get_query_argument", "get_arguments", "get_arglist"}
)
_MANY = 100
FUNCTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"int": (1, 2), "float": (1, 1), "str": (1, 1), "bool": (1, 1), "min": (1, _MANY), "max": (1, _MANY)}
)
"""What may be called, with how many arguments at least and at most."""
OF_TEXT: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"strip": (0, 1), "lower": (0, 0), "upper": (0, 0), "split": (0, 2), "startswith": (1, 3), "endswith": (1, 3)}
)
_OF_MAPPING: Mapping[str, tuple[int, int]] = MappingProxyType({"get": (1, 2)})
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn)


class NotAllowed(Exception):
    """The expression holds what no expression may; the text says what. Raised at the start."""


def parse_tree(source: str) -> ast.expr:
    """Return the tree of an expression that may be computed; raise NotAllowed."""
    if len(source) > _LONGEST:
        raise NotAllowed(f"the expression is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        raise NotAllowed(f"this is not an expression: {_PLACE.sub('', error.msg)}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise NotAllowed("this cannot be read as an expression") from error
    if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
        raise NotAllowed(f"the expression has more than {_MOST_NODES} parts")
    for fault in _faults(tree, 0):
        raise NotAllowed(fault)
    return tree


def is_from_visitor(node: ast.AST) -> bool:
    """Return whether a value can only be what the visitor sent: no text of the expression itself.

    What only chooses (a test, a name that is asked for) does not count.
    """
    match node:
        case ast.Constant(value=None | "") | ast.Attribute():
            return True
        case ast.BoolOp(values=parts):
            return all(map(is_from_visitor, parts))
        case ast.IfExp(body=body, orelse=orelse):
            return is_from_visitor(body) and is_from_visitor(orelse)
        case ast.Subscript(value=owner):
            return is_from_visitor(owner)
    return isinstance(node, ast.Call) and _is_from_visitor(node)


def _is_from_visitor(node: ast.Call) -> bool:
    """Return whether a call gives what the visitor sent; a default counts as what it gives."""
    match node.func:
        case ast.Name(id="str"):
            return is_from_visitor(node.args[0])
        case ast.Attribute(value=ast.Name(id="handler")):
            defaults = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "default")]
            return all(map(is_from_visitor, defaults))
        case ast.Attribute(value=owner, attr="get"):
            return is_from_visitor(owner) and all(map(is_from_visitor, node.args[1:]))
        case ast.Attribute(value=owner):
            return is_from_visitor(owner)
    return False


# --- what may stand where --------------------------------------------------------------------------------------------


def _faults(node: ast.AST, depth: int) -> Iterator[str]:
    """Return what is wrong in this part and the parts inside it."""
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
            return None if _is_known_attribute(node) else f'"{_quote(node)}" is not allowed'
        case ast.Call():
            return _fault_of_call(node)
        case ast.Compare() if all(isinstance(op, _COMPARISONS) for op in node.ops):
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
            return '"handler" alone is not a value'
        case ast.Name():
            return f'"{node.id}" is not known'
    return f'"{_quote(node)}" is not allowed'


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
    match node.func:
        case ast.Name(id=name) if name in FUNCTIONS and not node.keywords:
            return _fault_of_number(node, FUNCTIONS[name])
        case ast.Attribute(value=ast.Name(id="handler"), attr=name) if name in _HANDLER_METHODS:
            return _fault_of_handler_call(node, name)
        case ast.Attribute(value=ast.Name(id="handler")):
            return f'"{_quote(node.func)}" is not allowed'
        case ast.Attribute(value=owner, attr=name) if name in _methods(owner) and not node.keywords:
            return _fault_of_number(node, _methods(owner)[name])
    return f'"{_quote(node.func)}" may not be called'


def _methods(owner: ast.expr) -> Mapping[str, tuple[int, int]]:
    """Return the methods that a part may have, as far as its kind is known."""
    match owner:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return OF_TEXT
        case ast.Dict():
            return _OF_MAPPING
        case ast.Constant() | ast.List() | ast.Tuple():
            return {}
    return {**OF_TEXT, **_OF_MAPPING}


def _fault_of_number(node: ast.Call, allowed: tuple[int, int]) -> str | None:
    least, most = allowed
    given = len(node.args)
    return None if least <= given <= most else f'"{_quote(node.func)}" cannot be called with {given} arguments'


def _fault_of_handler_call(node: ast.Call, name: str) -> str | None:
    """Return why the visitor cannot be asked in this way."""
    named = {str(keyword.arg): keyword for keyword in node.keywords}
    try:
        inspect.signature(getattr(Handler, name)).bind(None, *node.args, **named)
    except TypeError as error:
        return f'"handler.{name}" cannot be called so: {error}'
    return None


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Return the parts that are values themselves; without those already checked as a whole."""
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


def _quote(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits into a line
