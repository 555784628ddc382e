"""The frequent frames, byte for byte as pika writes them, and read as pika reads them."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pika")
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pika import BasicProperties
from pika import __version__ as pika_version
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import BodyTooLongError, InvalidFrameError
from pika.frame import Body, Header, Heartbeat, Method
from pika.spec import Basic

from pysailor.transport.amqp import frames
from pysailor.transport.amqp.pika_access import FastAccess, PikaAccess, PublicAccess
from pysailor.transport.amqp.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TAGS = st.integers(0, 2**64 - 1)
NUMBERS = st.integers(1, 65_535)
NAMES = st.text(st.characters(codec="utf-8"), max_size=60)
WIDEST = 2**31 if pika_version.startswith("1.3") else 2**63  # pika 1.3 takes longer ones for unsigned
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-WIDEST, WIDEST - 1) | st.text(st.characters(codec="utf-8"), max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.dictionaries(NAMES, VALUES, max_size=8)
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "content_type": NAMES,
        "content_encoding": NAMES,
        "delivery_mode": st.integers(0, 255),
        "priority": st.integers(0, 255),
        "correlation_id": NAMES,
        "reply_to": NAMES,
        "expiration": NAMES,
        "message_id": NAMES,
        "timestamp": st.integers(0, 2**40),
        "type": NAMES,
        "app_id": NAMES,
    },
)


class Sink:
    """What a connection writes to."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


class Wired:
    """A channel of a connection that pika takes for open, without a socket: bytes are fed, and what is written is kept.

    `events` are the deliveries and confirms that came.
    """

    def __init__(self, access: PikaAccess, loop: Any, number: int = 1, frame_max: int = 4096) -> None:
        self.access = access
        self.sink = Sink()
        self.events: list[Any] = []
        self.connection = access.connection_class(None, custom_ioloop=loop, internal_connection_workflow=False)
        self.connection._transport = self.sink
        self.connection._set_connection_state(self.connection.CONNECTION_OPEN)
        self.connection.server_capabilities = {"publisher_confirms": True, "basic.nack": True}
        self.connection.params.frame_max = frame_max
        self.connection._body_max_length = frame_max - frames.AROUND
        self.channel = Channel(self.connection, number, lambda _channel: None)
        self.channel._set_state(Channel.OPEN)
        self.connection._channels[number] = self.channel

    def consume(self) -> str:
        def deliver(tag: int, redelivered: bool, properties: Any, content: bytes) -> None:
            self.events.append((tag, redelivered, dict(properties.headers), properties.others, content))

        tag = self.access.consume(self.channel, "queue", deliver, lambda _frame: None)
        self.feed(Method(self.channel.channel_number, Basic.ConsumeOk(tag)).marshal())
        return tag

    def confirm(self) -> None:
        self.access.confirm(self.channel, lambda *each: self.events.append(each), lambda _frame: None)

    def feed(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection._on_data_available(piece)

    def counters(self) -> tuple[int, ...]:
        connection = self.connection
        return connection.frames_received, connection.bytes_received, connection.frames_sent, connection.bytes_sent


@contextmanager
def wired(number: int = 1, frame_max: int = 4096) -> Iterator[tuple[Wired, Wired]]:
    """Yield the same channel twice: with the frames that are ours, and with pika's."""
    loop = IOLoop()
    try:
        yield Wired(FastAccess(), loop, number, frame_max), Wired(PublicAccess(), loop, number, frame_max)
    finally:
        loop.close()


def delivery(number: int, tag: str, delivered: int, content: bytes, longest: int, **properties: Any) -> bytes:
    """Return the frames of one delivery."""
    method = Method(number, Basic.Deliver(tag, delivered, delivered % 2 == 1, "exchange", "key"))
    header = Header(number, len(content), BasicProperties(**properties))
    bodies = [Body(number, content[begin : begin + longest]) for begin in range(0, len(content), longest)]
    return b"".join(frame.marshal() for frame in (method, header, *bodies))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Return the data in pieces, cut at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


@PATIENT
@given(NUMBERS, TAGS, st.booleans())
def test_ack_and_reject_are_written_as_pika_writes_them(number: int, tag: int, requeue: bool) -> None:
    assert frames.ack(number, tag) == Method(number, Basic.Ack(tag)).marshal()
    assert frames.reject(number, tag, requeue=requeue) == Method(number, Basic.Reject(tag, requeue)).marshal()


CONTENTS = st.builds(
    lambda size, filler: (filler * size)[:size], st.integers(0, 14_000), st.binary(min_size=1, max_size=40)
)


@PATIENT
@given(NUMBERS, NAMES, NAMES, HEADERS, OTHERS, CONTENTS, st.integers(4096, 9000), st.booleans())
@example(1, "e", "k", {}, {}, b"x" * 2 * (4096 - 8), 4096, True)  # two full frames, and none after them
@example(1, "e", "k", {}, {}, b"", 4096, True)
def test_a_publish_is_written_as_pika_writes_it_and_counted_as_it_counts(
    number: int,
    exchange: str,
    key: str,
    headers: dict[str, Any],
    others: dict[str, Any],
    content: bytes,
    frame_max: int,
    mandatory: bool,
) -> None:
    message = (Properties(headers, others), content)
    with wired(number, frame_max) as (ours, pikas):
        for each in (ours, pikas):
            each.access.publish(each.channel, exchange, key, message, mandatory=mandatory)
        assert ours.sink.written == pikas.sink.written
        assert ours.counters() == pikas.counters()


@PATIENT
@given(
    st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=600), HEADERS, OTHERS), max_size=4),
    st.integers(8, 400),
    st.lists(st.integers(0), max_size=12),
)
def test_deliveries_are_read_as_pika_reads_them_wherever_the_network_cuts_them(
    messages: list[tuple[int, bytes, dict[str, Any], dict[str, Any]]], longest: int, places: list[int]
) -> None:
    with wired() as (ours, pikas):
        for each in (ours, pikas):
            tag = each.consume()
            stream = b"".join(
                delivery(1, tag, number, content, longest, headers=headers, **others) + Heartbeat().marshal()
                for number, content, headers, others in messages
            )
            begun = each.counters()
            each.connection._heartbeat_checker = Deaf()
            each.feed(*cut(stream, places))
            gained = [after - before for before, after in zip(begun, each.counters(), strict=True)]
            assert gained[1] == len(stream)
            each.events.append(gained[0])
        assert ours.events == pikas.events
        assert len(ours.events) == len(messages) + 1


@PATIENT
@given(st.lists(st.tuples(TAGS, st.booleans(), st.booleans()), max_size=8), st.lists(st.integers(0), max_size=6))
def test_confirms_are_read_as_pika_reads_them(confirms: list[tuple[int, bool, bool]], places: list[int]) -> None:
    stream = b"".join(
        Method(1, Basic.Nack(tag, multiple) if refused else Basic.Ack(tag, multiple)).marshal()
        for tag, multiple, refused in confirms
    )
    with wired() as (ours, pikas):
        for each in (ours, pikas):
            each.confirm()
            each.feed(*cut(stream, places))
        assert ours.events == pikas.events == confirms
        assert ours.counters() == pikas.counters()


def test_a_delivery_for_another_consumer_is_left_to_pika() -> None:
    with wired() as (ours, _):
        ours.consume()
        ours.feed(delivery(1, "another", 7, b"content", 100))
    assert not ours.events


def test_a_returned_message_and_confirms_come_in_their_order() -> None:
    with wired() as (ours, _):
        ours.confirm()
        ours.channel.add_on_return_callback(
            lambda _channel, method, properties, content: ours.events.append(
                (method.reply_code, properties.headers, content)
            )
        )
        back = Method(1, Basic.Return(312, "NO_ROUTE", "exchange", "key"))
        header = Header(1, 3, BasicProperties(headers={"half": "value"}))
        ours.feed(
            Method(1, Basic.Ack(1)).marshal()
            + b"".join(frame.marshal() for frame in (back, header, Body(1, b"abc")))
            + Method(1, Basic.Ack(2)).marshal()
        )
    assert ours.events == [(1, False, False), (312, {"half": "value"}, b"abc"), (2, False, False)]


def test_a_body_longer_than_its_header_says_is_an_error_as_it_is_to_pika() -> None:
    with wired() as both:
        for each in both:
            data = delivery(1, each.consume(), 7, b"four", 100)
            with pytest.raises(BodyTooLongError):
                each.feed(data.replace(Body(1, b"four").marshal(), Body(1, b"fourteen").marshal()))


@pytest.mark.parametrize("data", [b"\x01\x00\x01\x00\x00\x00\x00\x00", b"\x09\x00\x01\x00\x00\x00\x00\xce"])
def test_what_is_no_frame_is_an_error_as_it_is_to_pika(data: bytes) -> None:
    with wired() as both:
        for each in both:
            each.consume()
            with pytest.raises(InvalidFrameError):
                each.feed(data)


def test_nothing_of_a_channel_that_closed_is_taken_any_more() -> None:
    with wired() as (ours, _):
        ours.consume()
        ours.channel._on_close_meta(ConnectionError("gone"))
        assert not ours.connection._readers


class Deaf:
    """A heartbeat that nobody listens for."""

    def received(self) -> None: ...
