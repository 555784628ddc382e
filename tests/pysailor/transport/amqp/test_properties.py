"""AMQP's properties and header tables: read and written as pika does where pika can."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pika")
from pika import BasicProperties
from pika.data import decode_table, encode_table

from pysailor.transport.amqp.properties import Properties, ReceivedProperties
from pysailor.transport.amqp.tables import Timestamp, read_table, write_table

SHORT = st.integers(-(2**31), 2**31 - 1)  # pika 1.3 takes longer ones for unsigned
NAMES = st.text(max_size=20).filter(lambda name: len(name.encode()) <= 255)
MOMENTS = st.integers(0, 253_402_300_799).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
DECIMALS = st.builds(lambda raw, places: Decimal(raw).scaleb(-places), SHORT, st.just(3))
PLAIN = st.none() | st.booleans() | SHORT | st.text(max_size=20) | st.binary(max_size=5) | MOMENTS | DECIMALS
TABLES = st.dictionaries(
    NAMES,
    st.recursive(
        PLAIN,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=5,
)
OTHERS = st.dictionaries(
    NAMES,
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(2**40, 2**64 - 1).map(Timestamp),
    max_size=3,
)


@settings(max_examples=50)
@given(TABLES)
def test_where_pika_can_it_is_done_as_pika_does(table: dict[str, Any]) -> None:
    pieces: list[bytes] = []
    encode_table(pieces, table)
    written = b"".join(pieces)
    assert read_table(written, 0) == (table, len(written))
    known, end = decode_table(write_table(table), 0)
    assert (_in_utc(known), end) == (table, len(written))


def _in_utc(value: Any) -> Any:
    """Return the value with times in UTC: those that pika 1.3 reads name no time zone."""
    if isinstance(value, dict):
        return {name: _in_utc(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_in_utc(item) for item in value]
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@settings(max_examples=50)
@given(OTHERS)
def test_what_pika_cannot_comes_back_too(table: dict[str, Any]) -> None:
    back, _ = read_table(write_table(table), 0)
    assert back == table
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in table.items()}


@pytest.mark.parametrize(
    ("kind", "form", "value"),
    [*(("b", "b", -5), ("B", "B", 250), ("U", "h", -300), ("u", "H", 60_000), ("s", "h", -300)), ("f", "f", 0.5)],
)
def test_every_number_of_a_neighbour_is_read(kind: str, form: str, value: float) -> None:
    content = b"\x01n" + kind.encode() + struct.pack(f">{form}", value)
    assert read_table(struct.pack(">I", len(content)) + content, 0) == ({"n": value}, len(content) + 4)


def test_what_cannot_be_read_is_left_out_and_the_rest_of_the_properties_is_there() -> None:
    table = b"\x01aS\x00\x00\x00\x01x" + b"\x01b?what" + b"\x01ct\x01"
    content = (0x3000).to_bytes(2, "big") + struct.pack(">I", len(table)) + table + b"\x02"
    received = ReceivedProperties(content)
    assert (received.headers, received.others) == ({"a": "x"}, {"delivery_mode": 2})


def test_what_is_nested_without_end_is_read_as_deep_as_it_can_be_written_again() -> None:
    table = b""
    for _ in range(3000):
        table = b"\x00F" + struct.pack(">I", len(table)) + table
    content = (0x3000).to_bytes(2, "big") + struct.pack(">I", len(table)) + table + b"\x01"
    received = ReceivedProperties(content)
    assert received.others == {"delivery_mode": 1}
    assert str(received.headers).count("{") == 51
    assert ReceivedProperties(Properties(received.headers, {}).written).headers == received.headers


def test_properties_are_written_as_pika_writes_them() -> None:
    others: dict[str, Any] = {
        "content_type": "application/json",
        "content_encoding": "utf8",
        "delivery_mode": 2,
        "priority": 0,
        "correlation_id": "c",
        "reply_to": "r",
        "expiration": "15000",
        "message_id": "m",
        "timestamp": 7,
        "type": "t",
        "user_id": "u",
        "app_id": "a",
        "cluster_id": "l",
    }
    headers = {"messageId": "m", "end": 1_790_000_000_000}
    written = Properties(headers, others).written
    assert written == b"".join(BasicProperties(**others, headers=headers).encode())
    received = ReceivedProperties(written)
    assert (received.headers, received.others) == (headers, others)


@pytest.mark.parametrize("value", [object(), 1 << 64, float("inf"), {"n" * 256: 1}])
def test_what_has_no_form_is_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match="headers cannot be written"):
        Properties({"strange": value}, {})


def test_half_characters_become_whole_ones_that_stand_for_nothing() -> None:
    written = Properties({"messageId": "a\ud800", "thr\udfffead": ["\ud83d\ude00"]}, {"correlation_id": "\udc00"})
    read = ReceivedProperties(written.written)
    assert read.headers == {"messageId": "a\ufffd", "thr\ufffdead": ["\U0001f600"]}
    assert read.others == {"correlation_id": "\ufffd"}
