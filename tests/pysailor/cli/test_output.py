"""What commands write, and how."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysailor.cli.output import ResultWriter, as_json, encodable, has_colours, print_json, printable, require_reader

COLOUR = re.compile(r"\x1b\[\d*m")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


class Terminal(io.StringIO):
    """Where a person reads."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@given(DOCUMENTS)
def test_colours_change_nothing_of_the_json(document: Any) -> None:
    screen, pipe = Terminal(), io.StringIO()
    print_json(document, screen)
    print_json(document, pipe)
    assert json.loads(COLOUR.sub("", screen.getvalue())) == document
    assert json.loads(pipe.getvalue()) == document
    assert pipe.getvalue().count("\n") == 1


def test_a_vector_takes_one_line_of_a_terminal() -> None:
    document = {"embedding": [0.5, -1e-9, 3] * 512, "texts": ["[\n  1,\n  2\n]", "b"], "none": []}
    screen = Terminal()
    print_json(document, screen)
    shown = COLOUR.sub("", screen.getvalue())
    assert json.loads(shown) == document
    assert [len(line) > 1000 for line in shown.splitlines()] == [False, True, *[False] * 6]


@pytest.mark.parametrize(
    ("variables", "colours"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(
    variables: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_colours(Terminal()) is colours
    assert not has_colours(io.StringIO())


def test_what_has_been_shown_as_it_came_is_not_shown_again() -> None:
    screen = Terminal()
    writer = ResultWriter(screen, is_text=True)
    for words in ("Good ", "day."):
        writer.write_partial(words)
    writer.write({"body": {}}, "Good day.")
    writer.write({"body": {}}, "Another.")
    assert screen.getvalue() == "Good day.\nAnother.\n"


def test_an_answer_that_was_mended_after_it_was_shown_is_shown_again() -> None:
    screen = Terminal()
    writer = ResultWriter(screen, is_text=True)
    writer.write_partial("{")
    writer.write({"body": {}}, '{"a": 1}')
    assert screen.getvalue() == '{\n{"a": 1}\n'


def test_a_message_without_a_text_is_its_body() -> None:
    pipe = io.StringIO()
    ResultWriter(pipe, is_text=True).write({"body": {"a": 1}, "headers": {}}, None)
    assert pipe.getvalue() == '{"a": 1}\n'


def test_what_a_stream_cannot_have_does_not_stop_it() -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert encodable("naïve \ud800", ascii_only) == "na?ve ?"
    assert printable("a\x1b[2J\x9bb\n\tc") == "a[2Jb\n\tc"
    assert json.loads(as_json("\ud800")) == "\ud800"


def test_a_pipe_that_nobody_reads_is_found_before_anything_is_written() -> None:
    import os  # noqa: PLC0415 - here only

    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        require_reader(pipe)
        os.close(reader)
        with pytest.raises(BrokenPipeError):
            require_reader(pipe)
    require_reader(io.StringIO())
