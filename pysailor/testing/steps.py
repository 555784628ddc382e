"""One thing asked of a component, as the platform would ask it, without a platform."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.component.component import Component, require_verified
from pysailor.component.component import choices as choices_of
from pysailor.component.fields import bind, bind_form
from pysailor.context import Context, Data, HttpReply, Keep, Keys
from pysailor.errors import BrokenComponent
from pysailor.hooks import keys_only
from pysailor.log import COMPONENT
from pysailor.message import Message
from pysailor.step import Invocation, Step
from pysailor.wire import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.context import Event


def run_step(
    root: str | Path,
    function: str,
    body: Any,
    *,
    cfg: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    attachments: Mapping[str, Any] | None = None,
    snapshot: Any = None,
    deadline: float | None = None,
) -> list[Event]:
    """Return what a step emits for one message, in order, as a worker would have it do so.

    `cfg` holds the settings of the credential and of the step, as a form has them; `deadline` is how many seconds there
    are. The settings are bound, the body is checked, so is what comes out, and what cannot be written as JSON fails.
    Raise what the step raises, a SailorError: InvalidInput, Rebound, Defect for a mistake of the component, ….
    """
    document: dict[str, Any] = {"body": body, "headers": dict(headers or {}), "attachments": dict(attachments or {})}
    message = Message.from_json(json_text.read(json_text.write(document)))
    events: list[Event] = []

    def emit(event: Event) -> None:
        _demand_json(event)
        events.append(event)

    until = None if deadline is None else time.monotonic() + deadline
    with closing(Step(Component(Path(root)).function(function), dict(cfg or {}), snapshot=snapshot)) as step:
        step.process(message, Invocation(emit, logging.getLogger(COMPONENT), until))
    return events


def choices(root: str | Path, function: str, field: str, cfg: Mapping[str, Any] | None = None) -> Mapping[str, str]:
    """Return what a select field offers in a form that is filled in so far, value to label."""
    loaded = Component(Path(root)).function(function)
    with Keep() as kept:
        return choices_of(loaded, field, bind_form(loaded.fields, dict(cfg or {})), _context(kept))


def verify(root: str | Path, cfg: Mapping[str, Any] | None = None) -> None:
    """Return if the credential works; raise InvalidCredentials, with the reason, if it does not."""
    component = Component(Path(root))
    verifier = component.verifier()
    if verifier is None:
        raise BrokenComponent("component.json names no credentials.verifier.")
    with Keep() as kept:
        require_verified(verifier(bind(component.descriptor.credentials, dict(cfg or {})), _context(kept)))


def _context(kept: Keep) -> Context:
    return Context(logging.getLogger(COMPONENT), _ignore, kept=kept)


def _ignore(event: Event) -> None:
    """Accept fresh keys, which nobody stores here; refuse what needs a message."""
    keys_only(lambda _: None)(event)


def _demand_json(event: Event) -> None:
    """Raise NotJson for what could not be sent."""
    match event:
        case Data(message):
            json_text.write(message.to_json())
        case HttpReply(_, content, _) | Keys(content):
            json_text.write(content)
