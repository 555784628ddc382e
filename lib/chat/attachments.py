"""Pictures and files that visitors send along: what a route allows, and how they become parts of a message. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ..attachments import sniff
from ..attachments.download import plain_name
from ..attachments.source import data_url

if TYPE_CHECKING:
    from .protocol import Upload

LARGEST_TOTAL = 20 << 20
"""What `most_bytes` may be at most; servers take some 50 MiB with one request."""
KEPT_BYTES = 1 << 20
"""A question keeps its attachments in the conversation if all of them together are not larger."""
_PDF = "application/pdf"
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ROOM_FOR_NAMES = 1024  # bytes of a frame for the name and the braces of one attachment


class AttachmentRefused(Exception):
    """An attachment that cannot be sent; `code` is stable, the text says what the visitor can do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class AttachmentRules:
    """What visitors of a route may send along: of which kind, how many with a question, how many bytes in all."""

    images: bool = True
    files: bool = True
    most: int = 8
    most_bytes: int = 5 << 20

    @classmethod
    def of(cls, setting: bool | Mapping[str, Any] | None) -> Self | None:
        """Return the rules that the kwarg `attachments` sets; None where nothing may be sent along."""
        rules = cls(**setting) if isinstance(setting, Mapping) else cls() if setting else None
        return rules if rules is not None and (rules.images or rules.files) else None

    @property
    def types(self) -> list[str]:
        """The media types that are taken."""
        return [*(_IMAGES if self.images else ()), *((_PDF,) if self.files else ())]

    @property
    def frame_bytes(self) -> int:
        """How much longer a frame may be for its attachments in base64."""
        return self.most_bytes * 4 // 3 + 4 * self.most + self.most * _ROOM_FOR_NAMES

    def to_json(self) -> dict[str, Any]:
        """Return what the page needs to know."""
        return {"types": self.types, "most": self.most, "mostBytes": self.most_bytes}


@dataclass(frozen=True, slots=True)
class Attachment:
    """One that can be sent: its name, its media type and size, and the part of the message that holds it.

    `is_whole` is False where the part only tells what was once sent.
    """

    name: str
    type: str
    size: int
    part: Mapping[str, Any]
    is_whole: bool = True

    def describe(self) -> dict[str, Any]:
        """Return what is told of it afterwards; not its content."""
        return {"name": self.name, "type": self.type, "size": self.size, "kept": self.is_whole}

    def to_mark(self) -> Attachment:
        """Return what takes its place where it is too large to be kept."""
        text = f"[{self.name}, {self.type}, {format_size(self.size)}: was sent along here and is not kept]"
        return Attachment(self.name, self.type, self.size, {"type": "text", "text": text}, is_whole=False)


def read_attachments(uploads: Sequence[Upload], rules: AttachmentRules | None) -> tuple[Attachment, ...]:
    """Return what was sent along, each known by its content; raise AttachmentRefused."""
    if not uploads:
        return ()
    if rules is None:
        raise AttachmentRefused("attachments_off", "This chat takes no pictures or files; leave them out.")
    if len(uploads) > rules.most:
        raise AttachmentRefused(
            "too_many_attachments", f"A message may have {rules.most} attachments at most; remove some."
        )
    found = tuple(_read(upload, rules) for upload in uploads)
    if sum(each.size for each in found) > rules.most_bytes:
        raise AttachmentRefused(
            "attachment_too_large",
            f"The attachments of a message may have {format_size(rules.most_bytes)} in all; remove some.",
        )
    return found


def _read(upload: Upload, rules: AttachmentRules) -> Attachment:
    try:
        content = base64.b64decode(upload.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AttachmentRefused("not_understood", "An attachment is not valid base64; add it again.") from error
    kind = sniff.image(content) or (_PDF if sniff.is_pdf(content) else "")
    name = plain_name(upload.name) or "attachment"
    if kind not in rules.types:
        what = f'"{name}" is {sniff.describe(content)}'
        raise AttachmentRefused("attachment_wrong_kind", f"{what}, and this chat takes {_list_types(rules)}.")
    url = data_url(kind, content)
    if kind == _PDF:
        return Attachment(name, kind, len(content), {"type": "file", "file": {"filename": name, "file_data": url}})
    return Attachment(name, kind, len(content), {"type": "image_url", "image_url": {"url": url}})


def _list_types(rules: AttachmentRules) -> str:
    pictures = "pictures (PNG, JPEG, GIF, WEBP)"
    if rules.images and rules.files:
        return f"{pictures} and PDF files"
    return pictures if rules.images else "PDF files"


def to_content(text: str, attachments: Sequence[Attachment]) -> str | list[Mapping[str, Any]]:
    """Return the content of a message: text alone where nothing is sent along."""
    if not attachments:
        return text
    said = [{"type": "text", "text": text}] if text.strip() else []
    return [*said, *(each.part for each in attachments)]


def to_stored(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Return the attachments as the conversation keeps them: as they were sent, or marks if they are too large."""
    if sum(each.size for each in attachments) <= KEPT_BYTES:
        return tuple(attachments)
    return tuple(each.to_mark() for each in attachments)


def read_stored(described: Any, content: Any) -> tuple[Attachment, ...]:
    """Return the attachments of a kept question, from what was told of them and its content."""
    if not isinstance(described, Sequence) or not isinstance(content, Sequence) or not described:
        return ()
    parts = content[-len(described) :]
    return tuple(
        Attachment(told["name"], told["type"], told["size"], part, told["kept"])
        for told, part in zip(described, parts, strict=True)
    )


def format_size(size: int) -> str:
    """Return a size in the unit that people would take."""
    if size < 1 << 20:
        return f"{max(1, round(size / 1024))} KiB"
    return f"{size / (1 << 20):.1f} MiB".replace(".0 ", " ")
