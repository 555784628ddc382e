"""Walks the parts of a request's messages and puts into them what the service cannot fetch by itself."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pysailor import InvalidInput, StepError, frozen

from . import sniff
from .connect import quote_url
from .download import Download, Downloads, DownloadSpec, plain_name
from .errors import NotFetched, NotThere, TooLarge, WrongKind
from .source import Source, data_url, encoded_part, name_for, pdf_name

if TYPE_CHECKING:
    from logging import Logger, LoggerAdapter

Storage = Callable[[str, int], bytes]
"""Returns an object's content by its id, at most so many bytes; raises StepError. As the context has it."""

MOST_IN_ALL = 50 << 20  # what OpenAI takes of files in one request; also what one message may cost this process
SECONDS = 60.0  # for all attachments of a message, where no deadline is set

_SCHEME = "attachment:"


@frozen
class PartRules:
    """What a part may hold: its words, the most bytes, and what to do with another kind of content."""

    what: str
    most: int
    advice: str


IMAGE = PartRules(
    "the picture", 20 << 20, "models take PNG, JPEG, GIF and WEBP"
)  # OpenAI's long-standing limit for one
PDF = PartRules("the file", 32 << 20, "only PDF files can be sent along")  # more is refused by many servers
AUDIO = PartRules("the recording", 20 << 20, "models take WAV and MP3")  # above twenty minutes of common MP3


def inline(
    body: Any,
    *,
    attachments: Mapping[str, Any],
    storage: Storage | None,
    downloads: Downloads,
    logger: Logger | LoggerAdapter[Logger],
    deadline: float | None = None,
    inline_public: bool = False,
) -> Any:
    """Return the body with every attachment in it that the service cannot fetch; the given one stays as it is.

    `attachments` are the message's, by name. `storage` reads the platform's object storage, None where there is none.
    `inline_public` is for servers that fetch nothing. `deadline` is on the clock of time.monotonic. Raise InvalidInput
    (AddressRefused, NotThere, WrongKind, TooLarge) or NotFetched, each with the pointer of the part.
    """
    if not _has_parts(body):
        return body
    end = time.monotonic() + SECONDS if deadline is None else deadline
    return _Inliner(attachments, storage, downloads, logger, end, inline_public).body(body)


@dataclass(slots=True)
class _Inliner:
    """One pass over one body: what was fetched already, and how much of it."""

    attachments: Mapping[str, Any]
    storage: Storage | None
    downloads: Downloads
    logger: Logger | LoggerAdapter[Logger]
    end: float
    inline_public: bool
    spent: int = 0
    fetched: dict[tuple[str, str], Download] = field(default_factory=dict)

    def body(self, body: dict[str, Any]) -> Any:
        return _with(body, "messages", _map(body["messages"], "/messages", self._message))

    def _message(self, message: Any, pointer: str) -> Any:
        if not isinstance(message, dict) or not isinstance(message.get("content"), list):
            return message
        return _with(message, "content", _map(message["content"], f"{pointer}/content", self._part))

    def _part(self, part: Any, pointer: str) -> Any:
        kind = part.get("type") if isinstance(part, dict) else None
        change = {"image_url": self._image, "file": self._file, "input_audio": self._audio}.get(str(kind))
        if change is None or not isinstance(part.get(kind), dict):
            return part
        return _with(part, str(kind), change(part[kind], f"{pointer}/{kind}"))

    # --- the three kinds of parts -----------------------------------------------------------------------------------

    def _image(self, given: dict[str, Any], pointer: str) -> dict[str, Any]:
        if not isinstance(given.get("url"), str):
            return given
        pointer = f"{pointer}/url"
        source = self._source(given["url"], pointer)
        if self._stays(source, pointer):
            return _with(given, "url", source.url)
        content = self._content(source, IMAGE, pointer).content
        media_type = sniff.image(content)
        if media_type is None:
            raise _other_kind(IMAGE, content, pointer)
        return {**given, "url": data_url(media_type, content)}

    def _stays(self, source: Source, pointer: str) -> bool:
        if source.is_data:
            return True
        if source.object_id is not None or self.inline_public:
            return False
        return self.downloads.leads_outside(source.url, pointer)

    def _file(self, given: dict[str, Any], pointer: str) -> dict[str, Any]:
        url, data = given.get("file_url"), given.get("file_data")
        if not url and isinstance(data, str) and data.startswith(_SCHEME):
            given = {name: value for name, value in given.items() if name != "file_data"}
            url, data = data, None
        if not url or not isinstance(url, str):
            unnamed = isinstance(data, str) and not given.get("filename")
            return {**given, "filename": name_for(str(data))} if unnamed else given
        if data or given.get("file_id"):
            raise InvalidInput("has a File URL beside File Data or File ID; leave one of them", pointer=pointer)
        pointer = f"{pointer}/file_url"
        source = self._source(url, pointer)
        found = self._content(source, PDF, pointer)
        if not sniff.is_pdf(found.content):
            raise _other_kind(PDF, found.content, pointer)
        kept = {name: value for name, value in given.items() if name not in ("file_url", "file_data", "file_id")}
        name = given.get("filename") or pdf_name(source.name or found.name)
        return {**kept, "filename": name, "file_data": data_url("application/pdf", found.content)}

    def _audio(self, given: dict[str, Any], pointer: str) -> dict[str, Any]:
        data = given.get("data")
        if not isinstance(data, str) or ":" not in data[:20]:  # base64 has no colon, every address has
            return given
        pointer = f"{pointer}/data"
        content = self._content(self._source(data, pointer), AUDIO, pointer).content
        audio_format = sniff.audio(content)
        if audio_format is None:
            raise _other_kind(AUDIO, content, pointer)
        return {**given, "data": base64.b64encode(content).decode(), "format": audio_format}

    # --- from a reference to its content ----------------------------------------------------------------------------

    def _source(self, given: str, pointer: str) -> Source:
        """Return where the content is; raise NotThere for an unknown attachment and for a bad address."""
        source = Source(given.strip())
        if source.is_data:  # first, for nothing else should read through megabytes
            return source
        if source.url.startswith(_SCHEME):
            source = self._attachment(source.url.removeprefix(_SCHEME).removeprefix("//"), pointer)
        elif source.url in self.attachments:
            source = self._attachment(source.url, pointer)
        if source.is_data or _is_address(source.url):
            return source
        raise NotThere(
            f"{quote_url(source.url)} is not an https address, a data URL or an attachment; {self._list_attachments()}",
            pointer=pointer,
        )

    def _attachment(self, name: str, pointer: str) -> Source:
        found = next((known for known in (name, unquote(name)) if known in self.attachments), None)
        if found is None:
            raise NotThere(f"no attachment is called {quote_url(name)}; {self._list_attachments()}", pointer=pointer)
        told = self.attachments[found]
        url = told.get("url") if isinstance(told, Mapping) else told
        if not isinstance(url, str) or not url:
            raise NotThere(
                f"the attachment {quote_url(found)} has no url; the step that made it must give one", pointer=pointer
            )
        size = told.get("size") if isinstance(told, Mapping) else None
        return Source(url.strip(), plain_name(found), size if isinstance(size, int) else None)

    def _list_attachments(self) -> str:
        names = ", ".join(sorted(map(str, self.attachments))[:10])
        return f"the message has these attachments: {names}" if names else "the message has no attachments"

    def _content(self, source: Source, kind: PartRules, pointer: str) -> Download:
        """Return the content, fetched once however often it is named; each time it counts, for it is sent each time."""
        key = (source.url, kind.what)
        if key not in self.fetched:
            spec = self._spec(kind, pointer)
            if source.size is not None and source.size > spec.most:
                raise spec.too_large()
            self.fetched[key] = self._fetch(source, spec)
            self.logger.info("Fetched %s for %s: %d bytes", kind.what, pointer, len(self.fetched[key].content))
        found = self.fetched[key]
        self.spent += len(found.content)
        if self.spent > MOST_IN_ALL:
            raise TooLarge(f"all attachments together are larger than {_mib(MOST_IN_ALL)}; send fewer", pointer=pointer)
        return found

    def _spec(self, kind: PartRules, pointer: str) -> DownloadSpec:
        left = MOST_IN_ALL - self.spent
        if left < kind.most:
            why = f"what the others leave of {_mib(MOST_IN_ALL)}, the most for all attachments together"
            return DownloadSpec(pointer, kind.what, left, why, self.end)
        return DownloadSpec(pointer, kind.what, kind.most, f"{_mib(kind.most)}, the most for one", self.end)

    def _fetch(self, source: Source, spec: DownloadSpec) -> Download:
        if source.is_data:
            return Download(_decode(source.url, spec))
        if source.object_id is None:
            return self.downloads.get(source.url, spec)
        if not source.object_id:
            raise NotThere(f"{quote_url(source.url)} names no object of the platform's storage", pointer=spec.pointer)
        return Download(self._object(source.object_id, spec))

    def _object(self, object_id: str, spec: DownloadSpec) -> bytes:
        if self.storage is None:
            raise NotFetched(
                "it lies in the platform's object storage, which only a step on the platform can read; "
                "off the platform, give an https address or a data URL",
                pointer=spec.pointer,
                retryable=False,
            )
        try:
            content = self.storage(object_id, spec.most)
        except StepError as error:
            raise NotFetched(str(error), pointer=spec.pointer, retryable=error.retryable) from error
        if len(content) > spec.most:
            raise spec.too_large()
        return content


def _has_parts(body: Any) -> bool:
    """Return whether any message consists of parts; only those can hold an attachment."""
    messages = body.get("messages") if isinstance(body, dict) else None
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            return True
    return False


def _map(items: list[Any], pointer: str, change: Callable[[Any, str], Any]) -> list[Any]:
    """Return the list with its items changed; the same list if none is."""
    changed = [change(item, f"{pointer}/{index}") for index, item in enumerate(items)]
    return items if all(map(is_, changed, items)) else changed


def _with(whole: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return the object with another member; the same object if that is the one it has."""
    return whole if value is whole[name] else {**whole, name: value}


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:  # a broken IPv6 address
        return False


def _other_kind(kind: PartRules, content: bytes, pointer: str) -> WrongKind:
    return WrongKind(f"what was found there is {sniff.describe(content)}; {kind.advice}", pointer=pointer)


def _decode(url: str, spec: DownloadSpec) -> bytes:
    """Return what a data URL holds; raise NotThere or TooLarge."""
    encoded = encoded_part(url)
    if encoded is None:
        raise NotThere(
            "is not a data URL with base64 content, like data:application/pdf;base64,…", pointer=spec.pointer
        )
    if len(encoded) > spec.most * 4 // 3 + 4:
        raise spec.too_large()
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotThere(f"its base64 content is broken ({error})", pointer=spec.pointer) from error


def _mib(size: int) -> str:
    return f"{size >> 20} MiB"
