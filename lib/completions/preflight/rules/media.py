"""Rules about pictures, recordings and files in the messages: how their content is written, and who takes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..rule import Basis, Rule, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ALSO = ("image/jpg", "image/pjpeg")
_ADDRESS = re.compile(r"(https?|data):", re.IGNORECASE)
_SAMPLE = 4096  # so much of the content is looked at: it may have megabytes
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_BARE = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_STARTS = ("iVBORw0", "/9j/", "R0lGOD", "UklGR", "JVBERi", "Qk0", "PHN2Zy", "SUkq", "SUQz")
"""How PNG, JPEG, GIF, WEBP, PDF, BMP, SVG, TIFF and MP3 begin in base64."""


def _texts(facts: RequestFacts) -> Iterator[tuple[str, str, str]]:
    """Return kind, pointer and text of everything that may be a data URL."""
    for kind, names in (("image_url", ("url",)), ("file", ("file_data", "file_url"))):
        for pointer, part in facts.transcript.each_part(kind):
            given = part.get(kind)
            for name in names if isinstance(given, dict) else ():
                text = given.get(name) if isinstance(given, dict) else None
                if isinstance(text, str):
                    yield kind, f"{pointer}/{kind}/{name}", text.strip()


def _data_urls(facts: RequestFacts) -> Iterator[tuple[str, str, str, str, str]]:
    """Return kind, pointer, media type, encoding and the beginning of the content of every data URL."""
    for kind, pointer, text in _texts(facts):
        if text[:5].lower() == "data:":
            head, _, content = text[:_SAMPLE].partition(",")
            media_type, *more = head[5:].strip().lower().split(";")
            yield kind, pointer, media_type.strip(), "base64" if "base64" in map(str.strip, more) else "", content


def _empty_content(facts: RequestFacts) -> Iterator[Breach]:
    for _, pointer, _, _, content in _data_urls(facts):
        if not content.strip():
            yield pointer, "this data URL has no content", "put the content after the comma, in base64"
    for pointer, part in facts.transcript.each_part("input_audio"):
        given = part.get("input_audio")
        data = given.get("data") if isinstance(given, dict) else None
        if isinstance(data, str) and not (data.partition(",")[2] if data[:5].lower() == "data:" else data).strip():
            yield f"{pointer}/input_audio/data", "this recording has no content", "put the content here, in base64"


def _not_base64(facts: RequestFacts) -> Iterator[Breach]:
    for _, pointer, _, encoding, content in _data_urls(facts):
        if content.strip() and not encoding:
            problem = "this data URL is not in base64 (it has no ;base64 before the comma)"
            yield pointer, problem, "encode the content in base64"
        elif encoding and not _BASE64.fullmatch("".join(content.split())):
            yield pointer, "what follows the comma is not base64", "encode the content in base64 (with + and /)"


def _cut_base64(facts: RequestFacts) -> Iterator[Breach]:
    for _, pointer, text in _texts(facts):
        head, comma, _ = text[:_SAMPLE].partition(",")
        if head[:5].lower() == "data:" and comma and ";base64" in head.lower().replace(" ", ""):
            yield from _cut(pointer, text, len(head) + 1)
    for pointer, part in facts.transcript.each_part("input_audio"):
        given = part.get("input_audio")
        data = given.get("data") if isinstance(given, dict) else None
        if isinstance(data, str) and ":" not in data[:20]:
            yield from _cut(f"{pointer}/input_audio/data", data, 0)


def _cut(pointer: str, text: str, start: int) -> Iterator[Breach]:
    """Four characters of base64 are three bytes; one character over is less than a byte."""
    if not any(blank in text for blank in " \t\r\n") and (len(text.rstrip("=")) - start) % 4 == 1:
        yield pointer, "its base64 content is cut off in the middle of a byte", "give all of it"


def _recording_not_base64(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, part in facts.transcript.each_part("input_audio"):
        given = part.get("input_audio")
        data = given.get("data") if isinstance(given, dict) else None
        start = "".join(data[:_SAMPLE].split()) if isinstance(data, str) else ""
        if start and ":" not in start[:20] and not _BASE64.fullmatch(start):
            yield f"{pointer}/input_audio/data", "this is not base64", "encode the recording in base64 (with + and /)"


def _picture_type(facts: RequestFacts) -> Iterator[Breach]:
    for kind, pointer, media_type, _, content in _data_urls(facts):
        if kind == "image_url" and content.strip() and media_type not in (*_IMAGES, *_ALSO):
            what = f"a picture of the type {media_type}" if media_type else "a picture without a type"
            fix = "send a PDF as a file part" if media_type == "application/pdf" else "convert it, for example to PNG"
            yield pointer, f"{what} is not supported; supported: {', '.join(_IMAGES)}", fix


def _file_type(facts: RequestFacts) -> Iterator[Breach]:
    for kind, pointer, media_type, _, content in _data_urls(facts):
        if kind == "file" and content.strip() and (not media_type or media_type.startswith("image/")):
            what = f"a file of the type {media_type}" if media_type else "a file without a type"
            fix = "send a picture as an image_url part" if media_type else "write the type, such as application/pdf"
            yield pointer, f"{what} has been refused", fix


def _base64_without_type(facts: RequestFacts) -> Iterator[Breach]:
    for kind, pointer, text in _texts(facts):
        if pointer.endswith("/file_url") and not _looks_like_base64(text):
            continue
        if _looks_like_base64(text):
            example = "data:image/png;base64," if kind == "image_url" else "data:application/pdf;base64,"
            yield pointer, "this is base64 without its type; a data URL is needed", f"write {example} (its type) before"


def _looks_like_base64(text: str) -> bool:
    start = text[:_SAMPLE]
    return ":" not in start[:20] and (
        start.startswith(_STARTS) or (_BARE.fullmatch("".join(start.split())) is not None)
    )


def _address_as_file_data(facts: RequestFacts) -> Iterator[Breach]:
    for _, pointer, text in _texts(facts):
        if pointer.endswith("/file_data") and text[:8].lower().startswith(("http://", "https://")):
            problem = "file_data holds an address; it is for the content itself, as a data URL"
            yield pointer, problem, "write the address as file_url"


def _file_data_not_content(facts: RequestFacts) -> Iterator[Breach]:
    for _, pointer, text in _texts(facts):
        known = ("data:", "http:", "https:", "attachment:")
        if pointer.endswith("/file_data") and not text[:12].lower().startswith(known) and not _looks_like_base64(text):
            problem = "file_data is the content itself, as a data URL; this is none"
            yield pointer, problem, "write data:application/pdf;base64, and the content in base64"


def _path_as_picture(facts: RequestFacts) -> Iterator[Breach]:
    for _, pointer, text in _texts(facts):
        if not _looks_like_base64(text) and _is_path(text[:300]):
            problem = f"{quote(text[:80])} is a path on a computer, which the service cannot read"
            yield pointer, problem, "give an https address, a data URL, or the name of an attachment"


def _is_path(text: str) -> bool:
    lower = text.lower()
    return lower.startswith(("file:", "/", "./", "../", "~/", "\\")) or re.match(r"[a-z]:[\\/]", lower) is not None


def _audio_not_heard(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and not facts.family.audio:
        for pointer, _ in facts.transcript.each_part("input_audio"):
            problem = f"{facts.body.get('model') or facts.family.label} does not take recordings"
            yield pointer, problem, "choose a gpt-audio model, or send a transcript as text"


def _picture_not_seen(facts: RequestFacts) -> Iterator[Breach]:
    family = facts.family
    if family and (family.image is None and (_is_text_only(family.name) or family.audio)):
        for pointer, _ in facts.transcript.each_part("image_url"):
            problem = f"{facts.body.get('model') or family.label} does not take pictures"
            yield pointer, problem, "choose a model that does, or describe the picture in words"


def _is_text_only(family: str) -> bool:
    return family in ("gpt-4", "gpt-5-search")


def find_missing_sources(body: Any, attachments: Any) -> Iterator[tuple[str, str]]:
    """Return pointer and problem of every picture or file that is neither an address, nor data, nor an attachment."""
    messages = body.get("messages") if isinstance(body, dict) else None
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        for place, part in enumerate(content if isinstance(content, list) else ()):
            yield from _missing_source(part, f"/messages/{index}/content/{place}", attachments)


def _missing_source(part: Any, pointer: str, attachments: Any) -> Iterator[tuple[str, str]]:
    for kind, name in (("image_url", "url"), ("file", "file_url")):
        given = part.get(kind) if isinstance(part, dict) else None
        text = given.get(name) if isinstance(given, dict) else None
        if not isinstance(text, str) or text.strip() in attachments:
            continue
        plain = text.strip()[:300]
        wanted = plain.removeprefix("attachment:").removeprefix("//") if plain.startswith("attachment:") else None
        is_missing = wanted not in attachments if wanted is not None else not _ADDRESS.match(plain)
        if is_missing and not (_looks_like_base64(plain) or _is_path(plain)):
            problem = f"{quote(plain[:80])} is not an https address, a data URL or an attachment of this message"
            yield f"{pointer}/{kind}/{name}", f"{problem}; give one of these"


_SEEN = "answered with 400: invalid_image_url, or invalid_value"
_REFERENCE = "API reference: content parts"

RULES = (
    Rule("empty_content", _empty_content, _SEEN, Basis.LOGIC, about=("parts",)),
    Rule("not_base64", _not_base64, _SEEN, about=("parts",)),
    Rule("recording_not_base64", _recording_not_base64, _SEEN, about=("parts",)),
    Rule("cut_base64", _cut_base64, _SEEN, Basis.LOGIC, about=("parts",)),
    Rule("file_data_not_content", _file_data_not_content, _REFERENCE, about=("parts",)),
    Rule("picture_type", _picture_type, f"{_SEEN}; API guide: images", about=("parts",)),
    Rule("file_type", _file_type, _REFERENCE, Basis.HEURISTIC, about=("parts",)),
    Rule("base64_without_type", _base64_without_type, _SEEN, about=("parts",)),
    Rule("address_as_file_data", _address_as_file_data, _REFERENCE, about=("parts",)),
    Rule("path_as_picture", _path_as_picture, _SEEN, Basis.LOGIC, about=("parts",)),
    Rule("audio_not_heard", _audio_not_heard, "API guide: audio; table of models", Basis.MODEL, about=("parts",)),
    Rule("picture_not_seen", _picture_not_seen, "API guide: images; table of models", Basis.MODEL, about=("parts",)),
)
