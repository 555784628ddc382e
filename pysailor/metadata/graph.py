"""A schema as a graph: its parts, and which parts each leads to, references looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin

from .keywords import groups, inner_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN_ELSEWHERE = ("http://json-schema.org/", "https://json-schema.org/")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class TooMuchWork(Exception):
    """The schema, or a value under it, would keep the process busy for too long. The text says what to change."""


class SchemaGraph:
    """The parts of one schema, by identity. `edges` has for each the groups of schemas that it applies.

    Raise TooMuchWork if it refers to what is not inside of it, or in a circle.
    """

    def __init__(self, root: Any) -> None:
        self.root = root
        self.edges: dict[int, dict[str, list[Any]]] = {}
        self._bases: dict[int, tuple[Any, str]] = {}
        self._identified: dict[str, Any] = {}
        if isinstance(root, dict):
            self._place(root, root, "")
            self._link()
            self._refuse_circles()

    @property
    def nodes(self) -> Iterator[Any]:
        """All parts that are schemas."""
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
            waiting.extend((inner, resource, address) for inner in inner_schemas(part))

    def _link(self) -> None:
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if id(node) in self.edges:
                continue
            self.edges[id(node)] = edges = dict(groups(node))
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

    def _refuse_circles(self) -> None:
        """Raise TooMuchWork if a schema asks itself about the same value again: what that means is left open.

        Each is looked at once, in the order in which all that it asks first has been looked at.
        """
        done: set[int] = set()
        for root in list(self.nodes):
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
                    waiting.extend((child, False) for child in self.schemas_here(node))

    def schemas_here(self, node: Any) -> Iterator[Any]:
        """Return the schemas that a schema asks about the same value."""
        for group, children in self.edges.get(id(node), {}).items():
            if group.startswith(("$ref", "here")):
                yield from children


def _step(target: Any, key: str) -> Any:
    if isinstance(target, dict):
        return target.get(key)
    if isinstance(target, list) and key.isdecimal() and len(key) <= len(str(len(target))) and int(key) < len(target):
        return target[int(key)]
    return None
