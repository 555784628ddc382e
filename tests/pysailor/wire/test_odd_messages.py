"""Whatever a delivery holds, it is a message or is refused by name; whatever a step makes of it can be told."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pysailor import StepError
from pysailor.message import Message
from pysailor.wire import json_text, passthrough
from pysailor.wire.cipher import Cipher, Undecodable
from pysailor.wire.codec import Codec, Routes
from pysailor.wire.error_message import describe
from pysailor.wire.headers import Incoming, outgoing
from pysailor.wire.rebound import ReboundLimitExceeded

CIPHER = Cipher("testCryptoPassword", "iv=any16_symbols")
CODEC = Codec(CIPHER, Routes("to.data", "to.error", "to.rebound", "to.snapshot"))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
MEMBERS = st.sampled_from(["id", "body", "headers", "attachments", "passthrough", "method"])
ENTRY = st.dictionaries(st.sampled_from(["body", "headers"]), JSON | st.just({passthrough.OBJECT_ID: 5}), max_size=2)
DOCUMENT = JSON | st.dictionaries(MEMBERS, JSON | st.dictionaries(st.text(max_size=3), ENTRY, max_size=2), max_size=6)
IN_TABLE = PLAIN | st.binary(max_size=9) | st.decimals(allow_nan=False) | st.lists(st.integers(), max_size=2)
NAMES = st.sampled_from(
    [
        *("messageId", "threadId", "parentMessageId", "stepId", "reply_to", "protocolVersion", "reboundIteration"),
        *("x-eio-meta-trace-id", "X-EIO-META-x"),
    ]
)
HEADERS = st.dictionaries(NAMES | st.text(max_size=5), IN_TABLE, max_size=6)


def decode(content: bytes, headers: dict[str, Any]) -> Message:
    return CODEC.decode(Incoming.read(headers, "fresh"), headers, content)


@settings(max_examples=200, deadline=None)
@given(DOCUMENT, HEADERS)
def test_a_readable_delivery_is_a_message_that_can_be_passed_on_or_has_a_named_fault(
    document: Any, headers: dict[str, Any]
) -> None:
    incoming = Incoming.read(headers, "fresh")
    content = CIPHER.encode(json.loads(json_text.write(document)))
    if incoming.protocol != 1:
        content = CIPHER.encrypt(json_text.write(document))
    try:
        message = decode(content, headers)
    except Undecodable:
        return
    shared = outgoing(incoming, {}, 1)
    bodies = dict.fromkeys(passthrough.references(message), "body")
    whole = passthrough.resolve(message, bodies)
    uploads = passthrough.uploads(whole, 0) or {}
    passthrough.lighten(whole, dict.fromkeys(uploads, "object"))
    carried = passthrough.Passthrough("step", active=True).complete(whole)
    assert CODEC.data(carried, shared, now_ms=2, new_id="new").content


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), HEADERS)
def test_bytes_that_are_no_message_are_refused_by_name(content: bytes, headers: dict[str, Any]) -> None:
    with suppress(Undecodable):
        assert decode(content, headers) is not None


@settings(max_examples=100, deadline=None)
@given(HEADERS)
def test_any_headers_can_be_put_off_or_are_refused_by_name(headers: dict[str, Any]) -> None:
    try:
        put_off = CODEC.rebound("later", b"content", headers, {}, now_ms=1)
    except ReboundLimitExceeded:
        return
    assert int(put_off.properties["expiration"]) > 0


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=())), IN_TABLE)
def test_any_error_can_be_described(text: str, member: Any) -> None:
    class Odd(StepError):
        def to_json(self) -> dict[str, Any]:
            return {**super().to_json(), "member": member}

    (told,) = CODEC.error(Odd(text), {}, now_ms=1, new_id="new")
    assert b"error" in told.content
    assert describe(Odd(text))["name"] == "Odd"


def test_depth_and_size_are_faults_with_names() -> None:
    for text in ("[" * 100_000, '{"body":' * 5000 + "1" + "}" * 5000, '{"body": ' + "9" * 5000 + "}"):
        with suppress(Undecodable):
            assert decode(base64.b64encode(CIPHER.encrypt(text.encode())), {}) is not None


def test_decimals_in_headers_are_read() -> None:
    assert Incoming.read({"protocolVersion": Decimal(2)}, "fresh").protocol == 2


def test_an_id_and_a_routing_key_that_are_no_text_are_written_as_json_has_them() -> None:
    assert Message.from_json({"id": {"a": None}}).id == '{"a": null}'
    assert Message.from_json({"id": 7}).id == "7"
