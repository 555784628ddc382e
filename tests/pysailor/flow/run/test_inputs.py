"""An input is read as it is written, and what is no text is told with its place."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.errors import UnreadableFile
from pysailor.flow.run import InvalidRow, open_input

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("in.csv", 'n;text\r\n1;"Ünï\r\nčøde 😀"\r\n'),
        ("in.jsonl", '\n{"n": 1, "text": "Ünï\\r\\nčøde 😀"}'),
        ("in.json", '[{"n": 1,\n "text": "Ünï\\r\\nčøde 😀"}]\n'),
    ],
)
def test_a_byte_order_mark_says_how_an_input_is_written(tmp_path: Path, encoding: str, name: str, text: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / name).write_bytes((mark + text).encode(encoding))

    source = open_input(str(tmp_path / name))
    found = list(source.bodies())
    source.close()

    assert [(str(body["n"]), body["text"]) for body in found] == [("1", "Ünï\r\nčøde 😀")]
    assert source.share == 1.0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.csv", b"n,text\n1,\xe9\n", "in.csv:2: the line is not text in UTF-8: byte 3 is 0xE9, as in Latin-1"),
        (
            "in.jsonl",
            b'{"n": 1}\n{"n": "\xe9"}\n',
            "in.jsonl:2: the line is not JSON: it is not text in UTF-8: byte 8 is",
        ),
        ("in.json", b'[1,\n"\xe9"]', "in.json: this is not JSON: it is not text in UTF-8: byte 2, line 2 is 0xE9"),
        ("in.csv", "\ufeffn,text\n1,a\n".encode("utf-16-le") + b"\n", "in.csv:3: byte 25 of the file is not UTF-16-LE"),
        ("in.csv", "n,text\n".encode("utf-16-le"), "in.csv:1: this looks like UTF-16 without a byte order mark"),
    ],
)
def test_what_is_no_text_is_told_with_line_and_byte(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    source = open_input(str(tmp_path / name))

    with pytest.raises(InvalidRow) as caught:
        list(source.bodies())
    source.close()

    assert said in str(caught.value)


def read(path: Path) -> list[Any]:
    with closing(open_input(str(path))) as source:
        return list(source.bodies())


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff"], ids=["nothing", "blanks", "a byte order mark"])
@pytest.mark.parametrize("name", ["in.csv", "in.json", "in.jsonl"])
def test_an_empty_input_holds_no_messages_however_it_is_called(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert read(tmp_path / name) == []


@pytest.mark.parametrize("name", ["in.json", "in.jsonl"])
@pytest.mark.parametrize(
    ("content", "member"), [('{"n": 1, "n": 2}', "n"), ('{"list": [{"a": {}, "b": 1, "a": 2}]}', "a")]
)
def test_a_member_that_stands_twice_is_refused(tmp_path: Path, name: str, content: str, member: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidRow, match=f'an object has the member "{member}" twice'):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["in.json", "in.jsonl"])
@pytest.mark.parametrize("number", ["1e400", "-2.5e999"])
def test_a_number_that_no_message_can_hold_is_refused(tmp_path: Path, name: str, number: str) -> None:
    (tmp_path / name).write_text(f'{{"n": [{number}]}}')
    with pytest.raises(InvalidRow, match=f"{number} is too large a number"):
        read(tmp_path / name)


@pytest.mark.parametrize("content", ["1.5", "1" * 5000, '{"n": 123456789012345678901234567890}', "1e-400", "null"])
def test_what_a_message_can_hold_is_taken(tmp_path: Path, content: str) -> None:
    (tmp_path / "in.jsonl").write_text(content)
    assert len(read(tmp_path / "in.jsonl")) == 1


def test_a_folder_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="is a folder; name a file in it"):
        open_input(str(tmp_path))


def test_quotes_may_hold_lines_and_quotes(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('n,text\n1,"a\nb\n""c"""\n2,"x, y"\n')
    bodies = read(tmp_path / "in.csv")
    assert bodies == [{"n": "1", "text": 'a\nb\n"c"'}, {"n": "2", "text": "x, y"}]


def test_a_line_of_megabytes_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "x" * 12_000_000}) + "\n")
    (body,) = read(tmp_path / "in.jsonl")
    assert len(body["text"]) == 12_000_000
