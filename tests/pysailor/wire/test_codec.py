"""A delivery to a message, an event to what is published: section 2 of the contract and the Node suites' claims."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysailor.context import HttpReply
from pysailor.message import Message
from pysailor.wire.cipher import BASE64, RAW, Cipher, Undecodable
from pysailor.wire.codec import Codec, MessageTooLarge, NoReplyAddress
from pysailor.wire.envelope import Publish
from pysailor.wire.headers import Incoming
from pysailor.wire.rebound import ReboundLimitExceeded
from tests.support.codec import ASKED, CIPHER, CODEC, ERROR, PROPERTIES, SHARED, VECTORS, decode

# --- in ----------------------------------------------------------------------------------------------------------


def test_both_protocols_are_decoded() -> None:
    vector = VECTORS["V3"]
    expected = Message.from_json(json.loads(vector["plaintext"]))
    assert decode(vector["v1_wire_ascii"].encode()) == expected
    assert decode(vector["v1_wire_ascii"].encode(), protocolVersion="1") == expected
    assert decode(bytes.fromhex(vector["v2_wire_hex"]), protocolVersion=2) == expected
    assert decode(bytes.fromhex(vector["v2_wire_hex"]), protocolVersion="?") == expected


def test_the_address_of_whoever_waits_is_put_into_the_message() -> None:
    content = CIPHER.encode({"body": {}, "headers": {"h": 1, "reply_to": "forged"}})
    assert decode(content, reply_to="asker").headers == {"h": 1, "reply_to": "asker"}


def test_members_that_are_missing_get_their_defaults_and_unknown_ones_are_kept() -> None:
    found = decode(CIPHER.encode({"query": {"a": "1"}, "headers": None}))
    assert (found.body, found.headers, found.extra) == ({}, {}, {"query": {"a": "1"}})


def test_a_list_is_taken_for_a_body() -> None:
    assert decode(CIPHER.encode([1, 2])) == Message(body=[1, 2])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not base64 at all!",
        CIPHER.encode({}, RAW),
        Cipher("wrong", "iv=any16_symbols").encode({"body": {}}),
        CIPHER.encode(None),
        CIPHER.encode("text"),
        CIPHER.encode(5),
        CIPHER.encode({"headers": "text"}),
        CIPHER.encode({"passthrough": [1]}),
        json.dumps(ERROR["wire"]).encode(),
    ],
    ids=["empty", "garbage", "raw", "key", "null", "text", "number", "headers", "passthrough", "error message"],
)
def test_what_is_no_message_is_an_error_with_a_name(content: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(content)


# --- data --------------------------------------------------------------------------------------------------------


def data(message: Message, codec: Codec = CODEC) -> Publish:
    return codec.data(message, SHARED, now_ms=9, new_id="new")


def test_data_is_published_as_the_contract_lists() -> None:
    sent = data(Message(body={"hello": "world"}))
    assert sent == Publish(
        "to.data",
        VECTORS["V2"]["v1_wire_ascii"].encode(),
        {**SHARED, "messageId": "new", "end": 9, "protocolVersion": 1},
        PROPERTIES,
        "data",
    )


def test_data_is_raw_if_the_platform_says_so() -> None:
    sent = data(Message(body={"hello": "world"}), replace(CODEC, protocol=2))
    assert (sent.content.hex(), sent.headers["protocolVersion"]) == (VECTORS["V2"]["v2_wire_hex"], 2)


def test_a_messages_own_id_goes_into_the_headers_and_stays_in_the_message() -> None:
    sent = data(Message(id="mine"))
    assert sent.headers["messageId"] == "mine"
    assert CIPHER.decode(sent.content)["id"] == "mine"


def test_messages_are_persistent_unless_the_platform_says_otherwise() -> None:
    assert data(Message(), replace(CODEC, persistent=False)).properties["delivery_mode"] == 1


@pytest.mark.parametrize("name", ["x-eio-routing-key", "X-EIO-Routing-Key"])
def test_a_routing_key_in_the_message_is_followed_and_taken_out(name: str) -> None:
    message = Message(headers={name: "elsewhere", "x-eio-status-code": 200})
    sent = data(message)
    assert sent.routing_key == "elsewhere"
    assert CIPHER.decode(sent.content)["headers"] == {"x-eio-status-code": 200}
    assert name in message.headers


def test_an_empty_routing_key_is_none() -> None:
    assert data(Message(headers={"x-eio-routing-key": ""})).routing_key == "to.data"


def test_a_message_beyond_the_limit_is_refused_with_its_size_on_the_wire() -> None:
    with pytest.raises(MessageTooLarge, match=r"^Outgoing message size 13981056 exceeds limit of 10485760\."):
        data(Message(body="0" * (CODEC.size_limit + 1)))


def test_the_limit_counts_the_content_to_the_byte() -> None:
    exact = len(data(Message(body="x")).content)
    assert data(Message(body="x"), replace(CODEC, size_limit=exact))
    with pytest.raises(MessageTooLarge):
        data(Message(body="x"), replace(CODEC, size_limit=exact - 1))


MESSAGES = st.builds(
    Message,
    body=st.recursive(
        st.none() | st.text() | st.integers(-99, 99), lambda s: st.dictionaries(st.text(), s), max_leaves=5
    ),
    headers=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    passthrough=st.none()
    | st.dictionaries(st.text(max_size=3), st.fixed_dictionaries({"body": st.text()}), max_size=2),
    id=st.none() | st.uuids().map(str),
)


@given(MESSAGES, st.sampled_from([BASE64, RAW]))
@settings(max_examples=100, deadline=None)
def test_what_one_step_emits_the_next_one_receives(message: Message, protocol: int) -> None:
    sent = data(message, replace(CODEC, protocol=protocol))
    assert CODEC.decode(Incoming.read(sent.headers, "fresh"), sent.headers, sent.content) == message


# --- the rest ----------------------------------------------------------------------------------------------------


def test_an_http_reply_goes_to_whoever_waits_in_base64_whatever_the_protocol() -> None:
    reply = HttpReply(201, {"ok": True}, {"content-type": "text/plain", "X-Eio-Routing-Key": "elsewhere"})
    sent = replace(CODEC, protocol=2).http_reply(reply, ASKED, new_id="new")
    assert replace(sent, content=b"") == Publish(
        "asker", b"", {**ASKED, "messageId": "new", "protocolVersion": 1}, PROPERTIES, None, "http-reply"
    )
    assert CIPHER.decode(sent.content) == {
        "statusCode": 201,
        "body": {"ok": True},
        "headers": {"content-type": "text/plain"},
    }


def test_a_reply_that_nobody_waits_for_is_an_error_in_the_platforms_words() -> None:
    with pytest.raises(NoReplyAddress, match=r"^Component emitted 'httpReply' event but 'reply_to' was not found"):
        CODEC.http_reply(HttpReply(200, "", {}), SHARED, new_id="new")


def test_snapshots_are_plain_json_and_only_whole_ones_are_throttled() -> None:
    whole = CODEC.snapshot({"n": 1}, SHARED, new_id="new")
    part = CODEC.update_snapshot({"n": 2}, SHARED, new_id="new")
    assert whole == Publish(
        "to.snapshot",
        b'{"n":1}',
        {**SHARED, "messageId": "new", "snapshotEvent": "snapshot"},
        PROPERTIES,
        "snapshot",
        "snapshot",
    )
    assert (part.content, part.headers["snapshotEvent"], part.throttle) == (b'{"n":2}', "updateSnapshot", None)


def test_a_rebound_is_the_same_delivery_with_a_rest_and_a_count() -> None:
    original = {"content_type": "x/y", "priority": 3, "correlation_id": "c", "delivery_mode": 1, "expiration": "5"}
    headers = {"messageId": "m", "any": b"x", "reboundIteration": 2}
    not_ours = {"type": None, "user_id": "somebody else", "cluster_id": "theirs"}
    sent = CODEC.rebound("rate limit", b"bytes", headers, {**original, **not_ours}, now_ms=9)
    assert sent == Publish(
        "to.rebound",
        b"bytes",
        {**headers, "end": 9, "reboundReason": "rate limit", "reboundIteration": 3},
        {"content_type": "x/y", "priority": 3, "correlation_id": "c", "delivery_mode": 2, "expiration": "60000"},
        kind="rebound",
    )
    assert headers["reboundIteration"] == 2


def test_a_rebound_keeps_a_persistent_message_persistent() -> None:
    codec = replace(CODEC, persistent=False)
    assert codec.rebound("", b"", None, {"delivery_mode": 2}, now_ms=9).properties["delivery_mode"] == 2
    assert codec.rebound("", b"", None, {}, now_ms=9).properties["delivery_mode"] == 1


def test_a_reason_fits_into_the_smallest_frame() -> None:
    assert len(CODEC.rebound("x" * 9999, b"", {}, {}, now_ms=9).headers["reboundReason"]) == 500


def test_a_rebound_beyond_the_limit_is_an_error() -> None:
    with pytest.raises(ReboundLimitExceeded):
        CODEC.rebound("x", b"", {"reboundIteration": 100}, {}, now_ms=9)


def test_every_publish_says_of_what_kind_it_is() -> None:
    report, copy = CODEC.error(ValueError("x"), ASKED, now_ms=9, new_id="new")
    reply = CODEC.http_reply(HttpReply(200, "", {}), ASKED, new_id="new")
    put_off = CODEC.rebound("x", b"", {}, {}, now_ms=9)
    snapshots = CODEC.snapshot({}, SHARED, new_id="new"), CODEC.update_snapshot({}, SHARED, new_id="new")
    kinds = [publish.kind for publish in (data(Message()), report, copy, reply, put_off, *snapshots)]
    assert kinds == ["data", "error", "error-reply", "http-reply", "rebound", "snapshot", "snapshot"]
