"""What travels along from earlier steps, and which bodies live in the object storage (platform contract, 4.3, 4.4).

A message may carry a reference to its body instead of the body: the header x-ipaas-object-storage-id. The message's
own body is named by the key OWN here, the bodies in its passthrough by their step ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..values import frozen
from . import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.message import Message

OBJECT_ID: Final = "x-ipaas-object-storage-id"
OWN: Final = ""
"""The key of the message's own body among the bodies; no step has an empty id."""


@frozen
class Passthrough:
    """How a step passes earlier messages on.

    `active` is what the platform says about the flow. With `itself` the step adds what it emits under its own id,
    so that later steps find it; without, it adds what it received under the id of the step before
    (ELASTICIO_NO_SELF_PASSTRHOUGH).
    """

    step_id: str
    active: bool = False
    itself: bool = True

    def carry(self, emitted: Message, received: Message, previous_step: str | None) -> Message:
        """Return the emitted message with what came from earlier steps; a component's own passthrough gives way."""
        if not self.active:
            return emitted
        earlier = dict(received.passthrough or {})
        if not self.itself and previous_step:
            earlier[previous_step] = _entry(received)
        return replace(emitted, passthrough=earlier)

    def complete(self, emitted: Message) -> Message:
        """Add the emitted message itself: last, when its body may have become a reference."""
        if not (self.active and self.itself):
            return emitted
        return replace(emitted, passthrough={**(emitted.passthrough or {}), self.step_id: _entry(emitted)})


def references(message: Message) -> dict[str, str]:
    """Return the object id of each body that must be fetched before a step may see the message."""
    found = {OWN: _as_id(message.headers[OBJECT_ID])} if message.headers.get(OBJECT_ID) else {}
    return found | {step: _object_id(entry) for step, entry in _entries(message) if _object_id(entry)}


def missing(message: Message) -> dict[str, str]:
    """Return the object id of each passthrough body that is still only a reference, if the message goes out whole."""
    return {step: _object_id(entry) for step, entry in _entries(message) if _object_id(entry) and not entry.get("body")}


def resolve(message: Message, bodies: Mapping[str, Any]) -> Message:
    """Put the fetched bodies in place of the references.

    The message's own reference is taken away, as Java's sailor does: a step that hands its input's headers on would
    otherwise make the next step fetch the old body over the new one. Those in the passthrough stay; their bodies do
    not change, and need not be uploaded again.
    """
    if not bodies:
        return message
    passthrough = message.passthrough
    if passthrough is not None:
        fetched = {step: {**passthrough[step], "body": body} for step, body in bodies.items() if step != OWN}
        passthrough = {**passthrough, **fetched}
    if OWN not in bodies:
        return replace(message, passthrough=passthrough)
    headers = {name: value for name, value in message.headers.items() if name != OBJECT_ID}
    return replace(message, body=bodies[OWN], headers=headers, passthrough=passthrough)


def uploads(message: Message, threshold: int) -> dict[str, bytes] | None:
    """Return the JSON of each body to upload, None if all bodies together stay within the threshold (bytes).

    What is already a reference is left alone.
    """
    bodies = {step: json_text.write(entry.get("body")) for step, entry in _entries(message)}
    bodies[OWN] = json_text.write(message.body)
    if sum(map(len, bodies.values())) <= threshold:
        return None
    kept = {step for step, entry in _entries(message) if _object_id(entry)}
    if message.headers.get(OBJECT_ID) and not message.body:
        kept.add(OWN)
    return {key: body for key, body in bodies.items() if key not in kept}


def lighten(message: Message, object_ids: Mapping[str, str]) -> Message:
    """Return the message after the upload: empty bodies, each with the id of its object.

    `object_ids` are those of the uploads; bodies that had an object before keep theirs.
    """
    passthrough = message.passthrough
    if passthrough is not None:
        passthrough = {step: _lighten(entry, object_ids.get(step)) for step, entry in passthrough.items()}
    if OWN not in object_ids:
        return replace(message, passthrough=passthrough)
    headers = {**message.headers, OBJECT_ID: object_ids[OWN]}
    return replace(message, body={}, headers=headers, passthrough=passthrough)


def _lighten(entry: Any, uploaded: str | None) -> Any:
    object_id = uploaded or _object_id(entry)
    if not object_id or not isinstance(entry, dict):
        return entry
    headers = entry.get("headers")
    kept = headers if isinstance(headers, dict) else {}
    return {**entry, "body": {}, "headers": {**kept, OBJECT_ID: object_id}}


def _entry(message: Message) -> dict[str, Any]:
    return replace(message, passthrough=None).to_json()


def _entries(message: Message) -> list[tuple[str, Mapping[str, Any]]]:
    return [(step, entry) for step, entry in (message.passthrough or {}).items() if isinstance(entry, dict)]


def _object_id(entry: Any) -> str:
    """Return the id of the object that holds the entry's body, or an empty text."""
    headers = entry.get("headers") if isinstance(entry, dict) else None
    return _as_id(headers.get(OBJECT_ID) or "") if isinstance(headers, dict) else ""


def _as_id(value: Any) -> str:
    """Return an id as text; one that is no text is written as JSON has it, and names no object."""
    return value if isinstance(value, str) else json_text.write(value).decode()
