"""Attachments: what goes as it is, what is fetched from a real server on this machine, and what is refused."""

from __future__ import annotations

import base64
import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.attachments import AddressRefused, Downloads, NotFetched, NotThere, WrongKind, inline, sniff
from lib.attachments.source import Source
from pysailor import InvalidInput

from .conftest import (
    FILE_AT,
    GIF,
    IMAGE_AT,
    JPEG,
    LOGGER,
    PAGE,
    PDF,
    PNG,
    WAV,
    WEBP,
    Files,
    Reply,
    as_data,
    at,
    audio,
    body_of,
    done,
    file,
    image,
    known,
    open_to_all,
    refused,
)

# --- what goes as it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": "Hello"}]},
        body_of({"type": "text", "text": "attachment:photo.png"}),
        body_of(image(as_data("image/png", PNG))),
        body_of({"type": "file", "file": {"file_id": "file-1"}}),
        body_of({"type": "file", "file": {"file_data": as_data("application/pdf", PDF), "filename": "a.pdf"}}),
        body_of(audio(base64.b64encode(WAV).decode())),
        body_of({"type": "image_url", "image_url": {}}, {"type": "image_url"}, {"type": "new_kind", "new_kind": {}}),
        {"messages": "none"},
        {},
        [],
        None,
    ],
)
def test_a_body_with_nothing_to_fetch_is_given_back_itself(body: Any) -> None:
    same = inline(body, attachments={}, storage=None, downloads=Downloads(resolve=known()), logger=LOGGER)
    assert same is body


def test_a_public_picture_is_left_to_the_service_without_a_look_at_it() -> None:
    part = image("https://example.com/photo.png?size=1")
    assert done(part, downloads=Downloads(resolve=known())) == [part]


def test_where_private_addresses_are_allowed_a_name_that_leads_to_one_is_fetched_here(files: Files) -> None:
    url = files.url("/photo", PNG, host="files.example")
    downloads = open_to_all(known(files_example="127.0.0.1", www_example="93.184.215.14"))
    outside = image("https://www.example/photo")
    there, left = done(image(url), outside, downloads=downloads)
    assert there["image_url"]["url"] == as_data("image/png", PNG)
    assert left is outside


def test_the_body_that_was_given_stays_as_it_was(files: Files) -> None:
    body = body_of(image(files.url("/photo", PNG)), file(files.url("/doc", PDF)))
    before = copy.deepcopy(body)
    after = inline(body, attachments={}, storage=None, downloads=open_to_all(), logger=LOGGER)
    assert body == before
    assert after != before


# --- what is fetched -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "media_type"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")]
)
def test_a_picture_is_told_by_its_content_whatever_its_server_says(
    files: Files, content: bytes, media_type: str
) -> None:
    url = files.url("/photo.bmp", Reply(content, headers={"Content-Type": "text/plain"}))
    assert done(image(url)) == [
        {"type": "image_url", "image_url": {"url": as_data(media_type, content), "detail": "low"}}
    ]


def test_for_a_server_that_fetches_nothing_public_pictures_are_fetched_too(files: Files) -> None:
    url = files.url("/photo", PNG, host="www.example")
    part = done(image(url), downloads=open_to_all(known(www_example="127.0.0.1")), inline_public=True)[0]
    assert part["image_url"]["url"] == as_data("image/png", PNG)


@pytest.mark.parametrize(
    ("content", "seems"),
    [
        (PAGE, "a web page"),
        (PDF, "a PDF"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"\x00\x00\x00\x18ftypheic", "a HEIC picture"),
        (b"{}", "JSON"),
        (b"", "empty"),
        (b"\x01\x02", "of a kind not known here"),
        ("caf\u00e9 au lait\n".encode(), "plain text"),
    ],
)
def test_what_is_no_picture_is_named_for_what_it_seems(files: Files, content: bytes, seems: str) -> None:
    error = refused(WrongKind, image(files.url("/photo.png", content)))
    assert at(error) == IMAGE_AT
    assert seems in str(error)


def test_a_pdf_becomes_data_with_a_name(files: Files) -> None:
    url = files.url("/a/offer%202.pdf?sig=1", PDF)
    assert done(file(url)) == [
        {"type": "file", "file": {"filename": "offer 2.pdf", "file_data": as_data("application/pdf", PDF)}}
    ]


@pytest.mark.parametrize(
    ("header", "path", "name"),
    [
        ('attachment; filename="offer.pdf"', "/x", "offer.pdf"),
        ("inline; filename*=UTF-8''f%C3%BCr%20Anna.pdf", "/x", "für Anna.pdf"),
        ('attachment; filename="für.pdf"'.encode().decode("latin-1"), "/x", "für.pdf"),
        ('attachment; filename="../../etc/passwd"', "/x", "passwd.pdf"),
        ('attachment; filename="C:\\\\docs\\\\offer.PDF"', "/x", "offer.PDF"),
        ('attachment; filename=""', "/x", "document.pdf"),
        ("attachment; filename*=nonsense''%ff", "/x", None),
        ("", "/", "document.pdf"),
        ("", "/docs/report", "report.pdf"),
        ("", "/docs/%2E%2E", "document.pdf"),
    ],
)
def test_a_pdf_s_name_comes_from_its_server_or_its_address(
    files: Files, header: str, path: str, name: str | None
) -> None:
    found = done(file(files.url(path, Reply(PDF, headers={"Content-Disposition": header}))))[0]["file"]["filename"]
    assert name is None or found == name
    assert found.lower().endswith(".pdf")


def test_a_name_that_was_given_is_kept(files: Files) -> None:
    assert done(file(files.url("/x", PDF), filename="mine.pdf"))[0]["file"]["filename"] == "mine.pdf"


def test_what_is_no_pdf_is_refused(files: Files) -> None:
    error = refused(WrongKind, file(files.url("/offer.pdf", PAGE)))
    assert (at(error), error.code) == (FILE_AT, "attachment_wrong_kind")
    assert "only PDF" in str(error)


def test_a_file_url_that_is_the_file_itself_is_taken() -> None:
    found = done(file(as_data("application/pdf", PDF)))[0]["file"]
    assert found == {"filename": "document.pdf", "file_data": as_data("application/pdf", PDF)}


@pytest.mark.parametrize("url", ["data:application/pdf,plain", "data:application/pdf;base64,%%%"])
def test_a_broken_data_url_is_named(url: str) -> None:
    assert at(refused(NotThere, file(url))) == FILE_AT


def test_file_data_without_a_name_gets_one() -> None:
    data = as_data("application/pdf", PDF)
    assert done({"type": "file", "file": {"file_data": data}})[0]["file"] == {
        "filename": "document.pdf",
        "file_data": data,
    }


@pytest.mark.parametrize("other", ["file_id", "file_data"])
def test_two_sources_for_one_file_are_an_error(other: str) -> None:
    error = refused(InvalidInput, file("https://example.com/a.pdf", **{other: "x"}))
    assert at(error) == "/messages/0/content/0/file"


def test_one_address_is_fetched_once_however_often_it_is_named(files: Files) -> None:
    url = files.url("/photo", PNG)
    done(image(url), image(url), image(url))
    assert Counter(path for path, _ in files.asked) == {"/photo": 1}


def test_nothing_of_ours_goes_along_with_the_question(files: Files) -> None:
    done(image(files.url("/photo?sig=1", PNG)))
    path, headers = files.asked[0]
    assert path == "/photo?sig=1"
    assert sorted(headers) == ["Accept", "Accept-Encoding", "Connection", "Host", "User-Agent"]
    assert headers["Host"] == f"127.0.0.1:{files.server_port}"


# --- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.binary(max_size=64))
def test_every_content_is_at_most_one_kind_and_can_be_told(content: bytes) -> None:
    kinds = [sniff.image(content), sniff.audio(content)]
    assert len([kind for kind in kinds if kind]) <= 1
    assert sniff.describe(content)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text(max_size=20).map("https://".__add__))
def test_whatever_stands_as_an_address_is_passed_on_or_a_named_error(text: str) -> None:
    where = IMAGE_AT
    try:
        assert done(image(text), downloads=Downloads(resolve=known()))[0]["image_url"]["url"] == text.strip()
    except (NotThere, NotFetched, AddressRefused) as error:
        where = at(error)
    assert where == IMAGE_AT


@given(
    st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), st.from_regex(r"[a-z.]{1,20}(:[0-9]{2,4})?", fullmatch=True)
)
def test_only_the_id_of_an_object_s_address_counts(object_id: str, host: str) -> None:
    assert Source(f"https://{host}/objects/{object_id}?storage_type=maester").object_id == object_id
