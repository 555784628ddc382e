"""What an expression refers to, read from its syntax tree; and what of it the platform does not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN: Final = """
sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval
toMillis fromMillis clone now millis
"""
FUNCTIONS: Final = frozenset(_KNOWN.split())
"""The functions of JSONata 1.8.7."""
GETTERS: Final = ("getPassthrough", "getFlowVariables", "moment")
"""What the platform adds."""
ELASTICIO: Final = "elasticio"
_PARTS: Final = (
    *("lhs", "rhs", "steps", "stages", "expr", "expression", "expressions", "arguments", "procedure", "condition"),
    *("then", "_else", "body", "predicate", "group", "lhs_object", "rhs_object", "terms", "rhs_terms", "pattern"),
    *("update", "delete"),
)
_WITHIN: Final = ("stages", "predicate", "group")
"""Parts in which names are looked up in what was found so far."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One path that an expression reads: `root` is body, passthrough or variables, `offset` where it begins."""

    root: str
    names: tuple[str, ...]
    offset: int


@dataclass(slots=True)
class Analysis:
    """What was found in a syntax tree. `faults` are offsets and messages."""

    references: list[Reference] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    variables: dict[str, int] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)

    @property
    def reads_elasticio(self) -> bool:
        """Whether the older root member is read."""
        return any(reference.root == "body" and reference.names[:1] == (ELASTICIO,) for reference in self.references)


def analyse(tree: Any) -> Analysis:
    """Return what an expression's tree refers to."""
    found = Analysis()
    _visit(tree, found, at_root=True)
    for name, offset in found.variables.items():
        if name in found.bound or name in ("", "$") or name in GETTERS:
            continue
        if name not in FUNCTIONS:
            kind = "function" if name in found.called else "variable"
            found.faults.append((offset, f"there is no {kind} ${name} on the platform{_near(name, found.bound)}"))
    return found


def plain_path(tree: Any) -> tuple[str, ...] | None:
    """Return the names of a path that is nothing but names (`a.b."c d"`), None for anything else."""
    if getattr(tree, "type", None) != "path" or getattr(tree, "group", None) or _flag(tree, "keep_singleton_array"):
        return None
    names = _leading_names(tree.steps)
    is_plain = len(names) == len(tree.steps) and not any(_is_decorated(step) for step in tree.steps)
    return names if is_plain else None


def literal(tree: Any) -> Any:
    """Return the value of an expression that is a literal text, number or truth value; None for anything else."""
    is_one = getattr(tree, "type", None) in ("string", "number", "value") and not _is_decorated(tree)
    return tree.value if is_one and isinstance(tree.value, (str, int, float)) else None


def _visit(node: Any, found: Analysis, *, at_root: bool) -> None:
    for each in _nodes(node):
        kind = getattr(each, "type", None)
        if kind == "path":
            _visit_path(each, found, at_root=at_root)
        else:
            _note(each, kind, found)
            for part in _PARTS:
                _visit(getattr(each, part, None), found, at_root=at_root and part not in _WITHIN)


def _visit_path(node: Any, found: Analysis, *, at_root: bool) -> None:
    """Visit a path: its first step is in the context that it stands in, the others are in that of the step before."""
    steps = list(node.steps)
    reference = _reference(steps) if at_root else None
    if reference is not None:
        found.references.append(reference)
    _visit(steps[:1], found, at_root=at_root)
    _visit(steps[1:], found, at_root=False)
    for step in steps:
        _visit(getattr(step, "stages", None), found, at_root=False)
    _visit(getattr(node, "group", None), found, at_root=False)


def _reference(steps: list[Any]) -> Reference | None:
    first = steps[0]
    kind = getattr(first, "type", None)
    if kind == "name":
        names = _leading_names(steps)
        return Reference("body", names, _offset(first)) if names else None
    if kind == "variable" and first.value in ("", "$"):
        names = _leading_names(steps[1:])
        return Reference("body", names, _offset(first)) if names else None
    if kind == "function" and getattr(first.procedure, "value", None) in GETTERS[:2]:
        root = "passthrough" if first.procedure.value == "getPassthrough" else "variables"
        return Reference(root, _leading_names(steps[1:]), _offset(first.procedure))
    return None


def _leading_names(steps: Any) -> tuple[str, ...]:
    """Return the names that a path begins with, up to the first that is filtered or sorted."""
    names: list[str] = []
    for step in steps:
        if getattr(step, "type", None) != "name":
            break
        names.append(str(step.value))
        if _is_decorated(step):
            break
    return tuple(names)


def _is_decorated(step: Any) -> bool:
    return any(_flag(step, name) for name in ("stages", "predicate", "group", "focus", "index", "keep_array", "tuple"))


def _flag(node: Any, name: str) -> bool:
    return bool(getattr(node, name, None))


def _note(node: Any, kind: str | None, found: Analysis) -> None:
    for name in ("focus", "index"):
        if isinstance(getattr(node, name, None), str):
            found.bound.add(getattr(node, name))
    if kind == "index":  # of a step that is filtered before
        found.bound.add(str(node.value))
    elif kind == "bind":
        found.bound.add(str(node.lhs.value))
    elif kind == "lambda":
        found.bound.update(str(argument.value) for argument in node.arguments or ())
    elif kind == "variable":
        found.variables.setdefault(str(node.value), _offset(node))
    elif kind in ("function", "partial") and getattr(node.procedure, "type", None) == "variable":
        found.called.add(str(node.procedure.value))
    elif kind == "condition":
        _note_new_operator(node, found)


def _note_new_operator(node: Any, found: Analysis) -> None:
    """Note `a ?? b` and `a ?: b`, which the parser has turned into conditions already."""
    condition = node.condition
    procedure = getattr(condition, "procedure", None)
    if getattr(procedure, "value", None) == "exists" and not getattr(procedure, "position", 0):
        found.faults.append((_offset(node), "?? is not known on the platform; write $exists(a) ? a : b"))
    elif _first_position(condition) == _first_position(node.then):
        found.faults.append((_offset(node), "?: is not known on the platform; write a ? a : b"))


def parts_of(node: Any) -> Iterator[Any]:
    """Yield all nodes of a tree."""
    for each in _nodes(node):
        yield each
        for part in ("steps", *_PARTS):
            yield from parts_of(getattr(each, part, None))


def _first_position(node: Any) -> int:
    """Return the least position in a part of the tree: the same part written once has it once."""
    own = int(getattr(node, "position", 0) or 0)
    found = [_first_position(each) for part in _PARTS for each in _nodes(getattr(node, part, None))]
    return min((position for position in (own, *found) if position), default=0)


def _nodes(node: Any) -> Iterator[Any]:
    """Yield the nodes in a part of the tree: a node, a list of such, a list of pairs."""
    if isinstance(node, (list, tuple)):
        for each in node:
            yield from _nodes(each)
    elif hasattr(node, "position") and hasattr(node, "type"):
        yield node


def _offset(node: Any) -> int:
    """Return where a token begins; the parser notes where it ends."""
    position = int(getattr(node, "position", 0) or 0)
    length = len(str(node.value)) if isinstance(getattr(node, "value", None), str) else 1
    return max(0, position - length - (getattr(node, "type", "") == "variable"))


def _near(name: str, bound: set[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - needed where something is wrong only

    close = get_close_matches(name, [*FUNCTIONS, *GETTERS, *bound], 1)
    return f"; did you mean ${close[0]}?" if close else ""
