"""What is fetched is bounded in size and time, and a server that refuses is told in words."""

from __future__ import annotations

import gzip
import time

import pytest

from lib.attachments import NotFetched, NotThere, TooLarge
from tests.support.broker import free_port

from .conftest import (
    IMAGE_AT,
    OBJECT,
    PDF,
    PNG,
    Files,
    Reply,
    at,
    file,
    image,
    refused,
    stored,
)


def test_more_than_is_allowed_is_refused_before_it_is_read(files: Files) -> None:
    url = files.url("/photo", Reply(PNG, headers={"Content-Length": str(21 << 20)}))
    error = refused(TooLarge, image(url))
    assert (at(error), error.code) == (IMAGE_AT, "attachment_too_large")
    assert "20 MiB" in str(error)


def test_a_server_that_tells_no_length_is_cut_off_at_the_limit(files: Files) -> None:
    url = files.url("/doc", Reply(PDF + bytes(33 << 20), headers={"Content-Length": ""}))
    assert "32 MiB" in str(refused(TooLarge, file(url)))


def test_the_size_that_the_message_tells_is_believed_when_it_is_too_large() -> None:
    attachments = {"a": {"url": OBJECT.format("a"), "size": 40 << 20}}
    refused(TooLarge, file("attachment:a"), attachments=attachments, storage=stored(a=PDF))


def test_all_together_have_a_limit_too() -> None:
    large = stored(a=PNG + bytes(15 << 20), b=PNG + bytes(15 << 20))
    parts = [image(OBJECT.format(name)) for name in ("a", "b", "a", "b")]
    error = refused(TooLarge, *parts, storage=large)
    assert at(error) == "/messages/0/content/3/image_url/url"
    assert "50 MiB" in str(error)


@pytest.mark.parametrize("slow", [Reply(PNG, waits=True), Reply(PNG, drips=True)])
def test_a_slow_server_gets_no_more_time_than_there_is(files: Files, slow: Reply) -> None:
    start = time.monotonic()
    error = refused(NotFetched, image(files.url("/photo", slow)), deadline=start + 0.3)
    assert time.monotonic() - start < 20
    assert "in time" in str(error)
    assert error.retryable


def test_nothing_is_asked_when_no_time_is_left(files: Files) -> None:
    refused(NotFetched, image(files.url("/photo", PNG)), deadline=time.monotonic() - 1)


@pytest.mark.parametrize(
    ("status", "says"), [(404, "check the address"), (403, "expired"), (401, "password"), (204, "not a file")]
)
def test_a_no_is_told_in_words(files: Files, status: int, says: str) -> None:
    error = refused(NotThere, image(files.url("/photo", Reply(status=status))))
    assert at(error) == IMAGE_AT
    assert f"answers {status}" in str(error)
    assert says in str(error)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_can_be_tried_again(files: Files, status: int) -> None:
    assert refused(NotFetched, image(files.url("/photo", Reply(status=status)))).to_json()["retryable"]


def test_a_content_that_ends_too_early_is_no_content(files: Files) -> None:
    url = files.url("/photo", Reply(PNG, headers={"Content-Length": "1000", "Connection": "close"}))
    assert "broke off" in str(refused(NotFetched, image(url)))


def test_a_content_that_comes_compressed_though_not_asked_to_is_refused(files: Files) -> None:
    url = files.url("/photo", Reply(gzip.compress(PNG), headers={"Content-Encoding": "gzip"}))
    assert "compressed" in str(refused(NotThere, image(url)))


def test_a_closed_port_can_be_tried_again() -> None:
    assert "cannot be reached" in str(refused(NotFetched, image(f"http://127.0.0.1:{free_port()}/a")))


def test_a_name_that_does_not_exist_is_told() -> None:
    assert "no server has the name" in str(refused(NotFetched, file("https://nobody.example/a.pdf")))


def test_an_address_with_a_user_name_is_refused_and_not_repeated(files: Files) -> None:
    url = files.url("/photo", PNG, host="anna:secret@127.0.0.1")
    assert "secret" not in str(refused(NotThere, image(url)))


def test_no_sentence_repeats_what_follows_the_question_mark() -> None:
    errors = [
        refused(NotThere, image("ftp://anna:hush@example.com/a?sig=hush")),
        refused(NotThere, image("http://maester/objects/?storage_type=maester&sig=hush")),
        refused(NotFetched, file("https://nobody.example/a.pdf?sig=hush")),
    ]
    assert not [error for error in errors if "hush" in str(error)]
