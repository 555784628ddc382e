"""A cassette that somebody edited: what is wrong with it is said in words, and what an editor adds is read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.cassette.exchange import RecordedAnswer, RecordedCall
from pysailor.cassette.folder import Reader, UnreadableCassette, Writer

if TYPE_CHECKING:
    from pathlib import Path

WHOLE: dict[str, Any] = {
    "request": {"method": "GET", "path": "/a"},
    "response": {"status": 200, "headers": {}, "body": {"b": 1}},
}


def answer(**changes: Any) -> bytes:
    return json.dumps({**WHOLE, "response": {**WHOLE["response"], **changes}}).encode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is not JSON, at line 1, column 1"),
        (b'{\n  "request": }', "it is not JSON, at line 2, column 14"),
        (b"\xff\x00", "it is not text in UTF-8"),
        (b"{}", "it has no request"),
        (b'{"request": {"method": "GET"}}', "it has no path"),
        (b'{"request": {"method": "GET", "path": "/a"}, "response": {}}', "it has no status"),
        (b"[]", "its members are not those that --record writes"),
        (b"null", "its members are not those that --record writes"),
        (answer(status="two hundred"), 'its status is "two hundred", allowed: 100 to 599, or 0 for no answer'),
        (answer(status=1000), "its status is 1000, allowed"),
        (answer(status=True), "its status is true, allowed"),
        (answer(headers=[]), "its headers are not an object of texts"),
        (answer(headers={"retry-after": 5}), "its headers are not an object of texts"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "get-a-1.json").write_bytes(content)
    with pytest.raises(UnreadableCassette, match=f"is not a recorded exchange: {re.escape(told)}") as raised:
        Reader(tmp_path)
    assert "Error(" not in str(raised.value)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_the_mark_that_an_editor_puts_before_a_file_are_read(tmp_path: Path, mark: bytes) -> None:
    (tmp_path / "get-a-1.json").write_bytes(mark + json.dumps(WHOLE, indent=2).replace("\n", "\r\n").encode())
    found = Reader(tmp_path).find(RecordedCall.read("GET", "/a", {}, b"", ()))
    assert found is not None
    assert found.chunks[0][1] == b'{"b": 1}'


@pytest.mark.parametrize(
    "name", ["api_key", "apikey", "API-Key", "access_token", "client_secret", "password", "sig", "X-Amz-Signature"]
)
def test_a_secret_in_a_query_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    asked = RecordedCall.read("GET", f"/a?{name}=hush-hush&page=2", {}, b"", ())
    Writer(tmp_path, ()).write(asked, RecordedAnswer(200, {}, ((0.0, b"x"),)), "https://service.example")
    (file,) = tmp_path.iterdir()
    assert "hush" not in file.read_text()
    reader = Reader(tmp_path)
    assert reader.find(RecordedCall.read("GET", f"/a?page=2&{name}=another", {}, b"", ())) is not None
    other = RecordedCall.read("GET", f"/a?page=3&{name}=hush-hush", {}, b"", ())
    assert reader.find(other) is None
    assert "hush" not in reader.explain(other)


def test_what_was_recorded_before_such_names_were_known_is_found(tmp_path: Path) -> None:
    older = {**WHOLE, "request": {"method": "GET", "path": "/a?api_key=hush&star=%2A"}}
    (tmp_path / "get-a-1.json").write_text(json.dumps(older))
    assert Reader(tmp_path).find(RecordedCall.read("GET", "/a?star=*&api_key=hush", {}, b"", ())) is not None


@pytest.mark.parametrize("query", ["keyword=a", "key=a", "token=a", "page_token=a", "signed=a"])
def test_what_only_sounds_like_a_secret_tells_requests_apart(query: str) -> None:
    assert RecordedCall.read("GET", f"/a?{query}", {}, b"", ()).path == f"/a?{query}"
