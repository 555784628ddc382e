"""What is known of the bodies that run between steps: by the steps' out-schemas and by samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..document import FlowStep

KINDS: Final = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a body: its members by name, each with its schema where there is one.

    `is_closed` says that it has no other members, `is_open` that it has others, which nobody can know; nothing at all
    is known where there are no members. `is_sampled` says that a sample is all that tells it.
    """

    members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    is_closed: bool = False
    is_open: bool = False
    is_sampled: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not self.members and not self.is_closed

    def lacks(self, name: str) -> bool:
        """Return whether a member is not among those that are known."""
        return not (self.is_empty or self.is_open) and name not in self.members

    def below(self, name: str) -> Known:
        """Return what is known of a member's own members."""
        return replace(from_schema(self.members.get(name)), is_sampled=self.is_sampled)


def from_schema(schema: Mapping[str, Any] | None) -> Known:
    """Return what a schema says, as component.json has it or as plain JSON Schema."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return Known()
    members = {name: each if isinstance(each, Mapping) else {} for name, each in schema["properties"].items()}
    others = schema.get("additionalProperties")
    return Known(members, is_closed=others is False, is_open=others is True)


def from_sample(sample: Any) -> Known:
    """Return what an example says: its members are all that there are."""
    if not isinstance(sample, Mapping):
        return Known()
    return Known({name: _schema_of(value) for name, value in sample.items()}, is_closed=True, is_sampled=True)


def made_by(step: FlowStep) -> Known:
    """Return what the mapper before a step makes: the members that it names, nothing of one expression for the body."""
    if step.map is not None and not isinstance(step.map, Mapping):
        return Known()
    return Known({name: {} for name in {**(step.map or {}), **step.set}}, is_closed=True)


def _schema_of(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        members = {name: _schema_of(each) for name, each in value.items()}
        return {"type": "object", "properties": members, "additionalProperties": False}
    return {"type": KINDS.get(type(value), "string")}


def types_of(schema: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the JSON types that a schema allows, empty if it does not say; whole numbers are numbers here."""
    declared = (schema or {}).get("type")
    found = [declared] if isinstance(declared, str) else declared if isinstance(declared, list) else []
    return frozenset("number" if each == "integer" else str(each) for each in found)
