"""Attachments of the message, and objects of the platform's storage."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lib.attachments import Downloads, NotFetched, NotThere, WrongKind

from .conftest import (
    FILE_AT,
    IMAGE_AT,
    MP3,
    OBJECT,
    PDF,
    PNG,
    WAV,
    Files,
    as_data,
    at,
    audio,
    done,
    file,
    image,
    known,
    refused,
    stored,
)


def test_an_object_of_the_platform_is_read_by_its_id_whatever_host_the_address_names() -> None:
    nowhere_known = Downloads(resolve=known())
    for url in (OBJECT.format("abc-1"), "https://evil.example/objects/abc-1?storage_type=maester"):
        part = done(image(url), downloads=nowhere_known, storage=stored(**{"abc-1": PNG}))[0]
        assert part["image_url"]["url"] == as_data("image/png", PNG)


@pytest.mark.parametrize("path", ["/objects/", "/objects/..", "/objects/a/b", "/objects/a%2Fb", "/other/abc"])
def test_an_address_of_the_storage_without_a_plain_id_is_refused(path: str) -> None:
    error = refused(NotThere, image(f"http://maester{path}?storage_type=maester"), storage=stored(abc=PNG))
    assert at(error) == IMAGE_AT


def test_a_failure_of_the_storage_has_the_part_s_pointer() -> None:
    error = refused(NotFetched, file(OBJECT.format("gone")), storage=stored())
    assert at(error) == FILE_AT
    assert "no such object" in str(error)
    assert not error.retryable


def test_off_the_platform_an_object_of_the_platform_is_told_to_be_out_of_reach() -> None:
    assert "off the platform" in str(refused(NotFetched, image(OBJECT.format("abc"))))


@pytest.mark.parametrize("reference", ["attachment:photo.png", "photo.png", "attachment://photo.png", " photo.png "])
def test_a_picture_of_the_message_goes_by_its_name(reference: str) -> None:
    attachments = {"photo.png": {"url": OBJECT.format("abc"), "content-type": "image/png", "size": 28}}
    part = done(image(reference), attachments=attachments, storage=stored(abc=PNG))[0]
    assert part["image_url"]["url"] == as_data("image/png", PNG)


def test_a_public_attachment_s_address_is_passed_on() -> None:
    attachments = {"a b.png": {"url": "https://example.com/1"}}
    downloads = Downloads(resolve=known())
    assert done(image("attachment:a%20b.png"), attachments=attachments, downloads=downloads) == [
        image("https://example.com/1")
    ]


@pytest.mark.parametrize(
    "part", [file("attachment:offer.pdf"), {"type": "file", "file": {"file_data": "attachment:offer.pdf"}}]
)
def test_a_file_of_the_message_keeps_its_name(part: dict[str, Any]) -> None:
    found = done(part, attachments={"offer.pdf": {"url": OBJECT.format("abc")}}, storage=stored(abc=PDF))
    assert found[0]["file"] == {"filename": "offer.pdf", "file_data": as_data("application/pdf", PDF)}


@pytest.mark.parametrize(("content", "audio_format"), [(WAV, "wav"), (MP3, "mp3"), (b"\xff\xfb\x90\x00", "mp3")])
def test_a_recording_goes_along_with_the_format_that_it_has(content: bytes, audio_format: str) -> None:
    part = done(audio("attachment:memo"), attachments={"memo": {"url": OBJECT.format("a")}}, storage=stored(a=content))[
        0
    ]
    assert part["input_audio"] == {"data": base64.b64encode(content).decode(), "format": audio_format}


def test_what_is_no_recording_is_refused(files: Files) -> None:
    error = refused(WrongKind, audio(files.url("/memo", b"OggS" + b"\x00" * 9)))
    assert at(error) == "/messages/0/content/0/input_audio/data"
    assert "Ogg" in str(error)


@pytest.mark.parametrize("reference", ["attachment:other.png", "other.png", "ftp://example.com/a.png", "http://[::1"])
def test_a_reference_to_nothing_tells_which_attachments_there_are(reference: str) -> None:
    error = refused(NotThere, image(reference), attachments={"photo.png": {"url": "https://example.com/"}})
    assert at(error) == IMAGE_AT
    assert "photo.png" in str(error)


@pytest.mark.parametrize("told", [{}, {"url": ""}, {"url": None}, None, 5])
def test_an_attachment_without_an_address_is_named(told: Any) -> None:
    assert "has no url" in str(refused(NotThere, image("attachment:a"), attachments={"a": told}))
