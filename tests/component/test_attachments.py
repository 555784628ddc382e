"""Attachments, from a real server on this machine, and the guard before everything that is not public."""

from __future__ import annotations

import base64
import copy
import datetime
import gzip
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.attachments import (
    AddressRefused,
    Downloads,
    NotFetched,
    NotThere,
    TooLarge,
    WrongKind,
    guard,
    inline,
    sniff,
)
from lib.attachments.source import Source
from pysailor import InvalidInput, StepError

from .conftest import LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
GIF = b"GIF89a" + b"\x00" * 20
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
PDF = b"%PDF-1.7\n%%EOF"
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00"
PAGE = b"<!DOCTYPE html><html></html>"
IMAGE_AT = "/messages/0/content/0/image_url/url"
FILE_AT = "/messages/0/content/0/file/file_url"
OBJECT = "http://maester.platform.svc.cluster.local:3002/objects/{}?storage_type=maester"


@dataclass(frozen=True)
class Reply:
    """What the server of these tests answers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    told_length: int | None = None
    waits: bool = False
    drips: bool = False


class Files(http.server.ThreadingHTTPServer):
    """A server of files; it notes what it was asked."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.done = threading.Event()
        super().__init__((host, 0), Handler)

    def url(self, path: str, reply: Reply | bytes, host: str = "127.0.0.1", scheme: str = "http") -> str:
        self.replies[path.partition("?")[0]] = reply if isinstance(reply, Reply) else Reply(reply)
        return f"{scheme}://{host}:{self.server_port}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients of these tests hang up on purpose."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Files

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        path = self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path[1:]
        reply = self.server.replies.get("/" + path.partition("?")[0], Reply(status=404))
        if reply.waits:
            self.server.done.wait(10)
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            if value:
                self.send_header(name, value)
        if reply.drips:
            self.drip()
        self.end_headers()
        self.wfile.write(reply.body)

    def drip(self) -> None:
        """Send one more byte of a header every twentieth of a second."""
        self.flush_headers()
        self.wfile.write(b"X-Drip: ")
        while not self.server.done.wait(0.05):
            self.wfile.write(b"a")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


@pytest.fixture
def files() -> Iterator[Files]:
    yield from serving(Files())


def serving(server: Files) -> Iterator[Files]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.done.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def known(**addresses: str) -> guard.Resolve:
    """Give a look-up of a few names, with dots for underscores."""

    def resolve(host: str, port: int) -> list[str]:
        if host in (name.replace("_", ".") for name in addresses):
            return addresses[host.replace(".", "_")].split()
        return guard.look_up(host, port) if host.replace(".", "").isdigit() or ":" in host else nowhere()

    return resolve


def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def nowhere() -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


def open_to_all(resolve: guard.Resolve | None = None) -> Downloads:
    return Downloads(allow_private=True, resolve=resolve or known())


def body_of(*parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": list(parts)}]}


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def file(url: str, **more: str) -> dict[str, Any]:
    return {"type": "file", "file": {"file_url": url, **more}}


def sound(data: str) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def done(*parts: Mapping[str, Any], downloads: Downloads | None = None, **how: Any) -> list[dict[str, Any]]:
    given = {"attachments": {}, "storage": None, "logger": LOGGER, **how}
    body = inline(body_of(*parts), downloads=downloads or open_to_all(), **given)
    content: list[dict[str, Any]] = body["messages"][0]["content"]
    return content


def refused(kind: type[StepError], *parts: Mapping[str, Any], **how: Any) -> Any:
    with pytest.raises(kind) as raised:
        done(*parts, **how)
    return raised.value


def at(error: Any) -> str:
    return str(error.to_json()["faults"][0]["pointer"])


def as_data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


# --- what goes as it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": "Hello"}]},
        body_of({"type": "text", "text": "attachment:photo.png"}),
        body_of(image(as_data("image/png", PNG))),
        body_of({"type": "file", "file": {"file_id": "file-1"}}),
        body_of({"type": "file", "file": {"file_data": as_data("application/pdf", PDF), "filename": "a.pdf"}}),
        body_of(sound(base64.b64encode(WAV).decode())),
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


# --- attachments of the message, and the platform's storage ----------------------------------------------------------


def stored(**objects: bytes) -> Callable[[str, int], bytes]:
    def read(object_id: str, most: int) -> bytes:
        if object_id not in objects:
            raise StepError(f"Failed to get attachment with id={object_id}: there is no such object")
        if len(objects[object_id]) > most:
            raise StepError("it is too large")
        return objects[object_id]

    return read


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


def test_at_a_desk_an_object_of_the_platform_is_told_to_be_out_of_reach() -> None:
    assert "at a desk" in str(refused(NotFetched, image(OBJECT.format("abc"))))


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


@pytest.mark.parametrize(("content", "sound_format"), [(WAV, "wav"), (MP3, "mp3"), (b"\xff\xfb\x90\x00", "mp3")])
def test_a_recording_goes_along_with_the_format_that_it_has(content: bytes, sound_format: str) -> None:
    part = done(sound("attachment:memo"), attachments={"memo": {"url": OBJECT.format("a")}}, storage=stored(a=content))[
        0
    ]
    assert part["input_audio"] == {"data": base64.b64encode(content).decode(), "format": sound_format}


def test_what_is_no_recording_is_refused(files: Files) -> None:
    error = refused(WrongKind, sound(files.url("/memo", b"OggS" + b"\x00" * 9)))
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


# --- limits ----------------------------------------------------------------------------------------------------------


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
    assert time.monotonic() - start < 2
    assert "in time" in str(error)
    assert error.retryable


def test_nothing_is_asked_when_no_time_is_left(files: Files) -> None:
    refused(NotFetched, image(files.url("/photo", PNG)), deadline=time.monotonic() - 1)


# --- servers that say no ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "says"), [(404, "check the address"), (403, "expired"), (401, "password"), (204, "no file")]
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


def test_nobody_listening_can_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "cannot be reached" in str(refused(NotFetched, image(f"http://127.0.0.1:{port}/a")))


def test_a_name_that_nobody_has_is_told() -> None:
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


# --- redirections ----------------------------------------------------------------------------------------------------


def onwards(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_followed(files: Files, status: int) -> None:
    files.url("/there/photo", PNG)
    url = files.url("/here/photo", onwards("../there/photo", status))
    assert done(image(url))[0]["image_url"]["url"] == as_data("image/png", PNG)


def test_five_redirections_are_followed_and_no_sixth(files: Files) -> None:
    for number in range(6):
        files.url(f"/{number}", onwards(f"/{number + 1}"))
    files.url("/6", PNG)
    done(image(files.url("/1", onwards("/2"))))
    assert "more than 5" in str(refused(NotThere, image(files.url("/0", onwards("/1")))))


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "data:image/png;base64,AAAA", "gopher://x/", "", "http://["]
)
def test_a_redirection_to_anything_but_the_web_is_refused(files: Files, location: str) -> None:
    refused(NotThere, image(files.url("/photo", onwards(location))))


def test_a_redirection_never_leads_to_the_platform_s_storage(files: Files) -> None:
    url = files.url("/photo", onwards(OBJECT.format("abc")))
    refused(NotFetched, image(url), storage=stored(abc=PNG))


def test_each_hop_is_checked(files: Files) -> None:
    """The first server is reached as if it were public; the second one is not."""
    url = files.url("/photo", onwards(f"http://inside.example:{files.server_port}/secret"), host="outside.example")
    checked: list[str] = []

    def resolve(host: str, port: int) -> Iterable[str]:
        checked.append(host)
        return ["127.0.0.1"] if host == "outside.example" else ["169.254.169.254"]

    error = refused(AddressRefused, image(url), downloads=open_to_all(resolve))
    assert "inside.example leads to 169.254.169.254" in str(error)
    assert checked[-1] == "inside.example"
    assert [path for path, _ in files.asked] == ["/photo"]


# --- the guard -------------------------------------------------------------------------------------------------------

PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.5",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "::ffff:10.0.0.5",
    "::ffff:127.0.0.1",
    "2002:0a00:0005::1",
    "64:ff9b::10.0.0.5",
)
NEVER = (
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "2002:a9fe:a9fe::1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a00:5",
    "::10.0.0.5",
    "4000::1",
)
PUBLIC = ("93.184.215.14", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_unless_it_is_allowed(address: str) -> None:
    assert "CHATGPT_ALLOW_PRIVATE_URLS" in str(guard.refusal(address))
    assert guard.refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_reached(address: str) -> None:
    assert "never" in str(guard.refusal(address))
    assert "never" in str(guard.refusal(address, allow_private=True))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert guard.refusal(address) is None


@given(st.ip_addresses(v=4))
def test_no_way_of_carrying_an_address_in_another_makes_it_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    carried = [
        ipaddress.IPv6Address(0xFFFF_0000_0000 | number),
        ipaddress.IPv6Address(0x0064_FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]
    for allowed in (False, True):
        plain = guard.refusal(str(inner), allow_private=allowed) is None
        assert [guard.refusal(str(ip), allow_private=allowed) is None for ip in carried] == [plain] * 3


@given(st.ip_addresses(), st.booleans())
def test_the_guard_is_never_laxer_than_the_library_it_stands_on(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, allowed: bool
) -> None:
    if guard.refusal(str(ip), allow_private=allowed) is None and not allowed:
        assert not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)
        assert ip.is_global or guard._embedded(ip)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "LOCALHOST.",
    ],
)
def test_no_way_of_writing_this_machine_gets_past_the_guard(files: Files, host: str) -> None:
    url = files.url("/photo", PNG, host=host)
    guarded = Downloads()
    error = refused(StepError, image(url), downloads=guarded)
    assert isinstance(error, AddressRefused | NotFetched)
    assert at(error) == IMAGE_AT
    assert files.asked == []


@pytest.mark.parametrize(
    "host", ["maester.platform.svc.cluster.local", "a.localhost", "db", "files.internal.", "10.0.0.5", "127.1"]
)
def test_a_private_name_is_not_passed_on_to_the_service_either(host: str) -> None:
    downloads = Downloads(resolve=lambda *_: ["10.0.0.5"])
    assert "10.0.0.5" in str(refused(AddressRefused, image(f"https://{host}/a"), downloads=downloads))


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    downloads = Downloads(resolve=known(mixed_example="93.184.215.14 10.0.0.5"))
    assert "10.0.0.5" in str(refused(AddressRefused, file("https://mixed.example/a.pdf"), downloads=downloads))


def test_what_was_checked_is_what_is_connected_to(files: Files) -> None:
    """The name is known to nobody but the resolver, which is asked once: there is no second look-up."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    url = files.url("/a.pdf", PDF, host="rebinding.example")
    done(file(url), downloads=open_to_all(resolve))
    assert asked == ["rebinding.example"]
    assert files.asked[0][1]["Host"] == f"rebinding.example:{files.server_port}"


def test_the_next_address_is_tried_when_the_first_does_not_answer(files: Files) -> None:
    url = files.url("/a.pdf", PDF, host="two.example")
    assert done(file(url), downloads=open_to_all(known(two_example="127.0.0.77 127.0.0.1")))


def test_a_name_in_another_script_is_asked_for_as_dns_has_it(files: Files) -> None:
    url = files.url("/a.pdf", PDF, host="bücher.example")

    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "xn--bcher-kva.example" else nowhere()

    done(file(url), downloads=open_to_all(resolve))
    assert files.asked[0][1]["Host"].startswith("xn--bcher-kva.example")


def test_an_ipv6_address_is_reached() -> None:
    try:
        server = Files("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    for started in serving(server):
        done(image(started.url("/photo", PNG, host="[::1]")))
        assert started.asked[0][1]["Host"] == f"[::1]:{started.server_port}"


# --- certificates ----------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Give a file with a certificate for files.example, xn--bcher-kva.example and 127.0.0.1, and its key."""
    from cryptography import x509  # noqa: PLC0415 - only these tests need it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("files.example"), x509.DNSName("xn--bcher-kva.example")]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Secured:
    """A server with TLS, and the names that clients asked for by SNI."""

    server: Files
    names: list[str | None]


@pytest.fixture
def secured(certificate: Path) -> Iterator[Secured]:
    server = Files()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    for started in serving(server):
        yield Secured(started, names)


@pytest.mark.parametrize(
    ("host", "name"),
    [("files.example", "files.example"), ("bücher.example", "xn--bcher-kva.example"), ("127.0.0.1", None)],
)
def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(
    secured: Secured, certificate: Path, monkeypatch: pytest.MonkeyPatch, host: str, name: str | None
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    url = secured.server.url("/photo", PNG, host=host, scheme="https")
    part = done(image(url), downloads=open_to_all(here))[0]
    assert part["image_url"]["url"] == as_data("image/png", PNG)
    assert secured.names == [name]


def test_a_certificate_for_another_name_is_refused(
    secured: Secured, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    url = secured.server.url("/photo", PNG, host="other.example", scheme="https")
    assert "certificate" in str(refused(NotThere, image(url), downloads=open_to_all(here)))
    assert secured.server.asked == []


def test_a_certificate_that_nobody_vouches_for_is_refused(secured: Secured) -> None:
    url = secured.server.url("/photo", PNG, host="files.example", scheme="https")
    assert "certificate" in str(refused(NotThere, image(url), downloads=open_to_all(here)))


# --- proxies ---------------------------------------------------------------------------------------------------------


def test_a_proxy_gets_the_whole_address_and_its_password(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.url("/a.pdf", PDF)
    monkeypatch.setenv("http_proxy", f"http://anna:secret@127.0.0.1:{files.server_port}")
    done(file("http://only-the-proxy-knows.example/a.pdf"), downloads=Downloads(resolve=known()))
    path, headers = files.asked[0]
    assert path == "http://only-the-proxy-knows.example/a.pdf"
    assert headers["Host"] == "only-the-proxy-knows.example"


@pytest.mark.parametrize("url", ["http://10.0.0.5/a.pdf", "http://files.internal/a.pdf", "http://inside.example/a.pdf"])
def test_a_proxy_is_not_asked_for_what_is_private(files: Files, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{files.server_port}")
    refused(AddressRefused, file(url), downloads=Downloads(resolve=known(inside_example="10.0.0.5")))
    assert files.asked == []


def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    error = refused(NotFetched, file("https://www.example/a.pdf"), downloads=Downloads(resolve=known()))
    assert "socks5" in str(error)


# --- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.binary(max_size=64))
def test_every_content_is_at_most_one_kind_and_can_be_told(content: bytes) -> None:
    kinds = [sniff.image(content), sniff.sound(content)]
    assert len([kind for kind in kinds if kind]) <= 1
    assert sniff.told(content)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text(max_size=20).map("https://".__add__))
def test_whatever_stands_as_an_address_is_passed_on_or_a_named_error(text: str) -> None:
    part = image(text)
    try:
        assert done(part, downloads=Downloads(resolve=known()))[0]["image_url"]["url"] == text.strip()
    except (NotThere, NotFetched, AddressRefused) as error:
        assert at(error) == IMAGE_AT


@given(
    st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), st.from_regex(r"[a-z.]{1,20}(:[0-9]{2,4})?", fullmatch=True)
)
def test_only_the_id_of_an_object_s_address_counts(object_id: str, host: str) -> None:
    assert Source(f"https://{host}/objects/{object_id}?storage_type=maester").object_id == object_id
