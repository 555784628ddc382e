"""Error messages: as they go out, and as a flow's error handler reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.errors import InvalidInput
from pysailor.wire import error_message
from pysailor.wire.cipher import BASE64, RAW, Undecodable
from pysailor.wire.envelope import Publish
from tests.support.codec import ASKED, CIPHER, CODEC, ERROR, PROPERTIES, SHARED, VECTORS, decode

if TYPE_CHECKING:
    from pysailor.wire.codec import Codec


def raised(error: BaseException) -> BaseException:
    """Return the error with a traceback, as it has when it was caught."""
    try:
        raise error
    except type(error) as caught:
        return caught


HANDLER = replace(CODEC, error_input=True)


@pytest.mark.parametrize("version", [{}, {"protocolVersion": 2}])
def test_an_error_handler_gets_error_and_input_decrypted_and_the_headers_of_amqp(version: dict[str, int]) -> None:
    content = json.dumps({**ERROR["wire"], "other": 1}).encode()
    found = decode(content, HANDLER, stepId="failed", reply_to="asker", **version)
    assert found.body == {"error": ERROR["error_plaintext"], "errorInput": ERROR["errorInput_plaintext"], "other": 1}
    assert found.headers == {"stepId": "failed", "reply_to": "asker", **version}


def test_an_error_without_its_input_is_read_too() -> None:
    assert decode(json.dumps({"error": ERROR["wire"]["error"]}).encode(), HANDLER).body == {
        "error": ERROR["error_plaintext"]
    }


@pytest.mark.parametrize("content", [CIPHER.encode({"body": {}}), b"5", b"", b'{"error": 5}', b'{"error": "AAAA"}'])
def test_an_error_handler_takes_nothing_else(content: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(content, HANDLER)


def test_headers_of_amqp_reach_an_error_handler_in_json_types() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    found = decode(b"{}", HANDLER, b=b"x", d=Decimal("1.5"), t=moment, l=[b"y"], f={"z": b"w"})
    assert found.headers == {"b": "x", "d": 1.5, "t": moment.isoformat(), "l": ["y"], "f": {"z": "w"}}


def errors(error: BaseException, codec: Codec = CODEC, shared: Any = SHARED, **more: Any) -> tuple[Publish, ...]:
    return codec.error(error, shared, now_ms=9, new_id="new", **more)


def opened(content: bytes) -> dict[str, Any]:
    """Return an error message's members, decrypted."""
    return {name: CIPHER.decode(sealed.encode()) for name, sealed in json.loads(content).items()}


def test_an_error_carries_name_message_stack_and_the_input() -> None:
    original = VECTORS["V2"]["v1_wire_ascii"].encode()
    (sent,) = errors(raised(ValueError("no such thing")), original=(original, BASE64))
    assert replace(sent, content=b"") == Publish(
        "to.error", b"", {**SHARED, "messageId": "new", "end": 9}, PROPERTIES, "error", "error"
    )
    assert json.loads(sent.content)["errorInput"].encode() == original
    error = opened(sent.content)["error"]
    assert (error["name"], error["message"]) == ("ValueError", "no such thing")
    assert error["stack"].startswith("ValueError: no such thing\n    at ")
    assert "test_error_message.py:" in error["stack"]
    assert "Traceback" not in error["stack"]


def test_the_input_is_base64_even_if_it_came_raw() -> None:
    vector = VECTORS["V2"]
    (sent,) = errors(ValueError("x"), original=(bytes.fromhex(vector["v2_wire_hex"]), RAW))
    assert json.loads(sent.content)["errorInput"] == vector["v1_wire_ascii"]


def test_an_error_without_input_has_none_and_one_at_the_start_has_no_end() -> None:
    (sent,) = CODEC.error(ValueError("x"), SHARED, now_ms=None, new_id="new")
    assert list(json.loads(sent.content)) == ["error"]
    assert "end" not in sent.headers


def test_what_is_missing_is_said_to_be_not_available() -> None:
    (sent,) = errors(ValueError())
    assert opened(sent.content)["error"] == {"name": "ValueError", "message": "Not Available", "stack": "Not Available"}


def test_our_own_errors_tell_programs_more() -> None:
    (sent,) = errors(InvalidInput("prompt is missing", pointer="/prompt"))
    error = opened(sent.content)["error"]
    assert (error["name"], error["code"], error["retryable"]) == ("InvalidInput", "invalid_input", False)
    assert error["faults"] == [{"pointer": "/prompt", "message": "prompt is missing"}]


def test_whoever_waits_for_a_reply_gets_the_bare_error_under_the_same_headers() -> None:
    main, reply = errors(ValueError("x"), shared=ASKED)
    assert (reply.routing_key, reply.throttle) == ("asker", None)
    assert reply.content.decode() == json.loads(main.content)["error"]
    assert reply.headers == {**main.headers, "x-eio-error-response": True}


def test_replies_of_errors_can_be_turned_off() -> None:
    assert len(errors(ValueError("x"), replace(CODEC, error_replies=False), ASKED)) == 1


def test_an_error_always_fits() -> None:
    endless = raised(ValueError("ü" * 1_000_000))
    (sent,) = errors(endless, original=(b"A" * CODEC.size_limit, BASE64))
    assert len(sent.content) < CODEC.size_limit
    error = opened(sent.content)["error"]
    assert error["message"].endswith("(1000000 characters)")
    assert len(error["stack"]) < 70_000
    assert error["errorInputLeftOut"] == f"{CODEC.size_limit} bytes"


def test_an_error_that_knows_too_much_tells_the_essence() -> None:
    class Chatty(InvalidInput):
        def to_json(self) -> dict[str, Any]:
            return {"all": "x" * 2_000_000}

    class Mute(InvalidInput):
        def to_json(self) -> dict[str, Any]:
            return {"this": object()}

    for error in (Chatty("x"), Mute("x")):
        (sent,) = errors(error)
        assert set(opened(sent.content)["error"]) == {"name", "message", "stack"}


def test_an_error_of_ours_is_what_our_error_handler_reads() -> None:
    (sent,) = errors(ValueError("x"), original=(CIPHER.encode({"body": 1}), BASE64))
    found = error_message.read(CIPHER, sent.headers, sent.content)
    assert found.body["error"]["message"] == "x"
    assert found.body["errorInput"] == {"body": 1}
