"""What of a message is to be checked, and in which requests: a request takes one picture. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

_PICTURE = re.compile(r"/messages/0/content/(\d+)(?:/.*)?")


def read_parts(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts, the text first; raise InvalidInput."""
    text, images = body.get("text"), body.get("images") or []
    faults = []
    if text is not None and not isinstance(text, str):
        faults.append(Fault("/text", "is not a text"))
    if not isinstance(images, list):
        faults.append(Fault("/images", "is not a list"))
        images = []
    urls = [image.get("url") if isinstance(image, Mapping) else image for image in images]
    faults += [
        Fault(f"/images/{index}", "is not an address of a picture")
        for index, url in enumerate(urls)
        if not isinstance(url, str) or not url.strip()
    ]
    if not text and not urls and not faults:
        faults.append(Fault("/text", "is missing; map a text or pictures to check"))
    if faults:
        raise InvalidInput(faults=faults)
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [*([{"type": "text", "text": text}] if text else []), *pictures]


def as_messages(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the parts in the form that attachments are put into."""
    return {"messages": [{"role": "user", "content": list(parts)}]}


def place_of(pointer: str, parts: Sequence[Mapping[str, Any]]) -> str:
    """Return the place in the message of what stands at a pointer in that form."""
    found = _PICTURE.fullmatch(pointer)
    if found is None:
        return pointer
    before = sum(part["type"] == "text" for part in parts)
    return f"/images/{int(found[1]) - before}"


def group(parts: Sequence[dict[str, Any]]) -> list[Any]:
    """Return the input of each request: the text goes with the first picture, each further picture alone."""
    pictures = [part for part in parts if part["type"] == "image_url"]
    texts = [part for part in parts if part["type"] == "text"]
    if not pictures:
        return [texts[0]["text"]]
    return [[*texts, pictures[0]], *([picture] for picture in pictures[1:])]
