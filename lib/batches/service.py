"""The calls that a batch takes: upload, create, look up, fetch. What may have been done already is looked up first."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from ..api import retry
from ..api.endpoint import WholeAnswerFormat
from ..errors.api_error import ApiError, from_answer, is_error
from ..errors.catalog import NO
from .errors import BatchError
from .status import BatchStatus, find_by_key
from .upload import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from mmap import mmap

    from pysailor import HttpRequest

    from ..api.client import CallOptions, Client
    from .file_cache import FileCache

KEY = "submission"
"""The member of a batch's metadata that tells one submission from another."""
_NEWEST = "batches?limit=100"
_OF_A_BODY = ("Content-Type", "Content-Length")
_MAY_BE_THERE = ("dropped", "timeout", "cut_off", "server_timeout", "server_error", "unreadable")
"""How a try ends that may have made the batch all the same."""
_AT_ONCE = 0.5  # in place of the random number that spreads waits


class BatchService:
    """Batches at one server, within one call's limits."""

    def __init__(self, client: Client, call: CallOptions, cache: FileCache | None = None) -> None:
        """Keep the files of a batch that several messages ask for in the cache, if there is one."""
        self._client, self._call, self._cache = client, call, cache

    def upload(self, form: mmap) -> str:
        """Return the id of the uploaded file; raise ApiError. A file that is uploaded twice costs nothing."""
        answer = self._client.request("POST", "files", self._call, form, content_type=CONTENT_TYPE).body
        return _id_of(answer, "file")

    def find(self, key: str) -> BatchStatus | None:
        """Return the batch that was created under this key, None if it is not among the newest; raise ApiError."""
        try:
            return find_by_key(self._newest(), KEY, key)
        except ApiError as error:
            if error.code != "wrong_address":
                raise
            self._call.logger.warning("The server does not list its batches: whether this one is there is not known")
            return None

    def _newest(self) -> list[Any]:
        data = self._client.request("GET", _NEWEST, self._call).body.get("data")
        return data if isinstance(data, list) else []

    def create(self, request: Mapping[str, Any], key: str) -> BatchStatus:
        """Create the batch, once: before anything is sent again, it is looked up whether the first was created.

        Raise ApiError, or BatchError where nobody can tell whether there is a batch, or it ended at once.
        """
        body = json.dumps(request).encode()
        once = replace(self._call, limits=replace(self._call.limits, max_retries=0))
        tries = 0
        while True:
            try:
                answer = self._client.request("POST", "batches", once, body).body
            except ApiError as error:
                found = self._look_again(error, key)
                if found is not None:
                    return found
                pause = retry.wait(error, tries, replace(self._call.limits, after_timeout=True), _AT_ONCE)
                if pause is None or time.monotonic() + pause >= (self._call.deadline or float("inf")):
                    raise
                self._call.logger.warning("The batch was not created (%s); trying again in %.1f s", error.code, pause)
                self._call.pause(pause)
                tries += 1
            else:
                _id_of(answer, "batch")
                made = BatchStatus(answer)
                if (ended := made.error()) is not None:
                    raise ended
                return made

    def _look_again(self, error: ApiError, key: str) -> BatchStatus | None:
        """Return the batch that a failed try made all the same."""
        if error.kind.again == NO and error.code != "unreadable":
            return None
        try:
            return find_by_key(self._newest(), KEY, key)
        except ApiError as fault:
            if fault.code == "wrong_address" and error.code not in _MAY_BE_THERE:
                return None
            raise BatchError("batch_unsure", f"{error.kind.meaning} {fault.kind.meaning}", submission=key) from error

    def status(self, batch_id: str) -> BatchStatus:
        """Return how far a batch is; raise ApiError."""
        return BatchStatus(self._object(f"batches/{quote(batch_id, safe='')}", "a batch"))

    def _object(self, path: str, what: str) -> dict[str, Any]:
        """Return the object at a path, which may tell of errors of its own; raise ApiError."""
        with BytesIO() as file:  # not request(): those errors would be taken for a refusal
            self._client.download(path, self._call, file)
            content = file.getvalue()
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as fault:
            raise ApiError("unreadable", "It is not JSON.") from fault
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            if is_error(document):
                raise from_answer(200, {}, content)
            raise ApiError("unreadable", f"It is not {what}.")
        return document

    def response(self, response_id: str) -> dict[str, Any]:
        """Return a response that was asked for in the background, as it is by now; raise ApiError."""
        return self._object(f"responses/{quote(response_id, safe='')}", "a response")

    def preview(self, path: str) -> HttpRequest:
        """Return the request that looks at what is at a path."""
        shown = self._client.preview(WholeAnswerFormat(path, "id", "id"), {})
        headers = {name: value for name, value in shown.headers.items() if name not in _OF_A_BODY}
        return replace(shown, method="GET", headers=headers, body=None)

    @contextmanager
    def content(self, file_id: str, *, shared: bool = False) -> Iterator[IO[bytes]]:
        """Yield the content of a file, fetched whole to the disk; raise ApiError, or OSError of the disk.

        What is `shared` is fetched once for all that ask for it.
        """

        def fetch(file: IO[bytes]) -> None:
            self._client.download(f"files/{quote(file_id, safe='')}/content", self._call, file)

        if shared and self._cache is not None:
            with self._cache.open(file_id, fetch, self._call.deadline) as cached:
                yield cached
            return
        with tempfile.TemporaryFile(prefix="batch-") as file:
            fetch(file)
            file.seek(0)
            yield file


def _id_of(answer: Mapping[str, Any], what: str) -> str:
    found = answer.get("id")
    if not isinstance(found, str) or not found:
        raise ApiError("unreadable", f"It tells no id of the {what}.")
    return found
