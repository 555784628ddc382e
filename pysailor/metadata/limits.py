"""How much work a schema can cause, known before any of it is done.

The fast validator cannot be stopped. Time that is proportional to the schema and to the value is fine; what is not are
schemas whose parts refer to each other so that a value's members are looked at again and again, twice as often with
each level. Of those the work is counted first, each part of the schema once for each part of the value.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .graph import SchemaGraph, TooMuchWork
from .keywords import parts_for

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEPEST = 150
"""Levels that a schema may have, as it is written."""
_MOST_PARTS = 200_000
_MOST_PATHS = 20_000  # ways through a schema that need not be counted for each value
_MOST_LOOKS = 3_000_000  # of the fast validator at a part of the value: about a tenth of a second
_MOST_PAIRS = 100_000  # counted for one value: as long
_AS_MANY_AS_MEMBERS = 500  # a rule of names complains of each


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
        self._graph = SchemaGraph(root)

    @cached_property
    def alternatives(self) -> int:
        """The most rules that are asked at one place of a value, and that may each complain."""
        try:
            ways = max((self._ways_here(node, {}, ()) for node in self._graph.nodes), default=1)
        except RecursionError:
            return _MOST_PATHS
        return min(ways, _MOST_PATHS)

    @cached_property
    def longest_rule(self) -> int:
        """The most names that one rule of the schema lists."""
        return max((_longest(node) for node in self._graph.nodes), default=0)

    @cached_property
    def must_be_counted(self) -> bool:
        """Whether the work can grow faster than the value."""
        if self.alternatives >= _MOST_PATHS // 10:
            return True
        targets = {id(target): target for edges in self._graph.edges.values() for target in edges.get("$ref", ())}
        if not targets:
            return False
        reached = self._reach(targets)
        circular = sum(1 << place for place, key in enumerate(targets) if reached[key] >> place & 1)
        shared = circular if self._paths() <= _MOST_PATHS else -1
        return any(self._overlap(node, targets, reached) & shared for node in self._graph.nodes)

    def demand_little(self, value: Any) -> None:
        """Raise TooMuchWork if the fast validator would take too long with this value."""
        if self.must_be_counted:
            try:
                self._count(self._graph.root, value, {})
            except RecursionError:
                raise _too_much() from None

    def _ways_here(self, node: Any, known: dict[int, int], inside: tuple[int, ...]) -> int:
        """Count the rules that are asked about one value: this schema's, and those of all that apply beside it."""
        key = id(node)
        if key in inside:
            return 0
        if key not in known:
            here = self._graph.schemas_here(node)
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
                    1 + sum(count(child) for children in self._graph.edges.get(key, {}).values() for child in children),
                    _MOST_PATHS + 1,
                )
            return known[key]

        try:
            return count(self._graph.root)
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
            waiting.extend(child for children in self._graph.edges.get(id(part), {}).values() for child in children)
        return found

    def _overlap(self, node: Any, targets: Mapping[int, Any], reached: Mapping[int, int]) -> int:
        """Return the targets that more than one rule of a schema leads to, for what may be the same place."""
        places = {key: place for place, key in enumerate(targets)}
        seen = twice = 0
        for children in self._graph.edges.get(id(node), {}).values() if self._is_fork(node) else ():
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
        return sum(1 for children in self._graph.edges.get(id(node), {}).values() if children) > 1

    def _count(self, node: Any, value: Any, known: dict[tuple[int, int], int]) -> int:
        """Return how often the fast validator would look at a part of this value; raise TooMuchWork."""
        key = (id(node), id(value))
        if key in known:
            return known[key]
        known[key] = 0  # for what refers to itself
        total = 1
        edges = self._graph.edges.get(id(node), {})
        for group, children in edges.items():
            for child in children:
                for part in parts_for(group, node, child, value):
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


def _longest(node: Mapping[str, Any]) -> int:
    lists = (node.get("required"), node.get("dependentRequired"), node.get("enum"))
    named = [len(names) for names in lists if isinstance(names, (list, dict))]
    return max([*named, _AS_MANY_AS_MEMBERS if "propertyNames" in node else 0])
