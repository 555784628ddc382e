"""Files of lines are read one by one, and held on disk."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lib.batches.files import SentLines, read_objects
from lib.batches.upload import CONTENT_TYPE, form_of, write_line

BODIES = st.dictionaries(st.text(max_size=5), st.text() | st.integers() | st.none(), max_size=3)


@given(lines=st.lists(st.tuples(st.text(min_size=1, max_size=20), BODIES), max_size=10, unique_by=lambda one: one[0]))
def test_what_was_written_is_found_again_by_its_id(lines: list[tuple[str, dict[str, Any]]]) -> None:
    content = b"".join(write_line(name, "/v1/chat/completions", body) for name, body in lines)
    sent = SentLines(io.BytesIO(content))
    assert list(sent.ids) == [name for name, _ in lines]
    assert [sent.request(name) for name, _ in lines] == [body for _, body in lines]
    assert content.count(b"\n") == len(lines)


@given(lines=st.lists(st.tuples(st.text(max_size=20), BODIES), min_size=1, max_size=5))
def test_no_line_can_end_the_form_early(lines: list[tuple[str, dict[str, Any]]]) -> None:
    boundary = CONTENT_TYPE.partition("boundary=")[2].encode()
    with form_of(write_line(name, "/v1", body) for name, body in lines) as form:
        whole = form[:]
    assert whole.count(b"--" + boundary) == 3
    assert whole.endswith(b"--" + boundary + b"--\r\n")


def test_blank_lines_marks_and_a_missing_end_are_no_lines() -> None:
    found = [line for _, line in read_objects(io.BytesIO(b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": 2}'))]
    assert found == [{"a": 1}, {"a": 2}]


def test_what_is_no_object_is_handed_on_as_it_came() -> None:
    deep = b"[" * 100_000
    found = [line for _, line in read_objects(io.BytesIO(b"null\n" + deep + b'\n{"a": 1}'))]
    assert found == [b"null\n", deep + b"\n", {"a": 1}]


def test_a_file_of_any_size_is_read_in_the_memory_of_a_few_lines() -> None:
    line = json.dumps({"custom_id": "x", "response": {"body": "x" * 100_000}}).encode() + b"\n"

    def peak(count: int) -> int:
        file: Any = _Endless(line, count)
        tracemalloc.start()
        assert sum(1 for _ in read_objects(file)) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(400) < 1.5 * peak(20)


class _Endless:
    """A file of the same line many times."""

    def __init__(self, line: bytes, count: int) -> None:
        self._line, self._left, self._at = line, count, 0

    def tell(self) -> int:
        return self._at

    def readline(self, _most: int) -> bytes:
        if not self._left:
            return b""
        self._left -= 1
        self._at += len(self._line)
        return bytes(bytearray(self._line))
