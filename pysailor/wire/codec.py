"""A delivery's content to a Message; an event to what is published (platform contract, 2.3, 2.4, 2.7 to 2.9).

Every event goes to the same exchange; the routing key tells the platform what it is. Data, errors and replies are
encrypted. Snapshots are not: the platform reads them.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import StepError
from pysailor.message import Message

from ..values import frozen
from . import error_message, json_text
from .cipher import BASE64, Cipher, Undecodable, content_length, to_content
from .envelope import Publish, RateName
from .headers import ERROR_RESPONSE, Incoming
from .rebound import Backoff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.context import HttpReply

ROUTING_KEY: Final = "x-eio-routing-key"
_LONGEST_REASON: Final = 500  # headers must fit into one frame, and a Node neighbour asks for frames of 4 KB

_NOT_OURS: Final = frozenset(("headers", "user_id", "cluster_id"))
"""Properties that a rebound does not keep. The broker refuses a message that says it is from another user."""


class MessageTooLarge(StepError):
    """The message is larger than the platform takes; sending it again cannot help."""

    code = "message_too_large"


class NoReplyAddress(StepError):
    """An HTTP reply was emitted, but no caller waits for one."""

    code = "no_reply_address"


@frozen
class Routes:
    """The routing keys of a step."""

    data: str
    error: str
    rebound: str
    snapshot: str


@frozen
class Codec:
    """The wire format of one step.

    `shared` is in every method what `headers.outgoing` made for the input; `new_id` is a fresh id for this event.
    """

    cipher: Cipher
    routes: Routes
    protocol: int = BASE64
    size_limit: int = 10_485_760
    persistent: bool = True
    error_replies: bool = True
    error_input: bool = False
    """Whether the step is a flow's error handler: its input is an error message, not a message."""
    backoff: Backoff = field(default_factory=Backoff)

    # --- in ------------------------------------------------------------------------------------------------------

    def decode(self, incoming: Incoming, headers: Mapping[str, Any] | None, content: bytes) -> Message:
        """Return the message that a delivery carries; raise Undecodable if it carries none.

        A list is taken for a body without headers, since Node lets lists pass.
        """
        if self.error_input:
            message = error_message.read(self.cipher, headers or {}, content)
        else:
            message = _message(self.cipher.decode(content, incoming.protocol))
        if incoming.reply_to is None:
            return message
        return message.with_headers({"reply_to": incoming.reply_to})

    # --- out -----------------------------------------------------------------------------------------------------

    def data(self, message: Message, shared: Mapping[str, Any], *, now_ms: int, new_id: str) -> Publish:
        """Return the publish of a message for the next step.

        It goes where its header x-eio-routing-key says, which does not travel along, else to the step's data route.
        Its own id, if it has one, becomes the messageId.
        """
        route, document = _take_route(message.to_json())
        content = self._encrypt(document, self.protocol)
        headers = {
            **shared,
            "messageId": message.id or new_id,
            "end": now_ms,
            "protocolVersion": self.protocol,
        }
        return Publish(route or self.routes.data, content, headers, self._properties(), "data")

    def http_reply(self, reply: HttpReply, shared: Mapping[str, Any], *, new_id: str) -> Publish:
        """Return the publish of an answer to the HTTP request that started the flow."""
        reply_to = shared.get("reply_to")
        if not reply_to:
            raise NoReplyAddress(
                "Component emitted 'httpReply' event but 'reply_to' was not found in AMQP headers: "
                "only a flow that a webhook started can be answered."
            )
        _, document = _take_route({"statusCode": reply.status_code, "body": reply.body, "headers": dict(reply.headers)})
        headers = {**shared, "messageId": new_id, "protocolVersion": BASE64}
        return Publish(reply_to, self._encrypt(document, BASE64), headers, self._properties(), None, "http-reply")

    def snapshot(self, value: Any, shared: Mapping[str, Any], *, new_id: str) -> Publish:
        """Return the publish that replaces the step's memory."""
        return self._memory(value, {**shared, "messageId": new_id, "snapshotEvent": "snapshot"}, "snapshot")

    def update_snapshot(self, delta: Mapping[str, Any], shared: Mapping[str, Any], *, new_id: str) -> Publish:
        """Return the publish that replaces members of the step's memory."""
        return self._memory(delta, {**shared, "messageId": new_id, "snapshotEvent": "updateSnapshot"}, None)

    def error(
        self,
        error: BaseException,
        shared: Mapping[str, Any],
        *,
        now_ms: int | None,
        new_id: str,
        original: tuple[bytes, int] = (b"", BASE64),
    ) -> tuple[Publish, ...]:
        """Return the publish of an error, and the copy for whoever waits for a reply, if somebody does.

        `original` is the content of the input and its protocol version. `now_ms` is None for an error at the start,
        which has no input. An error always fits: what is too long is cut, an input too large for it is left out.
        """
        ciphertext, content = error_message.write(self.cipher, error, original, self.size_limit)
        headers = {**shared, "messageId": new_id} | ({} if now_ms is None else {"end": now_ms})
        publish = Publish(self.routes.error, content, headers, self._properties(), "error", "error")
        reply_to = shared.get("reply_to")
        if not (reply_to and self.error_replies):
            return (publish,)
        return (
            publish,
            Publish(reply_to, ciphertext, {**headers, ERROR_RESPONSE: True}, self._properties(), None, "error-reply"),
        )

    def rebound(
        self,
        reason: str,
        content: bytes,
        headers: Mapping[str, Any] | None,
        properties: Mapping[str, Any],
        *,
        now_ms: int,
        longest: float | None = None,
    ) -> Publish:
        """Return the publish that brings the same delivery back later; raise ReboundLimitExceeded if it may not.

        Content, headers and properties are those of the delivery. What was persistent stays so, and a rebound that
        no queue takes is an error like any other; Node's sailor loses both.
        """
        headers = headers or {}
        iteration = self.backoff.next_iteration(headers)
        added = {"end": now_ms, "reboundReason": reason[:_LONGEST_REASON], "reboundIteration": iteration}
        kept = {name: value for name, value in properties.items() if value is not None and name not in _NOT_OURS}
        mode = 2 if self.persistent else kept.get("delivery_mode", 1)
        expiration = str(self.backoff.expiration_ms(iteration, longest))
        return Publish(
            self.routes.rebound,
            content,
            {**headers, **added},
            {**kept, "delivery_mode": mode, "expiration": expiration},
            kind="rebound",
        )

    def _encrypt(self, value: Any, protocol: int) -> bytes:
        plain = json_text.write(value)
        self._must_fit(content_length(len(plain), protocol))
        return to_content(self.cipher.encrypt(plain), protocol)

    def _memory(self, value: Any, headers: Mapping[str, Any], throttle: RateName | None) -> Publish:
        content = json_text.write(value)
        self._must_fit(len(content))
        return Publish(self.routes.snapshot, content, headers, self._properties(), throttle, "snapshot")

    def _must_fit(self, size: int) -> None:
        if size > self.size_limit:
            raise MessageTooLarge(
                f"Outgoing message size {size} exceeds limit of {self.size_limit}. Send less, in parts, "
                "or let the operator turn on lightweight messages."
            )

    def _properties(self) -> dict[str, Any]:
        return {
            "content_type": "application/json",
            "content_encoding": "utf8",
            "delivery_mode": 2 if self.persistent else 1,
        }


def _message(document: Any) -> Message:
    if isinstance(document, list):
        return Message(body=document)
    if not isinstance(document, dict):
        raise Undecodable("The content is not a message: it holds a plain value, not an object.")
    for member in ("headers", "attachments", "passthrough"):
        if not isinstance(document.get(member) or {}, dict):
            verb = "is" if member == "passthrough" else "are"
            raise Undecodable(f"The content is not a message: its {member} {verb} not an object.")
    return Message.from_json(document)


def _take_route(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Take the routing key, in any letter case, out of the document's headers."""
    headers = document["headers"]
    named = [name for name in headers if len(name) == len(ROUTING_KEY) and name.lower() == ROUTING_KEY]
    if not named:
        return "", document
    kept = {name: value for name, value in headers.items() if name not in named}
    return _as_text(headers[named[-1]] or ""), {**document, "headers": kept}


def _as_text(value: Any) -> str:
    """Return a value as text, with half characters, which no routing key can hold, as U+FFFD."""
    text = value if isinstance(value, str) else json_text.write(value).decode()
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
