"""Bodies and attachments in the platform's object storage (platform contract, 4.4 to 4.6).

Bodies are encrypted like messages. Attachments are not: they are stored as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

from ..errors import StepError
from ..wire import json_text
from ..wire.cipher import RAW, Undecodable
from .reply import NoReply
from .rest import ServiceSession, Tries, bearer, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire.cipher import Cipher
    from .reply import ServiceReply
    from .variables import Storage

_REDIRECT: Final = 300
_FAILED: Final = 500
_PIECE: Final = 65_536
_LONGEST_ID: Final = 500
_JSON: Final = {"Content-Type": "application/json"}
_ADVICE: Final = {
    401: "it does not know the token",
    403: "the token does not allow it",
    404: "the object does not exist; objects are deleted after their time to live, usually 24 hours",
    413: "it is too large",
}


class ObjectStorageError(StepError):
    """The object storage did not give or take an object; `status` is its answer, None if there was none."""

    code = "object_storage"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = status is None or status >= _FAILED


class UnusableObject(ObjectStorageError):
    """The object is larger than this process takes into its memory, or holds no body of this flow."""

    code = "unusable_object"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.retryable = False


class NoObjectStorage(UnusableObject):
    """A message refers to the object storage, and the platform has set no address of one."""

    code = "no_object_storage"


class ObjectStorage:
    """The object storage, for one step. A context manager; threads may share it.

    Each error's text begins with what was to be done, in the platform's words.
    """

    def __init__(
        self,
        settings: Storage,
        cipher: Cipher,
        flow_id: str,
        step_id: str,
        *,
        connections: int = 10,
        tries: Tries | None = None,
    ) -> None:
        self._settings = settings
        self._cipher = cipher
        self._asks = f"f:{flow_id};s:{step_id}"
        self._tries = tries or Tries(settings.retries + 1)
        self._session = ServiceSession(bearer(settings.token or ""), connections)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get_body(self, object_id: str, message_id: str = "") -> Any:
        """Return the body that the object holds."""
        failed = f"Failed to get message body with id={object_id}"
        content = self._get(object_id, message_id, failed)
        try:
            return self._cipher.decode(content, RAW)
        except Undecodable as error:
            raise UnusableObject(f"{failed}: {error}") from error

    def put_body(self, plain: bytes, message_id: str = "") -> str:
        """Store a body, which is given as JSON; return the id of its object."""
        failed = "Lightweight message/passthrough body upload error"
        secret = self._cipher.encrypt(plain)
        with self._send("POST", "", message_id, failed, data=secret, headers=_JSON) as answer:
            return _object_id(answer, failed)

    def get_attachment(self, object_id: str, message_id: str = "", most: int | None = None) -> bytes:
        """Return an attachment's bytes; `most` may lower the limit that the settings set."""
        return self._get(object_id, message_id, f"Failed to get attachment with id={object_id}", most)

    def read(self, object_id: str, most: int) -> bytes:
        """Return an attachment's bytes, as a component asks for them (Context.storage)."""
        return self.get_attachment(object_id, most=most)

    def _get(self, object_id: str, message_id: str, failed: str, most: int | None = None) -> bytes:
        path = "/" + _segment(object_id, failed)
        with self._send("GET", path, message_id, failed, stream=True) as answer:
            return self._read(answer, failed, min(most or self._settings.object_size, self._settings.object_size))

    def _read(self, answer: ServiceReply, failed: str, limit: int) -> bytes:
        content = bytearray()
        try:
            for piece in answer.pieces(_PIECE):
                content += piece
                if len(content) > limit:
                    raise UnusableObject(f"{failed}: it is larger than {limit} bytes (see PYSAILOR_OBJECT_SIZE_LIMIT).")
        except NoReply as error:
            raise ObjectStorageError(f"{failed}: it broke off after {len(content)} bytes ({error.name}).") from error
        return bytes(content)

    def _send(
        self, method: str, path: str, message_id: str, failed: str, headers: Mapping[str, str] | None = None, **how: Any
    ) -> ServiceReply:
        if not self._settings.uri:
            raise NoObjectStorage(f"{failed}: ELASTICIO_OBJECT_STORAGE_URI is not set.")
        url = f"{self._settings.uri.rstrip('/')}/objects{path}"
        how["headers"] = {**(headers or {}), "x-request-id": f"{self._asks};m:{message_id}"}
        how["timeout"] = self._settings.timeout_ms / 1000
        try:
            answer = send(self._session, self._tries, method, url, **how)
        except NoReply as error:
            raise ObjectStorageError(f"{failed}: the object storage cannot be reached ({error.name}).") from error
        if answer.status_code >= _REDIRECT:
            answer.close()
            raise ObjectStorageError(f"{failed}: {_describe(answer.status_code)}", answer.status_code)
        return answer


def _segment(object_id: str, failed: str) -> str:
    """Return an id as one segment of an address; raise UnusableObject for one that would lead elsewhere."""
    if not object_id.strip(". ") or len(object_id) > _LONGEST_ID:
        raise UnusableObject(f"{failed[:_LONGEST_ID]}: this is not the id of an object.")
    try:
        return quote(object_id, safe="")
    except UnicodeEncodeError as error:
        raise UnusableObject(f"{failed}: the id holds half characters (lone surrogates).") from error


def _object_id(answer: ServiceReply, failed: str) -> str:
    try:
        object_id = json_text.read(answer.content)["objectId"]
    except (json_text.NotJson, KeyError, TypeError) as error:
        raise ObjectStorageError(f"{failed}: the object storage did not say which object it made.") from error
    if not isinstance(object_id, str) or not object_id:
        raise ObjectStorageError(f"{failed}: the object storage did not say which object it made.")
    return object_id


def _describe(status: int) -> str:
    advice = _ADVICE.get(status)
    return f"the object storage answered {status}" + (f", {advice}." if advice else ".")
