"""Where a part's content is, and how it reads as a data URL. Pure."""

from __future__ import annotations

import base64
import mimetypes
import re
from urllib.parse import parse_qs, urlsplit

from pysailor import frozen

_DATA_URL = re.compile(r"data:(?P<type>[^,;]*)(?:;[^,;]*)*?(?P<base64>;base64)?,", re.ASCII)
_OBJECT = re.compile(r"/objects/([A-Za-z0-9._~-]+)/?$")


@frozen
class Source:
    """Where a part's content is: its address, and what the message's attachment of that name tells."""

    url: str
    name: str | None = None
    size: int | None = None

    @property
    def is_data(self) -> bool:
        """Whether the address is the content itself."""
        return self.url[:5].lower() == "data:"

    @property
    def object_id(self) -> str | None:
        """The id of the platform's object, "" if it is none; None if the address is not one of its storage.

        Host and port count for nothing: whoever maps the flow could choose them.
        """
        parts = urlsplit(self.url)
        if parse_qs(parts.query).get("storage_type") != ["maester"]:
            return None
        found = _OBJECT.search(parts.path)
        return found[1] if found and found[1].strip(".") else ""


def data_url(media_type: str, content: bytes) -> str:
    """Return the content as a data URL."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def encoded_part(url: str) -> str | None:
    """Return what stands behind the comma of a base64 data URL; None if it is not one."""
    found = _DATA_URL.match(url)
    return url[found.end() :] if found and found["base64"] else None


def name_for(data: str) -> str:
    """Return a name for a file after the kind that its data URL tells, since the service asks for a name."""
    found = _DATA_URL.match(data)
    return f"document{(mimetypes.guess_extension(found['type']) if found else None) or '.pdf'}"


def pdf_name(name: str | None) -> str:
    """Return a name that ends as a PDF's does; servers go by that."""
    if not name:
        return "document.pdf"
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"
