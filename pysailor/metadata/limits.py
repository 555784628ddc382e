"""How much work a schema can cause, known before any of it is done.

The fast validator cannot be stopped. Time that is proportional to the schema and to the value is fine; what is not are
schemas whose parts refer to each other so that a value's members are looked at again and again, twice as often with
each level. Of those the work is counted first, each part of the schema once for each part of the value.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEEPEST = 150
"""Levels that a schema may have, as it is written."""
_MOST_PARTS = 200_000
_MOST_PATHS = 20_000  # ways through a schema that need not be counted for each value
_MOST_LOOKS = 3_000_000  # of the fast validator at a part of the value: about a tenth of a second
_MOST_PAIRS = 100_000  # counted for one value: as long
_AS_MANY_AS_MEMBERS = 500  # a rule of names complains of each
_KNOWN_ELSEWHERE = ("http://json-schema.org/", "https://json-schema.org/")

_NAMED = ("properties",)
_BESIDE = ("patternProperties", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf")
_ONE_HERE = ("not", "if", "then", "else")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_OF_ITEMS = ("items", "contains", "unevaluatedItems")
_OF_MEMBERS = ("additionalProperties", "propertyNames", "unevaluatedProperties")
_HOLDERS = (*_NAMED, *_BESIDE, "$defs", "definitions", *_LISTS, "prefixItems")


class TooMuchWork(Exception):
    """The schema, or a value under it, would keep the process busy for too long. The text says what to change."""


def refuse_oversized(document: Any) -> None:
    """Raise TooMuchWork for a schema that is nested too deep, or has too many parts."""
    waiting, count = [(document, 1)], 0
    while waiting:
        part, depth = waiting.pop()
        if not isinstance(part, (dict, list)):
            continue
        count += len(part)
        if depth > DEEPEST:
            raise TooMuchWork(f"is nested deeper than {DEEPEST} levels; name inner parts in $defs and refer to them")
        if count > _MOST_PARTS:
            raise TooMuchWork(f"has more than {_MOST_PARTS} parts; make it smaller")
        waiting.extend((member, depth + 1) for member in (part.values() if isinstance(part, dict) else part))


class Workload:
    """The work that one schema causes. Raise TooMuchWork if it refers to what is not inside of it."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._bases: dict[int, tuple[Any, str]] = {}
        self._identified: dict[str, Any] = {}
        self._edges: dict[int, dict[str, list[Any]]] = {}
        if isinstance(root, dict):
            self._place(root, root, "")
            self._link()
            self._refuse_circles()

    @cached_property
    def alternatives(self) -> int:
        """The most rules that are asked at one place of a value, and that may each complain."""
        try:
            ways = max((self._ways_here(node, {}, ()) for node in self._nodes), default=1)
        except RecursionError:
            return _MOST_PATHS
        return min(ways, _MOST_PATHS)

    @cached_property
    def longest_rule(self) -> int:
        """The most names that one rule of the schema lists."""
        return max((_longest(node) for node in self._nodes), default=0)

    @cached_property
    def must_be_counted(self) -> bool:
        """Whether the work can grow faster than the value."""
        if self.alternatives >= _MOST_PATHS // 10:
            return True
        targets = {id(target): target for edges in self._edges.values() for target in edges.get("$ref", ())}
        if not targets:
            return False
        reached = self._reach(targets)
        circular = sum(1 << place for place, key in enumerate(targets) if reached[key] >> place & 1)
        shared = circular if self._paths() <= _MOST_PATHS else -1
        return any(self._overlap(node, targets, reached) & shared for node in self._nodes)

    def demand_little(self, value: Any) -> None:
        """Raise TooMuchWork if the fast validator would take too long with this value."""
        if self.must_be_counted:
            try:
                self._count(self._root, value, {})
            except RecursionError:
                raise _too_much() from None

    # -- the graph: schemas, and where each leads to --

    @property
    def _nodes(self) -> Iterator[Any]:
        return (node for node, _ in self._bases.values())

    def _place(self, schema: Any, resource: Any, address: str) -> None:
        """Find the resources inside the document: each part knows to which it belongs."""
        waiting = [(schema, resource, address)]
        self._resources: dict[int, Any] = {}
        while waiting:
            part, resource, address = waiting.pop()
            if not isinstance(part, dict) or id(part) in self._bases:
                continue
            if isinstance(part.get("$id"), str):
                resource, address = part, urldefrag(urljoin(address, part["$id"])).url
            self._bases[id(part)], self._resources[id(part)] = (part, address), resource
            self._identified.setdefault(address, resource)
            for name in ("$anchor", "$dynamicAnchor"):
                if isinstance(part.get(name), str):
                    self._identified.setdefault(f"{address}#{part[name]}", part)
            waiting.extend((inner, resource, address) for inner in _inner(part))

    def _link(self) -> None:
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            if id(node) in self._edges:
                continue
            self._edges[id(node)] = edges = dict(_groups(node))
            edges["$ref"] = [
                target
                for name in _REFERENCES
                if isinstance(node.get(name), str) and (target := self._target(node, node[name])) is not None
            ]
            waiting.extend(child for children in edges.values() for child in children)

    def _target(self, node: Any, reference: str) -> Any:
        base = self._bases[id(node)][1]
        address, fragment = urldefrag(base + reference if reference.startswith("#") else urljoin(base, reference))
        if address.startswith(_KNOWN_ELSEWHERE):
            return None
        if fragment and not fragment.startswith("/"):
            target = self._identified.get(f"{address}#{fragment}")
        else:
            target = self._identified.get(address)
            for key in unquote(fragment).split("/")[1:]:
                target = _step(target, key.replace("~1", "/").replace("~0", "~"))
        if target is None:
            raise TooMuchWork(f'refers to "{reference}", which is not in it; only what is inside is looked up')
        if isinstance(target, dict) and id(target) not in self._bases:
            self._place_more(target, node)
        return target if isinstance(target, dict) else None

    def _place_more(self, target: Any, node: Any) -> None:
        """Place what stands under a keyword that holds no schemas, and yet is referred to."""
        kept = self._resources
        self._place(target, kept[id(node)], self._bases[id(node)][1])
        self._resources = {**self._resources, **kept}

    # -- what follows from the graph --

    def _refuse_circles(self) -> None:
        """Raise TooMuchWork if a schema asks itself about the same value again: what that means is left open.

        Each is looked at once, in the order in which all that it asks first has been looked at.
        """
        done: set[int] = set()
        for root in list(self._nodes):
            path: set[int] = set()
            waiting = [(root, False)]
            while waiting:
                node, is_left = waiting.pop()
                key = id(node)
                if is_left:
                    path.discard(key)
                    done.add(key)
                elif key in path:
                    raise TooMuchWork(
                        "refers back to itself at the same place, so that no value could ever be checked; "
                        "refer from inside a property or an item"
                    )
                elif key not in done:
                    path.add(key)
                    waiting.append((node, True))
                    waiting.extend((child, False) for child in self._schemas_here(node))

    def _schemas_here(self, node: Any) -> Iterator[Any]:
        """Return the schemas that a schema asks about the same value."""
        for group, children in self._edges.get(id(node), {}).items():
            if group.startswith(("$ref", "here")):
                yield from children

    def _ways_here(self, node: Any, known: dict[int, int], inside: tuple[int, ...]) -> int:
        """Count the rules that are asked about one value: this schema's, and those of all that apply beside it."""
        key = id(node)
        if key in inside:
            return 0
        if key not in known:
            here = self._schemas_here(node)
            known[key] = min(1 + sum(self._ways_here(child, known, (*inside, key)) for child in here), _MOST_PATHS)
        return known[key]

    def _paths(self) -> int:
        """Count the ways from the top to anywhere, each reference followed where it does not lead in a circle."""
        known: dict[int, int] = {}

        def count(node: Any) -> int:
            key = id(node)
            if key not in known:
                known[key] = 1
                known[key] = min(
                    1 + sum(count(child) for children in self._edges.get(key, {}).values() for child in children),
                    _MOST_PATHS + 1,
                )
            return known[key]

        try:
            return count(self._root)
        except RecursionError:
            return _MOST_PATHS + 1

    def _reach(self, targets: Mapping[int, Any]) -> dict[int, int]:
        """Return which targets of references can be reached from each, as bits."""
        places = {key: place for place, key in enumerate(targets)}
        direct = {key: self._bits(target, places) for key, target in targets.items()}
        reached = dict(direct)
        for place, key in enumerate(targets):  # Warshall's closure
            for other in targets:
                if reached[other] >> place & 1:
                    reached[other] |= reached[key]
        return reached

    def _bits(self, node: Any, places: Mapping[int, int], *, is_start: bool = True) -> int:
        """Return the targets that the references below a schema name."""
        found, waiting, seen = 0, [node], set()
        while waiting:
            part = waiting.pop()
            if id(part) in places and not is_start:
                found |= 1 << places[id(part)]
                continue
            is_start = False
            if id(part) in seen:
                continue
            seen.add(id(part))
            waiting.extend(child for children in self._edges.get(id(part), {}).values() for child in children)
        return found

    def _overlap(self, node: Any, targets: Mapping[int, Any], reached: Mapping[int, int]) -> int:
        """Return the targets that more than one rule of a schema leads to, for what may be the same place."""
        places = {key: place for place, key in enumerate(targets)}
        seen = twice = 0
        for children in self._edges.get(id(node), {}).values() if self._is_fork(node) else ():
            bits = 0
            for child in children:
                direct = self._bits(child, places, is_start=False)
                bits |= direct
                for key, place in places.items():
                    if direct >> place & 1:
                        bits |= reached[key]
            twice |= seen & bits
            seen |= bits
        return twice

    def _is_fork(self, node: Any) -> bool:
        return sum(1 for children in self._edges.get(id(node), {}).values() if children) > 1

    def _count(self, node: Any, value: Any, known: dict[tuple[int, int], int]) -> int:
        """Return how often the fast validator would look at a part of this value; raise TooMuchWork."""
        key = (id(node), id(value))
        if key in known:
            return known[key]
        known[key] = 0  # for what refers to itself
        total = 1
        edges = self._edges.get(id(node), {})
        for group, children in edges.items():
            for child in children:
                for part in _parts_for(group, node, child, value):
                    total += self._count(child, part, known)
        if total > _MOST_LOOKS or len(known) > _MOST_PAIRS:
            raise _too_much()
        known[key] = total
        return total


def _too_much() -> TooMuchWork:
    return TooMuchWork(
        "is nested too deep or too large for this schema, whose parts refer to each other in more than one way; "
        "make the body smaller, or the schema simpler"
    )


def _step(target: Any, key: str) -> Any:
    if isinstance(target, dict):
        return target.get(key)
    if isinstance(target, list) and key.isdecimal() and len(key) <= len(str(len(target))) and int(key) < len(target):
        return target[int(key)]
    return None


def _inner(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Return all schemas directly inside a schema, those that are only named, too."""
    for name in _HOLDERS:
        held = schema.get(name)
        yield from held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
    for name in (*_ONE_HERE, *_OF_ITEMS, *_OF_MEMBERS):
        if isinstance(schema.get(name), dict):
            yield schema[name]


def _groups(schema: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Return the schemas that apply, in groups: those of one group never apply to the same part of a value."""
    yield "members", [*_dicts(_values(schema.get("properties"))), *_dicts([schema.get("additionalProperties")])]
    yield "items", [*_dicts(schema.get("prefixItems") or ()), *_dicts([schema.get("items")])]
    for name in ("contains", "unevaluatedItems"):
        yield f"each item {name}", list(_dicts([schema.get(name)]))
    yield "each member", list(_dicts([schema.get("unevaluatedProperties")]))
    for index, child in enumerate(_dicts(_values(schema.get("patternProperties")))):
        yield f"each member {index}", [child]
    here = [
        *(child for name in _LISTS for child in schema.get(name) or ()),
        *(schema.get(name) for name in _ONE_HERE),
        *_values(schema.get("dependentSchemas")),
    ]
    for index, child in enumerate(_dicts(here)):
        yield f"here {index}", [child]


def _values(held: Any) -> list[Any]:
    return list(held.values()) if isinstance(held, dict) else []


def _dicts(parts: Any) -> Iterator[dict[str, Any]]:
    return (part for part in parts if isinstance(part, dict))


def _parts_for(group: str, node: Mapping[str, Any], child: Any, value: Any) -> Any:
    """Return the parts of a value that a schema inside another applies to."""
    if group.startswith(("here", "$ref")):
        return (value,)
    if isinstance(value, dict) and group.startswith("each member"):
        return value.values()
    if isinstance(value, dict) and group == "members":
        declared = _properties(node)
        if child is node.get("additionalProperties"):
            return [member for name, member in value.items() if name not in declared]
        return [value[name] for name, schema in declared.items() if schema is child and name in value]
    if isinstance(value, list) and "item" in group:
        return value
    return ()


def _properties(node: Mapping[str, Any]) -> Mapping[str, Any]:
    declared = node.get("properties")
    return declared if isinstance(declared, dict) else {}


def _longest(node: Mapping[str, Any]) -> int:
    lists = (node.get("required"), node.get("dependentRequired"), node.get("enum"))
    named = [len(names) for names in lists if isinstance(names, (list, dict))]
    return max([*named, _AS_MANY_AS_MEMBERS if "propertyNames" in node else 0])
