"""What the sandbox answers at /v1/responses and below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors
from ..answers import completion
from ..reply import EVENTS, SandboxReply, encode
from ..rules import first_error
from ..schema_check import SchemaCheck
from .answer import to_response
from .events import event_packets
from .request import first_fault, input_items, to_chat
from .shelf import Shelf, mark_pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models import Model
    from ..scenarios import Scenario

PATH = "/v1/responses"
_SCHEMA = Path(__file__).parents[3] / "responses" / "request.json"
_RENAMED = {"messages": "input", "response_format": "text.format", "max_completion_tokens": "max_output_tokens"}


@dataclass(frozen=True, slots=True)
class Responses:
    """The endpoint: it remembers what it was told to store."""

    wait: float = 0.0
    slow: float = 0.0
    shelf: Shelf = field(default_factory=Shelf)
    _check: SchemaCheck = field(default_factory=lambda: SchemaCheck(_SCHEMA))

    def create(
        self, body: Any, raw: bytes, scenario: Scenario, models: Mapping[str, Model], *, is_streamed: bool
    ) -> tuple[SandboxReply, int]:
        """Return the reply and the tokens that it took; raise ErrorReply."""
        error = self._check.first_error(body)
        if error:
            raise error
        items = [*self._before(body), *input_items(body)]
        chat = to_chat(body, items)
        error = first_fault(items) or _rename(first_error(chat)) or _model_fault(body, models)
        error = error or (scenario.refuses(chat) if scenario.refuses else None)
        if error:
            raise error
        model = models[body["model"]]
        answer = completion(chat, raw, str(model.answers_as))
        if scenario.changes:
            answer = scenario.changes(chat, answer)
        response = to_response(body, answer, reasons=model.reasons)
        in_background = body.get("background") is True
        if "output" in response and (in_background or body.get("store", True)):
            self.shelf.keep(items, response, in_background=in_background)
        if in_background:
            response = mark_pending(response, "queued")
        streams = is_streamed and bool(body.get("stream")) and bool(response.get("output"))
        return self._reply(response, scenario, streams=streams), answer["usage"]["total_tokens"]

    def serve_stored(self, method: str, path: str) -> SandboxReply:
        """Return the reply to a request about a stored response; raise ErrorReply."""
        name, _, verb = path.removeprefix(f"{PATH}/").partition("/")
        calls = {("GET", ""): self.shelf.get, ("DELETE", ""): self.shelf.delete, ("POST", "cancel"): self.shelf.cancel}
        if (method, verb) not in calls:
            raise errors.unknown_url(method, path)
        return SandboxReply(body=encode(calls[method, verb](name)))

    def _before(self, body: Any) -> list[Mapping[str, Any]]:
        before = body.get("previous_response_id")
        return self.shelf.before(before) if before else []

    def _reply(self, response: Mapping[str, Any], scenario: Scenario, *, streams: bool) -> SandboxReply:
        if streams:
            packets = event_packets(response, self.wait)
            if scenario.streams:
                return scenario.streams(packets, self.slow)
            return SandboxReply(media=EVENTS, packets=tuple(packets))
        reply = SandboxReply(body=encode(response))
        return scenario.damages(reply, self.slow) if scenario.damages else reply


def _rename(error: errors.ErrorReply | None) -> errors.ErrorReply | None:
    """Return an error of the chat's rules with the names that the fields have here."""
    if error is not None and error.error["param"]:
        param = str(error.error["param"])
        name = next((name for name in _RENAMED if param.startswith(name)), "")
        error.error["param"] = f"{_RENAMED.get(name, name)}{param.removeprefix(name)}"
    return error


def _model_fault(body: Mapping[str, Any], models: Mapping[str, Model]) -> errors.ErrorReply | None:
    name = body["model"]
    if name not in models:
        return errors.unknown_model(name)
    return None if models[name].answers_as is not None else errors.no_chat_model()
