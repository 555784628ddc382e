"""What a content is, by its own first bytes: names and headers are often wrong. Pure."""

from __future__ import annotations

_HEAD = 1024  # a PDF may begin with so much of something else

_SIGNATURES = (
    (b"%!PS", "a PostScript file"),
    (b"PK\x03\x04", "a ZIP or Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"{", "JSON or other text"),
    (b"[", "JSON or other text"),
)
_BRANDS = {b"heic": "a HEIC picture", b"heix": "a HEIC picture", b"mif1": "a HEIC picture", b"avif": "an AVIF picture"}


def image(content: bytes) -> str | None:
    """Return the media type of a picture that models take: PNG, JPEG, GIF, WEBP; None for everything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if _riff(content) == b"WEBP" else None


def is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:_HEAD]


def audio(content: bytes) -> str | None:
    """Return the format of a recording that models take: wav or mp3; None for everything else."""
    if _riff(content) == b"WAVE":
        return "wav"
    return "mp3" if content.startswith(b"ID3") or _is_frame_of_layer_3(content[:2]) else None


def describe(content: bytes) -> str:
    """Return what a content seems to be, in words that follow "it is"."""
    if not content:
        return "empty"
    if is_pdf(content):
        return "a PDF"
    if known := image(content) or audio(content):
        return f"{known.removeprefix('image/').upper()}"
    return _describe_other(content)


def _describe_other(content: bytes) -> str:
    start = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<!doctype html", b"<html")) or b"<head" in start:
        return "a web page"
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "a film or a recording in MP4")
    known = next((name for magic, name in _SIGNATURES if content.startswith(magic)), "")
    return known or ("plain text" if _is_text(start) else "of a kind not known here")


def _is_text(start: bytes) -> bool:
    text = start.decode("utf-8", "ignore")  # the start may end within a character
    return len(text.encode()) > len(start) - 4 and all(sign.isprintable() or sign in "\r\n\t\f" for sign in text)


def _riff(content: bytes) -> bytes:
    return content[8:12] if content.startswith(b"RIFF") else b""


def _is_frame_of_layer_3(head: bytes) -> bool:
    """Return whether an MPEG frame begins here: eleven bits set, a version that exists, layer 3."""
    return len(head) == 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08  # noqa: PLR2004
