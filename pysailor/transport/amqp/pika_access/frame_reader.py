"""The frames of one channel that each message needs, read without pika."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pika.exceptions import BodyTooLongError

from .. import frames
from ..properties import ReceivedProperties

if TYPE_CHECKING:
    from .interface import OnConfirm, OnDelivery


class FrameReader:
    """Takes the frames of one channel that are not left to pika."""

    __slots__ = ("_consumer_tag", "_deliver", "_missing", "_on_confirm", "_on_delivery", "_pieces", "_properties")

    def __init__(self) -> None:
        self._on_delivery: OnDelivery | None = None
        self._on_confirm: OnConfirm | None = None
        self._consumer_tag = b""
        self._deliver: frames.Deliver | None = None
        self._properties: ReceivedProperties | None = None
        self._pieces: list[bytes] = []
        self._missing = 0

    def take_deliveries(self, consumer_tag: str, on_delivery: OnDelivery) -> None:
        """Hand over the deliveries for this consumer from now on."""
        self._consumer_tag, self._on_delivery = consumer_tag.encode(), on_delivery

    def take_confirms(self, on_confirm: OnConfirm) -> None:
        """Hand over the confirms from now on."""
        self._on_confirm = on_confirm

    def take(self, kind: int, buffer: bytes, begin: int, end: int) -> bool:
        """Return whether the frame, whose content stands between the two offsets, was ours and is dealt with."""
        if kind == frames.METHOD:
            return self._take_method(buffer, begin, end)
        if self._deliver is None:
            return False
        if kind == frames.HEADER:
            return self._take_header(buffer, begin, end)
        return kind == frames.BODY and self._take_body(buffer, begin, end)

    def _take_method(self, buffer: bytes, begin: int, end: int) -> bool:
        self._deliver = self._properties = None
        if self._on_confirm is not None and (confirm := frames.read_confirm(buffer, begin, end)):
            self._on_confirm(*confirm)
            return True
        if self._on_delivery is not None:
            deliver = frames.read_deliver(buffer, begin, end)
            if deliver is not None and deliver.consumer_tag == self._consumer_tag:
                self._deliver = deliver
                return True
        return False

    def _take_header(self, buffer: bytes, begin: int, end: int) -> bool:
        header = frames.read_header(buffer, begin, end)
        if header is None or self._properties is not None:
            return False  # pika fails at it, as it should
        self._missing, at = header
        self._properties = ReceivedProperties(buffer[at:end])
        self._pieces = []
        if not self._missing:
            self._hand_over(b"")
        return True

    def _take_body(self, buffer: bytes, begin: int, end: int) -> bool:
        if self._properties is None:
            return False  # as above
        self._missing -= end - begin
        if self._missing < 0:
            raise BodyTooLongError(end - begin - self._missing, end - begin)
        piece = buffer[begin:end]
        if self._missing:
            self._pieces.append(piece)
        elif self._pieces:
            self._pieces.append(piece)
            self._hand_over(b"".join(self._pieces))
        else:
            self._hand_over(piece)
        return True

    def _hand_over(self, content: bytes) -> None:
        deliver, properties = self._deliver, self._properties
        self._deliver = self._properties = None
        self._pieces = []
        if self._on_delivery is not None and deliver is not None and properties is not None:
            self._on_delivery(deliver.tag, deliver.redelivered, properties, content)
