"""`pysailor flow run --input` at the command line: what is read, and what is told of what cannot be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "content", "numbers"),
    [
        ("in.csv", 'n;text\n1;a\n2;"b;\nc"\n', ["1", "2"]),
        ("in.jsonl", '{"n": 1}\n\n{"n": 2}\n', [1, 2]),
        ("in.json", '[{"n": 1}, {"n": 2}]', [1, 2]),
        ("in.tsv", "\ufeffn\ttext\r\n1\ta\r\n", ["1"]),
    ],
)  # fmt: skip
def test_an_input_comes_in_place_of_the_trigger(
    at: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, numbers: list[Any]
) -> None:
    (at / name).write_text(content, encoding="utf-8", newline="")

    assert main(["flow", "run", "flow.yaml", "--input", name, "-o", "-"]) == 0

    assert sorted((json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()), key=str) == numbers


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.csv", "n,text\n1,a\n2\n", "in.csv:3: the row has 1 value, the first line names 2 columns"),
        ("in.csv", "n,n\n1,a\n", 'in.csv:1: two columns are called "n"'),
        ("in.jsonl", '{"n": 1}\n{"n": \n', "in.jsonl:2: the line is not JSON"),
        ("in.json", '[{"n": 1},\n', "in.json: "),
    ],
)
def test_a_broken_input_is_told_with_its_line_and_what_came_before_is_done(
    at: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, said: str
) -> None:
    (at / name).write_text(content)

    assert main(["flow", "run", "flow.yaml", "--input", name, "-o", "out.jsonl"]) == 1

    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("at")
def test_an_input_that_is_not_there_is_a_wrong_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "run", "flow.yaml", "--input", "missing.csv", "-o", "out.jsonl"]) == 2

    assert "missing.csv cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.csv", b"n,text\n1,a\n2\n", "in.csv:3: the row has 1 value,"),
        ("in.csv", b'n,text\n1,"a\n2,b\n', 'in.csv:2: a quote (") is opened in this row and never closed'),
        ("in.csv", b'n,text\n1,"a"b\n', 'in.csv:2: something stands behind the quote (")'),
        ("in.csv", b"n,text\r1,a\r", "in.csv:1: lines end in a carriage return alone"),
        ("in.csv", b"n,text\n1,\xe9\n", "in.csv:2: the line is not text in UTF-8"),
        (
            "in.jsonl",
            b'{"n": 1}\n{bad\n',
            "in.jsonl:2: the line is not JSON: column 2: a name in double quotes",
        ),
        ("in.jsonl", b'{"n": "\xe9"}\n', "in.jsonl:1: the line is not JSON: it is not text in UTF-8"),
        ("in.json", b'[{"n": 1},\n', "in.json: this is not JSON: line 2, column 1: a value is missing here"),
    ],
)
def test_what_is_wrong_with_an_input_is_told_with_its_place(
    at: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    (at / name).write_bytes(content)

    assert main(["flow", "run", "flow.yaml", "--input", name]) == 1

    assert said in capsys.readouterr().err


def test_an_input_with_a_typo_in_its_name_is_told_with_the_near_one(
    at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (at / "tickets.csv").write_text("n,text\n7,a\n", encoding="utf-8")

    assert main(["flow", "run", "flow.yaml", "--input", "tikets.csv"]) == 2

    assert "did you mean tickets.csv?" in capsys.readouterr().err


def test_empty_values_behind_the_last_column_are_left_out(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (at / "in.csv").write_text("n,text\n7,a,,\n", encoding="utf-8")

    assert main(["flow", "run", "flow.yaml", "--input", "in.csv", "-o", "-"]) == 0

    assert json.loads(capsys.readouterr().out)["n"] == "7"


SAMPLED = (
    "  a: {run: 'w:work', sample: {other: 1}}\n"
    "  c: {run: 'w:strict', after: a, map: {need: other}}\n  b: {run: 'w:work', after: c}\n"
)


@pytest.mark.usefixtures("strict")
def test_what_only_the_first_message_of_an_input_shows_is_a_warning(
    flow: Any, at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow(SAMPLED)
    (at / "in.jsonl").write_text('{"n": 1}\n{"other": "here"}\n')

    assert main(["flow", "run", "flow.yaml", "--input", "in.jsonl", "-o", "-"]) == 1  # the first one fails

    printed = capsys.readouterr()
    assert "warning: steps.c.map.other: a gives no other" in printed.err.replace("map.need", "map.other")
    assert [json.loads(line)["need"] for line in printed.out.splitlines()] == ["here"]


@pytest.mark.parametrize(
    ("name", "content"), [("in.csv", ""), ("in.csv", "n,text\n"), ("in.json", ""), ("in.json", "[]")]
)
def test_an_input_without_messages_is_told(
    at: Path, name: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (at / name).write_text(content)
    assert main(["flow", "run", "flow.yaml", "--force", "--input", name]) == 0
    assert f"warning: {name} holds no message, so nothing was done" in capsys.readouterr().err
