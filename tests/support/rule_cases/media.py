"""The rules about pictures, recordings and files, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from typing import Any

from tests.support.preflight import (
    Case,
    parts,
)

PART = "/messages/0/content/0"
PICTURE = f"{PART}/image_url/url"
DATA = f"{PART}/file/file_data"


def picture(url: str) -> dict[str, Any]:
    return parts({"type": "image_url", "image_url": {"url": url}})


def recording(data: str) -> dict[str, Any]:
    return parts({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}})


def file(**given: str) -> dict[str, Any]:
    return parts({"type": "file", "file": {"filename": "a.pdf", **given}})


CASES: list[tuple[str, Case]] = [
    ("recording_not_base64", Case(recording("not base64!"), f"{PART}/input_audio/data", recording("UklGRg=="))),
    ("empty_content", Case(picture("data:image/png;base64,"), PICTURE, picture("data:image/png;base64,iVBORw0K"))),
    ("empty_content", Case(picture("data:,"), PICTURE, picture("https://a.example/b.png"))),
    ("empty_content", Case(recording(""), f"{PART}/input_audio/data", recording("UklGRg=="))),
    (
        "empty_content",
        Case(
            file(file_data="data:application/pdf;base64, "),
            DATA,
            file(file_data="data:application/pdf;base64,JVBERi0="),
        ),
    ),
    ("not_base64", Case(picture("data:image/png,abc"), PICTURE, picture("data:image/png;base64,abcd"))),
    ("not_base64", Case(picture("data:image/png;base64,a_b-"), PICTURE, picture("data:image/png;base64,a/b+"))),
    (
        "picture_type",
        Case(picture("data:image/svg+xml;base64,PHN2Zz4="), PICTURE, picture("data:image/webp;base64,UklGRg==")),
    ),
    ("picture_type", Case(picture("data:image/bmp;base64,Qk0="), PICTURE, picture("data:image/jpeg;base64,/9j/"))),
    (
        "picture_type",
        Case(picture("data:application/pdf;base64,JVBERi0="), PICTURE, picture("data:IMAGE/PNG;base64,iVBO")),
    ),
    ("picture_type", Case(picture("data:;base64,iVBORw0K"), PICTURE, picture("data:image/gif;base64,R0lG"))),
    (
        "file_type",
        Case(
            file(file_data="data:image/png;base64,iVBO"),
            DATA,
            file(file_data="data:application/pdf;base64,JVBERi0="),
            certain=False,
        ),
    ),
    (
        "base64_without_type",
        Case(picture("iVBORw0KGgoAAAANSUhEUg=="), PICTURE, picture("data:image/png;base64,iVBORw0K")),
    ),
    ("base64_without_type", Case(picture("A" * 400), PICTURE, picture("attachment:" + "a" * 40))),
    (
        "cut_base64",
        Case(
            file(file_data="data:application/pdf;base64,JVBER"),
            DATA,
            file(file_data="data:application/pdf;base64,JVBERi0="),
            public_api=False,
        ),
    ),
    ("file_data_not_content", Case(file(file_data="Hello world"), DATA, file(file_data="attachment:report.pdf"))),
    ("base64_without_type", Case(file(file_data="JVBERi0xLjcK"), DATA, file(file_data="attachment:report.pdf"))),
    (
        "address_as_file_data",
        Case(file(file_data="https://a.example/b.pdf"), DATA, file(file_url="https://a.example/b.pdf")),
    ),
    ("path_as_picture", Case(picture("/home/ann/cat.png"), PICTURE, picture("cat.png"))),
    ("path_as_picture", Case(picture("C:\\\\pictures\\\\cat.png"), PICTURE, picture("https://a.example/cat.png"))),
    (
        "path_as_picture",
        Case(file(file_url="file:///tmp/a.pdf"), f"{PART}/file/file_url", file(file_url="attachment:a.pdf")),
    ),
    (
        "audio_not_heard",
        Case(recording("UklGRg=="), PART, recording("UklGRg=="), model="gpt-4o", kept_model="gpt-audio"),
    ),
    (
        "picture_not_seen",
        Case(
            picture("https://a.example/b.png"),
            PART,
            picture("https://a.example/b.png"),
            model="gpt-4",
            kept_model="gpt-4o",
        ),
    ),
]
