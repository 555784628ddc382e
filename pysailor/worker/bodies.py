"""Messages whose bodies run in the object storage (platform contract, 4.4): fetched for a step, stored after it.

Which bodies those are is said in `wire.passthrough`; here they are moved, several at a time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..values import frozen
from ..wire.passthrough import lighten, missing, references, resolve, uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..message import Message
    from ..platform.object_storage import ObjectStorage

_AT_A_TIME = 8
Key = TypeVar("Key")
Given = TypeVar("Given")
Made = TypeVar("Made")


@frozen
class Bodies:
    """The way of bodies from and to the object storage. `threshold` is None if large bodies go out in the message.

    `resolves` says whether the step wants to see bodies, or the references to them.
    """

    storage: ObjectStorage
    threshold: int | None = None
    resolves: bool = True

    def incoming(self, message: Message, message_id: str) -> Message:
        """Return the message with every body that it refers to; raise ObjectStorageError if one cannot be had."""
        return self._fetch(message, references(message), message_id) if self.resolves else message

    def outgoing(self, message: Message, message_id: str) -> Message:
        """Return the message as it goes out: with references if it is large and may have them, else whole."""
        if self.threshold is None:
            return self._fetch(message, missing(message), message_id)
        bodies = uploads(message, self.threshold)
        if bodies is None:
            return message
        return lighten(message, _each(partial(self.storage.put_body, message_id=message_id), bodies))

    def _fetch(self, message: Message, object_ids: Mapping[str, str], message_id: str) -> Message:
        if not object_ids:
            return message
        return resolve(message, _each(partial(self.storage.get_body, message_id=message_id), object_ids))


def _each(make: Callable[[Given], Made], given: Mapping[Key, Given]) -> dict[Key, Made]:
    """Return what is made of each, several at a time; raise what the first that fails raised."""
    if len(given) == 1:
        return {key: make(value) for key, value in given.items()}
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - few messages have bodies elsewhere

    with ThreadPoolExecutor(min(_AT_A_TIME, max(1, len(given)))) as pool:
        return dict(zip(given, pool.map(make, given.values()), strict=True))
