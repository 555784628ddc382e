"""One thing asked of a component, as the platform would ask it, without a platform."""

from __future__ import annotations

import logging
import time
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.cassette import open_tape
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
    import threading
    from collections.abc import Iterator, Mapping

    from pysailor.cassette import Tape
    from pysailor.context import Event


def run_step(  # noqa: PLR0913 - all but the first three are given by name
    root: str | Path,
    function: str,
    body: Any,
    *,
    cfg: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    attachments: Mapping[str, Any] | None = None,
    snapshot: Any = None,
    deadline: float | None = None,
    record: str | Path | None = None,
    replay: str | Path | None = None,
    stopping: threading.Event | None = None,
) -> list[Event]:
    """Return what a step emits for one message, in order, as a worker would have it do so.

    `cfg` holds the settings of the credential and of the step, as a form has them; `deadline` is how many seconds there
    are; `stopping` is set by the test when the worker is to begin to stop. The settings are bound, the body is checked,
    so is what comes out, and what cannot be written as JSON fails.
    With `record` each exchange with the service is kept in that folder; `replay` answers from there, without
    a key, a network or the pauses that it had.
    Raise what the step raises, a SailorError: InvalidInput, Rebound, Defect for a mistake of the component, …; or
    CassetteMismatch, with a diff, for a request that was not recorded.
    """
    document: dict[str, Any] = {"body": body, "headers": dict(headers or {}), "attachments": dict(attachments or {})}
    message = Message.from_json(json_text.read(json_text.write(document)))
    events: list[Event] = []

    def emit(event: Event) -> None:
        _demand_json(event)
        events.append(event)

    until = None if deadline is None else time.monotonic() + deadline
    component = Component(Path(root))
    loaded = component.function(function)
    with use_tape(record, replay) as tape:
        settings = dict(cfg or {}) if tape is None else tape.settings(component, loaded.fields, cfg or {})
        with closing(Step(loaded, settings, snapshot=snapshot)) as step:
            step.process(message, Invocation(emit, logging.getLogger(COMPONENT), until, stopping=stopping))
    return events


@contextmanager
def use_tape(record: str | Path | None, replay: str | Path | None) -> Iterator[Tape | None]:
    """Yield what records or replays, None for neither; then raise CassetteMismatch for what was not recorded."""
    with open_tape(record, replay, pace=0.0) or nullcontext() as tape:
        try:
            yield tape
        finally:
            if tape is not None:
                tape.check()


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
